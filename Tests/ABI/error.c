#include "test.h"

static const struct {
  const char *script;
  dosai_status status;
  int http;
  const char *message, *code, *type, *param; /* message: a part of ours */
} rows[] = {
    {"error-400", DOSAI_BAD_REQUEST, 400, "Invalid request parameters.", "invalid_value",
     "invalid_request_error", "temperature"},
    {"error-401", DOSAI_AUTHENTICATION, 401, "Incorrect API key provided.", "invalid_api_key",
     "invalid_request_error", NULL},
    {"error-402", DOSAI_INSUFFICIENT_CREDITS, 402, "Insufficient credits.", "402", "insufficient_credits",
     NULL},
    {"error-403", DOSAI_PERMISSION, 403, "Not allowed.", NULL, "invalid_request_error", NULL},
    {"error-404", DOSAI_NOT_FOUND, 404, "No such model.", "model_not_found", "invalid_request_error", NULL},
    {"error-408", DOSAI_SERVER, 408, "Request timeout.", NULL, "invalid_request_error", NULL},
    {"error-409", DOSAI_BAD_REQUEST, 409, "Conflict.", NULL, "invalid_request_error", NULL},
    {"error-413", DOSAI_BAD_REQUEST, 413, "Too large.", NULL, "invalid_request_error", NULL},
    {"error-418", DOSAI_BAD_REQUEST, 418, "A teapot.", NULL, "invalid_request_error", NULL},
    {"error-422", DOSAI_BAD_REQUEST, 422, "Unprocessable.", NULL, "invalid_request_error", NULL},
    {"error-429", DOSAI_RATE_LIMITED, 429, "Rate limit exceeded.", "rate_limit_exceeded", "rate_limit_error",
     NULL},
    {"error-quota", DOSAI_INSUFFICIENT_CREDITS, 429, "You exceeded your current quota.", "insufficient_quota",
     "insufficient_quota", NULL},
    {"error-500", DOSAI_SERVER, 500, "Unexpected server error.", NULL, "server_error", NULL},
    {"error-502", DOSAI_SERVER, 502, "Bad gateway.", NULL, "invalid_request_error", NULL},
    {"error-503", DOSAI_UNAVAILABLE, 503, "Model temporarily unavailable.", NULL, "server_error", NULL},
    {"error-504", DOSAI_SERVER, 504, "Gateway timeout.", NULL, "invalid_request_error", NULL},
    {"error-529", DOSAI_UNAVAILABLE, 529, "Overloaded.", NULL, "invalid_request_error", NULL},
    {"error-html", DOSAI_SERVER, 502, "", NULL, NULL, NULL},
    {"error-empty", DOSAI_INSUFFICIENT_CREDITS, 402, "", NULL, NULL, NULL},
    {"error-detail", DOSAI_BAD_REQUEST, 422, "Field required", NULL, NULL, NULL},
    {"error-text", DOSAI_SERVER, 500, "plain words", NULL, NULL, NULL},
    {"error-array", DOSAI_BAD_REQUEST, 400, "in an array", "400", NULL, NULL},
    {"error-message", DOSAI_BAD_REQUEST, 400, "nested", NULL, NULL, NULL},
    {"error-200", DOSAI_PROVIDER, 200, "Provider failed.", "502", NULL, NULL},
    {"redirect", DOSAI_REDIRECTED, 307, "", NULL, NULL, NULL},
};

static void check_row(const dosai_error *error, size_t row) {
  const char *message = dosai_error_message(error, NULL);
  dosai_attempt attempt = {.struct_size = sizeof attempt};
  CHECK(message && strstr(message, rows[row].message) && !strchr(message, '\n'));
  CHECK_INT(dosai_error_http_status(error), rows[row].http);
  CHECK_TEXT(dosai_error_code(error, NULL), rows[row].code);
  CHECK_TEXT(dosai_error_type(error, NULL), rows[row].type);
  CHECK_TEXT(dosai_error_param(error, NULL), rows[row].param);
  CHECK_INT(dosai_error_clock(error), DOSAI_CLOCK_NONE);
  CHECK(!dosai_error_completion(error));
  int32_t http = rows[row].http, is_busy = http == 408 || http == 409 || http == 429 || http >= 500;
  CHECK_INT(dosai_error_is_retryable(error), is_busy && rows[row].status != DOSAI_INSUFFICIENT_CREDITS);
  CHECK_INT(dosai_error_attempt_count(error), 1);
  CHECK_INT(dosai_error_attempt(error, 0, &attempt), DOSAI_OK);
  CHECK_INT(attempt.status, rows[row].status);
  CHECK_INT(attempt.http_status, rows[row].http);
  CHECK_INT(attempt.delay_ms, 0);
  CHECK_INT(dosai_error_attempt(error, 1, &attempt), DOSAI_INVALID_ARGUMENT);
  CHECK_INT(dosai_error_attempt(error, -1, &attempt), DOSAI_INVALID_ARGUMENT);
}

