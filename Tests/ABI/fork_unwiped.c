/* A child forked where the kernel wipes no page (Linux before 4.14, macOS), while the parent's threads are in calls, make
 * clients and free them: it makes a client and a call of its own, and its exit does not wait for the parent's threads. */
#include "test.h"
#include <errno.h>
#include <sys/wait.h>

enum { FORKS = 50, SECONDS = 20 };

static atomic_int over, calling;
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

static void child(dosai_client *inherited) {
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  dosai_request *request = test_request();
  dosai_client *client;
  test_leaks_stay();
  alarm(SECONDS);
  CHECK_INT(dosai_chat(inherited, request, NULL, &completion, NULL), DOSAI_FORKED);
  client = test_client(TEST_PLAIN, "hello");
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  dosai_completion_free(completion);
  dosai_request_free(request);
  dosai_client_free(client);
  exit(test_failures != 0);
}

int main(void) {
  dosai_client *client = test_client(TEST_PLAIN, "hello");
  for (int i = 0; i < 3; i++) CHECK(pthread_create(&threads[i], NULL, i ? make_and_free : call, NULL) == 0);
  while (!calling) test_sleep(1);
  for (int i = 0; i < FORKS; i++) {
    double started = test_now();
    int status = -1;
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) child(client);
    CHECK(waitpid(process, &status, 0) == process);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    /* At exit it would wait for the parent's threads for a second. */
    CHECK_TOOK(started, test_now(), 0, test_bound(900));
  }
  over = 1;
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  dosai_client_free(client);
  return test_end();
}
