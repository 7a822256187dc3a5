/* What other versions of libcurl do. libcurl_shim.c makes this one do it. */
#include "loop.h"
#include <dlfcn.h>
#include <sys/wait.h>

static int *knob(const char *name) {
  static int none;
  int *found = dlsym(RTLD_DEFAULT, name);
  CHECK(found != NULL);
  return found ? found : &none;
}

static void set(const char *name, int value) { *knob(name) = value; }

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

/* A transfer is over while it is paused: with its last bytes lost, which it calls a success. All that came is told. It
 * is paused where more comes at once than a stream holds, which is not left to how fast the server is. */
static void ends_paused(const char *script, int result, dosai_status expected) {
  dosai_client *client = test_client(TEST_PLAIN, script);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  size_t length = 0;
  set("shim_ends", 1 + result);
  set("shim_gathers", 300 << 10);
  CHECK_KEEP(dosai_chat_stream(client, request, NULL, test_go_on, NULL, NULL, &error), expected);
  dosai_completion_content(dosai_error_completion(error), 0, &length);
  if (strcmp(script, "blast") == 0) CHECK_BETWEEN(length, 200 << 10, 7 << 20);
  else CHECK_INT(length, 5);
  dosai_error_free(error);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* The same, of a call that its host has paused: nothing of it was told yet. */
static void ends_held(void) {
  set("shim_ends", 1);
  dosai_loop *loop = new_loop(0, 0);
  dosai_call *call = submit(loop, TEST_PLAIN, "hello", STREAM, 0, NULL);
  dosai_call_pause(call);
  const int *has_ended = knob("shim_has_ended");
  RUN_UNTIL(loop, *has_ended);
  CHECK_INT(book[0].ends, 0);
  dosai_call_resume(call);
  run(loop);
  CHECK_END(0, DOSAI_TRUNCATED);
  dosai_call_free(call);
  close_loop(loop);
}

/* libcurl is out of memory once: every call of the loop ends, also one that waits, and the loop goes on. */
static void has_no_memory(void) {
  dosai_loop *loop = new_loop(0, 0);
  dosai_call *endless = submit(loop, TEST_PLAIN, "endless", STREAM, 0, NULL);
  dosai_call *silent = submit(loop, TEST_PLAIN, "silent", STREAM, 1, NULL);
  RUN_UNTIL(loop, book[0].chunks > 0);
  set("shim_has_no_memory", 1);
  run(loop);
  CHECK_END(0, DOSAI_OUT_OF_MEMORY);
  CHECK_END(1, DOSAI_OUT_OF_MEMORY);
  dosai_call *next = submit(loop, TEST_PLAIN, "hello", STREAM, 2, NULL);
  run(loop);
  CHECK_END(2, DOSAI_OK);
  dosai_call_free(next);
  dosai_call_free(silent);
  dosai_call_free(endless);
  close_loop(loop);
}

static void ends_in_an_event(void) { ends_paused("blast", 0, DOSAI_TRUNCATED); }

static void ends_between_events(void) { ends_paused("blanks", 0, DOSAI_TRUNCATED); }

/* What 8.5 to 8.9 say when they hold 64 MB of it. */
static void ends_overfull(void) { ends_paused("blast", 27 /* CURLE_OUT_OF_MEMORY */, DOSAI_TOO_LARGE); }

static void refused(const char *word) {
  dosai_client_options options;
  dosai_client *client = NULL;
  dosai_error *error = NULL;
  char url[256];
  test_options(&options, url, TEST_PLAIN, "hello");
  CHECK_KEEP(dosai_client_new(&options, &client, &error), DOSAI_RESOURCE);
  const char *message = error ? dosai_error_message(error, NULL) : NULL;
  CHECK(message && strstr(message, word));
  dosai_error_free(error);
  CHECK_KEEP(dosai_loop_new(NULL, &(dosai_loop *){NULL}, &error), DOSAI_RESOURCE);
  dosai_error_free(error);
}

/* It is named what is needed, and where to get it. */
static void is_older(void) {
  set("shim_version", 0x075700);
  refused("libcurl 7.88 or newer is needed");
  refused("the bundled library");
}

static void is_oldest(void) {
  set("shim_version", 0x075800);
  dosai_client_free(test_client(TEST_PLAIN, "hello"));
}

static void chat(dosai_client_options *options, dosai_status expected, const char *word) {
  dosai_client *client = test_client_with(options);
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  CHECK_KEEP(dosai_chat(client, request, NULL, &completion, &error), expected);
  if (word) CHECK(error && strstr(dosai_error_message(error, NULL), word));
  dosai_completion_free(completion);
  dosai_error_free(error);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* Without netrc, HTTP/2, compression, proxies, unix sockets and TLS it serves those who ask for none of them. */
static void lacks(void) {
  dosai_client_options options;
  char url[256];
  set("shim_lacks", 1 | 2 | 4);
  for (test_transport transport = TEST_PLAIN; transport <= TEST_UNIX; transport++) {
    test_options(&options, url, transport, "hello");
    chat(&options, DOSAI_OK, NULL);
    CHECK_LAST(transport, "hello", "header/accept-encoding", "identity");
  }
  set("shim_lacks", 63);
  test_options(&options, url, TEST_PLAIN, "hello");
  chat(&options, DOSAI_OK, NULL);
  options.proxy = "http://127.0.0.1:9";
  options.allow_insecure_http = 1;
  chat(&options, DOSAI_RESOURCE, "libcurl was built without proxies");
  test_options(&options, url, TEST_UNIX, "hello");
  chat(&options, DOSAI_RESOURCE, "libcurl was built without unix sockets");
  test_options(&options, url, TEST_TLS, "hello");
  chat(&options, DOSAI_RESOURCE, "libcurl was built without TLS");
}

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
  IN_A_CHILD(has_no_memory);
  IN_A_CHILD(is_older);
  IN_A_CHILD(is_oldest);
  IN_A_CHILD(lacks);
  return test_end();
}
