/* What a client's and a call's options put into the request's head. */
#include "test.h"

static dosai_client_options options;
static char url[256];

static void start(void) { test_options(&options, url, TEST_PLAIN, "echo"); }

static void call(const dosai_call_options *call_options) {
  dosai_client *client = test_client_with(&options);
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  CHECK_CALL(dosai_chat(client, request, call_options, &completion, &error), DOSAI_OK);
  dosai_completion_free(completion);
  dosai_request_free(request);
  dosai_client_free(client);
}

#define CHECK_HEADER(name, expected) CHECK_LAST(TEST_PLAIN, "echo", "header/" name, expected)

static void ours(void) {
  start();
  call(NULL);
  CHECK_LAST(TEST_PLAIN, "echo", "method", "POST");
  CHECK_HEADER("authorization", "Bearer sk-test");
  CHECK_HEADER("content-type", "application/json");
  CHECK_HEADER("user-agent", "dosai/" DOSAI_VERSION);
  CHECK_HEADER("content-length", "57");
  CHECK_HEADER("openai-organization", "");
  CHECK_HEADER("openai-project", "");
  CHECK_HEADER("idempotency-key", "");
  CHECK_HEADER("cookie", "");
  options.api_key = NULL;
  call(NULL);
  CHECK_HEADER("authorization", "");
}

/* And no other header is sent, nor with a second attempt. */
static void no_more(void) {
  static const char names[] =
      "accept accept-encoding authorization content-length content-type host user-agent";
  start();
  call(NULL);
  CHECK_LAST(TEST_PLAIN, "echo", "headers", names);
  test_options(&options, url, TEST_PLAIN, "fail-then-hello");
  options.max_retries = 1;
  call(NULL);
  CHECK_INT(test_count(TEST_PLAIN, "fail-then-hello", "requests"), 2);
  CHECK_LAST(TEST_PLAIN, "fail-then-hello", "headers", names);
}

/* libcurl would send it with a body of more than 1 MB, and wait a second for an answer. */
static void no_expect(void) {
  static char text[2 << 20];
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  memset(text, 'a', sizeof text);
  CHECK_CALL(dosai_request_add_message(request, "user", text, sizeof text, &error), DOSAI_OK);
  start();
  dosai_client *client = test_client_with(&options);
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_OK);
  CHECK_HEADER("expect", "");
  dosai_client_free(client);
  dosai_request_free(request);
}

static void set(void) {
  start();
  options.api_key_header = "api-key";
  options.organization = "org-1";
  options.project = "proj-1";
  options.user_agent = "tests/1";
  call(NULL);
  CHECK_HEADER("authorization", "");
  CHECK_HEADER("api-key", "sk-test");
  CHECK_HEADER("openai-organization", "org-1");
  CHECK_HEADER("openai-project", "proj-1");
  CHECK_HEADER("user-agent", "tests/1");
}

