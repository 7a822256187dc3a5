/* The testee of C: see README.md. */
#include <dosai.h>
#include <jansson.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define PAUSE_MS 300

static json_t *text(const char *bytes, size_t length) {
  return bytes ? json_stringn(bytes, length) : json_null();
}

/* ---- what came of a call, as JSON */

static json_t *attempts(const void *owner, int32_t count, int is_error) {
  json_t *list = json_array();
  for (int32_t index = 0; index < count; index++) {
    dosai_attempt attempt = {.struct_size = sizeof attempt};
    if (is_error) dosai_error_attempt(owner, index, &attempt);
    else dosai_completion_attempt(owner, index, &attempt);
    json_array_append_new(list, json_pack("{s:s, s:i, s:I}", "status", dosai_status_name(attempt.status),
                                          "http_status", attempt.http_status, "delay_ms",
                                          (json_int_t)attempt.delay_ms));
  }
  return list;
}

static json_t *usage(const dosai_usage *counts) {
  return json_pack("{s:I, s:I, s:I, s:I, s:I}", "prompt_tokens", (json_int_t)counts->prompt_tokens,
                   "completion_tokens", (json_int_t)counts->completion_tokens, "total_tokens",
                   (json_int_t)counts->total_tokens, "cached_tokens", (json_int_t)counts->cached_tokens,
                   "reasoning_tokens", (json_int_t)counts->reasoning_tokens);
}

static json_t *choice_of(const dosai_completion *completion, int32_t at) {
  size_t length;
  json_t *calls = json_array();
  for (int32_t call = 0; call < dosai_completion_tool_call_count(completion, at); call++) {
    json_t *one = json_object();
    const char *found = dosai_completion_tool_call_id(completion, at, call, &length);
    json_object_set_new(one, "id", text(found, length));
    found = dosai_completion_tool_call_name(completion, at, call, &length);
    json_object_set_new(one, "name", text(found, length));
    found = dosai_completion_tool_call_arguments(completion, at, call, &length);
    json_object_set_new(one, "arguments", text(found, length));
    json_array_append_new(calls, one);
  }
  static const struct {
    const char *name;
    const char *(*get)(const dosai_completion *, int32_t, size_t *);
  } texts[] = {{"role", dosai_completion_role},
               {"content", dosai_completion_content},
               {"refusal", dosai_completion_refusal},
               {"reasoning", dosai_completion_reasoning},
               {"finish_reason", dosai_completion_finish_reason_text}};
  json_t *choice =
      json_pack("{s:i, s:o}", "index", dosai_completion_choice_index(completion, at), "tool_calls", calls);
  for (size_t each = 0; each < COUNT(texts); each++) {
    const char *found = texts[each].get(completion, at, &length);
    json_object_set_new(choice, texts[each].name, text(found, length));
  }
  return choice;
}

static json_t *completion_of(const dosai_completion *completion) {
  if (!completion) return json_null();
  static const struct {
    const char *name;
    const char *(*get)(const dosai_completion *, size_t *);
  } texts[] = {{"json", dosai_completion_json},
               {"id", dosai_completion_id},
               {"object", dosai_completion_object},
               {"model", dosai_completion_model}};
  json_t *whole = json_object(), *choices = json_array(), *quirks = json_array();
  for (size_t each = 0; each < COUNT(texts); each++) {
    size_t length;
    const char *found = texts[each].get(completion, &length);
    json_object_set_new(whole, texts[each].name, text(found, length));
  }
  for (int32_t at = 0; at < dosai_completion_choice_count(completion); at++)
    json_array_append_new(choices, choice_of(completion, at));
  uint32_t bits = dosai_completion_quirks(completion);
  for (uint32_t bit = 1; bit; bit <<= 1)
    if (bits & bit) json_array_append_new(quirks, json_string(dosai_quirk_name(bit)));
  dosai_usage counts = {.struct_size = sizeof counts};
  dosai_completion_usage(completion, &counts);
  json_object_set_new(whole, "created", json_integer(dosai_completion_created(completion)));
  json_object_set_new(whole, "choices", choices);
  json_object_set_new(whole, "usage", usage(&counts));
  json_object_set_new(whole, "quirks", quirks);
  json_object_set_new(whole, "http_status", json_integer(dosai_completion_http_status(completion)));
  json_object_set_new(whole, "attempts", attempts(completion, dosai_completion_attempt_count(completion), 0));
  return whole;
}

