#include "test.h"

#define HELLO "Hello! How can I help you today?"

struct seen {
  int chunks, kinds[7], stop_after;
  int64_t event;
  int last_in_event;
  char text[256];
  dosai_client *client;
  pthread_t caller;
};

static int32_t take(const dosai_chunk *chunk, void *user_data) {
  struct seen *seen = user_data;
  CHECK(pthread_equal(pthread_self(), seen->caller));
  CHECK_INT(chunk->struct_size, sizeof *chunk);
  CHECK_BETWEEN(chunk->kind, DOSAI_CHUNK_OTHER, DOSAI_CHUNK_USAGE);
  CHECK_INT(chunk->event_index,
            seen->last_in_event || !seen->chunks ? seen->event + (seen->chunks > 0) : seen->event);
  CHECK(chunk->json && strlen(chunk->json) == chunk->json_length && strstr(chunk->json, "chatcmpl"));
  CHECK((chunk->usage != NULL) == (chunk->kind == DOSAI_CHUNK_USAGE));
  CHECK((chunk->finish_reason != DOSAI_FINISH_NONE) == (chunk->kind == DOSAI_CHUNK_FINISH));
  CHECK_INT(chunk->tool_call, -1);
  CHECK_INT(chunk->text_only, chunk->kind == DOSAI_CHUNK_CONTENT); /* in these scripts */
  CHECK(chunk->text ? strlen(chunk->text) == chunk->text_length : chunk->text_length == 0);
  if (chunk->kind == DOSAI_CHUNK_CONTENT) strcat(seen->text, chunk->text);
  if (chunk->kind == DOSAI_CHUNK_USAGE) CHECK_INT(chunk->usage->total_tokens, 21);
  seen->kinds[chunk->kind]++;
  seen->event = chunk->event_index;
  seen->last_in_event = chunk->last_in_event;
  return ++seen->chunks == seen->stop_after;
}

