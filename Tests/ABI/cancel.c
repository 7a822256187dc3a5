#include "test.h"
#include <signal.h>
#include <sys/time.h>

/* A cancel may take so many ms. A machine that is busy may make it longer, but not each time of five. When it comes is
 * spread over the time from 250 ms on, 10 ms apart, so that it is not by chance when a call that only looks for it now
 * and then looks. Libcurl's own timers wake the call in the first 200. */
enum { PROMISED = 30, TRIES = 5, FIRST = 251, APART = 10, SPREAD = 5 };

static dosai_cancel *token;
static _Atomic double triggered_at;
static int soon = FIRST;
static double slowest;

static void trigger(int number) {
  (void)number;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  triggered_at = (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
  dosai_cancel_trigger(token);
}

static void *trigger_soon(void *unused) {
  test_sleep(soon);
  trigger(0);
  return unused;
}

static void new_token(void) {
  dosai_error *error = NULL;
  dosai_cancel_free(token);
  CHECK_CALL(dosai_cancel_new(&token, &error), DOSAI_OK);
  CHECK_INT(dosai_cancel_is_triggered(token), 0);
}

/* The call ends after the trigger, with what had arrived. Gives how many ms after it, but for those of the machine. */
static double stop(test_transport transport, const char *script, int by_signal, int streams) {
  dosai_client *client = test_client(transport, script);
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_call_options options;
  dosai_error *error = NULL;
  pthread_t thread;
  double begun = test_now();
  dosai_call_options_init(&options, sizeof options);
  new_token();
  options.cancel = token;
  if (by_signal) {
    struct itimerval timer = {{0, 0}, {0, soon * 1000}};
    setitimer(ITIMER_REAL, &timer, NULL);
  } else {
    pthread_create(&thread, NULL, trigger_soon, NULL);
  }
  if (streams)
    CHECK_KEEP(dosai_chat_stream(client, request, &options, test_go_on, NULL, &completion, &error),
               DOSAI_CANCELLED);
  else CHECK_KEEP(dosai_chat(client, request, &options, &completion, &error), DOSAI_CANCELLED);
  double took = test_now() - triggered_at, late = test_allowance(triggered_at);
  CHECK(took >= 0);
  CHECK(!completion);
  if (!by_signal) pthread_join(thread, NULL);
  CHECK_INT(dosai_cancel_is_triggered(token), 1);
  int is_begun = dosai_error_completion(error) != NULL,
      is_due = streams && strcmp(script, "silent-chunk") == 0;
  CHECK(is_begun ? is_due
                 : !is_due || test_last_allowance(begun) > soon / 2); /* else it may not have come yet */
  if (is_begun) CHECK_TEXT(dosai_completion_content(dosai_error_completion(error), 0, NULL), "Hello");
  dosai_error_free(error);
  dosai_request_free(request);
  dosai_client_free(client);
  return took > late ? took - late : 0;
}

static void stop_in_time(test_transport transport, const char *script, int by_signal, int streams) {
  static int count;
  double best = 1e9;
  soon = FIRST + APART * (count++ % SPREAD);
  for (int i = 0; i < TRIES && best > test_bound(PROMISED); i++) {
    double took = stop(transport, script, by_signal, streams);
    if (took < best) best = took;
  }
  CHECK_BETWEEN(best, 0, test_bound(PROMISED));
  if (best > slowest) slowest = best;
}

static void triggered_before(void) {
  dosai_client *client = test_client(TEST_PLAIN, "hello");
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_response *response = NULL;
  dosai_stream *stream = NULL;
  dosai_call_options options;
  dosai_error *error = NULL;
  dosai_call_options_init(&options, sizeof options);
  new_token();
  options.cancel = token;
  dosai_cancel_trigger(token);
  dosai_cancel_trigger(token);
  CHECK_KEEP(dosai_chat(client, request, &options, &completion, &error), DOSAI_CANCELLED);
  CHECK_INT(dosai_error_attempt_count(error), 0);
  dosai_error_free(error);
  error = NULL;
  CHECK_CALL(dosai_stream_open(client, request, &options, &stream, &error), DOSAI_CANCELLED);
  CHECK_CALL(dosai_client_get(client, "/models", &options, &response, &error), DOSAI_CANCELLED);
  CHECK_INT(test_count(TEST_PLAIN, "hello", "requests"), 0);
  options.cancel = NULL; /* the client is as good as before */
  CHECK_CALL(dosai_chat(client, request, &options, &completion, &error), DOSAI_OK);
  dosai_completion_free(completion);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* One token stops many calls; the handle may go while a stream has it. */
static void one_for_many(void) {
  dosai_client *client = test_client(TEST_PLAIN, "silent-chunk~many");
  dosai_request *request = test_request();
  dosai_stream *streams[3] = {NULL, NULL, NULL};
  const dosai_chunk *chunk = NULL;
  dosai_call_options options;
  dosai_error *error = NULL;
  dosai_call_options_init(&options, sizeof options);
  new_token();
  options.cancel = token;
  for (int i = 0; i < 3; i++)
    CHECK_CALL(dosai_stream_open(client, request, &options, &streams[i], &error), DOSAI_OK);
  dosai_cancel_trigger(token);
  dosai_cancel_free(token);
  token = NULL;
  for (int i = 0; i < 3; i++) {
    CHECK_CALL(dosai_stream_next(streams[i], -1, &chunk, &error), DOSAI_CANCELLED);
    CHECK_CALL(dosai_stream_next(streams[i], 0, &chunk, &error), DOSAI_CANCELLED);
    dosai_stream_free(streams[i]);
  }
  dosai_request_free(request);
  dosai_client_free(client);
}

static int32_t trigger_here(const dosai_chunk *chunk, void *chunks) {
  (void)chunk;
  ++*(int *)chunks;
  dosai_cancel_trigger(token);
  return 0;
}

/* In a callback: what has arrived besides does not follow. */
static void triggered_inside(void) {
  dosai_client *client = test_client(TEST_PLAIN, "rich"); /* all its events come at once */
  dosai_request *request = test_request();
  dosai_call_options options;
  dosai_error *error = NULL;
  int chunks = 0;
  dosai_call_options_init(&options, sizeof options);
  new_token();
  options.cancel = token;
  CHECK_CALL(dosai_chat_stream(client, request, &options, trigger_here, &chunks, NULL, &error),
             DOSAI_CANCELLED);
  CHECK_INT(chunks, 1);
  dosai_request_free(request);
  dosai_client_free(client);
}

int main(void) {
  static const char *const scripts[] = {"silent", "silent-headers", "silent-chunk", "comments"};
  struct sigaction action = {.sa_handler = trigger};
  sigaction(SIGALRM, &action, NULL);
  for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++)
    for (int by_signal = 0; by_signal < 2; by_signal++) {
      for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        stop_in_time((test_transport)transport, scripts[i], by_signal, 1);
      stop_in_time((test_transport)transport, "silent", by_signal, 0);
      stop_in_time((test_transport)transport, "whole-stall", by_signal, 0);
    }
  triggered_before();
  triggered_inside();
  one_for_many();
  dosai_cancel_free(token);
  printf("slowest cancel %.1f ms\n", slowest);
  return test_end();
}
