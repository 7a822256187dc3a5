/* What the loop programs share: a book of all that was told of each call, by its tag. */
#ifndef LOOP_H
#define LOOP_H

#include "test.h"
#include <dirent.h>

enum { CHAT, STREAM, POST, GET, TAGS = 512 };

/* Where a connection is of one call, plain and under TLS, and where calls share it. */
static const test_transport over_tcp[] = {TEST_PLAIN, TEST_TLS, TEST_H2};
enum { OVER_TCP = sizeof over_tcp / sizeof *over_tcp };

typedef struct {
  int chunks, ends; /* ends: terminal events, of which there is to be one */
  dosai_status status;
  dosai_clock clock;
  int attempts;
  char text[64];   /* the content that chunks brought, its beginning */
  char answer[64]; /* of the completion, whole or partial */
  size_t bytes;    /* of that content */
  double chunked;  /* when the last chunk came */
  double ended;    /* when the terminal event came */
} told;

static told book[TAGS];
/* Called for each event, after it was noted. */
static int32_t (*then_do)(const dosai_event *event);
/* Set while a submit runs: nothing may be told in it. */
static int is_submitting;
/* The thread that steps: events come on it alone. */
static pthread_t stepper;

static inline void forget_all(void) {
  stepper = pthread_self();
  memset(book, 0, sizeof book);
  then_do = NULL;
}

static inline void note_end(told *call, const dosai_completion *completion) {
  const char *answer = dosai_completion_content(completion, 0, NULL);
  call->ends++;
  call->ended = test_now();
  snprintf(call->answer, sizeof call->answer, "%s", answer ? answer : "");
}

static inline void note_chunk(told *call, const dosai_chunk *chunk) {
  call->chunks++;
  call->chunked = test_now();
  if (chunk->kind != DOSAI_CHUNK_CONTENT) return;
  if (call->bytes < sizeof call->text - 1) {
    size_t room = sizeof call->text - 1 - call->bytes;
    memcpy(call->text + call->bytes, chunk->text, chunk->text_length < room ? chunk->text_length : room);
  }
  call->bytes += chunk->text_length;
}

static int32_t note(const dosai_event *event, void *user_data) {
  CHECK(pthread_equal(pthread_self(), stepper));
  CHECK(!is_submitting && event->struct_size == sizeof *event && event->tag < TAGS);
  CHECK((event->chunk != NULL) == (event->kind == DOSAI_EVENT_CHUNK));
  CHECK((event->completion != NULL) == (event->kind == DOSAI_EVENT_COMPLETION));
  CHECK((event->error != NULL) == (event->kind == DOSAI_EVENT_ERROR));
  CHECK((event->response != NULL) == (event->kind == DOSAI_EVENT_RESPONSE));
  told *call = &book[event->tag];
  CHECK_INT(call->ends, 0); /* nothing after the last */
  if (event->kind == DOSAI_EVENT_CHUNK) note_chunk(call, event->chunk);
  if (event->kind == DOSAI_EVENT_COMPLETION) {
    call->attempts = dosai_completion_attempt_count(event->completion);
    note_end(call, event->completion);
  }
  if (event->kind == DOSAI_EVENT_RESPONSE) {
    call->attempts = dosai_response_attempt_count(event->response);
    call->ends++;
    call->ended = test_now();
  }
  if (event->kind == DOSAI_EVENT_ERROR) {
    call->status = dosai_error_status(event->error);
    call->clock = dosai_error_clock(event->error);
    call->attempts = dosai_error_attempt_count(event->error);
    note_end(call, dosai_error_completion(event->error));
  }
  (void)user_data;
  return then_do ? then_do(event) : 0;
}

static inline dosai_loop *new_loop(int32_t max_in_flight, int32_t max_connections_per_host) {
  dosai_loop *loop = NULL;
  dosai_error *error = NULL;
  dosai_loop_options options;
  dosai_loop_options_init(&options, sizeof options);
  options.max_in_flight = max_in_flight;
  options.max_connections_per_host = max_connections_per_host;
  CHECK_CALL(dosai_loop_new(&options, &loop, &error), DOSAI_OK);
  forget_all();
  return loop;
}

