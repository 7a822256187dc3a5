/* SIGPIPE stays as it was, not even set and set back for a moment, through resets in the middle of uploads and through
 * the end of every handle. The sigaction and signal of this program stand before those of libc. */
#include "test.h"
#include <dlfcn.h>
#include <signal.h>

enum { RESETS = 20, UPLOAD = 4 << 20 };

static atomic_int changes;

int sigaction(int number, const struct sigaction *restrict action, struct sigaction *restrict old) {
  int (*real)(int, const struct sigaction *, struct sigaction *);
  *(void **)&real = dlsym(RTLD_NEXT, "sigaction");
  if (action) changes++;
  return real(number, action, old);
}

sighandler_t signal(int number, sighandler_t handler) {
  sighandler_t (*real)(int, sighandler_t);
  *(void **)&real = dlsym(RTLD_NEXT, "signal");
  changes++;
  return real(number, handler);
}

/* Made and freed without a call: libcurl's own handle in it was never told of a request's. */
static void unused(void) {
  dosai_error *error = NULL;
  dosai_loop *loop = NULL;
  dosai_client_free(test_client(TEST_PLAIN, "hello"));
  CHECK_CALL(dosai_loop_new(NULL, &loop, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_close(loop, NULL, NULL, &error), DOSAI_OK);
  CHECK_INT(changes, 0);
}

static void resets(test_transport transport) {
  static char text[UPLOAD];
  dosai_client *client = test_client(transport, "req-rst");
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  memset(text, 'a', sizeof text);
  CHECK_CALL(dosai_request_add_message(request, "user", text, sizeof text, &error), DOSAI_OK);
  for (int i = 0; i < RESETS; i++)
    CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_CONNECTION);
  dosai_request_free(request);
  dosai_client_free(client);
  CHECK_INT(test_count(transport, "req-rst", "requests"), RESETS);
}

/* A connection that is warm when its client is freed. */
static void warm(test_transport transport) {
  dosai_client *client = test_client(transport, "hello");
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_OK);
  CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, NULL, &error), DOSAI_OK);
  dosai_request_free(request);
  dosai_client_free(client);
}

int main(void) {
  struct sigaction action;
  changes = 0; /* OpenSSL has one as it is loaded on ARM: for SIGILL, to see what the processor can do */
  unused();
  for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++) {
    resets((test_transport)transport);
    warm((test_transport)transport);
  }
  CHECK_INT(changes, 0);
  CHECK(sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
  return test_end();
}
