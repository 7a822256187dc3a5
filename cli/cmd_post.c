/* dosai post: any other endpoint.   SPDX-License-Identifier: MIT */
#include "talk.h"

#include <stdlib.h>

static void put_text(const char *key, const char *text, size_t length) {
  printf("\"%s\": ", key);
  json_put_string(stdout, text, length);
}

static void put_event(const dosai_chunk *event) {
  fputc('{', stdout);
  put_text("type", event->event_type, event->event_type_length);
  fputs(", ", stdout);
  put_text("id", event->event_id, event->event_id_length);
  fputs(", ", stdout);
  put_text("data", event->text, event->text_length);
  fputs("}\n", stdout);
}

static void stream(dosai_client *client, const options *options, const text *body, outcome *outcome) {
  dosai_stream *stream = NULL;
  const dosai_chunk *event = NULL;
  outcome->status = dosai_stream_open_post(client, options->path, body->bytes, body->length, &options->call,
                                           &stream, &outcome->error);
  while (outcome_is_ok(outcome)) {
    outcome->status = dosai_stream_next(stream, -1, &event, &outcome->error);
    if (!event) break;
    put_event(event);
    if (output_flush()) break;
  }
  dosai_stream_free(stream);
}

static void post(dosai_client *client, const options *options, const text *body, outcome *outcome) {
  dosai_response *response = NULL;
  outcome->status = dosai_client_post(client, options->path, body->bytes, body->length, &options->call,
                                      &response, &outcome->error);
  if (!outcome_is_ok(outcome)) return;
  size_t length = 0;
  const char *json = dosai_response_json(response, &length);
  json_put_compact(stdout, json, length);
  putchar('\n');
  dosai_response_free(response);
}

void post_run(dosai_client *client, const options *options, outcome *outcome) {
  text body = {0};
  file_read(options->file ? options->file : "-", &body, outcome);
  cancel_on_signals();
  if (outcome_is_ok(outcome)) {
    (options->is_stream || options->call.last_event ? stream : post)(client, options, &body, outcome);
  }
  free(body.bytes);
}
