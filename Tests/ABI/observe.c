/* The observer: each point of a call's life once, in order, with what is known of it, and never what is secret. */
#include "loop.h"

enum { EVENTS = 64 };
static struct {
  dosai_call_event event;
  dosai_timings timings;
  char model[32], path[64], request_id[32];
} seen[EVENTS];
static int count;
static pthread_t caller;

static void copy(char *to, size_t size, const char *text) { snprintf(to, size, "%s", text ? text : "-"); }

static void on_event(const dosai_call_event *event, void *user_data) {
  CHECK(user_data == seen);
  CHECK(pthread_equal(pthread_self(), caller));
  CHECK_INT(event->struct_size, sizeof *event);
  CHECK(strstr(event->host, "127.0.0.1:") == event->host || strstr(event->host, "localhost:") == event->host);
  CHECK(!strstr(event->path, "?") && !strstr(event->path, "canary"));
  CHECK(!event->request_id || !strstr(event->request_id, "canary"));
  if (count == EVENTS) return;
  seen[count].event = *event;
  seen[count].timings = *event->timings;
  copy(seen[count].model, sizeof seen[0].model, event->model);
  copy(seen[count].path, sizeof seen[0].path, strstr(event->path, "/v1"));
  copy(seen[count].request_id, sizeof seen[0].request_id, event->request_id);
  count++;
}

/* The second attempt's key stands in the path. */
static int32_t give_key(char *key, size_t size, void *user_data) {
  snprintf(key, size, "%s", (*(int *)user_data)++ ? "completions" : "sk-first-key");
  return 0;
}

static dosai_client *client_of(test_transport transport, const char *script, int max_retries) {
  static char url[256], base[300];
  dosai_client_options options;
  test_options(&options, url, transport, script);
  snprintf(base, sizeof base, "%s?secret=sk-canary-1234567890", url);
  options.base_url = base;
  options.api_key = "sk-canary-1234567890"; /* also in the query */
  options.max_retries = max_retries;
  options.max_redirects = 1;
  options.on_event = on_event;
  options.event_user_data = seen;
  count = 0;
  caller = pthread_self();
  return test_client_with(&options);
}

static void check_kinds(const char *expected) {
  char kinds[EVENTS + 1] = {0};
  for (int i = 0; i < count; i++) {
    kinds[i] = (char)('0' + seen[i].event.kind);
    CHECK(seen[i].event.call == seen[0].event.call);
    CHECK(i == 0 || seen[i].timings.total_us >= seen[i - 1].timings.total_us);
  }
  CHECK_TEXT(kinds, expected);
}

static void whole(void) {
  dosai_client *client = client_of(TEST_PLAIN, "fail-then-hello", 1);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_OK);
  check_kinds("1234"
              "6"
              "234"
              "7");
  CHECK_INT(seen[0].event.attempt, 0);
  CHECK_INT(seen[1].event.attempt, 1);
  CHECK_INT(seen[3].event.http_status, 503);
  CHECK_INT(seen[4].event.attempt, 1);
  CHECK_INT(seen[4].event.status, DOSAI_UNAVAILABLE);
  CHECK_INT(seen[4].event.delay_ms, 20);
  CHECK_INT(seen[5].event.attempt, 2);
  CHECK_INT(seen[5].event.http_status, 0);
  CHECK_INT(seen[8].event.attempt, 2);
  CHECK_INT(seen[8].event.status, DOSAI_OK);
  CHECK_INT(seen[8].event.http_status, 200);
  CHECK_INT(seen[8].event.prompt_tokens, 12);
  CHECK_INT(seen[8].event.completion_tokens, 9);
  CHECK_INT(seen[7].event.prompt_tokens, -1);
  CHECK_INT(seen[8].event.is_stream, 0);
  CHECK(seen[8].event.received_bytes > 100 && seen[8].event.sent_bytes > 50);
  CHECK(seen[8].timings.first_byte_us >= seen[8].timings.connect_us && seen[8].timings.connect_us > 0);
  for (int i = 0; i < count; i++) {
    CHECK_TEXT(seen[i].model, "m");
    CHECK_TEXT(seen[i].path, "/v1/chat/completions");
    CHECK_TEXT(seen[i].event.method, "POST");
  }
  dosai_request_free(request);
  dosai_client_free(client);
}

static void streamed(test_transport transport) {
  dosai_client *client = client_of(transport, "hello", -1);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  for (int i = 0; i < 2; i++) {
    count = 0;
    if (i == 0)
      CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, NULL, &error), DOSAI_OK);
    else CHECK_CALL(test_pull(client, request, NULL, NULL, &error), DOSAI_OK);
    check_kinds("123457");
    CHECK_INT(seen[4].event.is_stream, 1);
    CHECK_BETWEEN(seen[4].timings.first_token_us, 1, 60000000);
    CHECK_INT(seen[3].timings.first_token_us, -1);
    CHECK(seen[5].event.event_count > 2);
    CHECK_INT(seen[5].timings.reused_connection, i);
    CHECK_TEXT(seen[5].request_id, "req-1");
    CHECK_TEXT(seen[0].request_id, "-");
  }
  dosai_request_free(request);
  dosai_client_free(client);
}

