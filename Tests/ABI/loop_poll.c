/* The descriptor, the timeout and the wake-up, as a host's own event loop uses them. */
#include "loop.h"
#include <poll.h>
#include <signal.h>

static dosai_loop *loop;

static int readable(int timeout_ms) {
  struct pollfd entry = {dosai_loop_fd(loop), POLLIN, 0};
  return poll(&entry, 1, timeout_ms) == 1;
}

/* Steps until the descriptor has nothing more to say. */
static void settle(void) {
  for (int i = 0; i < 1000 && readable(test_bound(20)); i++) step(loop, 0);
  CHECK(!readable(0));
}

/* A host that steps only when the descriptor says so. Gives how often it did. */
static int host(void) {
  int steps = 0;
  double end = test_now() + test_bound(10000);
  size_t active = 1;
  while (active && test_now() < end) {
    CHECK(readable(test_bound(5000)));
    active = step(loop, 0);
    steps++;
  }
  CHECK_INT(active, 0);
  return steps;
}

static void data(test_transport transport) {
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.max_retries = 2;
  loop = new_loop(2, 0);
  CHECK(dosai_loop_fd(loop) >= 0);
  start(loop, transport, "paced", STREAM, 0, NULL);
  start(loop, transport, "fail-then-hello", CHAT, 1, &options); /* the back-off is a timer too */
  start(loop, transport, "hello", STREAM, 2, NULL);             /* and so is the queue's turn */
  start(loop, transport, "late-end", STREAM, 3, NULL);
  CHECK_BETWEEN(host(), 1, 300);
  for (int i = 0; i < 4; i++) CHECK_END(i, DOSAI_OK);
  CHECK_TEXT(book[0].text, "abcdefghijklmnopqrst");
  settle();
  close_loop(loop);
}

/* Takes all events that have come; gives how many. */
static int take(void) {
  const dosai_event *event = NULL;
  dosai_error *error = NULL;
  int taken = 0;
  do {
    CHECK_CALL(dosai_loop_next(loop, &event, &error), DOSAI_OK);
    if (event) note(event, NULL);
    taken += event != NULL;
  } while (event);
  return taken;
}

/* Once all events have been taken, the descriptor does not call the host again for them; but it does for a wake. */
static void taken(test_transport transport) {
  dosai_error *error = NULL;
  int in_vain = 0;
  loop = new_loop(0, 0);
  start(loop, transport, "paced", STREAM, 0, NULL);
  while (!book[0].ends) {
    CHECK(readable(test_bound(5000)));
    CHECK_CALL(dosai_loop_step(loop, 0, NULL, NULL, NULL, &error), DOSAI_OK);
    if (take() == 0) in_vain++;
  }
  CHECK_END(0, DOSAI_OK);
  CHECK_BETWEEN(in_vain, 0, 15); /* for the connection and for timers; there are 20 chunks */
  settle();
  for (uintptr_t i = 1; i <= 2; i++) {
    start(loop, transport, "hello", CHAT, i, NULL);
    int was_readable = 0;
    do {
      CHECK_CALL(dosai_loop_step(loop, 1000, NULL, NULL, NULL, &error), DOSAI_OK);
      was_readable = readable(0);
      if (i == 2) dosai_loop_wake(loop);
    } while (take() == 0);
    CHECK(was_readable);
    if (i == 2) CHECK(readable(0));
    settle();
  }
  close_loop(loop);
}

/* A clock of a silent server runs out: the descriptor tells, and not sooner. */
static void timers(test_transport transport) {
  dosai_call_options options;
  int bound = test_bound(200);
  dosai_call_options_init(&options, sizeof options);
  options.first_token_timeout_ms = bound;
  loop = new_loop(0, 0);
  double begun = test_now();
  start(loop, transport, "silent", STREAM, 0, &options);
  CHECK_BETWEEN(host(), 1, 40);
  CHECK_TOOK(begun, test_now(), bound - 1, bound + test_bound(100));
  CHECK_END(0, DOSAI_TIMEOUT);
  CHECK_INT(book[0].clock, DOSAI_CLOCK_FIRST_TOKEN);
  settle();
  close_loop(loop);
}

static void timeouts(void) {
  dosai_call_options options;
  dosai_error *error = NULL;
  int bound = test_bound(300), sleeps = 0;
  dosai_call_options_init(&options, sizeof options);
  options.total_timeout_ms = bound;
  loop = new_loop(0, 0);
  CHECK_INT(dosai_loop_timeout_ms(loop), -1);
  double begun = test_now();
  start(loop, TEST_PLAIN, "silent", CHAT, 0, &options);
  CHECK_BETWEEN(dosai_loop_timeout_ms(loop), 0, bound);
  while (!book[0].ends && sleeps++ < 1000) { /* a host that only sleeps */
    int64_t pause = dosai_loop_timeout_ms(loop);
    CHECK_BETWEEN(pause, 0, bound);
    test_sleep((int)pause);
    step(loop, 0);
  }
  CHECK_BETWEEN(sleeps, 1, 100);
  CHECK_TOOK(begun, test_now(), bound - 1, bound + test_bound(100));
  CHECK_INT(book[0].clock, DOSAI_CLOCK_TOTAL);
  settle();
  start(loop, TEST_PLAIN, "hello", STREAM, 1, NULL);
  int stays = 0; /* events that nobody has taken yet; once, it may be a timer of libcurl */
  for (int i = 0; i < 100 && stays < 3; i++) {
    CHECK_CALL(dosai_loop_step(loop, stays ? 0 : 1000, NULL, NULL, NULL, &error), DOSAI_OK);
    stays = dosai_loop_timeout_ms(loop) == 0 ? stays + 1 : 0;
  }
  CHECK_INT(stays, 3);
  CHECK(readable(0));
  run(loop);
  CHECK_END(1, DOSAI_OK);
  close_loop(loop);
}

