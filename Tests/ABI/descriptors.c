/* No descriptor is left, or only a few: whatever is done then ends soon and says so, nothing is leaked, and all works
 * again once there are some. */
#define _GNU_SOURCE
#include "loop.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FREE_MOST = 8 };

static rlim_t most;
static int base;           /* the lowest descriptor that is free */
static dosai_error *error; /* of the last call */
static int seen[2];        /* how often it worked, and how often it did not */

static atomic_int watches_refused;

/* In the place of libc's: a user may watch so many descriptors (fs.epoll.max_user_watches). */
int epoll_ctl(int set, int operation, int descriptor, struct epoll_event *event) {
  if (watches_refused && operation == EPOLL_CTL_ADD) return errno = ENOSPC, -1;
  return (int)syscall(SYS_epoll_ctl, set, operation, descriptor, event);
}

static int lowest_free(void) {
  int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  close(fd);
  return fd;
}

/* From now on so many can be opened; -1: as many as before. */
static void allow(int count) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = count < 0 ? most : (rlim_t)(base + count);
  CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Frees the error. */
static int expect(dosai_status status, const char *what) {
  int good = status == DOSAI_OK || status == DOSAI_RESOURCE || status == DOSAI_CONNECTION;
  CHECK(good && (error != NULL) == (status != DOSAI_OK));
  if (!good) fprintf(stderr, "  %s: %s\n", what, dosai_error_message(error, NULL));
  dosai_error_free(error);
  error = NULL;
  seen[status != DOSAI_OK]++;
  return status == DOSAI_OK;
}

static void calls(dosai_client *client, const dosai_request *request) {
  dosai_stream *stream = NULL;
  const dosai_chunk *chunk = NULL;
  expect(dosai_chat(client, request, NULL, NULL, &error), "chat");
  expect(dosai_chat_stream(client, request, NULL, test_go_on, NULL, NULL, &error), "chat_stream");
  if (!expect(dosai_stream_open(client, request, NULL, &stream, &error), "stream_open")) return;
  do CHECK_CALL(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_OK);
  while (chunk);
  dosai_stream_free(stream);
}

static void in_a_loop(dosai_client *client, const dosai_request *request, dosai_cancel *token) {
  dosai_call_options options;
  dosai_loop *loop = NULL;
  forget_all();
  dosai_call_options_init(&options, sizeof options);
  options.cancel = token;
  if (!expect(dosai_loop_new(NULL, &loop, &error), "loop_new")) return;
  for (uintptr_t i = 0; i < 3; i++)
    CHECK_CALL(dosai_loop_submit_chat(loop, client, request, &options, i, NULL, &error), DOSAI_OK);
  run(loop);
  for (int i = 0; i < 3; i++) {
    CHECK_INT(book[i].ends, 1);
    dosai_status status = book[i].status;
    CHECK(status == DOSAI_OK || status == DOSAI_RESOURCE || status == DOSAI_CONNECTION);
    seen[status != DOSAI_OK]++;
  }
  close_loop(loop);
}

/* `old` was made while there were enough. */
static void under(int count, test_transport transport, dosai_client *old, const dosai_request *request) {
  char url[256];
  dosai_client_options options;
  dosai_client *client = NULL;
  dosai_cancel *token = NULL;
  double start = test_now();
  int failures = test_failures;
  test_options(&options, url, transport, "hello");
  allow(count);
  calls(old, request);
  if (!expect(dosai_cancel_new(&token, &error), "cancel_new")) token = NULL;
  in_a_loop(old, request, token);
  if (expect(dosai_client_new(&options, &client, &error), "client_new")) calls(client, request);
  CHECK_TOOK(start, test_now(), 0, test_bound(3000));
  allow(-1);
  dosai_client_free(client);
  CHECK_CALL(dosai_chat(old, request, NULL, NULL, &error), DOSAI_OK);
  dosai_cancel_free(token);
  if (test_failures != failures) fprintf(stderr, "  with %d free, transport %d\n", count, transport);
}

/* What ended one call says nothing of the next, on the same engine. */
static void is_forgotten(const dosai_request *request) {
  dosai_client *client = test_client(TEST_PLAIN, "rst-0");
  base = lowest_free();
  allow(0);
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_RESOURCE);
  allow(-1);
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_CONNECTION);
  dosai_client_free(client);
}

/* A stream has its socket, one or two descriptors of libcurl's, and one of ours unless its on_wait looks often anyway.
 * The first takes what its client has. */
