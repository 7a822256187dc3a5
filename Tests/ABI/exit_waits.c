/* exit waits for a thread that is inside libcurl: here, in `send`, which libcurl calls and this program replaces. */
#include "test.h"
#include <sys/socket.h>

static dosai_client *client;
static atomic_int entered, has_left;

ssize_t send(int descriptor, const void *bytes, size_t count, int flags) {
  if (count > 1 && !atomic_exchange(&entered, 1)) { /* 1: libcurl wakes itself */
    test_sleep(300);
    has_left = 1;
  }
  return sendto(descriptor, bytes, count, flags, NULL, 0);
}

static void end(void) {
  if (has_left) return;
  fprintf(stderr, "exit went on while a thread was inside libcurl\n");
  _exit(1);
}

static void *work(void *request) {
  dosai_chat(client, request, NULL, NULL, NULL);
  return NULL;
}

int main(void) {
  pthread_t thread;
  CHECK_INT(atexit(end), 0); /* it runs behind the library's, which the first client brings */
  client = test_client(TEST_PLAIN, "silent");
  CHECK_INT(pthread_create(&thread, NULL, work, test_request()), 0);
  for (int i = 0; i < test_bound(5000) && !entered; i++) test_sleep(1);
  CHECK(entered);
  test_leaks_stay(); /* what the thread holds when the process ends */
  return test_end();
}
