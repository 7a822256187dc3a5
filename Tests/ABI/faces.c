/* The same stream by callback, by pull, and by a loop, pushed and pulled, whole and cut in any way: everything that is
 * said is the same. */
#include "dump.h"

static int32_t on_chunk(const dosai_chunk *chunk, void *user_data) {
  dump_chunk(user_data, chunk);
  return 0;
}

static void end(dump *into, dosai_status status, dosai_completion *completion, dosai_error *error) {
  fprintf(into->file, "ends %s\n", dosai_status_name(status));
  if (completion) dump_completion(into, completion);
  if (error) dump_error(into, error);
  dosai_completion_free(completion);
  dosai_error_free(error);
  fclose(into->file);
}

static void by_callback(dump *into, dosai_client *client, const dosai_request *request) {
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  dosai_status status = dosai_chat_stream(client, request, NULL, on_chunk, into, &completion, &error);
  end(into, status, completion, error);
}

static void by_pull(dump *into, dosai_client *client, const dosai_request *request, int64_t timeout_ms) {
  dosai_stream *stream = NULL;
  dosai_completion *completion = NULL;
  const dosai_chunk *chunk = NULL;
  dosai_error *error = NULL;
  dosai_status status = dosai_stream_open(client, request, NULL, &stream, &error);
  while (status == DOSAI_OK || status == DOSAI_WOULD_BLOCK) {
    status = dosai_stream_next(stream, timeout_ms, &chunk, &error);
    if (status == DOSAI_OK && !chunk) break;
    if (status == DOSAI_OK) dump_chunk(into, chunk);
  }
  if (status == DOSAI_OK) CHECK_INT(dosai_stream_completion(stream, &completion, NULL), DOSAI_OK);
  dosai_stream_free(stream);
  end(into, status, completion, error);
}

static int is_over;

/* An event says no more than the other faces do: only what ends the call, and how. */
static int32_t on_event(const dosai_event *event, void *user_data) {
  dump *into = user_data;
  CHECK(!is_over);
  CHECK_INT(event->tag, 77);
  if (event->chunk) return on_chunk(event->chunk, into);
  is_over = 1;
  fprintf(into->file, "ends %s\n",
          dosai_status_name(event->error ? dosai_error_status(event->error) : DOSAI_OK));
  if (event->completion) dump_completion(into, event->completion);
  if (event->error) dump_error(into, event->error);
  fclose(into->file);
  return 0;
}

static void by_loop(dump *into, dosai_client *client, const dosai_request *request, int pulls) {
  dosai_loop *loop = NULL;
  dosai_error *error = NULL;
  is_over = 0;
  CHECK_CALL(dosai_loop_new(NULL, &loop, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_submit_stream(loop, client, request, NULL, 77, NULL, &error), DOSAI_OK);
  for (int i = 0; i < 10000 && !is_over; i++) {
    const dosai_event *event = NULL;
    CHECK_CALL(dosai_loop_step(loop, 5000, pulls ? NULL : on_event, into, NULL, &error), DOSAI_OK);
    do {
      CHECK_CALL(dosai_loop_next(loop, &event, &error), DOSAI_OK);
      CHECK(pulls || !event);
      if (event) on_event(event, into);
    } while (event);
  }
  CHECK(is_over);
  CHECK_CALL(dosai_loop_close(loop, on_event, into, &error), DOSAI_OK);
}

static char *play(test_transport transport, const char *script, int face) {
  dosai_client *client = test_client(transport, script);
  dosai_request *request = test_request();
  dump into = {NULL, NULL, 0};
  dump_start(&into);
  if (face == 0) by_callback(&into, client, request);
  else if (face > 2) by_loop(&into, client, request, face == 4);
  else by_pull(&into, client, request, face == 1 ? -1 : 1);
  dosai_request_free(request);
  dosai_client_free(client);
  return into.text;
}

int main(void) {
  static const char *const scripts[] = {
      "rich",        "hello",           "mid-error",     "mid-error-text",       "mid-error-event",
      "mid-garbage", "mid-fin-chunked", "clean-no-done", "clean-finish-no-done", "eof-body",
      "error-429",   "error-200"};
  static const char *const cuts[] = {"", ".cut1", ".cut2", ".cut7", ".cut100"};
  char name[64];
  for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
    char *expected = play(TEST_PLAIN, scripts[i], 0);
    CHECK(strlen(expected) > 200);
    for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++)
      for (size_t cut = 0; cut < sizeof cuts / sizeof *cuts; cut++)
        for (int face = 0; face < 5; face++) {
          snprintf(name, sizeof name, "%s%s", scripts[i], cuts[cut]);
          char *actual = play((test_transport)transport, name, face);
          CHECK_TEXT(actual, expected);
          free(actual);
        }
    free(expected);
  }
  return test_end();
}