static void of_a_stream(const dosai_request *request, dosai_wait_fn on_wait, int64_t interval_ms, int least) {
  enum { COUNT = 9 };
  dosai_client *client = test_client(TEST_PLAIN, "silent-chunk");
  dosai_stream *streams[COUNT] = {NULL};
  const dosai_chunk *chunk = NULL;
  dosai_call_options options;
  int first = 0;
  dosai_call_options_init(&options, sizeof options);
  options.on_wait = on_wait;
  options.wait_interval_ms = interval_ms;
  for (int i = 0; i < COUNT; i++) {
    CHECK_CALL(dosai_stream_open(client, request, &options, &streams[i], &error), DOSAI_OK);
    CHECK_CALL(dosai_stream_next(streams[i], -1, &chunk, &error), DOSAI_OK);
    if (i == 0) first = open_descriptors();
  }
  CHECK_BETWEEN(open_descriptors() - first, least * (COUNT - 1), (least + 1) * (COUNT - 1));
  for (int i = 0; i < COUNT; i++) dosai_stream_free(streams[i]);
  dosai_client_free(client);
}

/* A program may have closed its standard input: descriptor 0 is as good as any. */
static void without_standard_input(dosai_request *request) {
  dosai_cancel *token = NULL;
  dosai_loop *loop = NULL;
  dosai_client *earlier = test_client(TEST_PLAIN, "hello"),
               *connecting = test_client(TEST_PLAIN, "whole-eof-good");
  CHECK_CALL(dosai_chat(connecting, request, NULL, NULL, &error), DOSAI_OK);
  dosai_loop *looping = new_loop(0, 0);
  start(looping, TEST_PLAIN, "whole-eof-good", CHAT, 0, NULL);
  run(looping);
  int input = dup(0);
  close(0);
  for (uintptr_t i = 1; i < 4; i++) {
    dosai_call_free(submit_with(looping, earlier, CHAT, i, NULL));
    run(looping);
    CHECK_END(i, DOSAI_OK);
    CHECK(fcntl(0, F_GETFD) >= 0); /* it is the connection of all three */
  }
  close_loop(looping);
  double start = test_now();
  CHECK_CALL(dosai_chat(connecting, request, NULL, NULL, &error), DOSAI_OK); /* 0 is the connection's */
  CHECK_TOOK(start, test_now(), 0, test_bound(150));
  dosai_client_free(connecting);
  CHECK_CALL(dosai_chat(earlier, request, NULL, NULL, &error), DOSAI_OK);
  dosai_client_free(earlier);
  CHECK_CALL(dosai_loop_new(NULL, &loop, &error), DOSAI_OK);
  CHECK(fcntl(0, F_GETFD) >= 0);
  dosai_loop_close(loop, NULL, NULL, NULL);
  CHECK(fcntl(0, F_GETFD) < 0);
  CHECK_CALL(dosai_cancel_new(&token, &error), DOSAI_OK);
  dosai_cancel_free(token);
  dosai_client *client = test_client(TEST_TLS, "hello");
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_OK);
  dosai_client_free(client);
  dup2(input, 0);
  close(input);
}

/* A call in a loop whose token cannot be watched ends, rather than run without it. */
static void without_watches(const dosai_request *request) {
  dosai_client *client = test_client(TEST_PLAIN, "hello");
  dosai_call_options options;
  dosai_cancel *token = NULL;
  dosai_loop *loop = NULL;
  CHECK_CALL(dosai_cancel_new(&token, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_new(NULL, &loop, &error), DOSAI_OK);
  dosai_call_options_init(&options, sizeof options);
  options.cancel = token;
  for (int refused = 1; refused >= 0; refused--) {
    forget_all();
    watches_refused = refused;
    CHECK_CALL(dosai_loop_submit_chat(loop, client, request, &options, 0, NULL, &error), DOSAI_OK);
    watches_refused = 0;
    run(loop);
    CHECK_INT(book[0].ends, 1);
    CHECK_INT(book[0].status, refused ? DOSAI_RESOURCE : DOSAI_OK);
  }
  close_loop(loop);
  dosai_cancel_free(token);
  dosai_client_free(client);
}

int main(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  most = limit.rlim_cur;
  dosai_request *request = test_request();
  int before = first_descriptors();
  for (int transport = TEST_PLAIN; transport <= TEST_H2; transport++)
    for (int warm = 0; warm < 2; warm++)
      for (int count = 0; count <= FREE_MOST; count++) {
        dosai_client *client = test_client((test_transport)transport, "hello");
        if (warm) CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_OK);
        base = lowest_free();
        under(count, (test_transport)transport, client, request);
        dosai_client_free(client);
        check_descriptors(before);
      }
  printf("%d worked, %d did not\n", seen[0], seen[1]);
  CHECK(seen[0] > 50 && seen[1] > 50);
  is_forgotten(request);
  of_a_stream(request, NULL, 0, 3);
  of_a_stream(request, test_wait_on, 101, 3);
  of_a_stream(request, test_wait_on, 100, 2);
  without_standard_input(request);
  without_watches(request);
  dosai_request_free(request);
  return test_end();
}
