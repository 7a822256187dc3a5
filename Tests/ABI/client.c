#include "test.h"

#define SCRIPT "echo"

static void refused(const dosai_client_options *options, const char *word) {
  dosai_client *client = (dosai_client *)1;
  dosai_error *error = NULL;
  CHECK_KEEP(dosai_client_new(options, &client, &error), DOSAI_INVALID_ARGUMENT);
  const char *message = dosai_error_message(error, NULL);
  CHECK(!client);
  CHECK(message && strstr(message, word));
  if (message && !strstr(message, word)) fprintf(stderr, "  no \"%s\" in \"%s\"\n", word, message);
  CHECK(!message || !strstr(message, "sk-secret"));
  CHECK_INT(dosai_error_attempt_count(error), 0);
  if (!error) fprintf(stderr, "  no refusal of a %s\n", word);
  dosai_error_free(error);
}

static void refusals(void) {
  static const char *const urls[] = {"",
                                     "example.com",
                                     "ftp://example.com",
                                     "http://",
                                     "https://user:pw@example.com/v1",
                                     "http://127.0.0.1:99999",
                                     "https://exa mple.com",
                                     "https://example.com/\r\nX: y",
                                     "file:///etc/passwd",
                                     "https://example.com/\xff"};
  static const char *const keys[] = {"sk-secret\n", "sk-secret\r\nX-Injected: yes", "sk-secret\x7f",
                                     "sk-secret\xc3\xa9"};
  static const char *const lines[] = {"no colon", ": no name", "Bad Name: x", "X-A: b\r\nX-C: d",
                                      "X-A: \x01"};
  static char long_path[109];
  dosai_client_options options;
  memset(long_path, 'a', sizeof long_path - 1);
#define REFUSE(field, value)                             \
  do {                                                   \
    dosai_client_options_init(&options, sizeof options); \
    options.field = value;                               \
    refused(&options, #field);                           \
  } while (0)
  for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) REFUSE(base_url, urls[i]);
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    REFUSE(api_key, keys[i]);
    REFUSE(organization, keys[i]);
    REFUSE(project, keys[i]);
    REFUSE(user_agent, keys[i]);
    REFUSE(api_key_header, keys[i]);
  }
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    dosai_client_options_init(&options, sizeof options);
    options.headers = &lines[i];
    options.header_count = 1;
    refused(&options, "header");
  }
  REFUSE(connect_timeout_ms, -2);
  REFUSE(first_token_timeout_ms, -2);
  REFUSE(idle_timeout_ms, -2);
  REFUSE(total_timeout_ms, -2);
  REFUSE(max_retries, -2);
  REFUSE(max_retries, 101);
  REFUSE(max_event_bytes, -2);
  REFUSE(max_response_bytes, -2);
  REFUSE(max_text_bytes, -2);
  REFUSE(max_header_bytes, -2);
  REFUSE(max_json_nodes, -2);
  REFUSE(max_json_depth, 513);
  REFUSE(max_choices, -2);
  REFUSE(max_tool_calls, -2);
  REFUSE(max_redirects, -1);
  REFUSE(max_redirects, 6);
  REFUSE(proxy, "gopher://x");
  REFUSE(log_level, -1);
  REFUSE(log_level, 5);
  REFUSE(keep_alive_timeout_ms, -2);
  REFUSE(requests_per_minute, -2);
  REFUSE(tokens_per_minute, -2);
  REFUSE(unix_socket, long_path);
  REFUSE(struct_size, 0);
  dosai_client_options_init(&options, sizeof options);
  options.connect_timeout_ms = options.idle_timeout_ms = options.total_timeout_ms =
      1; /* which is no refusal */
  dosai_client_free(test_client_with(&options));
  dosai_client_options_init(&options, sizeof options); /* a key over plain http to another host */
  options.base_url = "http://192.0.2.1/v1";
  options.api_key = "sk-secret";
  refused(&options, "allow_insecure_http");
  options.allow_insecure_http = 1;
  dosai_client_free(test_client_with(&options));
}

