/* A call is cancelled in each state that it can be in, and a loop is closed with calls in each: one last event each. */
#include "loop.h"

enum { BY_CALL, BY_TOKEN, BY_THREAD, WAYS };

static dosai_loop *loop;
static dosai_cancel *token;
static dosai_call_options options;

static void begin(int32_t max_in_flight, int32_t max_retries) {
  dosai_error *error = NULL;
  loop = new_loop(max_in_flight, 0);
  CHECK_CALL(dosai_cancel_new(&token, &error), DOSAI_OK);
  dosai_call_options_init(&options, sizeof options);
  options.cancel = token;
  options.max_retries = max_retries;
}

static void finish(void) {
  close_loop(loop);
  dosai_cancel_free(token);
}

static void *cancel_soon(void *call) {
  test_sleep(50);
  dosai_call_cancel(call);
  return NULL;
}

/* Cancels it in this way, and frees the handle. The one event comes soon, and is the last. */
static void cancel(int way, dosai_call *call, uintptr_t tag) {
  pthread_t thread;
  dosai_error *error = NULL;
  int chunks = book[tag].chunks;
  double start = test_now();
  if (way == BY_CALL) dosai_call_cancel(call);
  if (way == BY_TOKEN) dosai_cancel_trigger(token);
  if (way == BY_THREAD) pthread_create(&thread, NULL, cancel_soon, call);
  while (!book[tag].ends && test_now() < start + test_bound(2000))
    CHECK_CALL(dosai_loop_step(loop, test_bound(2000), note, NULL, NULL, &error), DOSAI_OK);
  CHECK_TOOK(start, test_now(), 0, test_bound(way == BY_THREAD ? 150 : 100));
  CHECK_END(tag, DOSAI_CANCELLED);
  CHECK_INT(book[tag].chunks, chunks);
  if (way == BY_THREAD) pthread_join(thread, NULL);
  dosai_call_cancel(call);
  dosai_call_pause(call);
  dosai_call_resume(call);
  run_for(loop, 20);
  CHECK_INT(book[tag].ends, 1);
  dosai_call_free(call);
}

static void states(int way, test_transport transport) {
  begin(0, 2);
  cancel(way, submit(loop, transport, "silent", CHAT, 0, &options), 0); /* before a step */
  CHECK_INT(book[0].attempts <= 1, 1);
  finish();

  begin(0, 2); /* the server has it and is silent */
  dosai_call *call = submit(loop, transport, "silent", CHAT, 0, &options);
  run_for(loop, 100);
  cancel(way, call, 0);
  CHECK_INT(book[0].attempts, 1);
  finish();

  begin(0, 2); /* in mid-stream */
  call = submit(loop, transport, "silent-chunk", STREAM, 0, &options);
  RUN_UNTIL(loop, book[0].chunks);
  cancel(way, call, 0);
  CHECK_TEXT(book[0].answer, "Hello");
  finish();

  begin(0, 2); /* paused */
  call = submit(loop, transport, "endless", STREAM, 0, &options);
  RUN_UNTIL(loop, book[0].chunks);
  dosai_call_pause(call);
  run_for(loop, 50);
  cancel(way, call, 0);
  finish();

  begin(0, 2); /* in back-off: the server asked for three seconds */
  call = submit(loop, transport, "error-429", CHAT, 0, &options);
  run_for(loop, test_bound(100));
  cancel(way, call, 0);
  CHECK_INT(book[0].attempts, 1);
  finish();

  /* In the queue: the one in flight and those that wait are not disturbed. */
  begin(1, 2);
  start(loop, transport, "silent", STREAM, 1, NULL);
  start(loop, transport, "hello", STREAM, 2, NULL);
  start(loop, transport, "hello", STREAM, 3, NULL);
  call = submit(loop, transport, "hello~never", STREAM, 0, &options);
  CHECK_INT(step(loop, 0), 4);
  cancel(way, call, 0);
  CHECK_INT(book[0].attempts, 0);
  CHECK_INT(step(loop, 0), 3);
  CHECK_INT(test_count(transport, "hello~never", "requests"), 0);
  CHECK_INT(book[1].ends + book[2].ends + book[3].ends, 0);
  finish();
  for (int i = 1; i < 4; i++) CHECK_END(i, DOSAI_CANCELLED);

  begin(1, 2); /* and their turn comes */
  start(loop, transport, "paced", STREAM, 1, NULL);
  call = submit(loop, transport, "hello~never", STREAM, 0, &options);
  start(loop, transport, "hello", STREAM, 2, NULL);
  cancel(way, call, 0);
  run(loop);
  CHECK_END(1, DOSAI_OK);
  CHECK_TEXT(book[1].text, "abcdefghijklmnopqrst");
  CHECK_END(2, DOSAI_OK);
  finish();
}

