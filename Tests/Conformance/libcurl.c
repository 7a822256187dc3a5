/* What other versions of libcurl do. libcurl_shim.c makes this one do it. */
#include "loop.h"
#include <dlfcn.h>
#include <sys/wait.h>

static void set(const char *knob, int value) {
  int *found = dlsym(RTLD_DEFAULT, knob);
  CHECK(found != NULL);
  if (found) *found = value;
}

/* Of a call that ends where it is started nothing is left that would end a wait. */
static void ends_at_once(void) {
  dosai_client_options options;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = "http://localhost/v1";
  options.unix_socket = "/nobody/listens";
  options.max_retries = 1;
  options.total_timeout_ms = 5000;
  dosai_client *client = test_client_with(&options);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  dosai_stream *stream = NULL;
  set("shim_clears_timer", 1);
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_CONNECTION);
  CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, NULL, &error), DOSAI_CONNECTION);
  CHECK_CALL(dosai_stream_open(client, request, NULL, &stream, &error), DOSAI_CONNECTION);
  dosai_loop *loop = new_loop(0, 0);
  dosai_call_free(submit_with(loop, client, CHAT, 0, NULL));
  run(loop);
  CHECK_END(0, DOSAI_CONNECTION);
  close_loop(loop);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* A transfer is over while it is paused: with its last bytes lost, which it calls a success. All that came is told. */
static void ends_paused(const char *script, int result, dosai_status expected) {
  dosai_client *client = test_client(TEST_PLAIN, script);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  size_t length = 0;
  set("shim_ends", 1 + result);
  CHECK_KEEP(dosai_chat_stream(client, request, NULL, test_go_on, NULL, NULL, &error), expected);
  dosai_completion_content(dosai_error_completion(error), 0, &length);
  if (strcmp(script, "blast") == 0) CHECK_BETWEEN(length, 200 << 10, 7 << 20);
  else CHECK_INT(length, 5);
  dosai_error_free(error);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* The same, of a call that its host has paused. */
static void ends_held(void) {
  set("shim_ends", 1);
  dosai_loop *loop = new_loop(0, 0);
  dosai_call *call = submit(loop, TEST_PLAIN, "chat", CHAT, 0, NULL);
  dosai_call_pause(call);
  run_for(loop, test_bound(200));
  CHECK_INT(book[0].ends, 0);
  dosai_call_resume(call);
  run(loop);
  CHECK_END(0, DOSAI_TRUNCATED);
  dosai_call_free(call);
  close_loop(loop);
}

static void ends_in_an_event(void) { ends_paused("blast", 0, DOSAI_TRUNCATED); }

static void ends_between_events(void) { ends_paused("blanks", 0, DOSAI_TRUNCATED); }

/* What 8.5 to 8.9 say when they hold 64 MB of it. */
static void ends_overfull(void) { ends_paused("blast", 27 /* CURLE_OUT_OF_MEMORY */, DOSAI_TOO_LARGE); }

/* In a child of its own: the library looks at libcurl once, and a shim stays as it was set. */
static void in_a_child(const char *name, void (*body)(void)) {
  int status = -1;
  pid_t process = fork();
  if (process == 0) {
    test_failures = 0;
    body();
    exit(test_failures != 0);
  }
  CHECK(waitpid(process, &status, 0) == process);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    fprintf(stderr, "  in %s: %#x\n", name, (unsigned)status);
}

#define IN_A_CHILD(body) in_a_child(#body, body)

int main(void) {
  IN_A_CHILD(ends_at_once);
  IN_A_CHILD(ends_in_an_event);
  IN_A_CHILD(ends_between_events);
  IN_A_CHILD(ends_overfull);
  IN_A_CHILD(ends_held);
  return test_end();
}