/* What is still allowed; a flag is 0 or 1. */
static void extremes(void) {
  static char path[108];
  dosai_client_options options;
  dosai_client_options_init(&options, sizeof options);
  memset(path, 'a', sizeof path - 1);
  options.unix_socket = path;
  options.max_retries = 100;
  options.max_redirects = 5;
  options.log_level = 4;
  options.max_json_depth = 512;
  options.connect_timeout_ms = options.first_token_timeout_ms = options.idle_timeout_ms = -1;
  options.total_timeout_ms = options.keep_alive_timeout_ms = -1;
  options.requests_per_minute = options.tokens_per_minute = -1;
  options.max_event_bytes = options.max_response_bytes = options.max_text_bytes = options.max_header_bytes =
      -1;
  options.max_json_nodes = options.max_choices = options.max_tool_calls = -1;
  options.proxy_from_environment = options.http1_only = options.allow_insecure_http = 1;
  dosai_client_free(test_client_with(&options));
  int32_t *flags[] = {&options.proxy_from_environment, &options.http1_only, &options.allow_insecure_http};
  for (int i = 0; i < 6; i++) {
    *flags[i / 2] = i % 2 ? -1 : 2;
    refused(&options, "flag");
    *flags[i / 2] = 1;
  }
}

/* A call with options that are out of range is not made. */
static void call_refusals(void) {
  dosai_client *client = test_client(TEST_PLAIN, SCRIPT);
  dosai_request *request = test_request();
  dosai_call_options options;
  dosai_error *error = NULL;
#define REFUSE_CALL(field, value)                                                          \
  dosai_call_options_init(&options, sizeof options);                                       \
  options.field = value;                                                                   \
  CHECK_KEEP(dosai_chat(client, request, &options, NULL, &error), DOSAI_INVALID_ARGUMENT); \
  CHECK(strstr(dosai_error_message(error, NULL), #field));                                 \
  dosai_error_free(error);                                                                 \
  error = NULL
  REFUSE_CALL(connect_timeout_ms, -2);
  REFUSE_CALL(first_token_timeout_ms, -2);
  REFUSE_CALL(idle_timeout_ms, -2);
  REFUSE_CALL(total_timeout_ms, -2);
  REFUSE_CALL(max_retries, -2);
  REFUSE_CALL(max_retries, 101);
  REFUSE_CALL(wait_interval_ms, -1);
  REFUSE_CALL(last_event, " ");
  CHECK_INT(test_count(TEST_PLAIN, SCRIPT, "requests"), 0);
  dosai_request_free(request);
  dosai_client_free(client);
}

static void struct_sizes(void) {
  struct {
    dosai_client_options options;
    char later[32];
  } grown;
  struct {
    dosai_call_options options;
    char later[32];
  } grown_call;
  unsigned char cut[offsetof(dosai_client_options, api_key) + 8];
  dosai_client *client;
  dosai_error *error = NULL;
  memset(&grown, 0xee, sizeof grown);
  memset(&grown_call, 0xee, sizeof grown_call);
  dosai_client_options_init(&grown.options, sizeof grown);
  dosai_call_options_init(&grown_call.options, sizeof grown_call);
  for (size_t i = 0; i < sizeof grown.later; i++) CHECK_INT(grown.later[i] | grown_call.later[i], 0);
  CHECK_INT(grown.options.struct_size, sizeof grown);
  CHECK_INT(grown_call.options.struct_size, sizeof grown_call);
  dosai_client_free(test_client_with(&grown.options));
  grown.later[5] = 1; /* something is asked for that this library does not know */
  refused(&grown.options, "does not know");
  memset(cut, 0xee, sizeof cut);
  dosai_client_options_init((dosai_client_options *)(void *)cut, sizeof cut - 8);
  for (size_t i = sizeof cut - 8; i < sizeof cut; i++) CHECK_INT(cut[i], 0xee);
  refused((dosai_client_options *)(void *)cut, "struct_size"); /* there was never so old a program */
  dosai_client_free(test_client_with(NULL));
  CHECK_CALL(dosai_client_new(NULL, NULL, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_INT(dosai_client_new(NULL, &client, NULL), DOSAI_OK);
  dosai_client_free(client);
  dosai_client_free(NULL);
  dosai_client_options_init(NULL, sizeof grown.options);
  dosai_call_options_init(NULL, sizeof grown_call.options);
}

/* The path that the server sees for a base URL. */
static void path(const char *suffix, const char *expected) {
  char url[256], base[300], name[128], full[300];
  dosai_client_options options;
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  test_options(&options, url, TEST_PLAIN, SCRIPT);
  snprintf(base, sizeof base, "%.*s%s", (int)(strlen(url) - strlen("/v1")), url, suffix);
  snprintf(full, sizeof full, "/s/%s%s", test_script(name, TEST_PLAIN, SCRIPT), expected);
  options.base_url = base;
  dosai_client *client = test_client_with(&options);
  dosai_request *request = test_request();
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  CHECK_LAST(TEST_PLAIN, SCRIPT, "path", full);
  dosai_completion_free(completion);
  dosai_request_free(request);
  dosai_client_free(client);
}

static void response_getters(dosai_response *response) {
  size_t length = 0;
  dosai_timings timings = {.struct_size = sizeof timings};
  dosai_attempt attempt = {.struct_size = sizeof attempt};
  dosai_response *copy = NULL;
  dosai_error *error = NULL;
  CHECK(strlen(dosai_response_json(response, &length)) == length);
  CHECK_INT(dosai_response_http_status(response), 200);
  CHECK_TEXT(dosai_response_request_id(response, NULL), "req-1");
  CHECK_TEXT(dosai_response_header(response, "X-Request-ID", &length), "req-1");
  CHECK_INT(length, 5);
  CHECK(!dosai_response_header(response, "none", NULL));
  const char *all = dosai_response_headers(response, &length);
  CHECK_TEXT(test_listed(all, length, "x-request-id"), "req-1");
  CHECK_INT(dosai_response_attempt_count(response), 1);
  CHECK_INT(dosai_response_attempt(response, 0, &attempt), DOSAI_OK);
  CHECK_INT(attempt.http_status, 200);
  CHECK_INT(dosai_response_attempt(response, 1, &attempt), DOSAI_INVALID_ARGUMENT);
  CHECK_INT(dosai_response_timings(response, &timings), DOSAI_OK);
  CHECK(timings.total_us >= timings.first_byte_us && timings.first_byte_us >= timings.connect_us);
  CHECK(timings.connect_us >= 0 && timings.first_token_us == -1);
  CHECK_CALL(dosai_response_copy(response, &copy, &error), DOSAI_OK);
  CHECK(dosai_response_json(copy, NULL) == dosai_response_json(response, NULL));
  dosai_response_free(copy);
}

static void get_and_post(void) {
  static const char body[] = "{ \"input\" : 0.70 }";
  char name[128], expected[256];
  dosai_client *client = test_client(TEST_PLAIN, SCRIPT);
  dosai_response *response = NULL;
  dosai_error *error = NULL;
  CHECK_CALL(dosai_client_post(client, "/embeddings", body, DOSAI_NUL_TERMINATED, NULL, &response, &error),
             DOSAI_OK);
  CHECK_LAST(TEST_PLAIN, SCRIPT, "body", body);
  CHECK_LAST(TEST_PLAIN, SCRIPT, "header/content-type", "application/json");
  snprintf(
      expected, sizeof expected,
      "{\"method\": \"POST\", \"path\": \"/s/%s/v1/embeddings\", \"body\": \"{ \\\"input\\\" : 0.70 }\"}",
      test_script(name, TEST_PLAIN, SCRIPT));
  CHECK_TEXT(dosai_response_json(response, NULL), expected);
  response_getters(response);
  dosai_response_free(response);
  CHECK_CALL(dosai_client_post(client, "/x", "{", 1, NULL, &response, &error), DOSAI_INVALID_ARGUMENT);
  CHECK(!response);
  CHECK_CALL(dosai_client_get(client, "/x\r\ny", NULL, &response, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_client_get(client, NULL, NULL, &response, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_INT(test_count(TEST_PLAIN, SCRIPT, "requests"), 1);
  dosai_client_free(client);
  client = test_client(TEST_PLAIN, "models");
  CHECK_CALL(dosai_client_get(client, "/models", NULL, &response, &error), DOSAI_OK);
  CHECK_LAST(TEST_PLAIN, "models", "method", "GET");
  CHECK_LAST(TEST_PLAIN, "models", "body", "");
  CHECK_TEXT(dosai_response_json(response, NULL),
             "{\"object\": \"list\", \"data\": [{\"id\": \"dos-ai\", \"object\": \"model\"}]}");
  dosai_response_free(response);
  dosai_client_free(client);
  client = test_client(TEST_PLAIN, "error-404");
  CHECK_CALL(dosai_client_get(client, "/models/none", NULL, &response, &error), DOSAI_NOT_FOUND);
  dosai_client_free(client);
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.max_retries = 1;
  client = test_client(TEST_PLAIN, "fail-then-hello");
  CHECK_CALL(dosai_client_get(client, "/models", &options, &response, &error), DOSAI_OK);
  CHECK_INT(dosai_response_attempt_count(response), 2);
  dosai_response_free(response);
  dosai_client_free(client);
}

int main(void) {
  refusals();
  extremes();
  call_refusals();
  struct_sizes();
  get_and_post();
  path("/v1", "/v1/chat/completions");
  path("/v1/", "/v1/chat/completions");
  path("", "/chat/completions");
  path("/", "/chat/completions");
  path("/openai/deployments/x?api-version=2024-06-01",
       "/openai/deployments/x/chat/completions?api-version=2024-06-01");
  path("/v1/?a=b&c=%20", "/v1/chat/completions?a=b&c=%20");
  return test_end();
}