static json_t *hex(const char *bytes, size_t length) {
  if (!bytes) return json_null();
  char *digits = malloc(2 * length + 1);
  for (size_t at = 0; at < length; at++) sprintf(digits + 2 * at, "%02x", (unsigned char)bytes[at]);
  json_t *made = json_stringn(digits, 2 * length);
  free(digits);
  return made;
}

static json_t *error_of(const dosai_error *error) {
  static const char *const clocks[] = {NULL, "connect", "first_token", "idle", "total"};
  static const struct {
    const char *name;
    const char *(*get)(const dosai_error *, size_t *);
  } texts[] = {{"message", dosai_error_message},
               {"code", dosai_error_code},
               {"type", dosai_error_type},
               {"param", dosai_error_param},
               {"request_id", dosai_error_request_id}};
  if (!error) return json_null();
  json_t *whole =
      json_pack("{s:s, s:i, s:s?, s:I}", "status", dosai_status_name(dosai_error_status(error)),
                "http_status", dosai_error_http_status(error), "clock", clocks[dosai_error_clock(error)],
                "retry_after_ms", (json_int_t)dosai_error_retry_after_ms(error));
  size_t length;
  for (size_t each = 0; each < COUNT(texts); each++) {
    const char *found = texts[each].get(error, &length);
    json_object_set_new(whole, texts[each].name, text(found, length));
  }
  const char *body = dosai_error_body(error, &length);
  json_object_set_new(whole, "body", hex(body, length));
  json_object_set_new(whole, "attempts", attempts(error, dosai_error_attempt_count(error), 1));
  json_object_set_new(whole, "completion", completion_of(dosai_error_completion(error)));
  return whole;
}

/* ---- chunks, put together to events */

typedef struct {
  json_t *events, *event;                           /* event: borrowed, until its last chunk */
  json_int_t cancel_after, drop_after, pause_after; /* -1: never */
  dosai_cancel *token;
  dosai_call *call; /* of a loop's, the handle */
  int is_dropped, is_paused;
} seen_t;

static void join(json_t *object, const char *key, const char *bytes, size_t length) {
  if (!bytes) return;
  const json_t *before = json_object_get(object, key);
  size_t had = before ? json_string_length(before) : 0;
  char *joined = malloc(had + length + 1);
  if (before) memcpy(joined, json_string_value(before), had);
  memcpy(joined + had, bytes, length);
  json_object_set_new(object, key, json_stringn(joined, had + length));
  free(joined);
}

static json_t *indexed(json_t *list, int32_t index) {
  json_t *one;
  size_t at;
  json_array_foreach(list, at,
                     one) if (json_integer_value(json_object_get(one, "index")) == index) return one;
  one = json_pack("{s:i}", "index", index);
  json_array_append_new(list, one);
  return one;
}

static json_t *member(json_t *object, const char *key) {
  if (!json_object_get(object, key)) json_object_set_new(object, key, json_array());
  return json_object_get(object, key);
}