/* The tokens of an answer that is no chat's, and the first one of a stream that came as a whole answer. */
static void otherwise(void) {
  dosai_error *error = NULL;
  dosai_request *request = test_request();
  dosai_client *client = client_of(TEST_PLAIN, "hello", -1);
  CHECK_CALL(dosai_client_post(client, "/embeddings", "{}", 2, NULL, NULL, &error), DOSAI_OK);
  check_kinds("12347");
  CHECK_INT(seen[4].event.prompt_tokens, 12);
  CHECK_INT(seen[4].event.completion_tokens, 9);
  dosai_client_free(client);
  client = client_of(TEST_PLAIN, "whole-eof-good", -1);
  dosai_completion *completion = NULL;
  dosai_timings timings = {.struct_size = sizeof timings};
  CHECK_CALL(test_pull(client, request, NULL, &completion, &error), DOSAI_OK);
  check_kinds("123457");
  CHECK_BETWEEN(seen[5].timings.first_token_us, 1, 60000000);
  CHECK_INT(dosai_completion_timings(completion, &timings), DOSAI_OK);
  CHECK_INT(timings.first_token_us, seen[5].timings.first_token_us);
  dosai_completion_free(completion);
  dosai_request_free(request);
  dosai_client_free(client);
}

static void failed(void) {
  dosai_client *client = client_of(TEST_PLAIN, "error-key", -1);
  dosai_request *request = test_request();
  dosai_call_options options;
  dosai_cancel *cancel = NULL;
  dosai_error *error = NULL;
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_AUTHENTICATION);
  check_kinds("12347");
  CHECK_INT(seen[4].event.status, DOSAI_AUTHENTICATION);
  CHECK_CALL(dosai_cancel_new(&cancel, &error), DOSAI_OK);
  dosai_cancel_trigger(cancel);
  dosai_call_options_init(&options, sizeof options);
  options.cancel = cancel;
  count = 0;
  CHECK_CALL(dosai_client_get(client, "/sk-canary-1234567890?q=1", &options, NULL, &error), DOSAI_CANCELLED);
  check_kinds("17");
  CHECK_TEXT(seen[1].model, "-");
  CHECK_TEXT(seen[1].event.method, "GET");
  CHECK_INT(seen[1].event.sent_bytes, 0);
  dosai_cancel_free(cancel);
  dosai_request_free(request);
  dosai_client_free(client);
}

static void key_changes(void) {
  char url[256];
  dosai_client_options options;
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  int given = 0;
  test_options(&options, url, TEST_PLAIN, "fail-then-hello~key");
  options.api_key = NULL;
  options.key_fn = give_key;
  options.key_user_data = &given;
  options.max_retries = 1;
  options.on_event = on_event;
  options.event_user_data = seen;
  count = 0;
  dosai_client *client = test_client_with(&options);
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_OK);
  CHECK_INT(given, 2);
  check_kinds("1234"
              "6"
              "234"
              "7");
  for (int i = 0; i < count; i++) CHECK_INT(strstr(seen[i].path, "completions") != NULL, i < 5);
  dosai_request_free(request);
  dosai_client_free(client);
}

static int32_t ignore(const dosai_event *event, void *user_data) {
  (void)event, (void)user_data;
  return 0;
}

