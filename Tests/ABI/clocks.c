/* Each of the four clocks: the right one, at about the right time, with what had arrived. */
#include "test.h"
#include <signal.h>

enum { CHAT, STREAM, PULL };

static void runs_out(int face, test_transport transport, const char *script,
                     const dosai_call_options *options, dosai_clock clock, int milliseconds) {
  char url[256];
  dosai_client_options client_options;
  test_options(&client_options, url, transport, script);
  if (strcmp(script, "stall") == 0) client_options.base_url = test_env("DOSAI_TEST_STALL");
  dosai_client *client = test_client_with(&client_options);
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  int before = test_failures;
  double start = test_now();
  if (face == CHAT) CHECK_KEEP(dosai_chat(client, request, options, &completion, &error), DOSAI_TIMEOUT);
  else if (face == STREAM)
    CHECK_KEEP(dosai_chat_stream(client, request, options, test_go_on, NULL, &completion, &error),
               DOSAI_TIMEOUT);
  else CHECK_KEEP(test_pull(client, request, options, NULL, &error), DOSAI_TIMEOUT);
  /* A handshake is given three times more what the host is late. */
  test_took(start, test_now(), milliseconds - 1, milliseconds + test_bound(100),
            clock == DOSAI_CLOCK_CONNECT ? 4 : 1, __FILE__, __LINE__, "the end");
  CHECK_INT(dosai_error_clock(error), clock);
  CHECK_INT(dosai_error_attempt_count(error), 1);
  const dosai_completion *part = dosai_error_completion(error);
  if (clock == DOSAI_CLOCK_IDLE) CHECK_TEXT(dosai_completion_content(part, 0, NULL), "Hello");
  else if (strcmp(script, "endless") != 0) CHECK(!part);
  if (test_failures != before) fprintf(stderr, "  with the script %s, face %d\n", script, face);
  dosai_error_free(error);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* A clock that is off, or longer than the pauses, stops nothing: but for a server that is late. */
static void runs_on(const char *script, const dosai_call_options *options) {
  dosai_client *client = test_client(TEST_PLAIN, script);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  double start = test_now();
  dosai_status status = test_pull(client, request, options, NULL, &error);
  CHECK(status == DOSAI_OK || (status == DOSAI_TIMEOUT && test_last_allowance(start) > test_bound(50)));
  dosai_error_free(error);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* A retry comes after its wait: the server's, or of ours what the error says. */
static void waits(int face, test_transport transport, const char *script, int64_t least, int64_t most) {
  char url[256];
  dosai_client_options client_options;
  dosai_attempt attempt = {.struct_size = sizeof attempt};
  test_options(&client_options, url, transport, script);
  client_options.max_retries = 1;
  dosai_client *client = test_client_with(&client_options);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  double start = test_now();
  if (face == CHAT) CHECK_KEEP(dosai_chat(client, request, NULL, NULL, &error), DOSAI_UNAVAILABLE);
  else if (face == STREAM)
    CHECK_KEEP(dosai_chat_stream(client, request, NULL, test_go_on, NULL, NULL, &error), DOSAI_UNAVAILABLE);
  else CHECK_KEEP(test_pull(client, request, NULL, NULL, &error), DOSAI_UNAVAILABLE);
  double took = test_now() - start;
  CHECK_INT(dosai_error_attempt_count(error), 2);
  CHECK_INT(dosai_error_attempt(error, 0, &attempt), DOSAI_OK);
  CHECK_BETWEEN(attempt.delay_ms, least, most);
  CHECK(took >= (double)attempt.delay_ms - 1);
  dosai_error_free(error);
  dosai_request_free(request);
  dosai_client_free(client);
}

#define SET(field)                                   \
  dosai_call_options_init(&options, sizeof options); \
  options.field = bound

static void *runs_out_each(void *which) {
  dosai_call_options options;
  int face = *(int *)which, bound = test_bound(150);
  waits(face, TEST_PLAIN, "later", 250, 250);
  waits(face, TEST_PLAIN, "error-529", 375, 500);
  SET(connect_timeout_ms);
  runs_out(face, TEST_TLS, "stall", &options, DOSAI_CLOCK_CONNECT, bound);
  for (int transport = TEST_PLAIN; transport <= TEST_TLS; transport++) {
    SET(first_token_timeout_ms);
    runs_out(face, (test_transport)transport, "silent", &options, DOSAI_CLOCK_FIRST_TOKEN, bound);
    SET(total_timeout_ms);
    runs_out(face, (test_transport)transport, "silent", &options, DOSAI_CLOCK_TOTAL, bound);
    if (face == CHAT) {
      SET(total_timeout_ms);
      runs_out(face, (test_transport)transport, "whole-stall", &options, DOSAI_CLOCK_TOTAL, bound);
      continue;
    }
    SET(first_token_timeout_ms);
    runs_out(face, (test_transport)transport, "silent-headers", &options, DOSAI_CLOCK_FIRST_TOKEN, bound);
    runs_out(face, (test_transport)transport, "comments", &options, DOSAI_CLOCK_FIRST_TOKEN, bound);
    SET(idle_timeout_ms);
    runs_out(face, (test_transport)transport, "silent-chunk", &options, DOSAI_CLOCK_IDLE, bound);
    runs_out(face, (test_transport)transport, "chunk-comments", &options, DOSAI_CLOCK_IDLE, bound);
    runs_out(face, (test_transport)transport, "empty-events", &options, DOSAI_CLOCK_IDLE, bound);
    SET(total_timeout_ms);
    runs_out(face, (test_transport)transport, "endless", &options, DOSAI_CLOCK_TOTAL, bound);
  }
  return NULL;
}

static void ignore(int number) { (void)number; }

static void *signal_soon(void *thread) {
  test_sleep(50);
  pthread_kill(*(pthread_t *)thread, SIGUSR1);
  return NULL;
}

/* A signal ends a wait, and leaves EINTR in errno; the clock goes on. */
static void runs_out_after_a_signal(void) {
  dosai_call_options options;
  struct sigaction action = {.sa_handler = ignore};
  pthread_t own = pthread_self(), sender;
  int bound = test_bound(150);
  SET(first_token_timeout_ms);
  CHECK_INT(sigaction(SIGUSR1, &action, NULL), 0);
  for (int face = CHAT; face <= PULL; face++) {
    CHECK_INT(pthread_create(&sender, NULL, signal_soon, &own), 0);
    runs_out(face, TEST_PLAIN, "silent", &options, DOSAI_CLOCK_FIRST_TOKEN, bound);
    pthread_join(sender, NULL);
  }
}

int main(void) {
  dosai_call_options options;
  int bound = test_bound(150), faces[] = {CHAT, STREAM, PULL};
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) CHECK_INT(pthread_create(&threads[i], NULL, runs_out_each, &faces[i]), 0);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  runs_out_after_a_signal();
  SET(idle_timeout_ms);
  options.first_token_timeout_ms = bound;
  runs_on("paced", &options);
  SET(first_token_timeout_ms);
  runs_on("keepalive", &options);
  options.connect_timeout_ms = options.first_token_timeout_ms = options.idle_timeout_ms = -1;
  options.total_timeout_ms = -1;
  runs_on("hello", &options);
  return test_end();
}