static inline dosai_call *submit_with(dosai_loop *loop, dosai_client *client, int kind, uintptr_t tag,
                                      const dosai_call_options *options) {
  static const char body[] = "{\"input\":\"x\"}";
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  dosai_call *call = NULL;
  is_submitting++;
  if (kind == CHAT)
    CHECK_CALL(dosai_loop_submit_chat(loop, client, request, options, tag, &call, &error), DOSAI_OK);
  if (kind == STREAM)
    CHECK_CALL(dosai_loop_submit_stream(loop, client, request, options, tag, &call, &error), DOSAI_OK);
  if (kind == POST)
    CHECK_CALL(dosai_loop_submit_post(loop, client, "/embeddings", body, sizeof body - 1, options, tag, &call,
                                      &error),
               DOSAI_OK);
  if (kind == GET)
    CHECK_CALL(dosai_loop_submit_get(loop, client, "/models", options, tag, &call, &error), DOSAI_OK);
  is_submitting--;
  CHECK(call != NULL);
  dosai_request_free(request);
  return call;
}

/* Submits, and frees what it was submitted with. Gives the handle. */
static inline dosai_call *submit(dosai_loop *loop, test_transport transport, const char *script, int kind,
                                 uintptr_t tag, const dosai_call_options *options) {
  dosai_client *client = test_client(transport, script);
  dosai_call *call = submit_with(loop, client, kind, tag, options);
  dosai_client_free(client);
  return call;
}

/* The same without a handle. */
static inline void start(dosai_loop *loop, test_transport transport, const char *script, int kind,
                         uintptr_t tag, const dosai_call_options *options) {
  dosai_call_free(submit(loop, transport, script, kind, tag, options));
}

static inline size_t step(dosai_loop *loop, int64_t timeout_ms) {
  dosai_error *error = NULL;
  size_t active = 0;
  CHECK_CALL(dosai_loop_step(loop, timeout_ms, note, NULL, &active, &error), DOSAI_OK);
  return active;
}

/* Steps for so long. Gives how many steps it took. */
static inline int run_for(dosai_loop *loop, int milliseconds) {
  double end = test_now() + milliseconds;
  int steps = 0;
  for (double now; (now = test_now()) < end; steps++) step(loop, (int64_t)(end - now) + 1);
  return steps;
}

/* Steps for so long, in which nothing is to be done. */
static inline void idle_for(dosai_loop *loop, int milliseconds) {
  clock_t before = clock();
  CHECK_BETWEEN(run_for(loop, milliseconds), 1, 20);
  CHECK_BETWEEN((double)(clock() - before) * 1e3 / CLOCKS_PER_SEC, 0, test_bound(50));
}

/* Steps until so much has been told; a test that would wait for ever ends all the same. */
#define RUN_UNTIL(loop, condition)                                \
  do {                                                            \
    double run_end = test_now() + test_bound(10000);              \
    while (!(condition) && test_now() < run_end) step(loop, 100); \
    CHECK(condition);                                             \
  } while (0)

/* Steps until no call is left. */
static inline void run(dosai_loop *loop) { RUN_UNTIL(loop, step(loop, 0) == 0); }

static inline void close_loop(dosai_loop *loop) {
  dosai_error *error = NULL;
  CHECK_CALL(dosai_loop_close(loop, note, NULL, &error), DOSAI_OK);
}

static inline int open_descriptors(void) {
  int count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (readdir(folder)) count++;
  closedir(folder);
  return count;
}

/* Opens what the first client of a process opens for good, and counts. */
static inline int first_descriptors(void) {
  dosai_client_free(test_client(TEST_TLS, "hello"));
  return open_descriptors();
}

/* All are closed again; a lookup of libcurl's may take its time. */
static inline void check_descriptors(int before) {
  for (int i = 0; i < 100 && open_descriptors() != before; i++) test_sleep(10);
  CHECK_INT(open_descriptors(), before);
}

#define CHECK_END(tag, expected)           \
  do {                                     \
    CHECK_INT(book[tag].ends, 1);          \
    CHECK_INT(book[tag].status, expected); \
  } while (0)

#endif