/* It says nothing that is too short: a host that sleeps for it finds the clock run out, and does not step in vain. */
static int no_timeout_too_short(void) {
  dosai_call_options options;
  int short_ones = 0, right_ones = 0;
  dosai_call_options_init(&options, sizeof options);
  options.total_timeout_ms = 150; /* libcurl has a timer at 200 */
  loop = new_loop(0, 0);
  double begun = test_now();
  start(loop, TEST_PLAIN, "silent", CHAT, 0, &options);
  double submitted = test_now(); /* its clock began between the two: under valgrind that is a while */
  run_for(loop, 50);
  int is_in_time = test_now() < begun + 100;
  while (test_now() < begun + 140) {
    double asked = test_now(), timeout = (double)dosai_loop_timeout_ms(loop);
    double until = timeout + test_now() - begun;
    short_ones += until > 149 && until < 150;
    right_ones += until >= 150 && timeout + asked < submitted + 152;
  }
  CHECK_INT(short_ones, 0);
  if (is_in_time) CHECK(right_ones > 0);
  run(loop);
  CHECK_INT(book[0].clock, DOSAI_CLOCK_TOTAL);
  close_loop(loop);
  return is_in_time;
}

static void *wake_soon(void *unused) {
  test_sleep(100);
  dosai_loop_wake(loop);
  return unused;
}

static void on_signal(int number) {
  (void)number;
  dosai_loop_wake(loop);
}

static void *signal_soon(void *thread) {
  test_sleep(100);
  pthread_kill(*(pthread_t *)thread, SIGUSR1);
  return NULL;
}

static atomic_int has_stepped;

/* Takes the signal, so that it ends no wait by itself. */
static void *take_signals(void *unused) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  while (!has_stepped) usleep(10000);
  return unused;
}

static void wakes(int with_call) {
  pthread_t thread, taker;
  sigset_t set;
  loop = new_loop(0, 0);
  if (with_call) start(loop, TEST_PLAIN, "silent", STREAM, 0, NULL);
  if (with_call) run_for(loop, 50);
  settle();
  double begun = test_now();
  pthread_create(&thread, NULL, wake_soon, NULL);
  CHECK_INT(step(loop, -1), with_call);
  CHECK_TOOK(begun, test_now(), 90, test_bound(250));
  pthread_join(thread, NULL);
  settle();
  pthread_create(&thread, NULL, wake_soon, NULL); /* the host waits at the descriptor */
  CHECK(readable(test_bound(5000)));
  pthread_join(thread, NULL);
  settle();
  dosai_loop_wake(loop); /* before the step: not lost; twice: once */
  dosai_loop_wake(loop);
  step(loop, -1);
  CHECK(!readable(0));
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  has_stepped = 0;
  pthread_create(&taker, NULL, take_signals, NULL);
  pthread_create(&thread, NULL, signal_soon, &taker);
  step(loop, -1);
  pthread_join(thread, NULL);
  has_stepped = 1;
  pthread_join(taker, NULL);
  pthread_create(&thread, NULL, signal_soon, &(pthread_t){pthread_self()}); /* and in the thread that waits */
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  step(loop, -1);
  pthread_join(thread, NULL);
  close_loop(loop);
}

static void *resume_soon(void *call) {
  test_sleep(50);
  dosai_call_resume(call);
  return NULL;
}

/* What other threads do to a call is noticed by a host that waits at the descriptor. */
static void from_threads(void) {
  pthread_t thread;
  loop = new_loop(0, 0);
  dosai_call *call = submit(loop, TEST_PLAIN, "fast", STREAM, 0, NULL);
  dosai_call_pause(call);
  settle();
  int tries = 0; /* a timer of libcurl may be due, but not always */
  while (tries < 20 && dosai_loop_timeout_ms(loop) == 0) settle(), tries++;
  CHECK(tries < 20);
  pthread_create(&thread, NULL, resume_soon, call);
  host();
  CHECK_END(0, DOSAI_OK);
  pthread_join(thread, NULL);
  dosai_call_free(call);
  close_loop(loop);
}

int main(void) {
  int descriptors = first_descriptors();
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGUSR1, &action, NULL);
  for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++) {
    data((test_transport)transport);
    timers((test_transport)transport);
    taken((test_transport)transport);
  }
  timeouts();
  int tries = 0;
  while (tries < 20 && !no_timeout_too_short()) tries++; /* under valgrind it is not always in time to ask */
  CHECK(tries < 20);
  wakes(0);
  wakes(1);
  from_threads();
  check_descriptors(descriptors);
  return test_end();
}
