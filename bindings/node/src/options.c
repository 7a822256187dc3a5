/* Options and texts from JavaScript.   SPDX-License-Identifier: MIT */
#include "facts.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT, INT32, INT64 };

typedef struct field {
  const char *name;
  int type;
  size_t offset;
} field;

#define CLIENT(name, type) \
  { #name, type, offsetof(dosai_client_options, name) }
#define CALL(name, type) \
  { #name, type, offsetof(dosai_call_options, name) }

static const field client_fields[] = {
    CLIENT(max_retries, INT32),
    CLIENT(base_url, TEXT),
    CLIENT(api_key, TEXT),
    CLIENT(api_key_header, TEXT),
    CLIENT(organization, TEXT),
    CLIENT(project, TEXT),
    CLIENT(user_agent, TEXT),
    CLIENT(ca_file, TEXT),
    CLIENT(ca_pem, TEXT),
    CLIENT(client_certificate_file, TEXT),
    CLIENT(client_key_file, TEXT),
    CLIENT(client_key_password, TEXT),
    CLIENT(proxy, TEXT),
    CLIENT(unix_socket, TEXT),
    CLIENT(connect_timeout_ms, INT64),
    CLIENT(first_token_timeout_ms, INT64),
    CLIENT(idle_timeout_ms, INT64),
    CLIENT(total_timeout_ms, INT64),
    CLIENT(keep_alive_timeout_ms, INT64),
    CLIENT(max_event_bytes, INT64),
    CLIENT(max_response_bytes, INT64),
    CLIENT(max_text_bytes, INT64),
    CLIENT(max_header_bytes, INT64),
    CLIENT(max_json_nodes, INT32),
    CLIENT(max_json_depth, INT32),
    CLIENT(max_choices, INT32),
    CLIENT(max_tool_calls, INT32),
    CLIENT(max_redirects, INT32),
    CLIENT(allow_insecure_http, INT32),
    CLIENT(proxy_from_environment, INT32),
    CLIENT(http1_only, INT32),
    CLIENT(requests_per_minute, INT64),
    CLIENT(tokens_per_minute, INT64),
};

static const field call_fields[] = {
    CALL(max_retries, INT32),     CALL(connect_timeout_ms, INT64), CALL(first_token_timeout_ms, INT64),
    CALL(idle_timeout_ms, INT64), CALL(total_timeout_ms, INT64),
};

#define COUNT(array) (sizeof array / sizeof *array)

int text_read(napi_env env, napi_value value, text *out_text) {
  size_t length = 0;
  out_text->bytes = NULL;
  out_text->length = 0;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) return 1;
  out_text->bytes = malloc(length + 1);
  if (!out_text->bytes) return 0;
  return napi_get_value_string_utf8(env, value, out_text->bytes, length + 1, &out_text->length) == napi_ok;
}

/* It may have been the key. */
void text_free(text *text) {
  if (text->bytes) explicit_bzero(text->bytes, text->length);
  free(text->bytes);
  text->bytes = NULL;
}

static int read_field(napi_env env, napi_value object, const field *field, char *base, text *out_text) {
  napi_value value;
  int64_t number = 0;
  if (napi_get_named_property(env, object, field->name, &value) != napi_ok) return 1;
  if (field->type == TEXT) {
    if (!text_read(env, value, out_text)) return 0;
    *(const char **)(base + field->offset) = out_text->bytes;
  } else if (napi_get_value_int64(env, value, &number) == napi_ok) {
    if (field->type == INT64) *(int64_t *)(base + field->offset) = number;
    else if (number > INT32_MAX) *(int32_t *)(base + field->offset) = INT32_MAX;
    else *(int32_t *)(base + field->offset) = number < INT32_MIN ? INT32_MIN : (int32_t)number;
  }
  return 1;
}

static void free_lines(char **lines, size_t count) {
  for (size_t at = 0; at < count; at++) {
    text line = {lines[at], lines[at] ? strlen(lines[at]) : 0};
    text_free(&line);
  }
  free(lines);
}

/* object.headers: a list of lines. */
static int read_lines(napi_env env, napi_value object, char ***out_lines, size_t *out_count) {
  napi_value list, value;
  uint32_t count = 0;
  *out_lines = NULL;
  *out_count = 0;
  if (napi_get_named_property(env, object, "headers", &list) != napi_ok) return 1;
  if (napi_get_array_length(env, list, &count) != napi_ok || count == 0) return 1;
  char **lines = calloc(count, sizeof *lines);
  if (!lines) return 0;
  for (uint32_t at = 0; at < count; at++) {
    text line = {0};
    if (napi_get_element(env, list, at, &value) != napi_ok || !text_read(env, value, &line)) {
      free_lines(lines, count);
      return 0;
    }
    lines[at] = line.bytes;
  }
  *out_lines = lines;
  *out_count = count;
  return 1;
}

dosai_status client_from_options(napi_env env, napi_value object, dosai_client **out_client,
                                 dosai_error **out_error) {
  dosai_client_options options;
  text texts[COUNT(client_fields)] = {{0}};
  char **lines = NULL;
  size_t line_count = 0;
  dosai_client_options_init(&options, sizeof options);
  int is_read = read_lines(env, object, &lines, &line_count);
  for (size_t at = 0; is_read && at < COUNT(client_fields); at++) {
    is_read = read_field(env, object, &client_fields[at], (char *)&options, &texts[at]);
  }
  options.headers = (const char *const *)lines;
  options.header_count = line_count;
  options.ca_pem_length = DOSAI_NUL_TERMINATED;
  dosai_status status = is_read ? dosai_client_new(&options, out_client, out_error) : DOSAI_OUT_OF_MEMORY;
  for (size_t at = 0; at < COUNT(client_fields); at++) text_free(&texts[at]);
  free_lines(lines, line_count);
  return status;
}

int call_settings_read(napi_env env, napi_value object, call_settings *settings) {
  napi_value value;
  memset(settings, 0, sizeof *settings);
  dosai_call_options_init(&settings->options, sizeof settings->options);
  int is_read = read_lines(env, object, &settings->lines, &settings->line_count);
  for (size_t at = 0; is_read && at < COUNT(call_fields); at++) {
    is_read = read_field(env, object, &call_fields[at], (char *)&settings->options, NULL);
  }
  if (is_read && napi_get_named_property(env, object, "last_event", &value) == napi_ok) {
    is_read = text_read(env, value, &settings->last_event);
  }
  settings->options.headers = (const char *const *)settings->lines;
  settings->options.header_count = settings->line_count;
  settings->options.last_event = settings->last_event.bytes;
  if (!is_read) call_settings_free(settings);
  return is_read;
}

void call_settings_free(call_settings *settings) {
  free_lines(settings->lines, settings->line_count);
  text_free(&settings->last_event);
}