/* Of a call that had no room, too. */
static void in_a_loop(void) {
  dosai_client *client = client_of(TEST_PLAIN, "hello", -1);
  dosai_request *request = test_request();
  dosai_loop_options options;
  dosai_loop *loop = NULL;
  dosai_error *error = NULL;
  size_t active = 2;
  dosai_loop_options_init(&options, sizeof options);
  options.max_in_flight = 1;
  CHECK_CALL(dosai_loop_new(&options, &loop, &error), DOSAI_OK);
  for (uintptr_t tag = 0; tag < 2; tag++)
    CHECK_CALL(dosai_loop_submit_stream(loop, client, request, NULL, tag, NULL, &error), DOSAI_OK);
  CHECK_INT(count, 2 + 1); /* the second call has no room, but has STARTED, too */
  CHECK_INT(seen[2].event.kind, DOSAI_CALL_STARTED);
  while (active == 2) CHECK_CALL(dosai_loop_step(loop, -1, ignore, NULL, &active, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_close(loop, NULL, NULL, &error), DOSAI_OK);
  int starts = 0, ends = 0;
  for (int i = 0; i < count; i++) {
    const dosai_timings *timings = &seen[i].timings;
    starts += seen[i].event.kind == DOSAI_CALL_STARTED, ends += seen[i].event.kind == DOSAI_CALL_ENDED;
    CHECK(timings->first_token_us == -1 || timings->first_token_us >= timings->first_byte_us);
  }
  CHECK_INT(starts, 2);
  CHECK_INT(ends, 2);
  dosai_request_free(request);
  dosai_client_free(client);
}

static int32_t count_key(char *key, size_t size, void *user_data) {
  ++*(int *)user_data;
  snprintf(key, size, "sk-counted-key");
  return 0;
}

/* A call that has its connection, and then waits for the rate, is still in the same attempt; its retry is another. */
static void in_two_lines(void) {
  static const char *const scripts[] = {"slow", "hello", "hello", "fail-then-hello~lines"};
  static const int expected[] = {
      [DOSAI_CALL_STARTED] = 4, [DOSAI_CALL_ATTEMPT] = 5, [DOSAI_CALL_CONNECTED] = 5,
      [DOSAI_CALL_HEADERS] = 5, [DOSAI_CALL_RETRY] = 1,   [DOSAI_CALL_ENDED] = 4};
  char url[256];
  dosai_client_options options;
  dosai_loop_options loop_options;
  dosai_loop *loop = NULL;
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  size_t active = 4;
  int kinds[DOSAI_CALL_ENDED + 1] = {0}, given = 0;
  dosai_loop_options_init(&loop_options, sizeof loop_options);
  loop_options.max_connections_per_host = 1;
  loop_options.requests_per_minute = 1200;
  CHECK_CALL(dosai_loop_new(&loop_options, &loop, &error), DOSAI_OK);
  count = 0;
  for (uintptr_t tag = 0; tag < active; tag++) {
    test_options(&options, url, TEST_PLAIN, scripts[tag]);
    options.api_key = NULL;
    options.key_fn = count_key;
    options.key_user_data = &given;
    options.max_retries = 1;
    options.on_event = on_event;
    options.event_user_data = seen;
    dosai_client *client = test_client_with(&options);
    CHECK_CALL(dosai_loop_submit_chat(loop, client, request, NULL, tag, NULL, &error), DOSAI_OK);
    dosai_client_free(client);
  }
  while (active > 0) CHECK_CALL(dosai_loop_step(loop, -1, ignore, NULL, &active, &error), DOSAI_OK);
  for (int i = 0; i < count; i++) kinds[seen[i].event.kind]++;
  for (int kind = DOSAI_CALL_STARTED; kind <= DOSAI_CALL_ENDED; kind++)
    CHECK_INT(kinds[kind], expected[kind]);
  CHECK_INT(given, expected[DOSAI_CALL_ATTEMPT]);
  CHECK_CALL(dosai_loop_close(loop, NULL, NULL, &error), DOSAI_OK);
  dosai_request_free(request);
}

/* A call that ends before its next attempt tells of the last one. */
static void between_attempts(void) {
  dosai_call_options options;
  dosai_error *error = NULL;
  dosai_request *request = test_request();
  dosai_client *client = client_of(TEST_PLAIN, "error-429", 1);
  dosai_call_options_init(&options, sizeof options);
  options.total_timeout_ms = 1000;
  CHECK_KEEP(dosai_chat(client, request, &options, NULL, &error), DOSAI_TIMEOUT);
  dosai_attempt last = {.struct_size = sizeof last};
  CHECK_INT(dosai_error_attempt_count(error), 1);
  CHECK_INT(dosai_error_attempt(error, 0, &last), DOSAI_OK);
  CHECK_INT(last.status, DOSAI_RATE_LIMITED);
  CHECK_INT(last.delay_ms, 0);
  dosai_error_free(error);
  const dosai_call_event *retry = &seen[count - 2].event, *ended = &seen[count - 1].event;
  CHECK_INT(retry->kind, DOSAI_CALL_RETRY);
  CHECK_INT(ended->kind, DOSAI_CALL_ENDED);
  CHECK_INT(ended->http_status, 429);
  CHECK_INT(ended->received_bytes, retry->received_bytes);
  CHECK(ended->received_bytes > 0);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* A redirect with the key in its query is followed with the key, whoever observes it. */
static void redirected(void) {
  dosai_error *error = NULL;
  dosai_request *request = test_request();
  dosai_client *client = client_of(TEST_PLAIN, "redirect-key", -1);
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_OK);
  check_kinds("12342347");
  dosai_request_free(request);
  dosai_client_free(client);
}

static void note_path(const dosai_call_event *event, void *user_data) { copy(user_data, 8, event->path); }

/* A URL that ends with the host has the path "/". */
static void without_a_path(void) {
  char path[8] = "";
  dosai_error *error = NULL;
  dosai_client_options options;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = test_env("DOSAI_TEST_PLAIN");
  options.api_key = "sk-test";
  options.on_event = note_path;
  options.event_user_data = path;
  dosai_client *client = test_client_with(&options);
  CHECK_CALL(dosai_client_warm(client, 1, NULL, &error), DOSAI_OK);
  CHECK_TEXT(path, "/");
  dosai_client_free(client);
}

int main(void) {
  whole();
  streamed(TEST_PLAIN);
  streamed(TEST_TLS);
  otherwise();
  failed();
  key_changes();
  in_a_loop();
  in_two_lines();
  between_attempts();
  redirected();
  without_a_path();
  return test_end();
}
