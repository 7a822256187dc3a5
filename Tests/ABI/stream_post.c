/* Any endpoint that streams, pulled and in a loop: both are told the same. */
#include "test.h"

static dosai_error *error;
static const char *key = "sk-test-key-of-24-bytes";
static const char body[] = "{\"model\":\"m\", \"stream\":true}";

/* What a stream gave: each event as "type/id:data", a line each. */
typedef struct {
  char text[4096];
  int events;
  dosai_status status;
  char message[128], failed_body[128], request_id[32];
  uint32_t quirks;
  int32_t choices, retries;
  int64_t first_token_us;
} seen;

static void see(seen *all, const dosai_chunk *chunk) {
  size_t used = strlen(all->text);
  CHECK_INT(chunk->kind, DOSAI_CHUNK_EVENT);
  CHECK_INT(chunk->event_index, all->events);
  all->events++;
  CHECK_INT(chunk->last_in_event, 1);
  CHECK(chunk->choice == -1 && chunk->tool_call == -1 && !chunk->json && !chunk->usage && !chunk->text_only);
  CHECK_INT(chunk->text_length, strlen(chunk->text));
  CHECK(!chunk->event_type || *chunk->event_type);
  CHECK(!chunk->event_id || *chunk->event_id);
  CHECK_INT(chunk->event_type_length, chunk->event_type ? strlen(chunk->event_type) : 0);
  CHECK_INT(chunk->event_id_length, chunk->event_id ? strlen(chunk->event_id) : 0);
  snprintf(all->text + used, sizeof all->text - used, "%s/%s:%s\n",
           chunk->event_type ? chunk->event_type : "", chunk->event_id ? chunk->event_id : "", chunk->text);
}

static void see_end(seen *all, const dosai_completion *completion, const dosai_error *failed) {
  dosai_timings timings = {.struct_size = sizeof timings};
  const char *id =
      failed ? dosai_error_request_id(failed, NULL) : dosai_completion_request_id(completion, NULL);
  const char *text = dosai_error_body(failed, NULL);
  CHECK(!dosai_error_completion(failed));
  snprintf(all->message, sizeof all->message, "%s", failed ? dosai_error_message(failed, NULL) : "");
  snprintf(all->failed_body, sizeof all->failed_body, "%s", text ? text : "");
  snprintf(all->request_id, sizeof all->request_id, "%s", id ? id : "");
  if (failed) dosai_error_timings(failed, &timings);
  else dosai_completion_timings(completion, &timings);
  all->first_token_us = timings.first_token_us;
  all->quirks = dosai_completion_quirks(completion);
  all->choices = dosai_completion_choice_count(completion);
  all->retries = failed ? dosai_error_attempt_count(failed) : dosai_completion_attempt_count(completion);
}

static void pull(seen *all, dosai_client *client, const dosai_call_options *options) {
  dosai_stream *stream = NULL;
  const dosai_chunk *chunk = NULL;
  dosai_completion *completion = NULL;
  dosai_status status =
      dosai_stream_open_post(client, "/messages", body, sizeof body - 1, options, &stream, &error);
  while (status == DOSAI_OK) {
    status = dosai_stream_next(stream, -1, &chunk, &error);
    if (!chunk) break;
    see(all, chunk);
  }
  all->status = status;
  if (status == DOSAI_OK) CHECK_INT(dosai_stream_completion(stream, &completion, NULL), DOSAI_OK);
  see_end(all, completion, error);
  dosai_completion_free(completion);
  dosai_stream_free(stream);
  dosai_error_free(error);
  error = NULL;
}

static int32_t take(const dosai_event *event, void *user_data) {
  seen *all = user_data;
  if (event->kind == DOSAI_EVENT_CHUNK) return see(all, event->chunk), 0;
  CHECK(event->kind == DOSAI_EVENT_COMPLETION || event->kind == DOSAI_EVENT_ERROR);
  all->status = event->error ? dosai_error_status(event->error) : DOSAI_OK;
  see_end(all, event->completion, event->error);
  return 0;
}

