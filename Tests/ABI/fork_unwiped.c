/* Where the kernel wipes no page in a forked child (Linux before 4.14, macOS). The exit of a process ends the calls of its
 * threads. A child, forked while the parent's threads are in calls, make clients and free them, makes a client and a call
 * of its own, and its exit does not wait for the parent's threads. */
#include "test.h"
#include <errno.h>
#include <sys/wait.h>

enum { FORKS = 50, SECONDS = 20 };

static atomic_int over, calling, returned;
static pthread_t threads[3];

int madvise(void *address, size_t length, int advice) {
  (void)address, (void)length, (void)advice;
  errno = EINVAL;
  return -1;
}

static int32_t note(const dosai_chunk *chunk, void *user_data) {
  (void)chunk, (void)user_data;
  calling = 1;
  return over;
}

static void *call(void *unused) {
  dosai_client *client = test_client(TEST_PLAIN, "endless");
  dosai_request *request = test_request();
  dosai_chat_stream(client, request, NULL, note, NULL, NULL, NULL);
  dosai_request_free(request);
  dosai_client_free(client);
  return unused;
}

static void *make_and_free(void *unused) {
  while (!over) dosai_client_free(test_client(TEST_PLAIN, "hello"));
  return unused;
}

static void *wait_for_answer(void *unused) {
  dosai_request *request = test_request();
  dosai_chat(test_client(TEST_PLAIN, "silent"), request, NULL, NULL, NULL);
  returned = 1;
  return unused;
}

static void check_returned(void) {
  for (int i = 0; i < test_bound(1000) && !returned; i++) test_sleep(1);
  if (!returned) _exit(7);
}

/* The library's part of exit comes before check_returned. */
static void exit_in_a_call(void) {
  atexit(check_returned);
  test_leaks_stay();
  alarm(SECONDS);
  dosai_client_free(test_client(TEST_PLAIN, "hello"));
  if (pthread_create(&threads[0], NULL, wait_for_answer, NULL) != 0) _exit(8);
  test_sleep(300);
  exit(0);
}

static void child(dosai_client *inherited, dosai_stream *stream) {
  const dosai_chunk *chunk = NULL;
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  dosai_request *request = test_request();
  dosai_client *client;
  test_leaks_stay();
  alarm(SECONDS);
  CHECK_INT(dosai_chat(inherited, request, NULL, &completion, NULL), DOSAI_FORKED);
  CHECK_INT(dosai_stream_next(stream, -1, &chunk, NULL), DOSAI_FORKED);
  client = test_client(TEST_PLAIN, "hello");
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  dosai_completion_free(completion);
  dosai_request_free(request);
  dosai_client_free(client);
  exit(test_failures != 0);
}

int main(void) {
  int first = -1;
  pid_t exiting = fork();
  if (exiting == 0) exit_in_a_call();
  CHECK(waitpid(exiting, &first, 0) == exiting);
  CHECK(WIFEXITED(first));
  CHECK_INT(WEXITSTATUS(first), 0);
  dosai_client *client = test_client(TEST_PLAIN, "hello");
  dosai_request *request = test_request();
  const dosai_chunk *chunk = NULL;
  dosai_stream *stream = NULL;
  dosai_error *error = NULL;
  CHECK_CALL(dosai_stream_open(client, request, NULL, &stream, &error), DOSAI_OK);
  CHECK_CALL(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_OK);
  for (int i = 0; i < 3; i++) CHECK(pthread_create(&threads[i], NULL, i ? make_and_free : call, NULL) == 0);
  while (!calling) test_sleep(1);
  for (int i = 0; i < FORKS; i++) {
    double started = test_now();
    int status = -1;
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) child(client, stream);
    CHECK(waitpid(process, &status, 0) == process);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    /* At exit it would wait for the parent's threads for a second. */
    CHECK_TOOK(started, test_now(), 0, test_bound(900));
  }
  over = 1;
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  dosai_stream_free(stream);
  dosai_request_free(request);
  dosai_client_free(client);
  return test_end();
}
