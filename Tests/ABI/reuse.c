/* Connections are kept warm; and a warm one that dies is never used to send a request twice in silence. */
#include "test.h"

static void twenty(test_transport transport, const char *script, int connections) {
  dosai_client *client = test_client(transport, script);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  double begun = test_now();
  for (int i = 0; i < 20; i++) {
    dosai_completion *completion = NULL;
    dosai_timings timings = {.struct_size = sizeof timings};
    if (i % 2) {
      CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, &completion, &error), DOSAI_OK);
    } else {
      dosai_stream *stream = NULL;
      const dosai_chunk *chunk = NULL;
      CHECK_CALL(dosai_stream_open(client, request, NULL, &stream, &error), DOSAI_OK);
      do CHECK_CALL(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_OK);
      while (chunk);
      CHECK_CALL(dosai_stream_completion(stream, &completion, &error), DOSAI_OK);
      dosai_stream_free(stream);
    }
    CHECK_INT(dosai_completion_timings(completion, &timings), DOSAI_OK);
    if (connections == 1) CHECK_INT(timings.reused_connection, i > 0);
    dosai_completion_free(completion);
  }
  CHECK_INT(test_count(transport, script, "requests"), 20);
  /* The library waits 5 ms for the end of an answer: a machine that is so late may miss each. */
  if (connections > 1 && test_last_allowance(begun) > 5) connections = 20;
  CHECK_BETWEEN(test_count(transport, script, "connections"), 1, connections);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* [DONE], and then the server keeps its connection to itself: the answer is there at once. */
static void after_done(test_transport transport) {
  dosai_client *client = test_client(transport, "after-done-hold");
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  for (int i = 0; i < 3; i++) {
    double start = test_now();
    CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, &completion, &error), DOSAI_OK);
    CHECK_TOOK(start, test_now(), 0, test_bound(200));
    dosai_completion_free(completion);
  }
  CHECK_INT(test_count(transport, "after-done-hold", "connections"), 3);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* The server reads the second request on a warm connection, and closes without an answer. */
static void trap(test_transport transport, int32_t max_retries, int streams) {
  char url[256];
  dosai_client_options options;
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  char script[32];
  snprintf(script, sizeof script, "drop-warm~%d%d", max_retries < 0 ? 0 : 1, streams);
  test_options(&options, url, transport, script);
  options.max_retries = max_retries;
  dosai_client *client = test_client_with(&options);
  dosai_request *request = test_request();
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  CHECK_INT(dosai_completion_attempt_count(completion), 1);
  dosai_completion_free(completion);
  CHECK_INT(test_count(transport, script, "requests"), 1);
  dosai_status status = streams
                            ? dosai_chat_stream(client, request, NULL, test_go_on, NULL, &completion, &error)
                            : dosai_chat(client, request, NULL, &completion, &error);
  int32_t attempts = error ? dosai_error_attempt_count(error) : dosai_completion_attempt_count(completion);
  CHECK_INT(status, max_retries < 0 ? DOSAI_CONNECTION : DOSAI_OK);
  CHECK_INT(attempts, max_retries < 0 ? 1 : 2);
  CHECK_INT(test_count(transport, script, "requests") - 1, attempts);
  dosai_completion_free(completion);
  dosai_error_free(error);
  dosai_request_free(request);
  dosai_client_free(client);
}

int main(void) {
  for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++) {
    twenty((test_transport)transport, "hello", 1);
    twenty((test_transport)transport, "fast", 1);
    twenty((test_transport)transport, "late-end", 15); /* its last bytes come after [DONE], soon as a rule */
    after_done((test_transport)transport);
    for (int streams = 0; streams < 2; streams++) {
      trap((test_transport)transport, -1, streams);
      trap((test_transport)transport, 2, streams);
    }
  }
  return test_end();
}
