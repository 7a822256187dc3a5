/* A program that was built with the first header there was, on the library of today: it sees only that header. */
#define _GNU_SOURCE
#include "../../abi/dosai-0.1.0.h"
#include "test.h"

static int chunks;

static int32_t count(const dosai_chunk *chunk, void *user_data) {
  CHECK(chunk->struct_size >= sizeof *chunk && chunk->json_length > 0);
  (void)user_data;
  chunks++;
  return 0;
}

static int32_t count_event(const dosai_event *event, void *user_data) {
  CHECK(event->struct_size >= sizeof *event && event->tag == 7);
  *(dosai_event_kind *)user_data = event->kind;
  return 0;
}

static void read_all(const dosai_completion *completion) {
  dosai_usage usage = {.struct_size = sizeof usage};
  dosai_timings timings = {.struct_size = sizeof timings};
  dosai_attempt attempt = {.struct_size = sizeof attempt};
  CHECK_INT(dosai_completion_usage(completion, &usage), DOSAI_OK);
  CHECK_INT(usage.struct_size, sizeof usage);
  CHECK_INT(usage.total_tokens, 21);
  CHECK_INT(dosai_completion_timings(completion, &timings), DOSAI_OK);
  CHECK(timings.total_us > 0);
  CHECK_INT(dosai_completion_attempt(completion, 0, &attempt), DOSAI_OK);
  CHECK_INT(attempt.http_status, 200);
  CHECK_INT(dosai_completion_finish_reason(completion, 0), DOSAI_FINISH_STOP);
  CHECK_TEXT(dosai_completion_content(completion, 0, NULL), "Hello! How can I help you today?");
}

static void in_a_loop(dosai_client *client, const dosai_request *request, const dosai_call_options *options) {
  dosai_loop_options loop_options;
  dosai_loop *loop = NULL;
  dosai_error *error = NULL;
  dosai_event_kind last = 0;
  size_t active = 1;
  dosai_loop_options_init(&loop_options, sizeof loop_options);
  loop_options.max_in_flight = 1;
  CHECK_CALL(dosai_loop_new(&loop_options, &loop, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_submit_stream(loop, client, request, options, 7, NULL, &error), DOSAI_OK);
  while (active > 0) CHECK_CALL(dosai_loop_step(loop, 1000, count_event, &last, &active, &error), DOSAI_OK);
  CHECK_INT(last, DOSAI_EVENT_COMPLETION);
  CHECK_CALL(dosai_loop_close(loop, NULL, NULL, &error), DOSAI_OK);
}

int main(void) {
  char url[256];
  dosai_client_options options;
  dosai_call_options call_options;
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  test_options(&options, url, TEST_PLAIN, "hello");
  CHECK_INT(options.struct_size, sizeof options);
  options.max_header_bytes = 1 << 16;
  dosai_client *client = test_client_with(&options);
  dosai_request *request = test_request();
  dosai_call_options_init(&call_options, sizeof call_options);
  call_options.total_timeout_ms = 60000;
  call_options.headers = (const char *const[]){"x-a: b"};
  call_options.header_count = 1;
  CHECK(dosai_version_number() >= DOSAI_VERSION_NUMBER);
  CHECK_CALL(dosai_chat(client, request, &call_options, &completion, &error), DOSAI_OK);
  read_all(completion);
  dosai_completion_free(completion);
  CHECK_CALL(dosai_chat_stream(client, request, &call_options, count, NULL, &completion, &error), DOSAI_OK);
  CHECK(chunks > 3);
  read_all(completion);
  dosai_completion_free(completion);
  in_a_loop(client, request, &call_options);
  CHECK_LAST(TEST_PLAIN, "hello", "header/x-a", "b");
  dosai_request_free(request);
  dosai_client_free(client);
  return test_end();
}
