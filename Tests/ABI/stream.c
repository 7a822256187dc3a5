#include "test.h"

static dosai_error *error;
static dosai_stream *stream;
static const dosai_chunk *chunk;

static void open_stream(test_transport transport, const char *script, const dosai_call_options *options) {
  dosai_client *client = test_client(transport, script);
  dosai_request *request = test_request();
  stream = NULL;
  CHECK_CALL(dosai_stream_open(client, request, options, &stream, &error), DOSAI_OK);
  dosai_request_free(request); /* the stream goes on without both */
  dosai_client_free(client);
}

static void take_one(void) {
  chunk = NULL;
  CHECK_CALL(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_OK);
  CHECK(chunk != NULL);
}

static void to_the_end(test_transport transport) {
  char text[64] = "";
  dosai_completion *part = NULL, *completion = NULL;
  open_stream(transport, "fast", NULL);
  for (int i = 0; i < 11; i++) {
    take_one();
    if (chunk && chunk->kind == DOSAI_CHUNK_CONTENT) strcat(text, chunk->text);
  }
  CHECK_CALL(dosai_stream_completion(stream, &part, &error), DOSAI_OK);
  CHECK_TEXT(text, "abcdefghij");
  CHECK_TEXT(dosai_completion_content(part, 0, NULL), text);
  CHECK_INT(dosai_completion_finish_reason(part, 0), DOSAI_FINISH_NONE);
  do CHECK_CALL(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_OK);
  while (chunk);
  for (int i = 0; i < 3; i++) {
    chunk = (const dosai_chunk *)1;
    CHECK_CALL(dosai_stream_next(stream, i - 1, &chunk, &error), DOSAI_OK);
    CHECK(!chunk);
  }
  CHECK_CALL(dosai_stream_completion(stream, &completion, &error), DOSAI_OK);
  dosai_stream_free(stream);
  CHECK_TEXT(dosai_completion_content(part, 0, NULL), "abcdefghij"); /* immutable */
  CHECK_TEXT(dosai_completion_content(completion, 0, NULL), "abcdefghijklmnopqrst");
  CHECK_INT(dosai_completion_finish_reason(completion, 0), DOSAI_FINISH_STOP);
  dosai_completion_free(part);
  dosai_completion_free(completion);
}

static void would_block(test_transport transport) {
  open_stream(transport, "silent-chunk", NULL);
  take_one();
  for (int i = 0; i < 3; i++) {
    chunk = (const dosai_chunk *)1;
    double start = test_now();
    CHECK_CALL(dosai_stream_next(stream, 50 * i, &chunk, &error), DOSAI_WOULD_BLOCK);
    CHECK_TOOK(start, test_now(), 50 * i - 1, 50 * i + test_bound(50));
    CHECK(!chunk);
  }
  dosai_stream_free(stream);
  open_stream(transport, "paced", NULL);
  int chunks = 0, blocked = 0;
  double start = test_now();
  for (;;) {
    chunk = NULL;
    dosai_status status = dosai_stream_next(stream, 5, &chunk, &error);
    if (status == DOSAI_OK && !chunk) break;
    if (status != DOSAI_OK && status != DOSAI_WOULD_BLOCK) break;
    if (status == DOSAI_WOULD_BLOCK) blocked++;
    else chunks++;
  }
  CHECK(!error);
  CHECK_INT(chunks, 23);
  CHECK(blocked > 20 ||
        blocked > 20 - test_last_allowance(start) / 5); /* late chunks come several at a time */
  dosai_stream_free(stream);
  CHECK_INT(dosai_stream_next(stream = NULL, 0, &chunk, NULL), DOSAI_INVALID_ARGUMENT);
}

/* After a failure every call answers the same; the part is kept. */
static void failed(const char *script, dosai_status status) {
  dosai_completion *part = NULL;
  open_stream(TEST_PLAIN, script, NULL);
  take_one();
  for (int i = 0; i < 3; i++) {
    chunk = (const dosai_chunk *)1;
    CHECK_KEEP(dosai_stream_next(stream, -1, &chunk, &error), status);
    CHECK(!chunk);
    CHECK_TEXT(dosai_completion_content(dosai_error_completion(error), 0, NULL), "Hello");
    CHECK_INT(dosai_error_http_status(error), 200);
    dosai_error_free(error);
    error = NULL;
  }
  CHECK_CALL(dosai_stream_completion(stream, &part, &error), DOSAI_OK);
  CHECK_TEXT(dosai_completion_content(part, 0, NULL), "Hello");
  dosai_completion_free(part);
  dosai_stream_free(stream);
}

/* The time between two calls is the caller's: neither the first token's clock nor the idle one counts it. */
static void slow_reader(int taken) {
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.first_token_timeout_ms = options.idle_timeout_ms = test_bound(600);
  open_stream(TEST_PLAIN, "paced", &options);
  for (int i = 0; i < taken; i++) take_one();
  test_sleep(test_bound(600) * 2);
  take_one();
  test_sleep(test_bound(600) * 2);
  do CHECK_CALL(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_OK);
  while (chunk);
  dosai_stream_free(stream);
}