static int32_t no_chunk(const dosai_chunk *chunk, void *user_data) {
  (void)user_data;
  CHECK(chunk == NULL); /* a refused call gives none */
  return 0;
}

static void every_status(void) {
  dosai_request *request = test_request();
  for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
    dosai_client *client = test_client(TEST_PLAIN, rows[row].script);
    dosai_completion *completion = (dosai_completion *)1;
    dosai_stream *stream = (dosai_stream *)1;
    dosai_error *error = NULL;
    int before = test_failures;
    CHECK_KEEP(dosai_chat(client, request, NULL, &completion, &error), rows[row].status);
    check_row(error, row);
    dosai_error_free(error);
    CHECK(!completion);
    CHECK_KEEP(dosai_chat_stream(client, request, NULL, no_chunk, NULL, NULL, &error), rows[row].status);
    check_row(error, row);
    dosai_error_free(error);
    error = NULL;
    if (rows[row].http != 200) { /* that one is an error inside an accepted answer */
      CHECK_KEEP(dosai_stream_open(client, request, NULL, &stream, &error), rows[row].status);
      check_row(error, row);
      dosai_error_free(error);
      CHECK(!stream);
    }
    CHECK_INT(test_count(TEST_PLAIN, rows[row].script, "requests"), rows[row].http != 200 ? 3 : 2);
    if (test_failures != before) fprintf(stderr, "  in the row %s\n", rows[row].script);
    dosai_client_free(client);
  }
  dosai_request_free(request);
}

static dosai_error *fail(const char *script, const dosai_call_options *options, dosai_status status) {
  dosai_client *client = test_client(TEST_PLAIN, script);
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  CHECK_KEEP(dosai_chat(client, request, options, &completion, &error), status);
  dosai_request_free(request);
  dosai_client_free(client); /* the error outlives both */
  return error;
}

static void details(void) {
  size_t length = 99;
  dosai_error *error = fail("error-429", NULL, DOSAI_RATE_LIMITED);
  CHECK_INT(dosai_error_retry_after_ms(error), 3000);
  CHECK_TEXT(dosai_error_request_id(error, &length), "req-1");
  CHECK_INT(length, 5);
  CHECK_TEXT(dosai_error_header(error, "X-RateLimit-Remaining-Requests", NULL), "59");
  CHECK_TEXT(dosai_error_header(error, "retry-after", NULL), "3");
  CHECK_TEXT(dosai_error_header(error, "x-none", &length), NULL);
  CHECK_INT(length, 0);
  CHECK_TEXT(dosai_error_header(error, NULL, &length), NULL);
  const char *all = dosai_error_headers(error, &length);
  CHECK_TEXT(test_listed(all, length, "retry-after"), "3");
  CHECK(strstr(dosai_error_body(error, &length), "\"rate_limit_exceeded\""));
  CHECK_INT(length, strlen(dosai_error_body(error, NULL)));
  CHECK(dosai_error_body(error, NULL) == dosai_error_body(error, NULL));
  dosai_error_free(error);
  error = fail("error-503", NULL, DOSAI_UNAVAILABLE);
  CHECK_INT(dosai_error_retry_after_ms(error), 20);
  dosai_error_free(error);
  error = fail("error-500", NULL, DOSAI_SERVER);
  CHECK_INT(dosai_error_retry_after_ms(error), -1);
  dosai_error_free(error);
  error = fail("error-long", NULL, DOSAI_SERVER);
  dosai_error_body(error, &length);
  CHECK_INT(length, 65536);
  dosai_error_free(error);
  error = fail("redirect", NULL, DOSAI_REDIRECTED);
  CHECK_TEXT(dosai_error_header(error, "location", NULL), "/s/hello/v1/chat/completions");
  dosai_error_free(error);
}

/* The key is nowhere in the error, also where the server echoed it. */
static void redaction(void) {
  dosai_error *error = fail("error-key", NULL, DOSAI_AUTHENTICATION);
  CHECK(strstr(dosai_error_message(error, NULL), "Incorrect API key provided"));
  CHECK(!strstr(dosai_error_message(error, NULL), "sk-test"));
  CHECK(strstr(dosai_error_body(error, NULL), "Incorrect API key provided"));
  CHECK(!strstr(dosai_error_body(error, NULL), "sk-test"));
  CHECK(!dosai_error_header(error, "authorization", NULL));
  size_t length = 0;
  const char *all = dosai_error_headers(error, &length);
  CHECK(all && !memmem(all, length, "sk-test", 7));
  dosai_error_free(error);
}

