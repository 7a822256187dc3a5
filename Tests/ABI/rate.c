/* Calls wait until the rate of their client or loop lets them go. */
#include "loop.h"

#include <poll.h>

static dosai_client *rated(const char *script, int64_t requests, int64_t tokens, int32_t retries) {
  char url[256];
  dosai_client_options options;
  test_options(&options, url, TEST_PLAIN, script);
  options.requests_per_minute = requests;
  options.tokens_per_minute = tokens;
  options.max_retries = retries;
  return test_client_with(&options);
}

static dosai_loop *rated_loop(int64_t requests, int64_t tokens) {
  dosai_loop *loop = NULL;
  dosai_error *error = NULL;
  dosai_loop_options options;
  forget_all();
  dosai_loop_options_init(&options, sizeof options);
  options.requests_per_minute = requests;
  options.tokens_per_minute = tokens;
  CHECK_CALL(dosai_loop_new(&options, &loop, &error), DOSAI_OK);
  return loop;
}

/* Gives how many attempts it took. */
static int ask(dosai_client *client, const dosai_call_options *options, dosai_status expected) {
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  CHECK_KEEP(dosai_chat(client, request, options, &completion, &error), expected);
  int attempts = completion ? dosai_completion_attempt_count(completion) : dosai_error_attempt_count(error);
  if (expected == DOSAI_TIMEOUT) CHECK_INT(dosai_error_clock(error), DOSAI_CLOCK_TOTAL);
  dosai_completion_free(completion);
  dosai_error_free(error);
  dosai_request_free(request);
  return attempts;
}

static void refused(void) {
  char url[256];
  dosai_client_options options;
  dosai_loop_options loop_options;
  dosai_client *client = NULL;
  dosai_loop *loop = NULL;
  dosai_error *error = NULL;
  for (int i = 0; i < 2; i++) {
    test_options(&options, url, TEST_PLAIN, "hello");
    *(i ? &options.requests_per_minute : &options.tokens_per_minute) = -2;
    CHECK_CALL(dosai_client_new(&options, &client, &error), DOSAI_INVALID_ARGUMENT);
    dosai_loop_options_init(&loop_options, sizeof loop_options);
    *(i ? &loop_options.requests_per_minute : &loop_options.tokens_per_minute) = -2;
    CHECK_CALL(dosai_loop_new(&loop_options, &loop, &error), DOSAI_INVALID_ARGUMENT);
  }
}

/* No number is too large. */
static void unlimited(void) {
  dosai_client *client = rated("hello~unlimited", INT64_MAX, INT64_MAX, -1);
  for (int i = 0; i < 3; i++) CHECK_INT(ask(client, NULL, DOSAI_OK), 1);
  dosai_client_free(client);
}

static void *ask_three(void *client) {
  for (int i = 0; i < 3; i++) ask(client, NULL, DOSAI_OK);
  return NULL;
}

/* 1,200 a minute are one each 50 ms, from whichever thread or loop. */
static void spaced(void) {
  dosai_client *client = rated("hello~spaced", 1200, 0, -1);
  pthread_t threads[2];
  double begun = test_now();
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, ask_three, client);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  CHECK_TOOK(begun, test_now(), 250, 400);
  dosai_loop *loop = rated_loop(0, 0);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  for (uintptr_t i = 0; i < 4; i++)
    CHECK_CALL(dosai_loop_submit_chat(loop, client, request, NULL, i, NULL, &error), DOSAI_OK);
  ask(client, NULL, DOSAI_OK);
  run(loop);
  for (int i = 0; i < 4; i++) CHECK_END(i, DOSAI_OK);
  CHECK_TOOK(begun, test_now(), 500, 900);
  close_loop(loop);
  dosai_request_free(request);
  dosai_client_free(client);
}

static int32_t stop(void *waits) { return ++*(int *)waits == 3; }