static void run_loop(seen *all, dosai_client *client, const dosai_call_options *options) {
  dosai_loop *loop = NULL;
  dosai_call *call = NULL;
  size_t active = 1;
  CHECK_CALL(dosai_loop_new(NULL, &loop, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_submit_stream_post(loop, client, "/messages", body, sizeof body - 1, options, 7,
                                           &call, &error),
             DOSAI_OK);
  while (active) CHECK_CALL(dosai_loop_step(loop, -1, take, all, &active, &error), DOSAI_OK);
  dosai_call_free(call);
  CHECK_CALL(dosai_loop_close(loop, NULL, NULL, &error), DOSAI_OK);
}

/* Plays a script to both, with `last` as the last event, and gives what both were told. */
static seen play_at(test_transport transport, const char *script, const char *last, int64_t timeout_ms) {
  static seen all[2];
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.last_event = last;
  options.idle_timeout_ms = timeout_ms;
  memset(all, 0, sizeof all);
  for (int face = 0; face < 2; face++) {
    char url[256];
    dosai_client_options client_options;
    test_options(&client_options, url, transport, script);
    client_options.api_key = key;
    client_options.max_event_bytes = 50000;
    client_options.max_retries = 1;
    dosai_client *client = test_client_with(&client_options);
    (face ? run_loop : pull)(&all[face], client, &options);
    dosai_client_free(client);
  }
  CHECK_TEXT(all[1].text, all[0].text);
  CHECK_INT(all[1].status, all[0].status);
  CHECK_TEXT(all[1].message, all[0].message);
  CHECK_TEXT(all[1].failed_body, all[0].failed_body);
  CHECK_INT(all[1].quirks, all[0].quirks);
  CHECK_INT(all[0].choices, 0);
  return all[0];
}

static seen play(const char *script, const char *last) { return play_at(TEST_PLAIN, script, last, 0); }

static const char *line_of(const seen *all, int line) {
  static char found[512];
  const char *at = all->text;
  while (line-- && at) at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
  snprintf(found, sizeof found, "%.*s", at ? (int)strcspn(at, "\n") : 0, at ? at : "");
  return found;
}

static void whole(test_transport transport) {
  char script[64];
  snprintf(script, sizeof script, "messages%s", transport == TEST_H2 ? "" : ".cut1");
  seen all = play_at(transport, script, NULL, 0);
  CHECK_INT(all.status, DOSAI_OK);
  CHECK_INT(all.events, 8);
  CHECK_TEXT(line_of(&all, 2), "ping/:{\"type\":\"ping\"}");
  CHECK_TEXT(line_of(&all, 7), "message_stop/:{\"type\":\"message_stop\"}");
  CHECK_TEXT(all.request_id, "req-1");
  CHECK_INT(all.quirks, 0);
  CHECK_BETWEEN(all.first_token_us, 1, 60000000);
  CHECK_LAST(transport, script, "body", body);
  CHECK_LAST(transport, script, "header/Accept", "text/event-stream");
  all = play_at(transport, "responses", "response.completed response.incomplete response.failed", 0);
  CHECK_INT(all.status, DOSAI_OK);
  CHECK_INT(all.events, 6);
  CHECK(strncmp(line_of(&all, 5), "response.completed/:{", 21) == 0);
}

static void by_the_standard(void) {
  seen all = play("plain-events", NULL);
  CHECK_TEXT(all.text, "word/7:one\ntwo\n/7:\n/8:[DONE]\n");
  CHECK_INT(all.status, DOSAI_OK);
  all = play("plain-events", "[DONE]");
  CHECK_TEXT(all.text, "word/7:one\ntwo\n/7:\n/8:[DONE]\n");
  CHECK_INT(all.status, DOSAI_OK);
  all = play("broken-events", NULL);
  CHECK_TEXT(all.text, "a\xEF\xBF\xBD/:b\xEF\xBF\xBD\n");
  CHECK_INT(all.quirks, DOSAI_QUIRK_TEXT_REPAIRED);
  all = play("event-key", NULL);
  CHECK_TEXT(all.text, "***********************/***********************:***********************\n");
  key = "ollama"; /* a word, which answers keep */
  all = play("event-key", NULL);
  CHECK_TEXT(all.text, "ollama/ollama:ollama\n");
  key = "sk-test-key-of-24-bytes";
}

/* The last event ends the stream, though the connection goes on; and without it the stream is not whole. */
static void last_event(void) {
  seen all = play("messages-hold", "message_stop");
  CHECK_INT(all.status, DOSAI_OK);
  CHECK_INT(all.events, 8);
  all = play("messages", "ping");
  CHECK_INT(all.status, DOSAI_OK);
  CHECK_INT(all.events, 3);
  CHECK_INT(all.quirks, DOSAI_QUIRK_AFTER_DONE);
  CHECK_INT(play("messages-no-stop", "message_stop").status, DOSAI_TRUNCATED);
  CHECK_INT(play("messages-no-stop", NULL).status, DOSAI_OK);
  CHECK_INT(play("messages-closed", "message_stop").status, DOSAI_OK);
  static const char *const closed[] = {"messages-closed", "messages-identity", "messages-endless-length"};
  for (int i = 0; i < 3; i++) {
    all = play(closed[i], NULL);
    CHECK_INT(all.status, DOSAI_TRUNCATED);
    CHECK_INT(all.events, 8);
  }
  static const char *const delimited[] = {"messages-chunked", "messages-identity-chunked",
                                          "messages-twice-chunked"};
  for (int i = 0; i < 3; i++) CHECK_INT(play(delimited[i], NULL).status, DOSAI_OK);
  all = play("messages-open-end", "message_stop");
  CHECK_INT(all.status, DOSAI_OK);
  CHECK_INT(all.quirks, DOSAI_QUIRK_LAST_EVENT_OPEN);
  all = play("list-open-end", NULL);
  CHECK_TEXT(all.text, "/:[1,2]\n");
  CHECK_INT(all.status, DOSAI_OK);
  CHECK_INT(all.quirks, DOSAI_QUIRK_LAST_EVENT_OPEN);
  all = play("number-open-end", NULL); /* more digits may be missing */
  CHECK_TEXT(all.text, "");
  CHECK_INT(all.status, DOSAI_TRUNCATED);
}

static void failures(void) {
  seen all = play("messages-error", "message_stop");
  CHECK_INT(all.status, DOSAI_PROVIDER);
  CHECK_INT(all.events, 5);
  CHECK(strstr(all.message, "Overloaded") != NULL);
  CHECK_TEXT(all.failed_body,
             "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}");
  all = play("tokens-error", NULL);
  CHECK_INT(all.status, DOSAI_PROVIDER);
  CHECK(strstr(all.message, "plain words") != NULL);
  all = play("error-words", NULL);
  CHECK_INT(all.status, DOSAI_PROVIDER);
  CHECK_TEXT(all.failed_body, "out of order");
  all = play("messages-refused", NULL);
  CHECK_INT(all.status, DOSAI_UNAVAILABLE);
  CHECK_INT(all.retries, 2);
  CHECK(strstr(all.message, "Overloaded") != NULL);
  all = play("messages-cut", NULL);
  CHECK_INT(all.status, DOSAI_TRUNCATED);
  CHECK_INT(all.events, 5);
  all = play("messages-open", NULL);
  CHECK_INT(all.status, DOSAI_TRUNCATED);
  CHECK_INT(all.events, 5);
  CHECK_INT(play("comments-only", NULL).status, DOSAI_TRUNCATED);
  CHECK_INT(play_at(TEST_PLAIN, "messages-silent", NULL, test_bound(300)).status, DOSAI_TIMEOUT);
  CHECK_INT(play("big-any-event", NULL).status, DOSAI_TOO_LARGE);
  CHECK_INT(play("whole-eof-good", NULL).status, DOSAI_PROTOCOL);
  CHECK_INT(play("error-200", NULL).status, DOSAI_PROVIDER);
  all = play("detail-200", NULL);
  CHECK_INT(all.status, DOSAI_PROVIDER);
  CHECK(strstr(all.message, "Not authenticated") != NULL);
  CHECK_INT(play("204", NULL).status, DOSAI_PROTOCOL);
}

static void refused(void) {
  dosai_client *client = test_client(TEST_PLAIN, "messages");
  dosai_call_options options;
  dosai_stream *stream = (dosai_stream *)1;
  dosai_loop *loop = NULL;
  dosai_call *call = NULL;
  dosai_call_options_init(&options, sizeof options);
  options.last_event = "";
  CHECK_CALL(dosai_stream_open_post(client, "/x", "{}", 2, &options, &stream, &error),
             DOSAI_INVALID_ARGUMENT);
  CHECK(!stream);
  CHECK_CALL(dosai_client_get(client, "/x", &options, NULL, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_stream_open_post(client, "/x", "{", 1, NULL, &stream, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_stream_open_post(client, NULL, "{}", 2, NULL, &stream, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_stream_open_post(client, "/x", NULL, 0, NULL, &stream, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_stream_open_post(NULL, "/x", "{}", 2, NULL, &stream, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_stream_open_post(client, "/x", "{}", 2, NULL, NULL, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_loop_new(NULL, &loop, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_submit_stream_post(loop, client, "/x", "{", 1, NULL, 1, &call, &error),
             DOSAI_INVALID_ARGUMENT);
  CHECK(!call);
  CHECK_CALL(dosai_loop_submit_stream_post(NULL, client, "/x", "{}", 2, NULL, 1, &call, &error),
             DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_loop_close(loop, NULL, NULL, &error), DOSAI_OK);
  dosai_client_free(client);
}

int main(void) {
  for (int transport = TEST_PLAIN; transport <= TEST_H2; transport++) whole((test_transport)transport);
  by_the_standard();
  last_event();
  failures();
  seen all = play("later-messages", NULL);
  CHECK_INT(all.status, DOSAI_OK);
  CHECK_INT(all.events, 8);
  all = play("tokens", NULL);
  CHECK_TEXT(line_of(&all, 1), "/:{\"token\": {\"text\": \"!\"}, \"generated_text\": \"Hello!\"}");
  all = play("tokens-without-error", NULL);
  CHECK_INT(all.status, DOSAI_OK);
  CHECK_TEXT(line_of(&all, 0), "/:{\"error\":null}");
  CHECK_TEXT(line_of(&all, 4), "/:{\"error\":1234}");
  refused();
  return test_end();
}
