/* exit waits for a thread that is inside libcurl: here, in `send`, which libcurl calls and this program replaces. It
 * waits for nobody else, such as a thread that has left calls in its loops. */
#include "test.h"
#include <sys/socket.h>

static dosai_client *client;
static atomic_int entered, has_left;
static double exit_began;

ssize_t send(int descriptor, const void *bytes, size_t count, int flags) {
  if (count > 1 && !atomic_exchange(&entered, 1)) { /* 1: libcurl wakes itself */
    test_sleep(300);
    has_left = 1;
  }
  return sendto(descriptor, bytes, count, flags, NULL, 0);
}

static void end(void) {
  /* It waits for a second at most. */
  if (test_now() - exit_began > 900 + test_last_allowance(exit_began)) {
    fprintf(stderr, "exit waited for a thread that was not inside libcurl\n");
    _exit(1);
  }
  if (has_left) return;
  fprintf(stderr, "exit went on while a thread was inside libcurl\n");
  _exit(1);
}

static void *work(void *request) {
  dosai_chat(client, request, NULL, NULL, NULL);
  return NULL;
}

static int32_t ignore(const dosai_event *event, void *user_data) {
  (void)event, (void)user_data;
  return 0;
}

static void *submit(void *request) {
  for (int steps = 0; steps < 2; steps++) {
    dosai_loop *loop = NULL;
    dosai_error *error = NULL;
    CHECK_CALL(dosai_loop_new(NULL, &loop, &error), DOSAI_OK);
    CHECK_CALL(dosai_loop_submit_chat(loop, client, request, NULL, 0, NULL, &error), DOSAI_OK);
    if (steps) CHECK_CALL(dosai_loop_step(loop, 0, ignore, NULL, NULL, &error), DOSAI_OK);
  }
  return NULL;
}

int main(void) {
  pthread_t thread;
  CHECK_INT(atexit(end), 0); /* it runs behind the library's, which the first client brings */
  client = test_client(TEST_PLAIN, "silent");
  CHECK_INT(pthread_create(&thread, NULL, submit, test_request()), 0);
  pthread_join(thread, NULL);
  CHECK_INT(pthread_create(&thread, NULL, work, test_request()), 0);
  for (int i = 0; i < test_bound(5000) && !entered; i++) test_sleep(1);
  CHECK(entered);
  test_leaks_stay(); /* what the threads hold when the process ends */
  exit_began = test_now();
  return test_end();
}
