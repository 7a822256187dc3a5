/* The time of day jumps by hours, both ways, all the while: no deadline moves. The clock_gettime, gettimeofday and time
 * of this program stand before those of libc; the jumps are theirs. */
#include "loop.h"
#include <dlfcn.h>
#include <sys/time.h>

enum { JUMP = 7200 }; /* seconds */

static atomic_int asked, is_jumping;

static time_t jump(void) { return is_jumping ? (asked++ % 2 ? JUMP : -JUMP) : 0; }

int clock_gettime(clockid_t clock, struct timespec *now) {
  int (*real)(clockid_t, struct timespec *);
  *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(clock, now);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += jump();
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec time;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &time);
  now->tv_sec = time.tv_sec;
  now->tv_usec = time.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}

static void begin(dosai_client_options *options, char url[256], test_transport transport,
                  const char *script) {
  test_options(options, url, transport, script);
  options->first_token_timeout_ms = 400;
  options->idle_timeout_ms = 300;
  options->total_timeout_ms = 5000;
  options->max_retries = 1;
}

static int32_t note_first(const dosai_chunk *chunk, void *first) {
  (void)chunk;
  if (*(double *)first == 0) *(double *)first = test_now();
  return 0;
}

/* The call ends with this status, between so many milliseconds; the idle clock begins with the first chunk, which the
 * server may send late. */
static void takes(const dosai_client_options *options, dosai_status status, dosai_clock clock, int low,
                  int high) {
  dosai_client *client = test_client_with(options);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  double start = test_now(), first = 0;
  CHECK_KEEP(dosai_chat_stream(client, request, NULL, note_first, &first, NULL, &error), status);
  double end = test_now();
  CHECK(end - start >= low);
  CHECK_TOOK(clock == DOSAI_CLOCK_IDLE ? first : start, end, 0, high + test_bound(300));
  CHECK_INT(dosai_error_clock(error), clock);
  dosai_error_free(error);
  dosai_request_free(request);
  dosai_client_free(client);
}

static void in_a_loop(void) {
  char url[256];
  dosai_client_options options;
  begin(&options, url, TEST_PLAIN, "silent-chunk");
  options.first_token_timeout_ms = 3000; /* the server may be late */
  dosai_client *client = test_client_with(&options);
  dosai_loop *loop = new_loop(0, 0);
  double start = test_now();
  for (uintptr_t i = 0; i < 4; i++) dosai_call_free(submit_with(loop, client, STREAM, i, NULL));
  run(loop);
  for (int i = 0; i < 4; i++) {
    CHECK(book[i].ended - start >= 300);
    CHECK_TOOK(book[i].chunked, book[i].ended, 0, 300 + test_bound(300));
    CHECK_END(i, DOSAI_TIMEOUT);
    CHECK_INT(book[i].clock, DOSAI_CLOCK_IDLE);
  }
  close_loop(loop);
  dosai_client_free(client);
}

int main(void) {
  char url[256];
  dosai_client_options options;
  is_jumping = 1;
  begin(&options, url, TEST_PLAIN, "paced");
  options.first_token_timeout_ms = options.idle_timeout_ms = 3000; /* the server may be late */
  takes(&options, DOSAI_OK, DOSAI_CLOCK_NONE, 300, 1000);
  begin(&options, url, TEST_PLAIN, "later-hello"); /* retry-after-ms: 300 */
  options.first_token_timeout_ms = options.idle_timeout_ms = 3000;
  takes(&options, DOSAI_OK, DOSAI_CLOCK_NONE, 300, 600);
  begin(&options, url, TEST_PLAIN, "silent-chunk");
  options.first_token_timeout_ms = 3000;
  takes(&options, DOSAI_TIMEOUT, DOSAI_CLOCK_IDLE, 300, 300);
  begin(&options, url, TEST_UNIX, "silent");
  options.max_retries = -1;
  takes(&options, DOSAI_TIMEOUT, DOSAI_CLOCK_FIRST_TOKEN, 400, 400);
  begin(&options, url, TEST_PLAIN, "hello");
  options.base_url = test_env("DOSAI_TEST_BLACKHOLE");
  options.connect_timeout_ms = 300;
  options.max_retries = -1;
  takes(&options, DOSAI_TIMEOUT, DOSAI_CLOCK_CONNECT, 300, 300);
  begin(&options, url, TEST_PLAIN, "endless");
  options.first_token_timeout_ms = options.idle_timeout_ms = 3000;
  options.total_timeout_ms = 500;
  takes(&options, DOSAI_TIMEOUT, DOSAI_CLOCK_TOTAL, 500, 500);
  in_a_loop();
  CHECK(asked > 0); /* someone did ask for the time of day */
  return test_end();
}