static void take(seen_t *seen, const dosai_chunk *chunk) {
  static const char *const keys[] = {[DOSAI_CHUNK_CONTENT] = "content",
                                     [DOSAI_CHUNK_REASONING] = "reasoning",
                                     [DOSAI_CHUNK_REFUSAL] = "refusal",
                                     [DOSAI_CHUNK_FINISH] = "finish_reason"};
  if (!seen->event) {
    seen->event = json_pack("{s:o, s:[]}", "json", text(chunk->json, chunk->json_length), "choices");
    json_array_append_new(seen->events, seen->event);
  }
  if (chunk->usage) json_object_set_new(seen->event, "usage", usage(chunk->usage));
  if (chunk->choice >= 0) {
    json_t *choice = indexed(json_object_get(seen->event, "choices"), chunk->choice);
    if (chunk->kind == DOSAI_CHUNK_TOOL_CALL) {
      json_t *call = indexed(member(choice, "tool_calls"), chunk->tool_call);
      join(call, "id", chunk->tool_call_id, chunk->tool_call_id_length);
      join(call, "name", chunk->tool_call_name, chunk->tool_call_name_length);
      join(call, "arguments", chunk->text, chunk->text_length);
    } else if ((size_t)chunk->kind < COUNT(keys) && keys[chunk->kind]) {
      join(choice, keys[chunk->kind], chunk->text, chunk->text_length);
    }
  }
  if (!chunk->last_in_event) return;
  seen->event = NULL;
  json_int_t count = (json_int_t)json_array_size(seen->events);
  if (count == seen->cancel_after) dosai_cancel_trigger(seen->token);
  seen->is_dropped |= count == seen->drop_after;
  seen->is_paused = count == seen->pause_after;
  if (!seen->is_paused) return;
  if (seen->call) dosai_call_pause(seen->call);
  else usleep(PAUSE_MS * 1000);
}

/* ---- the ways to make a call; what they end with is the caller's */

typedef struct {
  dosai_client *client;
  dosai_request *request;
  dosai_call_options options;
  seen_t seen;
  dosai_completion *completion;
  dosai_error *error;
} call_t;

static dosai_status whole(call_t *call) {
  return dosai_chat(call->client, call->request, &call->options, &call->completion, &call->error);
}

static int32_t on_chunk(const dosai_chunk *chunk, void *call) {
  take(&((call_t *)call)->seen, chunk);
  return ((call_t *)call)->seen.is_dropped;
}

static dosai_status callback(call_t *call) {
  return dosai_chat_stream(call->client, call->request, &call->options, on_chunk, call, &call->completion,
                           &call->error);
}

static dosai_status pulled(call_t *call, int64_t timeout_ms) {
  dosai_stream *stream;
  dosai_status status = dosai_stream_open(call->client, call->request, &call->options, &stream, &call->error);
  if (status != DOSAI_OK) return status;
  const dosai_chunk *chunk = NULL;
  do {
    status = call->seen.is_dropped ? DOSAI_OK : dosai_stream_next(stream, timeout_ms, &chunk, &call->error);
    if (call->seen.is_dropped) break;
    if (chunk) take(&call->seen, chunk);
    if (status == DOSAI_WOULD_BLOCK) usleep(200);
  } while (chunk || status == DOSAI_WOULD_BLOCK);
  if (status == DOSAI_OK && !call->seen.is_dropped) dosai_stream_completion(stream, &call->completion, NULL);
  dosai_stream_free(stream);
  return status;
}

static dosai_status pull(call_t *call) { return pulled(call, -1); }
static dosai_status poll_it(call_t *call) { return pulled(call, 0); }

static int32_t on_event(const dosai_event *event, void *user_data) {
  call_t *call = user_data;
  if (event->chunk && !call->seen.is_dropped) take(&call->seen, event->chunk);
  if (call->seen.is_dropped) dosai_cancel_trigger(call->seen.token);
  if (event->completion) dosai_completion_copy(event->completion, &call->completion, NULL);
  if (event->error) dosai_error_copy(event->error, &call->error, NULL);
  return 0;
}

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000) + time.tv_nsec / 1000000;
}

static dosai_status looped(call_t *call, dosai_status status, dosai_loop *loop, int takes_events) {
  const dosai_event *event;
  while (status == DOSAI_OK && !call->completion && !call->error) {
    status = dosai_loop_step(loop, 5000, takes_events ? NULL : on_event, call, NULL, &call->error);
    while (takes_events && status == DOSAI_OK && dosai_loop_next(loop, &event, NULL) == DOSAI_OK && event)
      on_event(event, call);
    if (!call->seen.is_paused || status != DOSAI_OK) continue;
    call->seen.is_paused = 0;
    const int64_t until = now_ms() + PAUSE_MS;
    for (int64_t left; status == DOSAI_OK && (left = until - now_ms()) > 0;)
      status = dosai_loop_step(loop, left, takes_events ? NULL : on_event, call, NULL, &call->error);
    dosai_call_resume(call->seen.call);
  }
  dosai_call_free(call->seen.call);
  dosai_loop_close(loop, NULL, NULL, NULL);
  return call->error ? dosai_error_status(call->error) : status;
}

