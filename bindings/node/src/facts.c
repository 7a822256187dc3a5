/* Results as plain JavaScript objects.   SPDX-License-Identifier: MIT */
#include "facts.h"

#include <stdlib.h>
#include <string.h>

enum { COMPLETION, RESPONSE, ERROR };

/* What headers are asked of. */
typedef struct answer {
  int kind;
  void *handle;
} answer;

static void set(napi_env env, napi_value object, const char *name, napi_value value) {
  if (value) napi_set_named_property(env, object, name, value);
}

static void set_text(napi_env env, napi_value object, const char *name, const char *text, size_t length) {
  napi_value value = NULL;
  if (!text || napi_create_string_utf8(env, text, length, &value) != napi_ok) napi_get_null(env, &value);
  set(env, object, name, value);
}

static void set_number(napi_env env, napi_value object, const char *name, int64_t number) {
  napi_value value = NULL;
  napi_create_int64(env, number, &value);
  set(env, object, name, value);
}

static napi_value new_object(napi_env env) {
  napi_value object = NULL;
  napi_create_object(env, &object);
  return object;
}

static napi_value new_array(napi_env env) {
  napi_value array = NULL;
  napi_create_array(env, &array);
  return array;
}

static void free_answer(napi_env env, void *data, void *hint) {
  answer *answer = data;
  (void)env;
  (void)hint;
  if (answer->kind == COMPLETION) dosai_completion_free(answer->handle);
  if (answer->kind == RESPONSE) dosai_response_free(answer->handle);
  if (answer->kind == ERROR) dosai_error_free(answer->handle);
  free(answer);
}

/* A handle of its own to something borrowed. */
static napi_value new_answer(napi_env env, int kind, const void *borrowed) {
  napi_value value = NULL;
  dosai_status status = DOSAI_OUT_OF_MEMORY;
  answer *made = calloc(1, sizeof *made);
  if (!made) return NULL;
  made->kind = kind;
  if (kind == COMPLETION) status = dosai_completion_copy(borrowed, (dosai_completion **)&made->handle, NULL);
  if (kind == RESPONSE) status = dosai_response_copy(borrowed, (dosai_response **)&made->handle, NULL);
  if (kind == ERROR) status = dosai_error_copy(borrowed, (dosai_error **)&made->handle, NULL);
  if (status != DOSAI_OK || napi_create_external(env, made, free_answer, NULL, &value) != napi_ok) {
    free_answer(env, made, NULL);
    return NULL;
  }
  return value;
}

napi_value header(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result = NULL;
  size_t count = 2, length = 0;
  void *data = NULL;
  text name = {0};
  const char *found = NULL;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  if (napi_get_value_external(env, arguments[0], &data) == napi_ok && text_read(env, arguments[1], &name)) {
    const answer *answer = data;
    if (answer->kind == COMPLETION) found = dosai_completion_header(answer->handle, name.bytes, &length);
    if (answer->kind == RESPONSE) found = dosai_response_header(answer->handle, name.bytes, &length);
    if (answer->kind == ERROR) found = dosai_error_header(answer->handle, name.bytes, &length);
  }
  text_free(&name);
  if (!found || napi_create_string_utf8(env, found, length, &result) != napi_ok) napi_get_null(env, &result);
  return result;
}

napi_value version(napi_env env, napi_callback_info info) {
  napi_value result = NULL;
  (void)info;
  napi_create_string_utf8(env, dosai_version(), NAPI_AUTO_LENGTH, &result);
  return result;
}

static void add_attempt(napi_env env, napi_value list, const dosai_attempt *attempt) {
  uint32_t count = 0;
  napi_value object = new_object(env);
  set_text(env, object, "status", dosai_status_name(attempt->status), NAPI_AUTO_LENGTH);
  set_number(env, object, "httpStatus", attempt->http_status);
  set_number(env, object, "delayMs", attempt->delay_ms);
  napi_get_array_length(env, list, &count);
  napi_set_element(env, list, count, object);
}

