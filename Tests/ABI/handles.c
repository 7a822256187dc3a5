/* NULL or a handle of another kind, in every function: INVALID_ARGUMENT or the empty answer, and cleared outputs. */
#include "test.h"

static dosai_client *client;
static dosai_request *request;
static dosai_completion *completion;
static dosai_response *response;
static dosai_stream *stream;
static dosai_cancel *token;
static dosai_error *failure;

static dosai_error *error;
static dosai_request *new_request;
static dosai_completion *new_completion;
static dosai_response *new_response;
static dosai_stream *new_stream;

static void *poison(void) { return (void *)(uintptr_t)16; }

#define REFUSED(call) CHECK_CALL(call, DOSAI_INVALID_ARGUMENT)
#define EMPTY(call)                                   \
  do {                                                \
    size_t length = 7;                                \
    test_text(call, NULL, __FILE__, __LINE__, #call); \
    CHECK_INT(length, 0);                             \
  } while (0)

static void bad_error(const dosai_error *bad) {
  dosai_attempt attempt = {.struct_size = sizeof attempt};
  CHECK_INT(dosai_error_status(bad), DOSAI_INVALID_ARGUMENT);
  CHECK_INT(dosai_error_http_status(bad), 0);
  CHECK_INT(dosai_error_retry_after_ms(bad), -1);
  CHECK_INT(dosai_error_is_retryable(bad), 0);
  CHECK_INT(dosai_error_clock(bad), DOSAI_CLOCK_NONE);
  CHECK_INT(dosai_error_attempt_count(bad), 0);
  CHECK_INT(dosai_error_attempt(bad, 0, &attempt), DOSAI_INVALID_ARGUMENT);
  CHECK(!dosai_error_completion(bad));
  EMPTY(dosai_error_message(bad, &length));
  EMPTY(dosai_error_code(bad, &length));
  EMPTY(dosai_error_type(bad, &length));
  EMPTY(dosai_error_param(bad, &length));
  EMPTY(dosai_error_request_id(bad, &length));
  EMPTY(dosai_error_header(bad, "location", &length));
  EMPTY(dosai_error_headers(bad, &length));
  EMPTY(dosai_error_body(bad, &length));
  dosai_error *copy = poison();
  REFUSED(dosai_error_copy(bad, &copy, &error));
  CHECK(!copy);
  dosai_error_free((dosai_error *)(uintptr_t)bad);
}

static void bad_client(dosai_client *bad) {
  new_completion = poison();
  REFUSED(dosai_chat(bad, request, NULL, &new_completion, &error));
  CHECK(!new_completion);
  new_completion = poison();
  REFUSED(dosai_chat_stream(bad, request, NULL, test_go_on, NULL, &new_completion, &error));
  CHECK(!new_completion);
  new_stream = poison();
  REFUSED(dosai_stream_open(bad, request, NULL, &new_stream, &error));
  REFUSED(dosai_stream_open_post(bad, "/x", "{}", 2, NULL, &new_stream, &error));
  CHECK(!new_stream);
  new_response = poison();
  REFUSED(dosai_client_get(bad, "/models", NULL, &new_response, &error));
  CHECK(!new_response);
  new_response = poison();
  REFUSED(dosai_client_post(bad, "/x", "{}", 2, NULL, &new_response, &error));
  CHECK(!new_response);
  dosai_client_free(bad);
}

static void bad_request(dosai_request *bad) {
  new_completion = poison();
  REFUSED(dosai_chat(client, bad, NULL, &new_completion, &error));
  CHECK(!new_completion);
  REFUSED(dosai_chat_stream(client, bad, NULL, test_go_on, NULL, NULL, &error));
  new_stream = poison();
  REFUSED(dosai_stream_open(client, bad, NULL, &new_stream, &error));
  CHECK(!new_stream);
  new_request = poison();
  REFUSED(dosai_request_copy(bad, &new_request, &error));
  CHECK(!new_request);
  REFUSED(dosai_request_add_message(bad, "user", "hi", 2, &error));
  REFUSED(dosai_request_add_message_json(bad, "{}", 2, &error));
  REFUSED(dosai_request_set_message_text(bad, "name", "a", 1, &error));
  REFUSED(dosai_request_add_completion(bad, completion, 0, &error));
  REFUSED(dosai_request_add_tool(bad, "f", NULL, NULL, 0, &error));
  REFUSED(dosai_request_add_tool_result(bad, "id", "a", 1, &error));
  REFUSED(dosai_request_set_tool_choice(bad, "f", &error));
  REFUSED(dosai_request_add_stop(bad, "a", 1, &error));
  REFUSED(dosai_request_set_text(bad, "user", "a", 1, &error));
  REFUSED(dosai_request_set_number(bad, "top_p", 1, &error));
  REFUSED(dosai_request_set_integer(bad, "n", 1, &error));
  REFUSED(dosai_request_set_json(bad, "seed", "1", 1, &error));
  REFUSED(dosai_request_set_json_schema(bad, "s", "{}", 2, 1, &error));
  EMPTY(dosai_request_json(bad, &length));
  dosai_request_free(bad);
}

static void bad_completion(const dosai_completion *bad) {
  dosai_usage usage = {.struct_size = sizeof usage};
  dosai_timings timings = {.struct_size = sizeof timings};
  dosai_attempt attempt = {.struct_size = sizeof attempt};
  EMPTY(dosai_completion_id(bad, &length));
  EMPTY(dosai_completion_object(bad, &length));
  EMPTY(dosai_completion_model(bad, &length));
  EMPTY(dosai_completion_role(bad, 0, &length));
  EMPTY(dosai_completion_content(bad, 0, &length));
  EMPTY(dosai_completion_refusal(bad, 0, &length));
  EMPTY(dosai_completion_reasoning(bad, 0, &length));
  EMPTY(dosai_completion_finish_reason_text(bad, 0, &length));
  EMPTY(dosai_completion_tool_call_id(bad, 0, 0, &length));
  EMPTY(dosai_completion_tool_call_name(bad, 0, 0, &length));
  EMPTY(dosai_completion_tool_call_arguments(bad, 0, 0, &length));
  EMPTY(dosai_completion_message_json(bad, 0, &length));
  EMPTY(dosai_completion_json(bad, &length));
  EMPTY(dosai_completion_request_id(bad, &length));
  EMPTY(dosai_completion_header(bad, "x-request-id", &length));
  EMPTY(dosai_completion_headers(bad, &length));
  CHECK_INT(dosai_completion_created(bad), -1);
  CHECK_INT(dosai_completion_choice_count(bad), 0);
  CHECK_INT(dosai_completion_choice_index(bad, 0), -1);
  CHECK_INT(dosai_completion_finish_reason(bad, 0), DOSAI_FINISH_NONE);
  CHECK_INT(dosai_completion_tool_call_count(bad, 0), 0);
  CHECK_INT(dosai_completion_usage(bad, &usage), DOSAI_INVALID_ARGUMENT);
  CHECK_INT(dosai_completion_timings(bad, &timings), DOSAI_INVALID_ARGUMENT);
  CHECK_INT(dosai_completion_http_status(bad), 0);
  CHECK_INT(dosai_completion_attempt_count(bad), 0);
  CHECK_INT(dosai_completion_attempt(bad, 0, &attempt), DOSAI_INVALID_ARGUMENT);
  CHECK_INT(dosai_completion_quirks(bad), 0);
  REFUSED(dosai_request_add_completion(request, bad, 0, &error));
  dosai_completion_free((dosai_completion *)(uintptr_t)bad);
}

static void bad_response(const dosai_response *bad) {
  dosai_timings timings = {.struct_size = sizeof timings};
  dosai_attempt attempt = {.struct_size = sizeof attempt};
  EMPTY(dosai_response_json(bad, &length));
  EMPTY(dosai_response_request_id(bad, &length));
  EMPTY(dosai_response_header(bad, "x-request-id", &length));
  EMPTY(dosai_response_headers(bad, &length));
  CHECK_INT(dosai_response_http_status(bad), 0);
  CHECK_INT(dosai_response_attempt_count(bad), 0);
  CHECK_INT(dosai_response_attempt(bad, 0, &attempt), DOSAI_INVALID_ARGUMENT);
  CHECK_INT(dosai_response_timings(bad, &timings), DOSAI_INVALID_ARGUMENT);
  new_response = poison();
  REFUSED(dosai_response_copy(bad, &new_response, &error));
  CHECK(!new_response);
  dosai_response_free((dosai_response *)(uintptr_t)bad);
}

static void bad_stream(dosai_stream *bad) {
  const dosai_chunk *chunk = poison();
  REFUSED(dosai_stream_next(bad, 0, &chunk, &error));
  CHECK(!chunk);
  new_completion = poison();
  REFUSED(dosai_stream_completion(bad, &new_completion, &error));
  CHECK(!new_completion);
  dosai_stream_free(bad);
}

static void bad_cancel(dosai_cancel *bad) {
  dosai_cancel_trigger(bad);
  CHECK_INT(dosai_cancel_is_triggered(bad), 0);
  if (bad) {
    dosai_call_options options;
    dosai_call_options_init(&options, sizeof options);
    options.cancel = bad;
    REFUSED(dosai_chat(client, request, &options, &new_completion, &error));
  }
  dosai_cancel_free(bad);
}

int main(void) {
  client = test_client(TEST_PLAIN, "hello");
  request = test_request();
  CHECK_CALL(dosai_cancel_new(&token, &error), DOSAI_OK);
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  CHECK_CALL(dosai_stream_open(client, request, NULL, &stream, &error), DOSAI_OK);
  CHECK_CALL(dosai_stream_next(stream, -1, &(const dosai_chunk *){NULL}, &error), DOSAI_OK);
  CHECK_INT(dosai_cancel_new(NULL, &failure), DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_client_get(client, "/models", NULL, &response, &error), DOSAI_OK);
  REFUSED(dosai_response_copy(response, NULL, &error));
  REFUSED(dosai_request_new("m", 1, NULL, &error));
  REFUSED(dosai_request_parse("{}", 2, NULL, &error));
  REFUSED(dosai_request_copy(request, NULL, &error));
  REFUSED(dosai_stream_open(client, request, NULL, NULL, &error));
  REFUSED(dosai_stream_next(stream, 0, NULL, &error));
  REFUSED(dosai_stream_completion(stream, NULL, &error));
  REFUSED(dosai_stream_next(stream, -2, &(const dosai_chunk *){NULL}, &error));
  void *handles[] = {NULL, client, request, completion, response, stream, token, failure};
  for (int i = 0; i < 8; i++) {
    int before = test_failures;
    if (handles[i] != failure) bad_error(handles[i]);
    if (handles[i] != client) bad_client(handles[i]);
    if (handles[i] != request) bad_request(handles[i]);
    if (handles[i] != completion) bad_completion(handles[i]);
    if (handles[i] != response) bad_response(handles[i]);
    if (handles[i] != stream) bad_stream(handles[i]);
    if (handles[i] != token) bad_cancel(handles[i]);
    if (test_failures != before) fprintf(stderr, "  with the handle %d\n", i);
  }
  /* The frees of another kind have freed nothing. */
  CHECK_INT(dosai_error_status(failure), DOSAI_INVALID_ARGUMENT);
  CHECK_TEXT(dosai_completion_model(completion, NULL), "dos-ai");
  CHECK_INT(dosai_response_http_status(response), 200);
  CHECK_INT(dosai_cancel_is_triggered(token), 0);
  CHECK_CALL(dosai_stream_completion(stream, &new_completion, &error), DOSAI_OK);
  dosai_completion_free(new_completion);
  CHECK_CALL(dosai_chat(client, request, NULL, &new_completion, &error), DOSAI_OK);
  dosai_completion_free(new_completion);
  dosai_stream_free(stream);
  dosai_completion_free(completion);
  dosai_response_free(response);
  dosai_request_free(request);
  dosai_client_free(client);
  dosai_cancel_free(token);
  dosai_error_free(failure);
  CHECK_INT(test_count(TEST_PLAIN, "hello", "requests"), 4);
  return test_end();
}