/* Nor does a clock run out as soon as the caller is back: a server that is silent still has the rest of its time. */
static void slow_reader_of_silence(const char *script, int taken, dosai_clock clock) {
  dosai_call_options options;
  double begun = test_now();
  dosai_call_options_init(&options, sizeof options);
  options.first_token_timeout_ms = options.idle_timeout_ms = test_bound(600);
  open_stream(TEST_PLAIN, script, &options);
  for (int i = 0; i < taken; i++) take_one();
  double used = test_now() - begun;
  test_sleep(test_bound(600) * 2);
  double back = test_now();
  CHECK_KEEP(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_TIMEOUT);
  CHECK(test_now() - back >= test_bound(600) - used - 1);
  CHECK_INT(dosai_error_clock(error), clock);
  dosai_error_free(error);
  error = NULL;
  dosai_stream_free(stream);
}

/* One thread at a time: another is told BUSY; but it may free the stream, which ends the call. */
static void *block(void *unused) {
  dosai_error *own = NULL;
  const dosai_chunk *none;
  dosai_status status;
  while ((status = dosai_stream_next(stream, -1, &none, &own)) == DOSAI_BUSY) dosai_error_free(own);
  CHECK_INT(status, DOSAI_CANCELLED);
  CHECK_INT(dosai_error_status(own), DOSAI_CANCELLED);
  CHECK_TEXT(dosai_completion_content(dosai_error_completion(own), 0, NULL), "Hello");
  dosai_error_free(own);
  return unused;
}

/* A thread that waits is woken when another frees the stream, or with an on_wait looks each 100 ms itself. */
static void two_threads(test_transport transport, int looks_often) {
  pthread_t thread;
  dosai_completion *part = (dosai_completion *)1;
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.on_wait = test_wait_on;
  open_stream(transport, "silent-chunk", looks_often ? &options : NULL);
  take_one();
  pthread_create(&thread, NULL, block, NULL);
  dosai_status status = DOSAI_OK;
  for (int i = 0; i < 60000 && status != DOSAI_BUSY; i++) { /* until the thread waits in it */
    test_sleep(1);
    status = dosai_stream_completion(stream, &part, NULL);
    dosai_completion_free(part);
  }
  CHECK_INT(status, DOSAI_BUSY);
  part = (dosai_completion *)1;
  CHECK_CALL(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_BUSY);
  CHECK_CALL(dosai_stream_completion(stream, &part, &error), DOSAI_BUSY);
  CHECK(!part);
  double start = test_now();
  dosai_stream_free(stream);
  pthread_join(thread, NULL);
  CHECK_TOOK(start, test_now(), 0, test_bound(looks_often ? 200 : 100));
}

/* From on_wait too. */
static int32_t free_it(void *is_open) {
  if (!*(int *)is_open) return 0; /* the machine was so slow that it came while the stream was being opened */
  CHECK_INT(dosai_stream_next(stream, 0, &chunk, NULL), DOSAI_BUSY);
  dosai_stream_free(stream);
  stream = NULL;
  return 0;
}

static void freed_from_on_wait(void) {
  dosai_call_options options;
  int is_open = 0;
  dosai_call_options_init(&options, sizeof options);
  options.on_wait = free_it;
  options.wait_user_data = &is_open;
  options.wait_interval_ms = 30;
  open_stream(TEST_PLAIN, "silent-chunk", &options);
  take_one();
  is_open = 1;
  CHECK_CALL(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_CANCELLED);
  CHECK(!stream);
}

/* A stream that is dropped early closes its connection, and the server sees it. */
static void dropped(void) {
  dosai_client *client = test_client(TEST_PLAIN, "endless");
  dosai_request *request = test_request();
  for (int i = 0; i < 5; i++) {
    CHECK_CALL(dosai_stream_open(client, request, NULL, &stream, &error), DOSAI_OK);
    if (i % 2) take_one();
    dosai_stream_free(stream);
  }
  long ended = 0;
  for (double start = test_now(); ended < 5 && test_now() - start < test_bound(2000); test_sleep(20))
    ended = test_count(TEST_PLAIN, "endless", "ended");
  CHECK_INT(ended, 5);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* A whole completion on a stream call is an answer too. */
static void whole_answer(void) {
  char text[64] = "";
  dosai_completion *completion = NULL;
  open_stream(TEST_PLAIN, "whole-eof-good", NULL);
  for (;;) {
    CHECK_CALL(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_OK);
    if (!chunk) break;
    if (chunk->kind == DOSAI_CHUNK_CONTENT) strcat(text, chunk->text);
  }
  CHECK_TEXT(text, "Hello! How can I help you today?");
  CHECK_CALL(dosai_stream_completion(stream, &completion, &error), DOSAI_OK);
  CHECK_INT(dosai_completion_quirks(completion), DOSAI_QUIRK_WHOLE_ANSWER);
  CHECK_TEXT(dosai_completion_content(completion, 0, NULL), text);
  dosai_completion_free(completion);
  dosai_stream_free(stream);
}

int main(void) {
  for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++) {
    to_the_end((test_transport)transport);
    would_block((test_transport)transport);
    two_threads((test_transport)transport, 0);
    two_threads((test_transport)transport, 1);
  }
  failed("mid-fin-chunked", DOSAI_TRUNCATED);
  failed("mid-error", DOSAI_PROVIDER);
  failed("mid-garbage", DOSAI_PROTOCOL);
  slow_reader(0);
  slow_reader(1);
  slow_reader_of_silence("silent-headers", 0, DOSAI_CLOCK_FIRST_TOKEN);
  slow_reader_of_silence("silent-chunk", 1, DOSAI_CLOCK_IDLE);
  freed_from_on_wait();
  dropped();
  whole_answer();
  return test_end();
}