static void replaced(void) {
  static const char *const mine[] = {"X-Title: client", "user-AGENT: replaced", "X-Empty:"};
  static const char *const its[] = {"x-title: call", "X-More: more", "Authorization: Basic eA=="};
  static const char *const bad[] = {"X-A: b\r\nX-Injected: yes"};
  dosai_call_options call_options;
  start();
  options.headers = mine;
  options.header_count = 3;
  call(NULL);
  CHECK_HEADER("x-title", "client");
  CHECK_HEADER("user-agent", "replaced");
  CHECK_HEADER("authorization", "Bearer sk-test");
  dosai_call_options_init(&call_options, sizeof call_options);
  call_options.headers = its;
  call_options.header_count = 3;
  call(&call_options);
  CHECK_HEADER("x-title", "call");
  CHECK_HEADER("x-more", "more");
  CHECK_HEADER("user-agent", "replaced");
  CHECK_HEADER("authorization", "Basic eA==");
  dosai_client *client = test_client_with(&options);
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  long before = test_count(TEST_PLAIN, "echo", "requests");
  call_options.headers = bad;
  call_options.header_count = 1;
  CHECK_CALL(dosai_chat(client, request, &call_options, &completion, &error), DOSAI_INVALID_ARGUMENT);
  call_options.struct_size = 0;
  CHECK_CALL(dosai_chat(client, request, &call_options, &completion, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_INT(test_count(TEST_PLAIN, "echo", "requests"), before);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* As many as the header allows, and one more. */
static void many(void) {
  enum { MOST = 1000 };
  static char names[MOST + 1][16];
  static const char *lines[MOST + 1];
  dosai_client *client = NULL;
  dosai_error *error = NULL;
  for (int i = 0; i <= MOST; i++) {
    snprintf(names[i], sizeof names[i], "X-%d: a", i);
    lines[i] = names[i];
  }
  start();
  options.headers = lines;
  options.header_count = MOST;
  call(NULL);
  CHECK_HEADER("x-999", "a");
  options.header_count = MOST + 1;
  CHECK_CALL(dosai_client_new(&options, &client, &error), DOSAI_INVALID_ARGUMENT);
}

/* Of one call nothing is left to the next of its client, which has its handle of libcurl. */
static void one_after_the_other(void) {
  static const char *const its[] = {"X-Title: call"};
  dosai_call_options call_options;
  dosai_call_options_init(&call_options, sizeof call_options);
  call_options.headers = its;
  call_options.header_count = 1;
  start();
  dosai_client *client = test_client_with(&options);
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  for (int i = 0; i < 64; i++) {
    dosai_completion *completion = NULL;
    dosai_response *response = NULL;
    const dosai_call_options *given = i % 2 ? &call_options : NULL;
    int kind = i / 2 % 2 ? i / 4 % 4 : i / 16; /* each of four follows each */
    if (kind == 0) CHECK_CALL(dosai_client_get(client, "/models", given, &response, &error), DOSAI_OK);
    if (kind == 1) CHECK_CALL(dosai_chat(client, request, given, &completion, &error), DOSAI_OK);
    if (kind == 2)
      CHECK_CALL(dosai_chat_stream(client, request, given, test_go_on, NULL, &completion, &error), DOSAI_OK);
    if (kind == 3) CHECK_CALL(dosai_client_post(client, "/x", "{}", 2, given, &response, &error), DOSAI_OK);
    dosai_completion_free(completion);
    dosai_response_free(response);
    CHECK_LAST(TEST_PLAIN, "echo", "method", kind == 0 ? "GET" : "POST");
    CHECK_HEADER("content-length", kind == 0 ? "" : kind == 1 ? "57" : kind == 2 ? "71" : "2");
    CHECK_HEADER("content-type", kind == 0 ? "" : "application/json");
    CHECK_HEADER("accept", kind == 2 ? "text/event-stream" : "application/json");
    char *encodings = test_last(TEST_PLAIN, "echo", "header/accept-encoding");
    CHECK((*encodings == 0) == (kind == 2));
    free(encodings);
    CHECK_HEADER("x-title", given ? "call" : "");
  }
  dosai_request_free(request);
  dosai_client_free(client);
}

/* Everything was copied: the caller's memory may change before the call. */
static void copied(void) {
  char key[] = "sk-test", line[] = "X-Title: kept", agent[] = "agent/1", authority[512];
  const char *lines[] = {line};
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  test_options(&options, url, TEST_TLS, "echo");
  snprintf(authority, sizeof authority, "%s", options.ca_file);
  options.ca_file = authority;
  options.api_key = key;
  options.user_agent = agent;
  options.headers = lines;
  options.header_count = 1;
  dosai_client *client = test_client_with(&options);
  dosai_request *request = test_request();
  memset(key, 'x', sizeof key - 1);
  memset(line, 'x', sizeof line - 1);
  memset(agent, 'x', sizeof agent - 1);
  memset(authority, 'x', sizeof authority - 1);
  memset(url, 'x', sizeof url - 1);
  memset(&options, 0xee, sizeof options);
  lines[0] = NULL;
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  CHECK_LAST(TEST_TLS, "echo", "header/authorization", "Bearer sk-test");
  CHECK_LAST(TEST_TLS, "echo", "header/x-title", "kept");
  CHECK_LAST(TEST_TLS, "echo", "header/user-agent", "agent/1");
  dosai_completion_free(completion);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* A redirect is followed within the origin only, where it is asked for. */
static void redirects(void) {
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  dosai_request *request = test_request();
  test_options(&options, url, TEST_PLAIN, "redirect");
  options.max_redirects = 1;
  dosai_client *client = test_client_with(&options);
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  CHECK_TEXT(dosai_completion_content(completion, 0, NULL), "Hello! How can I help you today?");
  dosai_completion_free(completion);
  dosai_client_free(client);
  test_options(&options, url, TEST_PLAIN, "redirect-away");
  options.max_redirects = 5;
  client = test_client_with(&options);
  CHECK_KEEP(dosai_chat(client, request, NULL, &completion, &error), DOSAI_REDIRECTED);
  CHECK_TEXT(dosai_error_header(error, "Location", NULL), "http://192.0.2.1/v1/chat/completions");
  dosai_error_free(error);
  dosai_client_free(client);
  dosai_request_free(request);
}

int main(void) {
  ours();
  no_more();
  no_expect();
  set();
  replaced();
  many();
  one_after_the_other();
  copied();
  redirects();
  return test_end();
}