#define SET_ATTEMPTS(env, object, kind, handle)                                                       \
  do {                                                                                                \
    napi_value list = new_array(env);                                                                 \
    for (int32_t at = 0; at < dosai_##kind##_attempt_count(handle); at++) {                           \
      dosai_attempt attempt = {.struct_size = sizeof attempt};                                        \
      if (dosai_##kind##_attempt(handle, at, &attempt) == DOSAI_OK) add_attempt(env, list, &attempt); \
    }                                                                                                 \
    set(env, object, "attempts", list);                                                               \
  } while (0)

static void set_timings(napi_env env, napi_value object, const dosai_timings *timings) {
  napi_value value = new_object(env);
  set_number(env, value, "connectUs", timings->connect_us);
  set_number(env, value, "firstByteUs", timings->first_byte_us);
  set_number(env, value, "firstTokenUs", timings->first_token_us);
  set_number(env, value, "totalUs", timings->total_us);
  set_number(env, value, "reusedConnection", timings->reused_connection);
  set(env, object, "timings", value);
}

/* A text that a getter returns. */
#define SET(object, name, getter, ...)               \
  do {                                               \
    size_t length = 0;                               \
    const char *text = getter(__VA_ARGS__, &length); \
    set_text(env, object, name, text, length);       \
  } while (0)

static napi_value tool_calls_of(napi_env env, const dosai_completion *completion, int32_t choice) {
  napi_value list = new_array(env);
  for (int32_t at = 0; at < dosai_completion_tool_call_count(completion, choice); at++) {
    napi_value call = new_object(env);
    SET(call, "id", dosai_completion_tool_call_id, completion, choice, at);
    SET(call, "name", dosai_completion_tool_call_name, completion, choice, at);
    SET(call, "arguments", dosai_completion_tool_call_arguments, completion, choice, at);
    napi_set_element(env, list, (uint32_t)at, call);
  }
  return list;
}

static napi_value choices_of(napi_env env, const dosai_completion *completion) {
  napi_value list = new_array(env);
  for (int32_t at = 0; at < dosai_completion_choice_count(completion); at++) {
    napi_value choice = new_object(env);
    set_number(env, choice, "index", dosai_completion_choice_index(completion, at));
    SET(choice, "role", dosai_completion_role, completion, at);
    SET(choice, "content", dosai_completion_content, completion, at);
    SET(choice, "refusal", dosai_completion_refusal, completion, at);
    SET(choice, "reasoning", dosai_completion_reasoning, completion, at);
    SET(choice, "finishReason", dosai_completion_finish_reason_text, completion, at);
    set(env, choice, "toolCalls", tool_calls_of(env, completion, at));
    napi_set_element(env, list, (uint32_t)at, choice);
  }
  return list;
}

static napi_value quirks_of(napi_env env, uint32_t quirks) {
  napi_value list = new_array(env), name;
  uint32_t count = 0;
  for (uint32_t bit = 1; bit && bit <= quirks; bit <<= 1) {
    if (!(quirks & bit) || !dosai_quirk_name(bit)) continue;
    napi_create_string_utf8(env, dosai_quirk_name(bit), NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, list, count++, name);
  }
  return list;
}

/* What the library read differs from the JSON only where there are quirks: the choices are told only then. */
napi_value facts_of_completion(napi_env env, const dosai_completion *completion, int keeps_handle) {
  static const char *const names[] = {"prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens",
                                      "reasoning_tokens"};
  napi_value facts = new_object(env), counts = new_object(env);
  dosai_usage usage = {.struct_size = sizeof usage};
  dosai_timings timings = {.struct_size = sizeof timings};
  uint32_t quirks = dosai_completion_quirks(completion);
  SET(facts, "json", dosai_completion_json, completion);
  SET(facts, "requestId", dosai_completion_request_id, completion);
  set_number(env, facts, "httpStatus", dosai_completion_http_status(completion));
  set(env, facts, "quirks", quirks_of(env, quirks));
  SET_ATTEMPTS(env, facts, completion, completion);
  if (dosai_completion_timings(completion, &timings) == DOSAI_OK) set_timings(env, facts, &timings);
  if (quirks) {
    set_number(env, facts, "created", dosai_completion_created(completion));
    set(env, facts, "choices", choices_of(env, completion));
  }
  if (quirks && dosai_completion_usage(completion, &usage) == DOSAI_OK) {
    int64_t numbers[] = {usage.prompt_tokens, usage.completion_tokens, usage.total_tokens,
                         usage.cached_tokens, usage.reasoning_tokens};
    for (size_t at = 0; at < 5; at++) set_number(env, counts, names[at], numbers[at]);
    set(env, facts, "usage", counts);
  }
  if (keeps_handle) set(env, facts, "handle", new_answer(env, COMPLETION, completion));
  return facts;
}

napi_value facts_of_response(napi_env env, const dosai_response *response) {
  napi_value facts = new_object(env);
  SET(facts, "json", dosai_response_json, response);
  SET(facts, "requestId", dosai_response_request_id, response);
  set_number(env, facts, "httpStatus", dosai_response_http_status(response));
  SET_ATTEMPTS(env, facts, response, response);
  set(env, facts, "handle", new_answer(env, RESPONSE, response));
  return facts;
}

/* Of an error that has no object, the status. */
napi_value facts_of_error(napi_env env, dosai_status status, const dosai_error *error) {
  napi_value facts = new_object(env), body = NULL;
  dosai_timings timings = {.struct_size = sizeof timings};
  const dosai_completion *completion = dosai_error_completion(error);
  size_t length = 0;
  set_text(env, facts, "status", dosai_status_name(status), NAPI_AUTO_LENGTH);
  SET(facts, "message", dosai_error_message, error);
  SET(facts, "code", dosai_error_code, error);
  SET(facts, "type", dosai_error_type, error);
  SET(facts, "param", dosai_error_param, error);
  SET(facts, "requestId", dosai_error_request_id, error);
  set_number(env, facts, "httpStatus", dosai_error_http_status(error));
  set_number(env, facts, "retryAfterMs", dosai_error_retry_after_ms(error));
  set_number(env, facts, "isRetryable", dosai_error_is_retryable(error));
  set_number(env, facts, "clock", dosai_error_clock(error));
  SET_ATTEMPTS(env, facts, error, error);
  if (dosai_error_timings(error, &timings) == DOSAI_OK) set_timings(env, facts, &timings);
  const char *bytes = dosai_error_body(error, &length);
  if (bytes && napi_create_buffer_copy(env, length, bytes, NULL, &body) == napi_ok)
    set(env, facts, "body", body);
  if (completion) set(env, facts, "completion", facts_of_completion(env, completion, 0));
  if (dosai_error_http_status(error) > 0) set(env, facts, "handle", new_answer(env, ERROR, error));
  return facts;
}
