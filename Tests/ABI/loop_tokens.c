/* The trigger of a token looks at the calls of that token, however many others the loop has; and a step at none of those
 * that are paused. */
#include "loop.h"

enum { FEW = 1000, LOTS = 8000, TRIES = 200 };

static dosai_cancel *new_token(void) {
  dosai_cancel *token = NULL;
  dosai_error *error = NULL;
  CHECK_CALL(dosai_cancel_new(&token, &error), DOSAI_OK);
  return token;
}

static double spent(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static size_t crowd_ends;
static int32_t count_end(const dosai_event *event, void *unused) {
  (void)unused;
  crowd_ends += event->tag == 0 && dosai_error_status(event->error) == DOSAI_CANCELLED;
  return 0;
}

/* Calls of one token that nobody answers, and the step that takes least of a core. */
typedef struct {
  dosai_loop *loop;
  dosai_client *client;
  dosai_cancel *all;
  int count;
  double least;
} crowd;

static crowd new_crowd(int count, int32_t max_in_flight) {
  return (crowd){new_loop(max_in_flight, 1), test_client(TEST_PLAIN, "silent"), new_token(), count, 1e9};
}

static void gather(const crowd *all, int is_paused) {
  dosai_request *request = test_request();
  dosai_call_options options;
  dosai_error *error = NULL;
  dosai_call_options_init(&options, sizeof options);
  options.cancel = all->all;
  for (int i = 0; i < all->count; i++) {
    dosai_call *call = NULL;
    CHECK_CALL(dosai_loop_submit_chat(all->loop, all->client, request, &options, 0, &call, &error), DOSAI_OK);
    if (is_paused) dosai_call_pause(call);
    dosai_call_free(call);
  }
  dosai_request_free(request);
}

static void measured_step(crowd *all, int64_t timeout) {
  double before = spent();
  size_t active = step(all->loop, timeout);
  double took = spent() - before;
  if (took < all->least) all->least = took;
  CHECK_INT(active, all->count);
}

static double end_crowd(crowd *all) {
  size_t active = 1;
  dosai_error *error = NULL;
  crowd_ends = 0;
  dosai_cancel_trigger(all->all);
  for (double end = test_now() + test_bound(10000); active && test_now() < end;)
    CHECK_CALL(dosai_loop_step(all->loop, 100, count_end, NULL, &active, &error), DOSAI_OK);
  CHECK_INT(crowd_ends, all->count);
  dosai_cancel_free(all->all);
  dosai_client_free(all->client);
  close_loop(all->loop);
  return all->least;
}

/* How many microseconds of a core the step takes that tells of a trigger, at best: a machine that is busy makes it
 * longer, but not each time. The crowd has a token too; it waits for a place, or in flight for a connection. */
static double best(int count, int32_t max_in_flight) {
  crowd all = new_crowd(count, max_in_flight);
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  gather(&all, 0);
  for (uintptr_t i = 1; i <= TRIES; i++) {
    options.cancel = new_token();
    dosai_call_free(submit_with(all.loop, all.client, CHAT, i, &options));
    CHECK_INT(step(all.loop, 0), count + 1);
    dosai_cancel_trigger(options.cancel);
    measured_step(&all, 1000);
    CHECK_END(i, DOSAI_CANCELLED);
    dosai_cancel_free(options.cancel);
  }
  return end_crowd(&all);
}

static void costs_the_same(const char *what, double few, double lots) {
  printf("%s: %.1f us among %d, %.1f us among %d\n", what, few, FEW, lots, LOTS);
  CHECK(lots < 2 * few + 5);
}

/* The same for a step of a loop that has room for calls which are all paused. */
static double best_of_paused(int count) {
  crowd all = new_crowd(count, 1);
  dosai_call *holder = submit_with(all.loop, all.client, CHAT, 1, NULL);
  gather(&all, 1);
  step(all.loop, 0);
  dosai_call_cancel(holder);
  dosai_call_free(holder);
  RUN_UNTIL(all.loop, book[1].ends);
  for (int i = 0; i < TRIES; i++) measured_step(&all, 0);
  return end_crowd(&all);
}

/* Of three calls with one token, one ends. The trigger of the token still ends the others at once; and then the token is
 * nothing to the loop any more, which waits. */
static void one_of_three_ends(uintptr_t which) {
  dosai_loop *loop = new_loop(0, 0);
  dosai_client *client = test_client(TEST_PLAIN, "silent");
  dosai_call *calls[3];
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.cancel = new_token();
  for (uintptr_t i = 0; i < 3; i++) calls[i] = submit_with(loop, client, CHAT, i, &options);
  step(loop, 0);
  dosai_call_cancel(calls[which]);
  RUN_UNTIL(loop, book[which].ends);
  double before = test_now();
  dosai_cancel_trigger(options.cancel);
  RUN_UNTIL(loop, book[0].ends && book[1].ends && book[2].ends);
  CHECK_TOOK(before, test_now(), 0, test_bound(300));
  for (uintptr_t i = 0; i < 3; i++) {
    CHECK_END(i, DOSAI_CANCELLED);
    dosai_call_free(calls[i]);
  }
  idle_for(loop, 100);
  dosai_cancel_free(options.cancel);
  dosai_client_free(client);
  close_loop(loop);
}

int main(void) {
  for (uintptr_t which = 0; which < 3; which++) one_of_three_ends(which);
  costs_the_same("a trigger, the others waiting", best(FEW, 1), best(LOTS, 1));
  costs_the_same("a trigger, the others in flight", best(FEW, 0), best(LOTS, 0));
  costs_the_same("a step, the others paused", best_of_paused(FEW), best_of_paused(LOTS));
  return test_end();
}
