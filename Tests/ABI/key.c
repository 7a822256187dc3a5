/* A key that changes: it is asked for before each attempt, and is as secret as the other. */
#include "loop.h"

typedef struct {
  const char *format; /* of the keys, with the number of each */
  int calls, pause_ms, status;
  pthread_t thread;
} source;

static int32_t give(char *key, size_t size, void *user_data) {
  source *from = user_data;
  CHECK_INT(size, 16384);
  CHECK(pthread_equal(pthread_self(), from->thread));
  test_sleep(from->pause_ms);
  snprintf(key, size, from->format, ++from->calls);
  return from->status;
}

static dosai_client *client_of(source *from, const char *script, const char *header, int max_retries) {
  char url[256];
  dosai_client_options options;
  test_options(&options, url, TEST_PLAIN, script);
  from->thread = pthread_self();
  options.api_key = NULL;
  options.api_key_header = header;
  options.key_fn = give;
  options.key_user_data = from;
  options.max_retries = max_retries;
  return test_client_with(&options);
}

static void each_attempt(void) {
  source from = {.format = "sk-turn-%d"};
  dosai_client *client = client_of(&from, "fail-then-hello", NULL, 1);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_OK);
  CHECK_INT(from.calls, 2);
  CHECK_LAST(TEST_PLAIN, "fail-then-hello", "header/authorization", "Bearer sk-turn-2");
  CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, NULL, &error), DOSAI_OK);
  CHECK_CALL(test_pull(client, request, NULL, NULL, &error), DOSAI_OK);
  CHECK_CALL(dosai_client_get(client, "/models", NULL, NULL, &error), DOSAI_OK);
  CHECK_INT(from.calls, 5);
  CHECK_LAST(TEST_PLAIN, "fail-then-hello", "header/authorization", "Bearer sk-turn-5");
  dosai_client_free(client);
  client = client_of(&from, "hello", "api-key", -1);
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_OK);
  CHECK_LAST(TEST_PLAIN, "hello", "header/api-key", "sk-turn-6");
  dosai_client_free(client);
  dosai_request_free(request);
}

static void header_of_the_call(void) {
  source from = {.format = "sk-turn-%d"};
  const char *const headers[] = {"authorization: Basic mine"};
  dosai_client *client = client_of(&from, "hello", NULL, -1);
  dosai_request *request = test_request();
  dosai_call_options options;
  dosai_error *error = NULL;
  dosai_call_options_init(&options, sizeof options);
  options.headers = headers;
  options.header_count = 1;
  CHECK_CALL(dosai_chat(client, request, &options, NULL, &error), DOSAI_OK);
  CHECK_LAST(TEST_PLAIN, "hello", "header/authorization", "Basic mine");
  dosai_request_free(request);
  dosai_client_free(client);
}

/* Nothing is sent. */
static void refused(const char *format, int status, dosai_status expected, const char *message) {
  source from = {.format = format, .status = status};
  long before = test_count(TEST_PLAIN, "hello", "requests");
  dosai_client *client = client_of(&from, "hello", NULL, 2);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  CHECK_KEEP(dosai_chat(client, request, NULL, NULL, &error), expected);
  CHECK(strstr(dosai_error_message(error, NULL), message) != NULL);
  dosai_error_free(error);
  error = NULL;
  CHECK_CALL(test_pull(client, request, NULL, NULL, &error), expected);
  CHECK_INT(from.calls, 2);
  CHECK_INT(test_count(TEST_PLAIN, "hello", "requests"), before);
  dosai_request_free(request);
  dosai_client_free(client);
}

static int32_t fill(char *key, size_t size, void *user_data) {
  (void)user_data;
  memset(key, 'k', size);
  return 0;
}

static void options_of(void) {
  char url[256];
  dosai_client_options options;
  dosai_client *client = NULL;
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  test_options(&options, url, TEST_PLAIN, "hello");
  options.key_fn = fill;
  CHECK_CALL(dosai_client_new(&options, &client, &error), DOSAI_INVALID_ARGUMENT); /* beside api_key */
  options.api_key = NULL;
  client = test_client_with(&options);
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_INVALID_ARGUMENT); /* no NUL */
  dosai_client_free(client);
  options.base_url = "http://198.51.100.1/v1";
  CHECK_CALL(dosai_client_new(&options, &client, &error), DOSAI_INVALID_ARGUMENT); /* in the open */
  dosai_request_free(request);
}

static void is_secret(void) {
  source from = {.format = "sk-canary-1234567890-%d"};
  dosai_client *client = client_of(&from, "error-key", NULL, -1);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  for (int i = 0; i < 2; i++) {
    CHECK_KEEP(dosai_chat(client, request, NULL, NULL, &error), DOSAI_AUTHENTICATION);
    CHECK(!strstr(dosai_error_message(error, NULL), "canary"));
    CHECK(!strstr(dosai_error_body(error, NULL), "canary"));
    dosai_error_free(error);
    error = NULL;
  }
  dosai_request_free(request);
  dosai_client_free(client);
}

static void clocks(void) {
  source from = {.format = "sk-%d", .pause_ms = 300};
  dosai_client *client = client_of(&from, "hello", NULL, -1);
  dosai_request *request = test_request();
  dosai_call_options options;
  dosai_error *error = NULL;
  dosai_call_options_init(&options, sizeof options);
  options.connect_timeout_ms = test_bound(200);
  CHECK_CALL(dosai_chat(client, request, &options, NULL, &error), DOSAI_OK);
  dosai_client_free(client);
  client = client_of(&from, "silent", NULL, -1); /* an answer that has arrived would be read all the same */
  options.total_timeout_ms = 100;
  CHECK_KEEP(dosai_chat(client, request, &options, NULL, &error), DOSAI_TIMEOUT);
  CHECK_INT(dosai_error_clock(error), DOSAI_CLOCK_TOTAL);
  dosai_error_free(error);
  dosai_request_free(request);
  dosai_client_free(client);
}

static int32_t count_last(const dosai_event *event, void *user_data) {
  *(int *)user_data += event->kind == DOSAI_EVENT_COMPLETION;
  return 0;
}

static void in_a_loop(void) {
  source from = {.format = "sk-turn-%d"};
  dosai_client *client = client_of(&from, "hello", NULL, -1);
  dosai_request *request = test_request();
  dosai_loop *loop = NULL;
  dosai_error *error = NULL;
  size_t active = 1;
  int done = 0;
  CHECK_CALL(dosai_loop_new(NULL, &loop, &error), DOSAI_OK);
  for (uintptr_t tag = 0; tag < 3; tag++)
    CHECK_CALL(dosai_loop_submit_stream(loop, client, request, NULL, tag, NULL, &error), DOSAI_OK);
  while (active) CHECK_CALL(dosai_loop_step(loop, -1, count_last, &done, &active, &error), DOSAI_OK);
  CHECK_INT(done, 3);
  CHECK_INT(from.calls, 3);
  CHECK_CALL(dosai_loop_close(loop, NULL, NULL, &error), DOSAI_OK);
  dosai_request_free(request);
  dosai_client_free(client);
}

int main(void) {
  each_attempt();
  header_of_the_call();
  refused("sk-%d", 1, DOSAI_CANCELLED, "key_fn");
  refused("", 0, DOSAI_INVALID_ARGUMENT, "empty");
  refused("sk-\n%d", 0, DOSAI_INVALID_ARGUMENT, "api_key");
  options_of();
  is_secret();
  clocks();
  in_a_loop();
  return test_end();
}
