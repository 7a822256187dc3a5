/* The clocks of a paused call stand still: so long a pause, and then not a moment less than they give. */
#include "loop.h"

static void clocks(dosai_clock clock, test_transport transport, const char *script) {
  dosai_call_options options;
  int bound = test_bound(200);
  dosai_call_options_init(&options, sizeof options);
  options.max_retries = -1;
  dosai_loop *loop = new_loop(0, 0);
  if (clock == DOSAI_CLOCK_CONNECT) options.connect_timeout_ms = bound;
  if (clock == DOSAI_CLOCK_FIRST_TOKEN) options.first_token_timeout_ms = bound;
  if (clock == DOSAI_CLOCK_IDLE) options.idle_timeout_ms = bound;
  if (clock == DOSAI_CLOCK_TOTAL) options.total_timeout_ms = 2 * bound;
  double begun = test_now();
  dosai_call *call;
  if (clock == DOSAI_CLOCK_CONNECT) {
    char url[256];
    dosai_client_options client_options;
    test_options(&client_options, url, TEST_TLS, script);
    client_options.base_url = test_env("DOSAI_TEST_STALL");
    dosai_client *client = test_client_with(&client_options);
    call = submit_with(loop, client, STREAM, 0, &options);
    dosai_client_free(client);
  } else {
    call = submit(loop, transport, script, STREAM, 0, &options);
  }
  if (clock == DOSAI_CLOCK_IDLE) RUN_UNTIL(loop, book[0].chunks);
  int quarters = clock == DOSAI_CLOCK_CONNECT ? 3 : 1; /* that it runs before the pause */
  run_for(loop, quarters * bound / 4);
  dosai_call_pause(call);
  if (clock == DOSAI_CLOCK_TOTAL) {
    RUN_UNTIL(loop, book[0].ends);
    CHECK_TOOK(begun, test_now(), 2 * bound - 1, 2 * bound + test_bound(100));
  } else {
    idle_for(loop, 2 * bound);
    CHECK_INT(book[0].ends, 0);
    dosai_call_resume(call);
    double resumed = test_now();
    RUN_UNTIL(loop, book[0].ends);
    int left = (4 - quarters) * bound / 4;
    CHECK_TOOK(resumed, test_now(), left / 2, left + test_bound(100));
  }
  CHECK_END(0, DOSAI_TIMEOUT);
  CHECK_INT(book[0].clock, clock);
  dosai_call_free(call);
  close_loop(loop);
}

int main(void) {
  int descriptors = first_descriptors();
  for (int i = 0; i < OVER_TCP; i++) {
    clocks(DOSAI_CLOCK_FIRST_TOKEN, over_tcp[i], "silent");
    clocks(DOSAI_CLOCK_IDLE, over_tcp[i], "silent-chunk");
    clocks(DOSAI_CLOCK_TOTAL, over_tcp[i], "silent");
    clocks(DOSAI_CLOCK_TOTAL, over_tcp[i], "endless");
  }
  clocks(DOSAI_CLOCK_CONNECT, TEST_TLS, "stall");
  check_descriptors(descriptors);
  return test_end();
}
