/* What a loop tells, and what may be done from inside its callback. */
#include "loop.h"

static dosai_loop *loop;
static dosai_call *calls[TAGS];
static dosai_cancel *token;
static dosai_completion *kept;
static dosai_error *kept_error;

/* Each kind of call and each kind of end. */
static void kinds(test_transport transport) {
  static const struct {
    const char *script;
    int kind;
    dosai_status status;
    const char *answer;
    int attempts;
  } cases[] = {
      {"hello", CHAT, DOSAI_OK, "Hello! How can I help you today?", 1},
      {"hello", STREAM, DOSAI_OK, "Hello! How can I help you today?", 1},
      {"echo", POST, DOSAI_OK, "", 1},
      {"models", GET, DOSAI_OK, "", 1},
      {"fail-then-hello", CHAT, DOSAI_OK, "Hello! How can I help you today?", 2},
      {"fail-then-hello~2", STREAM, DOSAI_OK, "Hello! How can I help you today?",
       2}, /* and by a whole answer */
      {"fail-then-hello~3", POST, DOSAI_OK, "", 2},
      {"error-503", STREAM, DOSAI_UNAVAILABLE, "", 3},
      {"error-404", GET, DOSAI_NOT_FOUND, "", 1},
      {"error-401", CHAT, DOSAI_AUTHENTICATION, "", 1},
      {"redirect", STREAM, DOSAI_REDIRECTED, "", 1},
      {"mid-error", STREAM, DOSAI_PROVIDER, "Hello", 1},
      {"mid-rst", STREAM, DOSAI_TRUNCATED, "Hello", 1},
      {"mid-garbage", STREAM, DOSAI_PROTOCOL, "Hello", 1},
      {"whole-rst", CHAT, DOSAI_TRUNCATED, "", 1},
  };
  enum { COUNT = sizeof cases / sizeof *cases };
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.max_retries = 2;
  loop = new_loop(0, 0);
  for (uintptr_t i = 0; i < COUNT; i++) start(loop, transport, cases[i].script, cases[i].kind, i, &options);
  run(loop);
  run_for(loop, 20);
  for (uintptr_t i = 0; i < COUNT; i++) {
    int before = test_failures;
    CHECK_END(i, cases[i].status);
    CHECK_TEXT(book[i].answer, cases[i].answer);
    CHECK_INT(book[i].attempts, cases[i].attempts);
    CHECK_TEXT(book[i].text, cases[i].kind == STREAM ? cases[i].answer : "");
    if (test_failures != before) fprintf(stderr, "  with %s\n", cases[i].script);
  }
  close_loop(loop);
}

static int32_t refused(const dosai_event *event) {
  const dosai_event *other = event;
  dosai_error *error = NULL;
  size_t active = 7;
  CHECK_CALL(dosai_loop_step(loop, 0, note, NULL, &active, &error), DOSAI_BUSY);
  CHECK_INT(active, 0);
  CHECK_CALL(dosai_loop_next(loop, &other, &error), DOSAI_BUSY);
  CHECK(!other);
  CHECK_CALL(dosai_loop_close(loop, note, NULL, &error), DOSAI_BUSY);
  /* What was lent is still there. */
  if (event->chunk) CHECK(strlen(event->chunk->json) == event->chunk->json_length);
  if (event->completion) CHECK_TEXT(dosai_completion_model(event->completion, NULL), "dos-ai");
  return 0;
}

static void busy(void) {
  loop = new_loop(0, 0);
  start(loop, TEST_PLAIN, "hello", STREAM, 0, NULL);
  then_do = refused;
  run(loop);
  CHECK_END(0, DOSAI_OK);
  start(loop, TEST_PLAIN, "silent", CHAT, 1, NULL);
  close_loop(loop); /* its callback is refused the same */
  CHECK_END(1, DOSAI_CANCELLED);
}