/* As many requests at the server as the client says it made. */
static void attempts(void) {
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.max_retries = 2;
  dosai_error *error = fail("error-503~retried", &options, DOSAI_UNAVAILABLE);
  int32_t count = dosai_error_attempt_count(error);
  CHECK_BETWEEN(count, 1, 3);
  CHECK_INT(test_count(TEST_PLAIN, "error-503~retried", "requests"), count);
  for (int32_t i = 0; i < count; i++) {
    dosai_attempt old = {.struct_size = 8, .http_status = 7};
    dosai_attempt attempt = {.struct_size = sizeof attempt};
    CHECK_INT(dosai_error_attempt(error, i, &attempt), DOSAI_OK);
    CHECK_INT(attempt.http_status, 503);
    CHECK((attempt.delay_ms > 0) == (i + 1 < count));
    CHECK_INT(dosai_error_attempt(error, i, &old), DOSAI_OK);
    CHECK_INT(old.status, DOSAI_UNAVAILABLE);
    CHECK_INT(old.http_status, 7); /* beyond the caller's struct_size */
    CHECK_INT(old.struct_size, 8);
  }
  dosai_attempt none = {.struct_size = 0};
  CHECK_INT(dosai_error_attempt(error, 0, &none), DOSAI_INVALID_ARGUMENT);
  CHECK_INT(dosai_error_attempt(error, 0, NULL), DOSAI_INVALID_ARGUMENT);
  dosai_error_free(error);
}

/* The HTTP status decides also where the body or a header cannot be read. */
static void garbled(void) {
  static const char *const scripts[] = {"error-503-garbled", "error-503-header"};
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.max_retries = 1;
  for (int i = 0; i < 2; i++) {
    dosai_error *error = fail(scripts[i], &options, DOSAI_PROTOCOL);
    CHECK_INT(dosai_error_http_status(error), 503);
    CHECK_INT(dosai_error_is_retryable(error), 1);
    CHECK_INT(dosai_error_attempt_count(error), 2);
    dosai_error_free(error);
  }
}

static void check_timings(const dosai_error *error, int is_answered) {
  dosai_timings timings = {.struct_size = sizeof timings};
  CHECK_INT(dosai_error_timings(error, &timings), DOSAI_OK);
  CHECK(timings.connect_us > 0);
  CHECK_INT(timings.first_byte_us > 0, is_answered);
}

/* What the server has said is that of the last attempt, also while the call waits for the next one. */
static void last_attempt(void) {
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.max_retries = 1;
  dosai_error *error = fail("fail-then-close", &options, DOSAI_CONNECTION);
  CHECK_INT(dosai_error_attempt_count(error), 2);
  CHECK_INT(dosai_error_http_status(error), 0);
  CHECK(!dosai_error_code(error, NULL) && !dosai_error_type(error, NULL) && !dosai_error_body(error, NULL));
  CHECK(!dosai_error_request_id(error, NULL));
  CHECK_INT(dosai_error_retry_after_ms(error), -1);
  check_timings(error, 0);
  dosai_error_free(error);
  options.total_timeout_ms = 1000;
  error = fail("error-429", &options, DOSAI_TIMEOUT);
  CHECK_INT(dosai_error_attempt_count(error), 1);
  CHECK_INT(dosai_error_http_status(error), 429);
  CHECK_TEXT(dosai_error_code(error, NULL), "rate_limit_exceeded");
  const char *body = dosai_error_body(error, NULL);
  CHECK(body && strstr(body, "Rate limit exceeded."));
  CHECK_TEXT(dosai_error_request_id(error, NULL), "req-1");
  CHECK_INT(dosai_error_retry_after_ms(error), 3000);
  check_timings(error, 1);
  dosai_error_free(error);
}

/* A copy is whole when the first is gone. */
static void copies(void) {
  dosai_error *first = fail("error-429", NULL, DOSAI_RATE_LIMITED), *copy = NULL, *error = NULL;
  CHECK_CALL(dosai_error_copy(first, &copy, &error), DOSAI_OK);
  dosai_error_free(first);
  CHECK_INT(dosai_error_status(copy), DOSAI_RATE_LIMITED);
  CHECK(strstr(dosai_error_message(copy, NULL), "Rate limit exceeded."));
  CHECK_TEXT(dosai_error_code(copy, NULL), "rate_limit_exceeded");
  CHECK_TEXT(dosai_error_header(copy, "retry-after", NULL), "3");
  CHECK_INT(dosai_error_retry_after_ms(copy), 3000);
  CHECK_INT(dosai_error_attempt_count(copy), 1);
  CHECK(dosai_error_body(copy, NULL) && !dosai_error_completion(copy));
  CHECK_CALL(dosai_error_copy(copy, NULL, &error), DOSAI_INVALID_ARGUMENT);
  dosai_error_free(copy);
  CHECK_CALL(dosai_error_copy(NULL, &copy, &error), DOSAI_INVALID_ARGUMENT);
  CHECK(!copy);
}

int main(void) {
  every_status();
  details();
  redaction();
  attempts();
  garbled();
  last_attempt();
  copies();
  return test_end();
}