#define LOOPED(name, submit, takes_events)                                                                 \
  static dosai_status name(call_t *call) {                                                                 \
    dosai_loop *loop;                                                                                      \
    dosai_status status = dosai_loop_new(NULL, &loop, &call->error);                                       \
    if (status != DOSAI_OK) return status;                                                                 \
    status = submit(loop, call->client, call->request, &call->options, 1, &call->seen.call, &call->error); \
    return looped(call, status, loop, takes_events);                                                       \
  }
LOOPED(stream_in_loop, dosai_loop_submit_stream, 0)
LOOPED(stream_by_next, dosai_loop_submit_stream, 1)
LOOPED(whole_in_loop, dosai_loop_submit_chat, 0)
LOOPED(whole_by_next, dosai_loop_submit_chat, 1)

static const struct {
  const char *name;
  dosai_status (*run)(call_t *);
} faces[] = {{"whole", whole},
             {"async_whole", whole_in_loop},
             {"whole_next", whole_by_next},
             {"stream", pull},
             {"async_stream", stream_in_loop},
             {"stream_next", stream_by_next},
             {"callback", callback},
             {"poll", poll_it}};

/* ---- what is asked for */

#define OPTION(name) \
  { #name, offsetof(dosai_client_options, name) }
static const struct option {
  const char *name;
  size_t offset;
} texts[] = {OPTION(base_url),        OPTION(api_key),
             OPTION(api_key_header),  OPTION(organization),
             OPTION(project),         OPTION(user_agent),
             OPTION(ca_file),         OPTION(client_certificate_file),
             OPTION(client_key_file), OPTION(client_key_password),
             OPTION(proxy),           OPTION(unix_socket)},
  longs[] = {OPTION(connect_timeout_ms), OPTION(first_token_timeout_ms), OPTION(idle_timeout_ms),
             OPTION(total_timeout_ms),   OPTION(keep_alive_timeout_ms),  OPTION(max_event_bytes),
             OPTION(max_response_bytes), OPTION(max_text_bytes),         OPTION(max_header_bytes)},
  ints[] = {OPTION(max_retries),         OPTION(max_json_nodes),         OPTION(max_json_depth),
            OPTION(max_choices),         OPTION(max_tool_calls),         OPTION(max_redirects),
            OPTION(allow_insecure_http), OPTION(proxy_from_environment), OPTION(http1_only)};

static const struct option *option_named(const struct option *options, size_t count, const char *name) {
  for (size_t at = 0; at < count; at++)
    if (!strcmp(options[at].name, name)) return options + at;
  return NULL;
}

/* NULL, or what is wrong. `headers` is the caller's to free. */
static const char *set_options(dosai_client_options *options, json_t *given, const char ***headers) {
  const char *name;
  json_t *value;
  json_object_foreach(given, name, value) {
    const struct option *option;
    char *field = (char *)options;
    if ((option = option_named(texts, COUNT(texts), name))) {
      *(const char **)(void *)(field + option->offset) = json_string_value(value);
    } else if ((option = option_named(longs, COUNT(longs), name))) {
      *(int64_t *)(void *)(field + option->offset) = json_integer_value(value);
    } else if ((option = option_named(ints, COUNT(ints), name))) {
      *(int32_t *)(void *)(field + option->offset) = (int32_t)json_integer_value(value);
    } else if (!strcmp(name, "headers")) {
      *headers = calloc(json_array_size(value) + 1, sizeof **headers);
      for (size_t at = 0; at < json_array_size(value); at++)
        (*headers)[options->header_count++] = json_string_value(json_array_get(value, at));
      options->headers = *headers;
    } else {
      return "an unknown option";
    }
  }
  return NULL;
}

static json_int_t count_of(json_t *asked, const char *key) {
  json_t *value = json_object_get(asked, key);
  return json_is_integer(value) ? json_integer_value(value) : -1;
}

static json_t *failed(const char *why) { return json_pack("{s:s}", "failed", why); }

typedef struct {
  dosai_cancel *token;
  json_int_t after_ms;
} timer_of_cancel;

static void *run_timer(void *timer) {
  usleep((useconds_t)((timer_of_cancel *)timer)->after_ms * 1000);
  dosai_cancel_trigger(((timer_of_cancel *)timer)->token);
  return NULL;
}

static json_t *serve(json_t *asked) {
  static json_t *kept; /* the clients by URL and options, as addresses */
  if (!kept) kept = json_object();
  const char *face = json_string_value(json_object_get(asked, "face"));
  size_t at = 0;
  while (face && at < COUNT(faces) && strcmp(face, faces[at].name)) at++;
  if (!face || at == COUNT(faces)) return failed("an unknown face");
  call_t call = {.seen = {.events = json_array(),
                          .cancel_after = count_of(asked, "cancel_after"),
                          .drop_after = count_of(asked, "drop_after"),
                          .pause_after = count_of(asked, "pause_after")}};
  dosai_status status = DOSAI_OK;
  json_t *identity = json_pack("{s:O, s:O}", "url", json_object_get(asked, "url"), "options",
                               json_object_get(asked, "options"));
  char *key = json_dumps(identity, JSON_SORT_KEYS);
  call.client = (dosai_client *)(intptr_t)json_integer_value(json_object_get(kept, key));
  if (!call.client) {
    dosai_client_options options;
    dosai_client_options_init(&options, sizeof options);
    options.base_url = json_string_value(json_object_get(asked, "url"));
    const char **headers = NULL, *wrong = set_options(&options, json_object_get(asked, "options"), &headers);
    if (wrong) return failed(wrong);
    status = dosai_client_new(&options, &call.client, &call.error);
    free(headers);
    if (call.client) json_object_set_new(kept, key, json_integer((json_int_t)(intptr_t)call.client));
  }
  free(key);
  json_decref(identity);
  if (status == DOSAI_OK) {
    char *body = json_dumps(json_object_get(asked, "request"), 0);
    status = dosai_request_parse(body, strlen(body), &call.request, &call.error);
    free(body);
  }
  dosai_call_options_init(&call.options, sizeof call.options);
  dosai_cancel_new(&call.seen.token, NULL);
  call.options.cancel = call.seen.token;
  if (call.seen.cancel_after == 0) dosai_cancel_trigger(call.seen.token);
  timer_of_cancel timer = {call.seen.token, count_of(asked, "cancel_after_ms")};
  pthread_t thread;
  if (timer.after_ms == 0) dosai_cancel_trigger(timer.token);
  if (timer.after_ms > 0) pthread_create(&thread, NULL, run_timer, &timer);
  if (status == DOSAI_OK) status = faces[at].run(&call);
  if (timer.after_ms > 0) pthread_join(thread, NULL);
  int is_kept = !call.seen.is_dropped;
  json_t *told =
      json_pack("{s:s, s:o, s:o, s:o}", "status", dosai_status_name(is_kept ? status : DOSAI_OK), "chunks",
                call.seen.events, "completion", completion_of(is_kept ? call.completion : NULL), "error",
                error_of(is_kept ? call.error : NULL));
  dosai_completion_free(call.completion);
  dosai_error_free(call.error);
  dosai_request_free(call.request);
  dosai_cancel_free(call.seen.token);
  return told;
}

int main(int count, char **arguments) {
  if (count != 2 || strcmp(arguments[1], "--serve")) return fputs("usage: c --serve\n", stderr), 2;
  char *line = NULL;
  size_t size = 0;
  ssize_t length;
  while ((length = getline(&line, &size, stdin)) > 0) {
    json_t *asked = json_loadb(line, (size_t)length, JSON_ALLOW_NUL, NULL);
    json_t *told = json_is_object(asked) ? serve(asked) : failed("not a JSON object");
    json_dumpf(told, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    json_decref(told);
    json_decref(asked);
  }
  free(line);
  return 0;
}