static void start_at(const char *base_url, uintptr_t tag) {
  char url[256];
  dosai_client_options options;
  test_options(&options, url, TEST_PLAIN, "hello");
  options.base_url = base_url;
  dosai_client *client = test_client_with(&options);
  dosai_call_free(submit_with(loop, client, CHAT, tag, NULL));
  dosai_client_free(client);
}

/* 0 does it all at its first chunk. */
static int32_t act(const dosai_event *event) {
  dosai_error *error = NULL;
  if (event->tag != 0 || book[0].chunks != 1) return 0;
  calls[4] = submit(loop, TEST_PLAIN, "fast", STREAM, 4, NULL);
  start_at(test_env("DOSAI_TEST_REFUSED"), 5); /* fails at once, yet not in here */
  dosai_call_cancel(calls[1]);
  dosai_call_pause(calls[2]);
  dosai_call_resume(calls[3]);
  dosai_cancel_trigger(token);
  for (int i = 0; i < 4; i++) dosai_call_free(calls[i]);
  dosai_call_cancel(calls[4]);
  dosai_call_free(calls[4]);
  dosai_client *client = test_client(TEST_PLAIN, "hello"); /* the other faces, and another loop, work too */
  dosai_request *request = test_request();
  dosai_loop *other = NULL;
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_new(NULL, &other, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_submit_chat(other, client, request, NULL, 6, NULL, &error), DOSAI_OK);
  while (!book[6].ends) CHECK_CALL(dosai_loop_step(other, 1000, note, NULL, NULL, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_close(other, NULL, NULL, &error), DOSAI_OK);
  dosai_request_free(request);
  dosai_client_free(client);
  return 0;
}

static void from_inside(void) {
  dosai_error *error = NULL;
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  CHECK_CALL(dosai_cancel_new(&token, &error), DOSAI_OK);
  loop = new_loop(0, 0);
  calls[1] = submit(loop, TEST_PLAIN, "endless", STREAM, 1, NULL);
  calls[2] = submit(loop, TEST_PLAIN, "endless", STREAM, 2, NULL);
  calls[3] = submit(loop, TEST_PLAIN, "fast", STREAM, 3, NULL);
  dosai_call_pause(calls[3]);
  options.cancel = token;
  start(loop, TEST_PLAIN, "endless", STREAM, 7, &options);
  RUN_UNTIL(loop, book[1].chunks && book[2].chunks && book[7].chunks);
  CHECK_INT(book[3].chunks, 0);
  then_do = act;
  calls[0] = submit(loop, TEST_PLAIN, "paced", STREAM, 0, NULL);
  /* one step may bring all that 0 has left */
  RUN_UNTIL(loop,
            book[0].ends && book[1].ends && book[3].ends && book[4].ends && book[5].ends && book[7].ends);
  CHECK_END(0, DOSAI_OK);
  CHECK_END(1, DOSAI_CANCELLED);
  CHECK_TEXT(book[1].answer, book[1].text);
  CHECK_INT(book[2].ends, 0);
  CHECK_END(3, DOSAI_OK);
  CHECK_TEXT(book[3].text, "abcdefghijklmnopqrst");
  CHECK_END(4, DOSAI_CANCELLED);
  CHECK_INT(book[4].chunks, 0);
  CHECK_END(5, DOSAI_CONNECTION);
  CHECK_END(6, DOSAI_OK);
  CHECK_END(7, DOSAI_CANCELLED);
  close_loop(loop);
  CHECK_END(2, DOSAI_CANCELLED);
  dosai_cancel_free(token);
}

/* From the third chunk on: whatever it does takes effect before the next event. */
static int32_t stop_by_result(const dosai_event *event) {
  return event->kind == DOSAI_EVENT_CHUNK ? book[0].chunks == 3 : 1;
}
static int32_t stop_by_cancel(const dosai_event *event) {
  (void)event;
  if (book[0].chunks == 3) dosai_call_cancel(calls[0]);
  return 0;
}
static int32_t stop_by_token(const dosai_event *event) {
  (void)event;
  if (book[0].chunks == 3) dosai_cancel_trigger(token);
  return 0;
}
static int32_t stop_by_pause(const dosai_event *event) {
  (void)event;
  if (book[0].chunks == 3) dosai_call_pause(calls[0]);
  return 0;
}

/* least: the fewest chunks of a call that is only paused. */
static void stops(int32_t (*stop)(const dosai_event *), const char *script, dosai_status end, int least) {
  dosai_error *error = NULL;
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  CHECK_CALL(dosai_cancel_new(&token, &error), DOSAI_OK);
  options.cancel = token;
  loop = new_loop(0, 0);
  then_do = stop;
  calls[0] = submit(loop, TEST_PLAIN, script, STREAM, 0, &options); /* all its events in one segment */
  if (stop == stop_by_pause) {
    RUN_UNTIL(loop, book[0].chunks >= 3);
    run_for(loop, 100);
  } else {
    run(loop);
  }
  CHECK_INT(book[0].chunks, 3);
  if (stop != stop_by_pause) CHECK_END(0, DOSAI_CANCELLED);
  then_do = NULL;
  dosai_call_resume(calls[0]);
  run(loop);
  if (stop == stop_by_pause) CHECK_END(0, end);
  CHECK_BETWEEN(book[0].chunks, stop == stop_by_pause ? least : 3, stop == stop_by_pause ? 20 : 3);
  dosai_call_free(calls[0]);
  close_loop(loop);
  dosai_cancel_free(token);
}

static int32_t keep(const dosai_event *event) {
  dosai_error *error = NULL;
  const dosai_completion *lent = event->error ? dosai_error_completion(event->error) : event->completion;
  if (!lent) return 0;
  CHECK_CALL(dosai_completion_copy(lent, &kept, &error), DOSAI_OK);
  dosai_completion_free((dosai_completion *)(uintptr_t)lent); /* lent: left alone */
  dosai_error_free((dosai_error *)(uintptr_t)event->error);
  CHECK(dosai_completion_model(lent, NULL) != NULL);
  if (event->error) CHECK_CALL(dosai_error_copy(event->error, &kept_error, &error), DOSAI_OK);
  return 0;
}

/* A copy outlives the event, the call, the client and the loop. */
static void copies(const char *script, int kind, const char *answer) {
  loop = new_loop(0, 0);
  then_do = keep;
  kept = NULL;
  start(loop, TEST_PLAIN, script, kind, 0, NULL);
  run(loop);
  close_loop(loop);
  CHECK_TEXT(dosai_completion_content(kept, 0, NULL), answer);
  dosai_completion_free(kept);
  if (kept_error) { /* and two of one error are each whole */
    dosai_error *second = NULL, *error = NULL;
    CHECK_CALL(dosai_error_copy(kept_error, &second, &error), DOSAI_OK);
    CHECK_TEXT(dosai_completion_content(dosai_error_completion(kept_error), 0, NULL), answer);
    dosai_error_free(kept_error);
    CHECK_TEXT(dosai_completion_content(dosai_error_completion(second), 0, NULL), answer);
    CHECK_INT(dosai_error_http_status(second), 200);
    CHECK_TEXT(dosai_error_header(second, "X-Request-Id", NULL), "req-1");
    dosai_error_free(second);
    kept_error = NULL;
  }
}

/* And no later: a step may bring as much as has come. */
static int32_t pause_at_fourth(const dosai_event *event) {
  if (event->tag == 0 && event->chunk && book[0].chunks == 4) dosai_call_pause(calls[0]);
  return 0;
}

/* What a call's handle knows of its answer: as it comes, and after the loop. */
static void so_far(void) {
  dosai_error *error = NULL;
  dosai_completion *completion = (dosai_completion *)1;
  loop = new_loop(0, 0);
  then_do = pause_at_fourth;
  calls[0] = submit(loop, TEST_PLAIN, "paced", STREAM, 0, NULL);
  calls[1] = submit(loop, TEST_PLAIN, "slow", CHAT, 1, NULL);
  CHECK_CALL(dosai_call_completion(calls[1], &completion, &error), DOSAI_INVALID_ARGUMENT);
  CHECK(!completion);
  RUN_UNTIL(loop, book[0].chunks == 4);
  CHECK_CALL(dosai_call_completion(calls[0], &completion, &error), DOSAI_OK);
  CHECK_TEXT(dosai_completion_content(completion, 0, NULL), book[0].text);
  CHECK(strlen(book[0].text) < 20);
  CHECK_TEXT(dosai_completion_header(completion, "x-request-id", NULL), "req-1");
  dosai_completion_free(completion);
  dosai_call_resume(calls[0]);
  run(loop);
  close_loop(loop);
  for (int i = 0; i < 2; i++) {
    CHECK_END(i, DOSAI_OK);
    CHECK_CALL(dosai_call_completion(calls[i], &completion, &error), DOSAI_OK);
    CHECK_TEXT(dosai_completion_content(completion, 0, NULL), book[i].answer);
    dosai_completion_free(completion);
    dosai_call_free(calls[i]);
  }
}

/* An event that is larger than what a call holds unread. */
static void big_event(test_transport transport) {
  loop = new_loop(0, 0);
  start(loop, transport, "big-event", STREAM, 0, NULL);
  run(loop);
  CHECK_END(0, DOSAI_OK);
  CHECK_INT(book[0].bytes, 4 << 20);
  close_loop(loop);
}

/* Some pulled and some pushed, as the host likes: none is lost, and what next has lent is given back (valgrind). */
static void by_turns(void) {
  dosai_error *error = NULL;
  const dosai_event *event = NULL;
  loop = new_loop(0, 0);
  for (uintptr_t i = 0; i < 8; i++) start(loop, TEST_PLAIN, i % 2 ? "hello" : "mid-error", STREAM, i, NULL);
  for (int i = 0; i < 8;) {
    CHECK_CALL(dosai_loop_step(loop, test_bound(1000), NULL, NULL, NULL, &error), DOSAI_OK);
    do {
      CHECK_CALL(dosai_loop_next(loop, &event, &error), DOSAI_OK);
      if (event) note(event, NULL);
    } while (event && event->kind == DOSAI_EVENT_CHUNK);
    if (event) step(loop, 0);
    for (i = 0; i < 8 && book[i].ends;) i++;
  }
  for (int i = 0; i < 8; i++) CHECK_END(i, i % 2 ? DOSAI_OK : DOSAI_PROVIDER);
  start(loop, TEST_PLAIN, "error-401", CHAT, 8, NULL);
  for (event = NULL; !event;) {
    CHECK_CALL(dosai_loop_step(loop, test_bound(1000), NULL, NULL, NULL, &error), DOSAI_OK);
    CHECK_CALL(dosai_loop_next(loop, &event, &error), DOSAI_OK);
  }
  close_loop(loop); /* it is still lent */
  CHECK_INT(book[8].ends, 0);
}

/* One after the other they share one connection, each submitted in the last event of the one before. */
static int32_t again(const dosai_event *event) {
  if (event->kind != DOSAI_EVENT_CHUNK && event->tag < 19)
    start(loop, TEST_TLS, "hello~reuse", event->tag % 2 ? CHAT : STREAM, event->tag + 1, NULL);
  return 0;
}

static void reuse(void) {
  loop = new_loop(0, 0);
  then_do = again;
  start(loop, TEST_TLS, "hello~reuse", STREAM, 0, NULL);
  run(loop);
  for (int i = 0; i < 20; i++) CHECK_END(i, DOSAI_OK);
  CHECK_INT(test_count(TEST_TLS, "hello~reuse", "requests"), 20);
  CHECK_INT(test_count(TEST_TLS, "hello~reuse", "connections"), 1);
  close_loop(loop);
}

/* While a chunk is lent, libcurl may read for its call in a submit: what is lent stays. */
static int32_t submit_and_look(const dosai_event *event) {
  const dosai_chunk *chunk = event->chunk;
  if (!chunk || !chunk->text || book[0].chunks > 200) return 0;
  char *text = strdup(chunk->text), *json = strdup(chunk->json);
  start(loop, TEST_PLAIN, "hello", CHAT, (uintptr_t)book[0].chunks, NULL);
  CHECK_INT(chunk->text_length, strlen(text));
  CHECK_INT(chunk->json_length, strlen(json));
  CHECK(memcmp(chunk->text, text, chunk->text_length + 1) == 0);
  CHECK(memcmp(chunk->json, json, chunk->json_length + 1) == 0);
  free(text);
  free(json);
  return 0;
}

static void submit_beside_a_chunk(test_transport transport) {
  dosai_error *error = NULL;
  const dosai_event *event = NULL;
  for (int is_pulled = 0; is_pulled < 2; is_pulled++) {
    loop = new_loop(0, 0);
    then_do = submit_and_look;
    start(loop, transport, "blast", STREAM, 0, NULL);
    while (is_pulled && !book[0].ends) {
      CHECK_CALL(dosai_loop_step(loop, test_bound(1000), NULL, NULL, NULL, &error), DOSAI_OK);
      while (dosai_loop_next(loop, &event, &error) == DOSAI_OK && event) note(event, NULL);
    }
    run(loop);
    CHECK_END(0, DOSAI_OK);
    CHECK_INT(book[0].bytes, strlen("Hello") + 512 * (16 << 10));
    close_loop(loop);
  }
}

/* [DONE] is told at once, also where the server then keeps the connection to itself; and with no call left that one
 * is given up within a step. */
static void after_done(void) {
  loop = new_loop(0, 0);
  double begun = test_now();
  for (uintptr_t i = 0; i < 3; i++) start(loop, TEST_PLAIN, "after-done-hold", STREAM, i, NULL);
  run(loop);
  CHECK_TOOK(begun, test_now(), 0, test_bound(200));
  for (int i = 0; i < 3; i++) CHECK_END(i, DOSAI_OK);
  run_for(loop, 50);
  long ended = 0; /* the server may be late to see it */
  for (double end = test_now() + test_bound(10000); ended < 3 && test_now() < end; test_sleep(1))
    ended = test_count(TEST_PLAIN, "after-done-hold", "ended");
  CHECK_INT(ended, 3);
  close_loop(loop);
}

int main(void) {
  int descriptors = first_descriptors();
  for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++) kinds((test_transport)transport);
  busy();
  from_inside();
  stops(stop_by_result, "rich", DOSAI_OK, 10);
  stops(stop_by_cancel, "rich", DOSAI_OK, 10);
  stops(stop_by_token, "rich", DOSAI_OK, 10);
  stops(stop_by_pause, "rich", DOSAI_OK, 10);
  stops(stop_by_result, "whole-unfinished", DOSAI_TRUNCATED, 4);
  stops(stop_by_cancel, "whole-unfinished", DOSAI_TRUNCATED, 4);
  stops(stop_by_pause, "whole-unfinished", DOSAI_TRUNCATED, 4);
  copies("hello", CHAT, "Hello! How can I help you today?");
  copies("hello", STREAM, "Hello! How can I help you today?");
  copies("mid-error", STREAM, "Hello");
  so_far();
  for (int transport = TEST_PLAIN; transport <= TEST_TLS; transport++) big_event((test_transport)transport);
  by_turns();
  reuse();
  after_done();
  for (int transport = TEST_PLAIN; transport <= TEST_H2; transport++)
    submit_beside_a_chunk((test_transport)transport);
  check_descriptors(descriptors);
  return test_end();
}
