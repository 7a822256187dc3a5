/* The log: one line each, at its level, and never what is secret. */
#include "test.h"

static int lines[5];
static char text[1 << 16];
static pthread_t caller;

static void on_log(dosai_log_level level, const char *line, size_t length, void *user_data) {
  CHECK(user_data == text);
  CHECK(pthread_equal(pthread_self(), caller));
  CHECK_BETWEEN(level, DOSAI_LOG_ERROR, DOSAI_LOG_DEBUG);
  CHECK_INT(strlen(line), length);
  for (size_t i = 0; i < length; i++) CHECK((unsigned char)line[i] >= 0x20 && line[i] != 0x7F);
  lines[level]++;
  if (strlen(text) + length + 2 < sizeof text) strcat(strcat(text, line), "\n");
}

static void call(const char *script, dosai_log_level level, int max_retries, dosai_status status) {
  char url[256], base[300];
  dosai_client_options options;
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  test_options(&options, url, TEST_PLAIN, script);
  snprintf(base, sizeof base, "%s?secret=query", url);
  options.base_url = base;
  options.api_key = "sk-canary";
  options.organization = "org-canary";
  options.max_retries = max_retries;
  options.log_level = level;
  options.on_log = on_log;
  options.log_user_data = text;
  memset(lines, 0, sizeof lines);
  text[0] = 0;
  dosai_client *client = test_client_with(&options);
  dosai_request *request = test_request();
  CHECK_CALL(dosai_request_add_message(request, "user", "said-canary", DOSAI_NUL_TERMINATED, &error),
             DOSAI_OK);
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), status);
  CHECK(!strstr(text, "canary"));
  CHECK(!strstr(text, "secret"));
  CHECK(!strstr(text, "How can I help"));
  dosai_completion_free(completion);
  dosai_request_free(request);
  dosai_client_free(client);
}

/* Each line as a whole, but for its time. */
static void retried(void) {
  static const char begin[] = "/chat/completions: ";
  static const char *const ends[] = {"UNAVAILABLE, HTTP 503, attempt 1, %d ms, request req-1%n",
                                     "OK, HTTP 200, attempt 2, %d ms%n"};
  call("fail-then-hello", DOSAI_LOG_INFO, 1, DOSAI_OK);
  const char *rest = text;
  for (int i = 0; i < 2; i++) {
    int milliseconds = -1, length = 0;
    rest = strstr(rest, begin);
    CHECK(rest != NULL);
    if (!rest) return;
    rest += strlen(begin);
    sscanf(rest, ends[i], &milliseconds, &length);
    CHECK(milliseconds >= 0 && length > 0 && rest[length] == '\n');
  }
}

/* A redirect within the origin, which is written without its port. */
static void redirected(void) {
  char url[256], base[300];
  dosai_client_options options;
  dosai_error *error = NULL;
  dosai_request *request = test_request();
  test_options(&options, url, TEST_UNIX, "redirect-query");
  snprintf(base, sizeof base, "http://localhost:80%s", url + strlen("http://localhost"));
  options.base_url = base;
  options.max_redirects = 1;
  options.log_level = DOSAI_LOG_INFO;
  options.on_log = on_log;
  options.log_user_data = text;
  text[0] = 0;
  dosai_client *client = test_client_with(&options);
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_OK);
  CHECK(strstr(text, "POST localhost:80/s/hello/v1/chat/completions: OK") == text);
  CHECK(!strstr(text, "canary"));
  dosai_request_free(request);
  dosai_client_free(client);
}

int main(void) {
  caller = pthread_self();
  call("hello", DOSAI_LOG_OFF, -1, DOSAI_OK);
  CHECK_TEXT(text, "");
  call("hello", DOSAI_LOG_WARNING, -1, DOSAI_OK);
  CHECK_TEXT(text, "");
  call("hello", DOSAI_LOG_INFO, -1, DOSAI_OK);
  CHECK_INT(lines[DOSAI_LOG_INFO], 1);
  CHECK_INT(lines[DOSAI_LOG_DEBUG], 0);
  CHECK(strstr(text, "POST") && strstr(text, "127.0.0.1") && strstr(text, "/chat/completions"));
  CHECK(strstr(text, "200") && strstr(text, "req-1"));
  call("hello", DOSAI_LOG_DEBUG, -1, DOSAI_OK);
  CHECK_INT(lines[DOSAI_LOG_INFO], 1);
  CHECK(lines[DOSAI_LOG_DEBUG] > 0);
  call("error-401", DOSAI_LOG_ERROR, -1, DOSAI_AUTHENTICATION);
  CHECK_INT(lines[DOSAI_LOG_ERROR], 1);
  CHECK(strstr(text, "401"));
  call("error-key", DOSAI_LOG_DEBUG, -1, DOSAI_AUTHENTICATION);
  CHECK_INT(lines[DOSAI_LOG_ERROR], 1);
  call("odd-id", DOSAI_LOG_ERROR, -1, DOSAI_BAD_REQUEST);
  CHECK(strstr(text, "request a [31mb c"));
  retried();
  redirected();
  return test_end();
}
