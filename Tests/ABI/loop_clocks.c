/* The four clocks of calls in a loop, all at once: the right one, at about the right time, with what had arrived. */
#include "loop.h"

static dosai_loop *loop;
static double begun[TAGS];
static int bound;

/* What the server sends may have come too late for the call's clock. */
static int is_late(uintptr_t tag) { return test_last_allowance(begun[tag]) > bound / 4; }

static void expect(uintptr_t tag, dosai_clock clock) {
  int before = test_failures;
  CHECK_END(tag, DOSAI_TIMEOUT);
  CHECK_INT(book[tag].clock, clock);
  /* On a late machine, the total clock may run out before there is a connection that all calls share. */
  CHECK(book[tag].attempts == 1 || (book[tag].attempts == 0 && clock == DOSAI_CLOCK_TOTAL && is_late(tag)));
  CHECK(book[tag].ended - begun[tag] >= bound - 1);
  /* A handshake is given three times more what the host is late. */
  test_took(clock == DOSAI_CLOCK_IDLE ? book[tag].chunked : begun[tag], book[tag].ended, 0,
            bound + test_bound(200), clock == DOSAI_CLOCK_CONNECT ? 4 : 1, __FILE__, __LINE__, "the end");
  if (test_failures != before) fprintf(stderr, "  with the call %d\n", (int)tag);
}

static void all(test_transport transport) {
  dosai_call_options options;
  char url[256];
  dosai_client_options client_options;
  bound = test_bound(200);
  loop = new_loop(0, 0);
  test_options(&client_options, url, TEST_TLS, "stall");
  client_options.base_url = test_env("DOSAI_TEST_STALL");
  dosai_client *stalled = test_client_with(&client_options);
  /* The clock under test is the shortest, and not the first that the call has. */
#define START(tag, field, script, kind)              \
  dosai_call_options_init(&options, sizeof options); \
  options.field = bound;                             \
  begun[tag] = test_now();                           \
  start(loop, transport, script, kind, tag, &options)
  START(0, first_token_timeout_ms, "silent", CHAT);
  START(1, first_token_timeout_ms, "silent", STREAM);
  START(2, first_token_timeout_ms, "silent-headers", STREAM);
  START(3, first_token_timeout_ms, "comments", STREAM);
  START(4, idle_timeout_ms, "silent-chunk", STREAM);
  START(5, idle_timeout_ms, "chunk-comments", STREAM);
  START(6, idle_timeout_ms, "empty-events", STREAM);
  START(7, total_timeout_ms, "silent", CHAT);
  START(8, total_timeout_ms, "whole-stall", CHAT);
  START(9, total_timeout_ms, "endless", STREAM);
  START(10, total_timeout_ms, "silent", GET);
  options.max_retries = 2;
  begun[11] = test_now();
  start(loop, transport, "error-429", POST, 11, &options); /* in back-off */
  dosai_call_options_init(&options, sizeof options);
  options.max_retries = 1;
  begun[19] = test_now();
  start(loop, transport, "later", CHAT, 19, &options); /* a quarter of a second, then it is tried again */
  START(20, idle_timeout_ms, "paced", STREAM);         /* none of these runs out */
  START(21, first_token_timeout_ms, "keepalive", STREAM);
  START(23, idle_timeout_ms, "overlapped", STREAM);
  options.connect_timeout_ms = options.first_token_timeout_ms = options.idle_timeout_ms = -1;
  options.total_timeout_ms = -1;
  start(loop, transport, "hello", CHAT, 22, &options);
  dosai_call_options_init(&options, sizeof options);
  options.connect_timeout_ms = bound;
  for (uintptr_t i = 12; i < 16; i++) { /* also those that wait for the first one's connection */
    begun[i] = test_now();
    dosai_call_free(submit_with(loop, stalled, STREAM, i, &options));
  }
  dosai_client_free(stalled);
  run(loop);
  for (uintptr_t i = 0; i < 4; i++) expect(i, DOSAI_CLOCK_FIRST_TOKEN);
  for (uintptr_t i = 4; i < 7; i++) {
    expect(i, DOSAI_CLOCK_IDLE);
    CHECK_TEXT(book[i].answer, "Hello");
  }
  for (uintptr_t i = 7; i < 12; i++) expect(i, DOSAI_CLOCK_TOTAL);
  CHECK(strncmp(book[9].answer, "Hello", 5) == 0 || is_late(9));
  for (uintptr_t i = 12; i < 16; i++) expect(i, DOSAI_CLOCK_CONNECT);
  for (uintptr_t i = 20; i < 24; i += i == 21 ? 2 : 1)
    CHECK_END(i, book[i].status == DOSAI_TIMEOUT && is_late(i) ? DOSAI_TIMEOUT : DOSAI_OK);
  CHECK_END(22, DOSAI_OK);
  CHECK_END(19, DOSAI_UNAVAILABLE);
  CHECK_INT(book[19].attempts, 2);
  CHECK(book[19].ended - begun[19] >= 249);
  close_loop(loop);
}

/* Where connections are limited the connect clock begins with the connecting, not with the wait for a connection. */
static void one_by_one(void) {
  dosai_call_options options;
  char url[256];
  dosai_client_options client_options;
  bound = test_bound(200);
  loop = new_loop(0, 1);
  test_options(&client_options, url, TEST_TLS, "stall");
  client_options.base_url = test_env("DOSAI_TEST_STALL");
  dosai_client *stalled = test_client_with(&client_options);
  dosai_call_options_init(&options, sizeof options);
  options.connect_timeout_ms = bound;
  begun[0] = test_now();
  for (uintptr_t i = 0; i < 3; i++) dosai_call_free(submit_with(loop, stalled, CHAT, i, &options));
  dosai_client_free(stalled);
  run(loop);
  begun[1] = book[0].ended;
  begun[2] = book[1].ended;
  for (uintptr_t i = 0; i < 3; i++) expect(i, DOSAI_CLOCK_CONNECT);
  close_loop(loop);
}

int main(void) {
  int descriptors = first_descriptors();
  one_by_one();
  for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++) all((test_transport)transport);
  check_descriptors(descriptors);
  return test_end();
}