/* A call that blocks waits with its total clock, its on_wait and its token. */
static void while_it_waits(void) {
  dosai_client *client = rated("hello~waits", 1, 0, -1);
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  CHECK_INT(ask(client, NULL, DOSAI_OK), 1);
  options.total_timeout_ms = 150;
  options.connect_timeout_ms = 10;
  double begun = test_now();
  CHECK_INT(ask(client, &options, DOSAI_TIMEOUT), 0);
  CHECK_TOOK(begun, test_now(), 149, 300);
  int waits = 0;
  dosai_call_options_init(&options, sizeof options);
  options.on_wait = stop;
  options.wait_user_data = &waits;
  options.wait_interval_ms = 20;
  CHECK_INT(ask(client, &options, DOSAI_CANCELLED), 0);
  dosai_call_options_init(&options, sizeof options);
  dosai_error *error = NULL;
  CHECK_CALL(dosai_cancel_new(&options.cancel, &error), DOSAI_OK);
  dosai_cancel_trigger(options.cancel);
  CHECK_INT(ask(client, &options, DOSAI_CANCELLED), 0);
  dosai_cancel_free(options.cancel);
  CHECK_INT(test_count(TEST_PLAIN, "hello~waits", "requests"), 1);
  dosai_client_free(client);
}

/* In a loop it waits without a clock, and the descriptor says when it goes on. */
static void in_a_loop(void) {
  dosai_loop *loop = rated_loop(120, 0);
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.total_timeout_ms = test_bound(400);
  double begun = test_now();
  start(loop, TEST_PLAIN, "hello~loop", CHAT, 0, NULL);
  start(loop, TEST_PLAIN, "hello~loop", STREAM, 1, &options);
  dosai_call *left = submit(loop, TEST_PLAIN, "hello~loop", CHAT, 2, NULL);
  RUN_UNTIL(loop, book[0].ends);
  CHECK_BETWEEN(dosai_loop_timeout_ms(loop), 0, 504);
  dosai_call_cancel(left);
  dosai_call_free(left);
  while (!book[1].ends) {
    struct pollfd readable = {dosai_loop_fd(loop), POLLIN, 0};
    CHECK_INT(poll(&readable, 1, 60000), 1);
    step(loop, 0);
  }
  CHECK_TOOK(begun, book[1].ended, 500, 700);
  CHECK_END(1, DOSAI_OK);
  CHECK_END(2, DOSAI_CANCELLED);
  CHECK_INT(book[2].attempts, 0);
  start(loop, TEST_PLAIN, "hello~loop", CHAT, 3, NULL);
  close_loop(loop);
  CHECK_END(3, DOSAI_CANCELLED);
  CHECK_INT(test_count(TEST_PLAIN, "hello~loop", "requests"), 2);
}

