/* Once a stream runs, a chunk costs no memory. Over 10,000 chunks there is some for text that has grown, for a wait of
 * a loop, and for what libcurl holds while 256 KB are read: less than one for ten chunks. */
#include "allocator.h"

enum { FIRST = 1000, LAST = 11000, MOST = 1000 };

static long seen;
static int64_t before, used;

static void note(const dosai_chunk *chunk) {
  if (!chunk->last_in_event) return;
  seen++;
  if (seen == FIRST) before = allocator->after;
  if (seen == LAST) used = allocator->after - before;
}

static int32_t on_chunk(const dosai_chunk *chunk, void *user_data) {
  (void)user_data;
  note(chunk);
  return 0;
}

static int32_t on_event(const dosai_event *event, void *user_data) {
  (void)user_data;
  if (event->kind == DOSAI_EVENT_CHUNK) note(event->chunk);
  else CHECK_INT(event->kind, DOSAI_EVENT_COMPLETION);
  return 0;
}

static void by_callback(dosai_client *client, const dosai_request *request) {
  dosai_error *error = NULL;
  CHECK_CALL(dosai_chat_stream(client, request, NULL, on_chunk, NULL, NULL, &error), DOSAI_OK);
}

static void by_pull(dosai_client *client, const dosai_request *request) {
  dosai_stream *stream = NULL;
  const dosai_chunk *chunk = NULL;
  dosai_error *error = NULL;
  CHECK_CALL(dosai_stream_open(client, request, NULL, &stream, &error), DOSAI_OK);
  while (!dosai_stream_next(stream, -1, &chunk, NULL) && chunk) note(chunk);
  CHECK_CALL(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_OK);
  dosai_stream_free(stream);
}

static void by_loop(dosai_client *client, const dosai_request *request) {
  dosai_loop *loop = NULL;
  dosai_error *error = NULL;
  size_t active = 1;
  CHECK_CALL(dosai_loop_new(NULL, &loop, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_submit_stream(loop, client, request, NULL, 0, NULL, &error), DOSAI_OK);
  while (active && !dosai_loop_step(loop, -1, on_event, NULL, &active, NULL)) {
  }
  CHECK_INT(active, 0);
  CHECK_CALL(dosai_loop_close(loop, NULL, NULL, &error), DOSAI_OK);
}

int main(void) {
  static const char *const scripts[] = {"steady-text", "steady-escapes", "steady-tool",  "steady-padding",
                                        "steady-id",   "steady-choices", "steady-usage", "steady-timings"};
  static void (*const faces[])(dosai_client *, const dosai_request *) = {by_callback, by_pull, by_loop};
  dosai_request *request = test_request();
  for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
    dosai_client *client = test_client(TEST_PLAIN, scripts[i]);
    for (size_t face = 0; face < sizeof faces / sizeof *faces; face++) {
      seen = 0, used = -1;
      faces[face](client, request);
      if (seen < LAST || used < 0 || used > MOST) fprintf(stderr, "%s, face %zu\n", scripts[i], face);
      CHECK(seen >= LAST);
      CHECK_BETWEEN(used, 0, MOST);
    }
    dosai_client_free(client);
  }
  dosai_request_free(request);
  return test_end();
}
