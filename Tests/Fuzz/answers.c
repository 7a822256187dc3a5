/* The whole of a call, from a server that writes any bytes in any pieces: one outcome, and nothing behind it. */
#include "fuzz.h"

typedef struct {
  int chunks, ends, is_stream, stops;
  int64_t event_index;
  dosai_status status;
} seen;

static int32_t on_event(const dosai_event *event, void *user_data) {
  seen *so_far = user_data;
  CHECK(event->tag == 7 && so_far->ends == 0);
  if (event->kind == DOSAI_EVENT_CHUNK) {
    CHECK(so_far->is_stream && event->chunk && !event->completion && !event->error);
    fuzz_check_chunk(event->chunk);
    CHECK(event->chunk->event_index >= so_far->event_index);
    CHECK(event->chunk->event_index <= so_far->event_index + 1);
    so_far->event_index = event->chunk->event_index;
    so_far->chunks++;
    return so_far->stops > 0 && so_far->chunks == so_far->stops;
  }
  so_far->ends++;
  if (event->kind == DOSAI_EVENT_COMPLETION) {
    CHECK(event->completion && !event->error && !event->chunk);
    fuzz_check_completion(event->completion);
    size_t length;
    dosai_completion_json(event->completion, &length);
    CHECK(length <= 1 << 16); /* the limits below, and what escapes add to them */
    int32_t choices = dosai_completion_choice_count(event->completion);
    for (int32_t i = 0; so_far->is_stream && i < choices; i++)
      CHECK(dosai_completion_finish_reason_text(event->completion, i, NULL) ||
            !(dosai_completion_quirks(event->completion) & DOSAI_QUIRK_DONE_MISSING));
  } else if (event->kind == DOSAI_EVENT_RESPONSE) {
    CHECK(event->response && !event->completion && !event->error && !event->chunk && !so_far->is_stream);
    fuzz_check_response(event->response);
  } else {
    CHECK(event->kind == DOSAI_EVENT_ERROR && event->error && !event->completion && !event->chunk &&
          !event->response);
    so_far->status = dosai_error_status(event->error);
    fuzz_check_error(event->error, so_far->status);
  }
  return 0;
}

static dosai_client *make_client(int retries) {
  dosai_client_options options;
  dosai_client *client = NULL;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = "http://localhost/v1";
  options.unix_socket = fuzz_server_path();
  options.api_key = "sk-0123456789abcdef";
  options.max_retries = retries;
  options.max_redirects = 2;
  options.max_event_bytes = 1024;
  options.max_text_bytes = 1024;
  options.max_response_bytes = 2048;
  options.max_header_bytes = 1024;
  options.max_json_nodes = 128;
  options.max_choices = 4;
  options.max_tool_calls = 4;
  CHECK(dosai_client_new(&options, &client, NULL) == DOSAI_OK);
  return client;
}

/* Heads that an answer may be given, so that its body is what is tried. */
static const char *const heads[] = {"",
                                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
                                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
                                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                                    "HTTP/1.1 429 Slow\r\nretry-after-ms: 1\r\nContent-Length: 0\r\n\r\n",
                                    "HTTP/1.1 500 Bad\r\nContent-Type: application/json\r\n\r\n",
                                    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
                                    "HTTP/1.1 307 Away\r\nLocation: /v2\r\nContent-Length: 0\r\n\r\n"};

static void step(dosai_loop *loop, int is_pulled, seen *so_far) {
  const dosai_event *event = NULL;
  size_t active = 9;
  CHECK(dosai_loop_step(loop, 0, is_pulled ? NULL : on_event, so_far, &active, NULL) == DOSAI_OK);
  while (is_pulled && dosai_loop_next(loop, &event, NULL) == DOSAI_OK && event)
    if (on_event(event, so_far)) so_far->stops = -1;
  CHECK(active <= 1);
}

/* The pieces of the answer, one after the other, and its end. */
static void answer(fuzz_server *server, fuzz_input *input, const char *head, int is_cut, dosai_loop *loop,
                   int is_pulled, seen *so_far) {
  for (int turn = 0; turn < 8 && server->count == 0; turn++) {
    step(loop, is_pulled, so_far);
    fuzz_server_take(server);
  }
  step(loop, is_pulled, so_far);
  fuzz_server_take(server);
  fuzz_server_send(server, head, strlen(head));
  while (input->at < input->end && so_far->ends == 0) {
    size_t length;
    char *piece = fuzz_text(input, &length);
    fuzz_server_send(server, piece, length);
    free(piece);
    step(loop, is_pulled, so_far);
    fuzz_server_take(server);
  }
  if (is_cut) fuzz_server_cut(server);
  for (int turn = 0; turn < 4 && so_far->ends == 0; turn++) step(loop, is_pulled, so_far);
}

void fuzz_answers(const uint8_t *bytes, size_t count) {
  fuzz_input input = {bytes, bytes + count};
  static dosai_request *request;
  if (!request) CHECK(dosai_request_new("m", 1, &request, NULL) == DOSAI_OK);
  uint8_t flags = fuzz_byte(&input), more = fuzz_byte(&input);
  int before = fuzz_descriptor(), is_pulled = flags & 4;
  seen so_far = {.event_index = -1, .is_stream = (flags & 3) < 2, .stops = more & 8 ? 1 + (more >> 4) : 0};
  fuzz_server server;
  fuzz_server_start(&server);
  dosai_client *client = make_client(flags & 8 ? 1 : -1);
  dosai_loop *loop = NULL;
  dosai_call *call = NULL;
  CHECK(dosai_loop_new(NULL, &loop, NULL) == DOSAI_OK);
  dosai_status status =
      (flags & 3) < 2    ? dosai_loop_submit_stream(loop, client, request, NULL, 7, &call, NULL)
      : (flags & 3) == 2 ? dosai_loop_submit_chat(loop, client, request, NULL, 7, &call, NULL)
      : flags & 64       ? dosai_loop_submit_get(loop, client, "/x", NULL, 7, &call, NULL)
                         : dosai_loop_submit_post(loop, client, "/x", "{}", 2, NULL, 7, &call, NULL);
  CHECK(status == DOSAI_OK);
  dosai_client_free(client);
  answer(&server, &input, heads[more & 7], flags & 16, loop, is_pulled, &so_far);
  if (so_far.ends == 0 && flags & 32) {
    dosai_call_cancel(call);
    for (int turn = 0; turn < 8 && so_far.ends == 0; turn++) step(loop, is_pulled, &so_far);
    CHECK(so_far.ends == 1);
  }
  step(loop, is_pulled, &so_far);
  CHECK(dosai_loop_close(loop, on_event, &so_far, NULL) == DOSAI_OK);
  CHECK(so_far.ends == 1);
  dosai_call_free(call);
  fuzz_server_end(&server);
  CHECK(fuzz_descriptor() == before);
}
