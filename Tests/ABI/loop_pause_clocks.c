/* The clocks of a paused call stand still: so long a pause, and then not a moment less than they give. All at once, in one
 * loop: each call has its own tag and connection. */
#include "loop.h"

enum { CALLS = 4 * OVER_TCP + 1 };

static dosai_loop *loop;
static int bound;

static struct {
  dosai_clock clock;
  dosai_call *call;
  int asked;            /* to pause */
  double begun, paused; /* its clock; 0: not yet */
  int missed;           /* the machine was so late that it ran out first */
} calls[CALLS];
static int submitted;

static void submit_one(dosai_clock clock, test_transport transport, const char *script) {
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.max_retries = -1;
  if (clock == DOSAI_CLOCK_CONNECT) options.connect_timeout_ms = bound;
  if (clock == DOSAI_CLOCK_FIRST_TOKEN) options.first_token_timeout_ms = bound;
  if (clock == DOSAI_CLOCK_IDLE) options.idle_timeout_ms = bound;
  if (clock == DOSAI_CLOCK_TOTAL) options.total_timeout_ms = 2 * bound;
  char url[256];
  dosai_client_options client_options;
  test_options(&client_options, url, transport, script);
  if (clock == DOSAI_CLOCK_CONNECT) client_options.base_url = test_env("DOSAI_TEST_STALL");
  dosai_client *client = test_client_with(&client_options);
  int tag = submitted++;
  calls[tag].clock = clock;
  if (clock != DOSAI_CLOCK_IDLE) calls[tag].begun = test_now();
  calls[tag].call = submit_with(loop, client, STREAM, (uintptr_t)tag, &options);
  dosai_client_free(client);
}

/* Steps once, and pauses the calls whose clocks have run halfway. Says how many are not paused yet. */
static int pause_halfway(void) {
  double before = test_now();
  int left = 0;
  step(loop, 5);
  for (int i = 0; i < CALLS; i++) {
    /* the idle clock begins with the chunk, somewhere in this step */
    if (calls[i].begun == 0 && book[i].chunks) calls[i].begun = before;
    calls[i].missed |= book[i].ends && calls[i].paused == 0 && calls[i].clock != DOSAI_CLOCK_TOTAL;
    if ((calls[i].asked || calls[i].missed) && calls[i].paused == 0) calls[i].paused = test_now();
    if (!calls[i].asked && calls[i].begun > 0 && test_now() >= calls[i].begun + bound / 2) {
      dosai_call_pause(calls[i].call); /* the next step does it */
      calls[i].asked = 1;
    }
    left += calls[i].paused == 0;
  }
  return left;
}

/* How many calls have ended of those that were paused in time. */
static int ends(void) {
  int count = 0;
  for (int i = 0; i < CALLS; i++) count += book[i].ends && !calls[i].missed;
  return count;
}

static void check(int tag, double resumed) {
  CHECK_END(tag, DOSAI_TIMEOUT);
  CHECK_INT(book[tag].clock, calls[tag].clock);
  if (calls[tag].missed) return;
  int is_total = calls[tag].clock == DOSAI_CLOCK_TOTAL, gives = is_total ? 2 * bound : bound;
  double stood = is_total ? 0 : resumed - calls[tag].paused;
  CHECK_TOOK(calls[tag].begun, book[tag].ended - stood, gives - 1, gives + test_bound(100));
}

int main(void) {
  int descriptors = first_descriptors();
  bound = test_bound(300);
  loop = new_loop(0, 0);
  for (int i = 0; i < OVER_TCP; i++) {
    submit_one(DOSAI_CLOCK_FIRST_TOKEN, over_tcp[i], "silent");
    submit_one(DOSAI_CLOCK_IDLE, over_tcp[i], "silent-chunk");
    submit_one(DOSAI_CLOCK_TOTAL, over_tcp[i], "silent");
    submit_one(DOSAI_CLOCK_TOTAL, over_tcp[i], "endless");
  }
  submit_one(DOSAI_CLOCK_CONNECT, TEST_TLS, "stall");
  double end = test_now() + test_bound(10000);
  while (pause_halfway() && test_now() < end) {
  }
  int missed = 0;
  for (int i = 0; i < CALLS; i++) missed += calls[i].missed;
  if (missed) CHECK(test_last_allowance(calls[0].begun) > bound / 4.0);
  /* the total clock alone goes on */
  RUN_UNTIL(loop, ends() == 2 * OVER_TCP);
  idle_for(loop, bound);
  CHECK_INT(ends(), 2 * OVER_TCP);
  double resumed = test_now();
  for (int i = 0; i < CALLS; i++) dosai_call_resume(calls[i].call);
  run(loop);
  for (int i = 0; i < CALLS; i++) check(i, resumed);
  for (int i = 0; i < CALLS; i++) dosai_call_free(calls[i].call);
  close_loop(loop);
  check_descriptors(descriptors);
  return test_end();
}