/* Over already: nothing happens. */
static void after(void) {
  begin(0, 0);
  dosai_call *call = submit(loop, TEST_PLAIN, "hello", STREAM, 0, &options);
  run(loop);
  dosai_call_cancel(call);
  dosai_cancel_trigger(token);
  run_for(loop, 20);
  CHECK_END(0, DOSAI_OK);
  start(loop, TEST_PLAIN, "hello~late", CHAT, 1, &options); /* "now and later" */
  run(loop);
  CHECK_END(1, DOSAI_CANCELLED);
  CHECK_INT(test_count(TEST_PLAIN, "hello~late", "requests"), 0);
  finish();
  dosai_call_cancel(call);
  dosai_call_free(call);
}

/* One token for many calls in all states; its handle goes before it is needed. */
static void shared(void) {
  static const char *const scripts[] = {"silent", "silent-chunk", "endless", "error-429"};
  dosai_cancel *trigger = NULL;
  dosai_call *calls[100];
  begin(60, 2);
  for (uintptr_t i = 0; i < 100; i++)
    calls[i] = submit(loop, over_tcp[i / 4 % 3], scripts[i % 4], i % 4 ? STREAM : CHAT, i, &options);
  for (int i = 0; i < 100; i += 7) dosai_call_pause(calls[i]);
  for (int i = 0; i < 100; i++) dosai_call_free(calls[i]);
  run_for(loop, 200);
  start(loop, TEST_PLAIN, "paced", STREAM, 100, NULL); /* has no token */
  trigger = token;
  dosai_cancel_trigger(trigger);
  double start = test_now();
  RUN_UNTIL(loop, step(loop, 0) <= 1);
  CHECK_TOOK(start, test_now(), 0, test_bound(200));
  for (int i = 0; i < 100; i++) CHECK_END(i, DOSAI_CANCELLED);
  dosai_cancel_free(token);
  token = NULL;
  run(loop);
  CHECK_END(100, DOSAI_OK);
  finish();
}

/* Closed with calls in flight, queued, paused, in back-off, and with events that nobody took. */
static int32_t submit_more(const dosai_event *event) {
  dosai_client *client = test_client(TEST_PLAIN, "hello");
  dosai_request *request = test_request();
  dosai_call *call = (dosai_call *)1;
  CHECK(dosai_loop_submit_chat(loop, client, request, NULL, event->tag + 256, &call, NULL) != DOSAI_OK);
  CHECK(!call);
  dosai_request_free(request);
  dosai_client_free(client);
  return 1;
}

static void closed(int resubmits) {
  static const char *const scripts[] = {"silent",    "silent-chunk",   "endless",
                                        "error-429", "chunk-comments", "endless"};
  dosai_call *calls[60];
  dosai_error *error = NULL;
  begin(40, 2);
  for (uintptr_t i = 0; i < 60; i++)
    calls[i] = submit(loop, over_tcp[i / 6 % 3], scripts[i % 6], i % 6 ? STREAM : CHAT, i, &options);
  for (int i = 0; i < 60; i += 5) dosai_call_pause(calls[i]);
  run_for(loop, 150);
  for (int i = 0; i < 60; i += 2) dosai_call_free(calls[i]);
  CHECK_CALL(dosai_loop_step(loop, 50, NULL, NULL, NULL, &error),
             DOSAI_OK); /* these wait, and are not taken */
  test_sleep(30);
  CHECK_CALL(dosai_loop_step(loop, 50, NULL, NULL, NULL, &error), DOSAI_OK);
  for (int i = 1; i < 60; i += 8) dosai_call_cancel(calls[i]); /* no step will see it */
  then_do = resubmits ? submit_more : NULL;
  finish();
  for (int i = 0; i < 60; i++) CHECK_END(i, DOSAI_CANCELLED);
  for (int i = 256; i < TAGS; i++) CHECK_INT(book[i].ends, 0);
  for (int i = 1; i < 60; i += 2) {
    dosai_call_resume(calls[i]);
    dosai_call_free(calls[i]);
  }
}

static void closed_in_silence(void) {
  dosai_error *error = NULL;
  begin(1, 0);
  start(loop, TEST_PLAIN, "silent", CHAT, 0, &options);
  start(loop, TEST_PLAIN, "silent", CHAT, 1, &options);
  CHECK_CALL(dosai_loop_close(loop, NULL, NULL, &error), DOSAI_OK);
  dosai_cancel_free(token);
}

int main(void) {
  int descriptors = first_descriptors();
  for (int way = 0; way < WAYS; way++)
    for (int i = 0; i < OVER_TCP; i++) states(way, over_tcp[i]);
  after();
  shared();
  closed(0);
  closed(1);
  closed_in_silence();
  check_descriptors(descriptors);
  return test_end();
}
