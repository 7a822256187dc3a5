/* Threads create the first clients of a process at once: libcurl is initialized once, before any of them goes on. */
#define _GNU_SOURCE
#include "test.h"
#include <dlfcn.h>

static atomic_int begun, ended;

int curl_global_init(long flags) {
  int (*real)(long);
  *(void **)&real = dlsym(RTLD_NEXT, "curl_global_init");
  begun++;
  test_sleep(200);
  int code = real(flags);
  ended++;
  return code;
}

static void *create(void *unused) {
  dosai_client *client = test_client(TEST_PLAIN, "hello");
  CHECK_INT(ended, 1);
  dosai_client_free(client);
  return unused;
}

int main(void) {
  pthread_t threads[8];
  for (int i = 0; i < 8; i++) CHECK_INT(pthread_create(&threads[i], NULL, create, NULL), 0);
  for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
  CHECK_INT(begun, 1);
  return test_end();
}
