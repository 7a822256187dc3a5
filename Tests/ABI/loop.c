/* The section's functions with NULL, wrong kinds and wrong values: their answers, and cleared outputs. */
#include "loop.h"

static dosai_client *client;
static dosai_request *request;
static dosai_completion *completion;
static dosai_stream *stream;
static dosai_cancel *token;
static dosai_error *failure;
static dosai_loop *loop;
static dosai_call *call;

static dosai_error *error;
static dosai_call *new_call;

static void *poison(void) { return (void *)(uintptr_t)16; }

#define REFUSED(call) CHECK_CALL(call, DOSAI_INVALID_ARGUMENT)
#define REFUSED_SUBMIT(call) \
  do {                       \
    new_call = poison();     \
    REFUSED(call);           \
    CHECK(!new_call);        \
  } while (0)

static void options_sizes(void) {
  struct {
    dosai_loop_options options;
    char later[8];
  } big;
  dosai_loop *made = poison();
  memset(&big, 7, sizeof big);
  dosai_loop_options_init(&big.options, sizeof big);
  CHECK_INT(big.options.struct_size, sizeof big);
  CHECK_INT(big.options.max_in_flight, 0);
  CHECK_INT(big.later[7], 0);
  CHECK_CALL(dosai_loop_new(&big.options, &made, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_close(made, NULL, NULL, &error), DOSAI_OK);
  big.later[7] = 1; /* a field of a later version, and set */
  made = poison();
  REFUSED(dosai_loop_new(&big.options, &made, &error));
  CHECK(!made);
  dosai_loop_options_init(&big.options, sizeof big.options);
  CHECK_INT(big.later[7], 1); /* no further than the caller's size */
  big.options.max_in_flight = -1;
  REFUSED(dosai_loop_new(&big.options, &made, &error));
  dosai_loop_options_init(&big.options, sizeof big.options);
  big.options.max_connections_per_host = -1;
  REFUSED(dosai_loop_new(&big.options, &made, &error));
  big.options.struct_size = 0;
  REFUSED(dosai_loop_new(&big.options, &made, &error));
  REFUSED(dosai_loop_new(NULL, NULL, &error));
  dosai_loop_options_init(NULL, sizeof big.options);
  CHECK_CALL(dosai_loop_new(NULL, &made, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_close(made, NULL, NULL, &error), DOSAI_OK);
}

static void bad_loop(dosai_loop *bad) {
  size_t active = 7;
  const dosai_event *event = poison();
  REFUSED_SUBMIT(dosai_loop_submit_chat(bad, client, request, NULL, 1, &new_call, &error));
  REFUSED_SUBMIT(dosai_loop_submit_stream(bad, client, request, NULL, 1, &new_call, &error));
  REFUSED_SUBMIT(dosai_loop_submit_get(bad, client, "/x", NULL, 1, &new_call, &error));
  REFUSED_SUBMIT(dosai_loop_submit_post(bad, client, "/x", "{}", 2, NULL, 1, &new_call, &error));
  REFUSED(dosai_loop_step(bad, 0, note, NULL, &active, &error));
  CHECK_INT(active, 0);
  REFUSED(dosai_loop_next(bad, &event, &error));
  CHECK(!event);
  CHECK_INT(dosai_loop_fd(bad), -1);
  CHECK_INT(dosai_loop_timeout_ms(bad), -1);
  dosai_loop_wake(bad);
  REFUSED(dosai_loop_close(bad, note, NULL, &error));
}

static void bad_submit(dosai_client *bad_client, dosai_request *bad_request) {
  if (bad_client != client) {
    REFUSED_SUBMIT(dosai_loop_submit_chat(loop, bad_client, request, NULL, 1, &new_call, &error));
    REFUSED_SUBMIT(dosai_loop_submit_stream(loop, bad_client, request, NULL, 1, &new_call, &error));
    REFUSED_SUBMIT(dosai_loop_submit_get(loop, bad_client, "/x", NULL, 1, &new_call, &error));
    REFUSED_SUBMIT(dosai_loop_submit_post(loop, bad_client, "/x", "{}", 2, NULL, 1, &new_call, &error));
  }
  if (bad_request == request) return;
  REFUSED_SUBMIT(dosai_loop_submit_chat(loop, client, bad_request, NULL, 1, &new_call, &error));
  REFUSED_SUBMIT(dosai_loop_submit_stream(loop, client, bad_request, NULL, 1, &new_call, &error));
}

static void bad_call(dosai_call *bad) {
  dosai_completion *none = poison();
  REFUSED(dosai_call_completion(bad, &none, &error));
  CHECK(!none);
  dosai_call_cancel(bad);
  dosai_call_pause(bad);
  dosai_call_resume(bad);
  dosai_call_free(bad);
}

static void bad_values(void) {
  dosai_call_options options;
  size_t active = 7;
  REFUSED(dosai_call_completion(call, NULL, &error));
  REFUSED_SUBMIT(dosai_loop_submit_get(loop, client, NULL, NULL, 1, &new_call, &error));
  REFUSED_SUBMIT(dosai_loop_submit_get(loop, client, "x\r\ny", NULL, 1, &new_call, &error));
  REFUSED_SUBMIT(dosai_loop_submit_post(loop, client, NULL, "{}", 2, NULL, 1, &new_call, &error));
  REFUSED_SUBMIT(dosai_loop_submit_post(loop, client, "/x", NULL, 0, NULL, 1, &new_call, &error));
  REFUSED_SUBMIT(dosai_loop_submit_post(loop, client, "x\r\ny", "{}", 2, NULL, 1, &new_call, &error));
  REFUSED_SUBMIT(dosai_loop_submit_post(loop, client, "/x", "{", 1, NULL, 1, &new_call, &error));
  REFUSED_SUBMIT(dosai_loop_submit_post(loop, client, "/x", "{}", SIZE_MAX - 1, NULL, 1, &new_call, &error));
  dosai_call_options_init(&options, sizeof options);
  options.cancel = (dosai_cancel *)client;
  REFUSED_SUBMIT(dosai_loop_submit_chat(loop, client, request, &options, 1, &new_call, &error));
  options.struct_size = 0;
  REFUSED_SUBMIT(dosai_loop_submit_stream(loop, client, request, &options, 1, &new_call, &error));
  REFUSED(dosai_loop_step(loop, -2, note, NULL, &active, &error));
  CHECK_INT(active, 0);
  REFUSED(dosai_loop_next(loop, NULL, &error));
}

int main(void) {
  client = test_client(TEST_PLAIN, "hello");
  request = test_request();
  loop = new_loop(0, 0);
  CHECK_CALL(dosai_cancel_new(&token, &error), DOSAI_OK);
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  CHECK_CALL(dosai_stream_open(client, request, NULL, &stream, &error), DOSAI_OK);
  CHECK_INT(dosai_cancel_new(NULL, &failure), DOSAI_INVALID_ARGUMENT);
  options_sizes();
  call = submit(loop, TEST_PLAIN, "silent", STREAM, 0, NULL);
  void *handles[] = {NULL, client, request, completion, stream, token, failure, call, loop};
  for (size_t i = 0; i < sizeof handles / sizeof *handles; i++) {
    int before = test_failures;
    if (handles[i] != loop) bad_loop(handles[i]);
    if (handles[i] != call) bad_call(handles[i]);
    bad_submit(handles[i], handles[i]);
    if (test_failures != before) fprintf(stderr, "  with the handle %d\n", (int)i);
  }
  bad_values();
  /* Nothing of all that was accepted, and nothing was freed. */
  CHECK_INT(step(loop, 0), 1);
  CHECK_CALL(dosai_loop_submit_chat(loop, client, request, NULL, 2, NULL, NULL), DOSAI_OK);
  RUN_UNTIL(loop, book[2].ends);
  CHECK_END(2, DOSAI_OK);
  CHECK_INT(book[0].ends + book[1].ends, 0);
  dosai_call *got = submit_with(loop, client, GET, 3, NULL);
  RUN_UNTIL(loop, book[3].ends);
  CHECK_END(3, DOSAI_OK);
  REFUSED(dosai_call_completion(got, &(dosai_completion *){NULL}, &error)); /* it was no chat */
  dosai_call_free(got);
  close_loop(loop);
  CHECK_END(0, DOSAI_CANCELLED);
  CHECK_INT(book[1].ends, 0);
  bad_loop((dosai_loop *)call); /* a call's handle outlives its loop, and does nothing */
  dosai_call_cancel(call);
  dosai_call_resume(call);
  dosai_call_free(call);
  dosai_stream_free(stream);
  dosai_completion_free(completion);
  dosai_request_free(request);
  dosai_client_free(client);
  dosai_cancel_free(token);
  dosai_error_free(failure);
  CHECK_INT(test_count(TEST_PLAIN, "hello", "requests"), 4);
  return test_end();
}