/* A loop's rate is in place of its clients'. */
static void instead(void) {
  dosai_client *client = rated("hello~instead", 1, 0, -1);
  dosai_loop *loop = rated_loop(6000, 0);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  double begun = test_now();
  for (uintptr_t i = 0; i < 3; i++)
    CHECK_CALL(dosai_loop_submit_chat(loop, client, request, NULL, i, NULL, &error), DOSAI_OK);
  run(loop);
  CHECK_TOOK(begun, test_now(), 20, 200);
  close_loop(loop);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* Each attempt counts, and a retry goes before a call that has not begun. */
static void retries(void) {
  dosai_client *client = rated("fail-then-hello~rate", 120, 0, 1);
  double begun = test_now();
  CHECK_INT(ask(client, NULL, DOSAI_OK), 2);
  CHECK_TOOK(begun, test_now(), 500, 700);
  dosai_client_free(client);
  dosai_loop *loop = rated_loop(120, 0);
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.max_retries = 1;
  begun = test_now();
  start(loop, TEST_PLAIN, "fail-then-hello~loop", CHAT, 0, &options);
  RUN_UNTIL(loop, test_count(TEST_PLAIN, "fail-then-hello~loop", "requests") == 1);
  for (int i = 0; i < 10; i++) {
    step(loop, 0);
    test_sleep(5);
  }
  start(loop, TEST_PLAIN, "hello", CHAT, 1, NULL);
  run(loop);
  CHECK_END(0, DOSAI_OK);
  CHECK_INT(book[0].attempts, 2);
  /* A step that begins when one may go already takes the next call: so does a machine that is late by 500 ms. */
  CHECK(book[0].ended < book[1].ended || test_last_allowance(begun) > 400);
  close_loop(loop);
}

/* What a server asks of one call, all wait for; but not for an exhausted quota. */
static void held(void) {
  dosai_client *client = rated("later-hello~rate", -1, 0, -1);
  double begun = test_now();
  CHECK_INT(ask(client, NULL, DOSAI_UNAVAILABLE), 1);
  CHECK_INT(ask(client, NULL, DOSAI_OK), 1);
  CHECK_TOOK(begun, test_now(), 300, 450);
  dosai_client_free(client);
  client = rated("later-hello~free", 0, 0, -1);
  begun = test_now();
  ask(client, NULL, DOSAI_UNAVAILABLE);
  ask(client, NULL, DOSAI_OK);
  CHECK_TOOK(begun, test_now(), 0, 250);
  dosai_client_free(client);
  client = rated("error-quota~rate", -1, -1, -1);
  begun = test_now();
  for (int i = 0; i < 3; i++) ask(client, NULL, DOSAI_INSUFFICIENT_CREDITS);
  CHECK_TOOK(begun, test_now(), 0, 250);
  dosai_client_free(client);
  client = rated("error-429~rate", -1, 0, -1);
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.total_timeout_ms = 100;
  CHECK_INT(ask(client, NULL, DOSAI_RATE_LIMITED), 1);
  CHECK_INT(ask(client, &options, DOSAI_TIMEOUT), 0);
  dosai_client_free(client);
}

/* Calls that wait for a connection wait for the rate, too, once they have it. */
static void one_connection(void) {
  dosai_loop *loop = NULL;
  dosai_error *error = NULL;
  dosai_loop_options options;
  forget_all();
  dosai_loop_options_init(&options, sizeof options);
  options.max_connections_per_host = 1;
  options.requests_per_minute = -1;
  CHECK_CALL(dosai_loop_new(&options, &loop, &error), DOSAI_OK);
  double begun = test_now();
  for (uintptr_t i = 0; i < 4; i++) start(loop, TEST_PLAIN, "later~queue", CHAT, i, NULL);
  run(loop); /* each holds up the others for 250 ms */
  for (int i = 0; i < 4; i++) CHECK_END(i, DOSAI_UNAVAILABLE);
  CHECK_TOOK(begun, test_now(), 750, 1000);
  close_loop(loop);
  forget_all();
  options.requests_per_minute = 1200;
  CHECK_CALL(dosai_loop_new(&options, &loop, &error), DOSAI_OK);
  begun = test_now();
  for (uintptr_t i = 0; i < 5; i++) start(loop, TEST_PLAIN, i ? "hello~queue" : "slow~queue", CHAT, i, NULL);
  run(loop); /* 300 ms of the first, and what was missed is not made up for */
  for (int i = 0; i < 5; i++) CHECK_END(i, DOSAI_OK);
  CHECK_TOOK(begun, test_now(), 300, 600);
  close_loop(loop);
}

/* The request counts as 14 tokens; the answer says that it cost 21, and a refusal costs none. */
static void tokens(void) {
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.total_timeout_ms = 200;
  dosai_client *client = rated("hello~tokens", 0, 60, -1);
  for (int i = 0; i < 3; i++) CHECK_INT(ask(client, NULL, DOSAI_OK), 1);
  CHECK_INT(ask(client, &options, DOSAI_TIMEOUT), 0);
  dosai_client_free(client);
  client = rated("error-400~tokens", 0, 20, -1);
  options.total_timeout_ms = 30000; /* less than a minute */
  for (int i = 0; i < 3; i++) CHECK_INT(ask(client, &options, DOSAI_BAD_REQUEST), 1);
  dosai_client_free(client);
  dosai_loop *loop = rated_loop(0, 20);
  start(loop, TEST_PLAIN, "silent", STREAM, 0, NULL);
  start(loop, TEST_PLAIN, "hello~reserved", CHAT, 1, NULL);
  for (int i = 0; i < 10; i++) {
    step(loop, 0);
    test_sleep(10);
  }
  CHECK_INT(book[1].ends, 0);
  CHECK(test_count(TEST_PLAIN, "hello~reserved", "requests") <= 0);
  close_loop(loop);
}

int main(void) {
  refused();
  unlimited();
  spaced();
  while_it_waits();
  in_a_loop();
  instead();
  retries();
  held();
  one_connection();
  tokens();
  return test_end();
}
