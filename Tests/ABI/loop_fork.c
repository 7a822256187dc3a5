/* A child forked with calls in flight: the loop answers FORKED there, close frees it with all its descriptors, a new
 * one works; and the parent's calls go on to their end. */
#include "loop.h"
#include <sys/wait.h>

enum { IN_FLIGHT = 4, CALLS = 6 };

static dosai_loop *loop;
static dosai_call *calls[CALLS];
static dosai_client *client;
static int descriptors; /* before the loop was made */
static int forked_at = -1;

static void inherited(void) {
  const dosai_event *event = (const dosai_event *)1;
  dosai_call *call = (dosai_call *)1;
  dosai_request *request = test_request();
  size_t active = 7;
  CHECK_INT(dosai_loop_step(loop, 0, note, NULL, &active, NULL), DOSAI_FORKED);
  CHECK_INT(active, 0);
  CHECK_INT(dosai_loop_next(loop, &event, NULL), DOSAI_FORKED);
  CHECK(!event);
  CHECK_INT(dosai_loop_submit_chat(loop, client, request, NULL, 0, &call, NULL), DOSAI_FORKED);
  CHECK_INT(dosai_loop_submit_stream(loop, client, request, NULL, 0, &call, NULL), DOSAI_FORKED);
  CHECK_INT(dosai_loop_submit_get(loop, client, "/x", NULL, 0, &call, NULL), DOSAI_FORKED);
  CHECK(!call);
  CHECK(dosai_loop_fd(loop) >= 0);
  dosai_loop_timeout_ms(loop);
  dosai_loop_wake(loop);
  for (int i = 0; i < CALLS; i++) {
    dosai_call_pause(calls[i]);
    dosai_call_cancel(calls[i]);
    dosai_call_resume(calls[i]);
    if (i % 2) dosai_call_free(calls[i]);
  }
  int before = book[0].ends;
  CHECK_INT(dosai_loop_close(loop, note, NULL, NULL), DOSAI_OK);
  CHECK_INT(book[0].ends, before); /* they are not its calls to tell of */
  for (int i = 0; i < CALLS; i += 2) dosai_call_free(calls[i]);
  dosai_request_free(request);
  dosai_client_free(client);
  /* Two descriptors are libcurl's own in each of the client and the loop, and it is not called any more. */
  if (forked_at < 0) CHECK_BETWEEN(open_descriptors(), descriptors, descriptors + 4);
}

static void child(int by_exit) {
  test_leaks_stay(); /* in the child libcurl's part of a handle is left, by law */
  inherited();
  loop = new_loop(0, 0);
  start(loop, TEST_TLS, "hello", STREAM, 0, NULL);
  start(loop, TEST_PLAIN, "hello", CHAT, 1, NULL);
  run(loop);
  CHECK_END(0, DOSAI_OK);
  CHECK_END(1, DOSAI_OK);
  close_loop(loop);
  if (by_exit) exit(test_failures != 0);
  _exit(test_failures != 0);
}

static void fork_child(int by_exit) {
  int status = -1;
  fflush(NULL);
  pid_t process = fork();
  if (process == 0) child(by_exit);
  CHECK(waitpid(process, &status, 0) == process);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int32_t fork_here(const dosai_event *event) {
  if (event->chunk && forked_at < 0) {
    forked_at = (int)event->tag;
    fork_child(0);
  }
  return 0;
}

/* The child comes back out of the callback, and the step that it was in answers FORKED. */
static pid_t returned = -1;
static int32_t fork_and_return(const dosai_event *event) {
  if (event->chunk && returned < 0) {
    fflush(NULL);
    returned = fork();
  }
  return 0;
}

static void begin(test_transport transport) {
  forked_at = -1;
  descriptors = first_descriptors();
  client = test_client(transport, "paced");
  loop = new_loop(IN_FLIGHT, 0);
  for (uintptr_t i = 0; i < CALLS; i++) calls[i] = submit_with(loop, client, STREAM, i, NULL);
}

static void finish(void) {
  run(loop);
  for (int i = 0; i < CALLS; i++) {
    CHECK_END(i, DOSAI_OK);
    CHECK_TEXT(book[i].text, "abcdefghijklmnopqrst");
    dosai_call_free(calls[i]);
  }
  close_loop(loop);
  dosai_client_free(client);
}

static void out_of_callback(void) {
  dosai_error *error = NULL;
  size_t active = 7;
  int status = -1;
  begin(TEST_PLAIN);
  then_do = fork_and_return;
  returned = -1;
  dosai_status stepped = DOSAI_OK;
  while (returned < 0) stepped = dosai_loop_step(loop, 1000, note, NULL, &active, &error);
  CHECK_INT(stepped, returned ? DOSAI_OK : DOSAI_FORKED);
  if (returned == 0) {
    test_leaks_stay();
    CHECK_INT(active, 0);
    CHECK_INT(dosai_error_status(error), DOSAI_FORKED);
    dosai_error_free(error);
    then_do = NULL;
    child(0);
  }
  CHECK(waitpid(returned, &status, 0) == returned);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  then_do = NULL;
  finish();
}

int main(void) {
  for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++)
    for (int by_exit = 0; by_exit < 2; by_exit++) {
      begin((test_transport)transport);
      step(loop, 0);
      fork_child(by_exit);
      RUN_UNTIL(loop, book[0].chunks > 3);
      fork_child(by_exit);
      then_do = fork_here;
      RUN_UNTIL(loop, forked_at >= 0);
      then_do = NULL;
      finish();
    }
  out_of_callback();
  return test_end();
}