static void calls(test_transport transport) {
  dosai_client *client = test_client(transport, "hello");
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = (dosai_error *)1;
  struct seen seen = {.caller = pthread_self()};
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  CHECK_TEXT(dosai_completion_content(completion, 0, NULL), HELLO);
  CHECK_INT(dosai_completion_finish_reason(completion, 0), DOSAI_FINISH_STOP);
  dosai_completion_free(completion);
  CHECK_CALL(dosai_chat_stream(client, request, NULL, take, &seen, &completion, &error), DOSAI_OK);
  CHECK_TEXT(seen.text, HELLO);
  CHECK_INT(seen.kinds[DOSAI_CHUNK_CONTENT], 3);
  CHECK_INT(seen.kinds[DOSAI_CHUNK_FINISH], 1);
  CHECK_INT(seen.kinds[DOSAI_CHUNK_USAGE], 1);
  CHECK_INT(seen.event, 4);
  CHECK_INT(seen.last_in_event, 1);
  CHECK_TEXT(dosai_completion_content(completion, 0, NULL), HELLO);
  CHECK_INT(dosai_completion_quirks(completion), 0);
  dosai_completion_free(completion);
  memset(&seen, 0, sizeof seen);
  seen.caller = pthread_self();
  CHECK_INT(dosai_chat_stream(client, request, NULL, take, &seen, NULL, NULL), DOSAI_OK);
  CHECK_TEXT(seen.text, HELLO);
  CHECK_CALL(dosai_chat_stream(client, request, NULL, NULL, NULL, &completion, &error),
             DOSAI_INVALID_ARGUMENT);
  CHECK(!completion);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* Anything but 0 from the callback stops the call there, with what had arrived. */
static void stopped(int after) {
  dosai_client *client = test_client(TEST_PLAIN, "fast");
  dosai_request *request = test_request();
  dosai_completion *completion = (dosai_completion *)1;
  dosai_error *error = NULL;
  struct seen seen = {.stop_after = after, .caller = pthread_self()};
  CHECK_KEEP(dosai_chat_stream(client, request, NULL, take, &seen, &completion, &error), DOSAI_CANCELLED);
  CHECK(!completion);
  CHECK_INT(seen.chunks, after);
  const char *content = dosai_completion_content(dosai_error_completion(error), 0, NULL);
  CHECK(dosai_error_completion(error));
  CHECK_TEXT(content ? content : "", seen.text);
  CHECK_INT(dosai_completion_finish_reason(dosai_error_completion(error), 0), DOSAI_FINISH_NONE);
  dosai_completion_free((dosai_completion *)(uintptr_t)dosai_error_completion(error)); /* lent: left alone */
  content = dosai_completion_content(dosai_error_completion(error), 0, NULL);
  CHECK_TEXT(content ? content : "", seen.text);
  dosai_error_free(error);
  dosai_request_free(request);
  dosai_client_free(client);
}

static int32_t stop(const dosai_chunk *chunk, void *user_data) {
  (void)chunk;
  return ++*(int *)user_data;
}

/* Also if the chunks are of an answer that has come whole, and has no end. */
static void stopped_in_a_whole_answer(const char *script) {
  dosai_client *client = test_client(TEST_PLAIN, script);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  int chunks = 0;
  CHECK_CALL(dosai_chat_stream(client, request, NULL, stop, &chunks, NULL, &error), DOSAI_CANCELLED);
  CHECK_INT(chunks, 1);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* From a callback another call works, or is BUSY; and handles may be freed. */
static int32_t nested(const dosai_chunk *chunk, void *user_data) {
  struct seen *seen = user_data;
  if (chunk->kind == DOSAI_CHUNK_CONTENT && seen->client) {
    dosai_request *request = test_request();
    dosai_completion *completion = NULL;
    dosai_status status = dosai_chat(seen->client, request, NULL, &completion, NULL);
    CHECK(status == DOSAI_OK || status == DOSAI_BUSY);
    dosai_completion_free(completion);
    dosai_request_free(request);
    dosai_client_free(seen->client);
    seen->client = NULL;
  }
  seen->chunks++;
  return 0;
}

static void reentrant(void) {
  dosai_client *client = test_client(TEST_PLAIN, "hello");
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  struct seen seen = {.client = client};
  CHECK_CALL(dosai_chat_stream(client, request, NULL, nested, &seen, &completion, &error), DOSAI_OK);
  CHECK(!seen.client && seen.chunks >= 5);
  CHECK_TEXT(dosai_completion_content(completion, 0, NULL), HELLO);
  dosai_completion_free(completion);
  dosai_request_free(request);
}

/* on_wait comes at each interval while the server is silent, and ends the call. */
static int waits;
static pthread_t waiter;
static int32_t on_wait(void *user_data) {
  CHECK(pthread_equal(pthread_self(), waiter));
  return ++waits == *(int *)user_data;
}

static void waiting(void) {
  dosai_client *client = test_client(TEST_PLAIN, "silent");
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  dosai_call_options options;
  int stop_at = 5;
  dosai_call_options_init(&options, sizeof options);
  options.on_wait = on_wait;
  options.wait_user_data = &stop_at;
  for (int interval = 20; interval >= 0; interval -= 20) {
    options.wait_interval_ms = interval;
    double start = test_now();
    waits = 0;
    waiter = pthread_self();
    CHECK_CALL(dosai_chat(client, request, &options, &completion, &error), DOSAI_CANCELLED);
    CHECK_INT(waits, stop_at);
    int least = (interval ? interval : 100) * stop_at;
    CHECK_TOOK(start, test_now(), least - 10, least + test_bound(400));
  }
  dosai_request_free(request);
  dosai_client_free(client);
}

int main(void) {
  for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++) calls((test_transport)transport);
  for (int after = 1; after <= 21; after++) stopped(after);
  stopped_in_a_whole_answer("whole-eof-good");
  stopped_in_a_whole_answer("whole-unfinished");
  reentrant();
  waiting();
  return test_end();
}
