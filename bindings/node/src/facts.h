/* Results as plain JavaScript objects, and options from them.   SPDX-License-Identifier: MIT */
#ifndef FACTS_H
#define FACTS_H

#include <dosai.h>
#include <node_api.h>

/* A string of JavaScript as UTF-8; the bytes are NULL for null and undefined. */
typedef struct text {
  char *bytes;
  size_t length;
} text;

typedef struct call_settings {
  dosai_call_options options;
  char **lines;
  size_t line_count;
  text last_event;
} call_settings;

int text_read(napi_env env, napi_value value, text *out_text);
void text_free(text *text);

dosai_status client_from_options(napi_env env, napi_value options, dosai_client **out_client,
                                 dosai_error **out_error);
int call_settings_read(napi_env env, napi_value options, call_settings *out_settings);
void call_settings_free(call_settings *settings);

napi_value facts_of_completion(napi_env env, const dosai_completion *completion, int keeps_handle);
napi_value facts_of_response(napi_env env, const dosai_response *response);
napi_value facts_of_error(napi_env env, dosai_status status, const dosai_error *error);

/* header(handle, name), and version() */
napi_value header(napi_env env, napi_callback_info info);
napi_value version(napi_env env, napi_callback_info info);

#endif
