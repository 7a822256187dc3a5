/* Eight host threads share one client: fifty calls each, whole and streamed, by both faces. */
#include "test.h"

enum { THREADS = 8, CALLS = 50 };

static dosai_client *client;
static dosai_request *request; /* read by all at once */
static test_transport transport;

static int32_t append(const dosai_chunk *chunk, void *user_data) {
  if (chunk->kind == DOSAI_CHUNK_CONTENT) strcat(user_data, chunk->text);
  return 0;
}

static dosai_status pull(char *text, dosai_error **out_error) {
  dosai_stream *stream = NULL;
  const dosai_chunk *chunk = NULL;
  dosai_status status = dosai_stream_open(client, request, NULL, &stream, out_error);
  while (status == DOSAI_OK) {
    status = dosai_stream_next(stream, -1, &chunk, out_error);
    if (!chunk) break;
    append(chunk, text);
  }
  dosai_stream_free(stream);
  return status;
}

static void *work(void *unused) {
  for (int i = 0; i < CALLS; i++) {
    dosai_completion *completion = NULL;
    dosai_error *error = NULL;
    char text[64] = "";
    if (i % 3 == 0) {
      CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
      CHECK_TEXT(dosai_completion_content(completion, 0, NULL), "Hello! How can I help you today?");
    } else {
      if (i % 3 == 1)
        CHECK_CALL(dosai_chat_stream(client, request, NULL, append, text, &completion, &error), DOSAI_OK);
      else CHECK_CALL(pull(text, &error), DOSAI_OK);
      CHECK_TEXT(text, "Hello! How can I help you today?");
    }
    dosai_completion_free(completion);
  }
  return unused;
}

/* One completion, error and token, looked at by all threads. */
static void *look(void *completion) {
  for (int i = 0; i < 1000; i++) {
    CHECK_TEXT(dosai_completion_content(completion, 0, NULL), "Hello! How can I help you today?");
    CHECK_TEXT(dosai_completion_header(completion, "x-request-id", NULL), "req-1");
    CHECK(strstr(dosai_completion_json(completion, NULL), "chatcmpl-abc123"));
  }
  return NULL;
}

static void all(void *(*body)(void *), void *argument) {
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) CHECK_INT(pthread_create(&threads[i], NULL, body, argument), 0);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
}

int main(void) {
  static const test_transport transports[] = {TEST_PLAIN, TEST_TLS};
  request = test_request();
  for (size_t i = 0; i < 2; i++) {
    dosai_completion *completion = NULL;
    dosai_error *error = NULL;
    transport = transports[i];
    client = test_client(transport, "hello");
    all(work, NULL);
    CHECK_INT(test_count(transport, "hello", "requests"), THREADS * CALLS);
    CHECK_BETWEEN(test_count(transport, "hello", "connections"), 1, THREADS);
    CHECK_CALL(dosai_chat_stream(client, request, NULL, append, (char[64]){0}, &completion, &error),
               DOSAI_OK);
    all(look, completion);
    dosai_completion_free(completion);
    dosai_client_free(client);
  }
  dosai_request_free(request);
  return test_end();
}
