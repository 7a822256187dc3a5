#include "test.h"

static dosai_completion *get(const char *script, int streams) {
  dosai_client *client = test_client(TEST_PLAIN, script);
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  if (streams)
    CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, &completion, &error), DOSAI_OK);
  else CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  dosai_request_free(request);
  dosai_client_free(client); /* the completion outlives both */
  return completion;
}

#define CHECK_BYTES(call, expected)                                                            \
  do {                                                                                         \
    size_t length = 0;                                                                         \
    const char *bytes = call;                                                                  \
    CHECK_INT(length, sizeof expected - 1);                                                    \
    CHECK(bytes &&length == sizeof expected - 1 && !memcmp(bytes, expected, sizeof expected)); \
  } while (0)

static void whole(const dosai_completion *c, int streams) {
  dosai_usage usage = {.struct_size = sizeof usage};
  dosai_timings timings = {.struct_size = sizeof timings};
  dosai_attempt attempt = {.struct_size = sizeof attempt};
  CHECK_TEXT(dosai_completion_id(c, NULL), "chatcmpl-abc123");
  CHECK_TEXT(dosai_completion_object(c, NULL), "chat.completion");
  CHECK_INT(dosai_completion_created(c), 1711000000);
  CHECK_TEXT(dosai_completion_model(c, NULL), "dos-ai");
  CHECK_INT(dosai_completion_choice_count(c), 2);
  CHECK_INT(dosai_completion_choice_index(c, 0), 0);
  CHECK_INT(dosai_completion_choice_index(c, 1), 1);
  CHECK_TEXT(dosai_completion_role(c, 0, NULL), "assistant");
  if (streams)
    CHECK_BYTES(dosai_completion_content(c, 0, &length), "Gr\xc3\xbc\xc3\x9f"
                                                         "e \xf0\x9f\x98\x80 a\0b \"quoted\" \\ \n");
  else
    CHECK_BYTES(dosai_completion_content(c, 0, &length), "Gr\xc3\xbc\xc3\x9f"
                                                         "e a\0b");
  CHECK_TEXT(dosai_completion_content(c, 1, NULL), streams ? "second" : NULL);
  CHECK_TEXT(dosai_completion_reasoning(c, 0, NULL), "Let me think.");
  CHECK_TEXT(dosai_completion_reasoning(c, 1, NULL), NULL);
  CHECK_TEXT(dosai_completion_refusal(c, 0, NULL), NULL);
  CHECK_TEXT(dosai_completion_refusal(c, 1, NULL), "No.");
  CHECK_INT(dosai_completion_finish_reason(c, 0), DOSAI_FINISH_TOOL_CALLS);
  CHECK_TEXT(dosai_completion_finish_reason_text(c, 0, NULL), "tool_calls");
  CHECK_INT(dosai_completion_finish_reason(c, 1), streams ? DOSAI_FINISH_STOP : DOSAI_FINISH_OTHER);
  CHECK_TEXT(dosai_completion_finish_reason_text(c, 1, NULL), streams ? "stop" : "eos");
  CHECK_INT(dosai_completion_quirks(c) & ~(uint32_t)DOSAI_QUIRK_FINISH_REASON, 0);
  CHECK_INT(dosai_completion_tool_call_count(c, 0), 2);
  CHECK_INT(dosai_completion_tool_call_count(c, 1), 0);
  CHECK_TEXT(dosai_completion_tool_call_id(c, 0, 0, NULL), "call_1");
  CHECK_TEXT(dosai_completion_tool_call_name(c, 0, 0, NULL), "get_weather");
  CHECK_BYTES(dosai_completion_tool_call_arguments(c, 0, 0, &length), "{\"location\": \"Tokyo\"}");
  CHECK_TEXT(dosai_completion_tool_call_id(c, 0, 1, NULL), "call_2");
  CHECK_TEXT(dosai_completion_tool_call_name(c, 0, 1, NULL), "get_time");
  CHECK_TEXT(dosai_completion_tool_call_arguments(c, 0, 1, NULL), "{}");
  CHECK_INT(dosai_completion_usage(c, &usage), DOSAI_OK);
  CHECK_INT(usage.struct_size, sizeof usage);
  CHECK_INT(usage.prompt_tokens, 12);
  CHECK_INT(usage.completion_tokens, 9);
  CHECK_INT(usage.total_tokens, 21);
  CHECK_INT(usage.cached_tokens, 4);
  CHECK_INT(usage.reasoning_tokens, 3);
  CHECK_INT(dosai_completion_timings(c, &timings), DOSAI_OK);
  CHECK_INT(timings.reused_connection, 0);
  CHECK(timings.connect_us >= 0 && timings.connect_us <= timings.first_byte_us);
  CHECK(timings.first_byte_us <= timings.total_us);
  if (streams) CHECK_BETWEEN(timings.first_token_us, timings.first_byte_us, timings.total_us);
  else CHECK_INT(timings.first_token_us, -1);
  CHECK_TEXT(dosai_completion_request_id(c, NULL), "req-1");
  CHECK_TEXT(dosai_completion_header(c, "X-RATELIMIT-remaining-tokens", NULL), "1000");
  CHECK_TEXT(dosai_completion_header(c, "x-none", NULL), NULL);
  size_t length = 0;
  const char *all = dosai_completion_headers(c, &length);
  CHECK_TEXT(test_listed(all, length, "x-ratelimit-remaining-tokens"), "1000");
  CHECK_TEXT(test_listed(all, length, "x-none"), NULL);
  CHECK_INT(dosai_completion_http_status(c), 200);
  CHECK_INT(dosai_completion_attempt_count(c), 1);
  CHECK_INT(dosai_completion_attempt(c, 0, &attempt), DOSAI_OK);
  CHECK(attempt.status == DOSAI_OK && attempt.http_status == 200 && attempt.delay_ms == 0);
  CHECK_INT(dosai_completion_attempt(c, 1, &attempt), DOSAI_INVALID_ARGUMENT);
  const char *json = dosai_completion_json(c, NULL);
  CHECK(json &&
        strncmp(json, streams ? "{\"id\":\"chatcmpl-abc123\"" : "{\"id\": \"chatcmpl-abc123\"", 20) == 0);
  CHECK(json && strstr(json, "x_unknown"));
}

/* There is no such choice, or no such call in it: the empty answer. */
static void absent(const dosai_completion *c) {
  static const int choices[] = {-1, 2, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
    int32_t at = choices[i];
    size_t length = 7;
    CHECK_INT(dosai_completion_choice_index(c, at), -1);
    CHECK_TEXT(dosai_completion_content(c, at, &length), NULL);
    CHECK_INT(length, 0);
    CHECK_TEXT(dosai_completion_role(c, at, NULL), NULL);
    CHECK_TEXT(dosai_completion_refusal(c, at, NULL), NULL);
    CHECK_TEXT(dosai_completion_reasoning(c, at, NULL), NULL);
    CHECK_INT(dosai_completion_finish_reason(c, at), DOSAI_FINISH_NONE);
    CHECK_TEXT(dosai_completion_finish_reason_text(c, at, NULL), NULL);
    CHECK_TEXT(dosai_completion_message_json(c, at, NULL), NULL);
    CHECK_INT(dosai_completion_tool_call_count(c, at), 0);
    CHECK_TEXT(dosai_completion_tool_call_id(c, at, 0, NULL), NULL);
    CHECK_TEXT(dosai_completion_tool_call_id(c, 0, at, NULL), NULL);
    CHECK_TEXT(dosai_completion_tool_call_name(c, 0, at, NULL), NULL);
    CHECK_TEXT(dosai_completion_tool_call_arguments(c, 0, at, NULL), NULL);
  }
}

static void sizes(const dosai_completion *c) {
  dosai_usage usage;
  dosai_timings timings;
  memset(&usage, 0xee, sizeof usage);
  usage.struct_size = offsetof(dosai_usage, total_tokens); /* an older program's */
  int64_t untouched = usage.total_tokens;
  CHECK_INT(dosai_completion_usage(c, &usage), DOSAI_OK);
  CHECK_INT(usage.struct_size, offsetof(dosai_usage, total_tokens));
  CHECK_INT(usage.completion_tokens, 9);
  CHECK_INT(usage.total_tokens, untouched);
  usage.struct_size = timings.struct_size = 0;
  CHECK_INT(dosai_completion_usage(c, &usage), DOSAI_INVALID_ARGUMENT);
  CHECK_INT(dosai_completion_timings(c, &timings), DOSAI_INVALID_ARGUMENT);
  CHECK_INT(dosai_completion_usage(c, NULL), DOSAI_INVALID_ARGUMENT);
  CHECK_INT(dosai_completion_timings(c, NULL), DOSAI_INVALID_ARGUMENT);
}

/* A token is what the model says: a role, or a field of the server's own, says nothing. */
static void first_tokens(void) {
  static const char *const scripts[] = {"token-content", "token-reasoning_content", "token-refusal",
                                        "token-tool_calls", "token-name"};
  for (int i = 0; i < 5; i++) {
    dosai_timings timings = {.struct_size = sizeof timings};
    dosai_completion *completion = NULL;
    dosai_error *error = NULL;
    dosai_request *request = test_request();
    dosai_client *client = test_client(TEST_PLAIN, scripts[i]);
    CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, &completion, &error), DOSAI_OK);
    CHECK_INT(dosai_completion_timings(completion, &timings), DOSAI_OK);
    if (i < 4) CHECK_BETWEEN(timings.first_token_us, timings.first_byte_us, timings.total_us);
    else CHECK_INT(timings.first_token_us, -1);
    dosai_completion_free(completion);
    dosai_request_free(request);
    dosai_client_free(client);
  }
}

static void quirk_names(void) {
  int named = 0;
  for (unsigned bit = 0; bit < 32; bit++) named += dosai_quirk_name((uint32_t)1 << bit) != NULL;
  CHECK_INT(named, 20);
  CHECK_TEXT(dosai_quirk_name(DOSAI_QUIRK_DONE_MISSING), "DONE_MISSING");
  CHECK_TEXT(dosai_quirk_name(DOSAI_QUIRK_TEXT_REPAIRED), "TEXT_REPAIRED");
  CHECK_TEXT(dosai_quirk_name(DOSAI_QUIRK_BIG_NUMBER), "BIG_NUMBER");
  CHECK_TEXT(dosai_quirk_name(0), NULL);
  CHECK_TEXT(dosai_quirk_name(3), NULL);
}

int main(void) {
  for (int streams = 0; streams < 2; streams++) {
    dosai_completion *completion = get("rich", streams);
    whole(completion, streams);
    absent(completion);
    sizes(completion);
    dosai_completion_free(completion);
  }
  dosai_completion *bare = get("hello", 0);
  dosai_usage usage = {.struct_size = sizeof usage};
  CHECK_INT(dosai_completion_usage(bare, &usage), DOSAI_OK);
  CHECK_INT(usage.cached_tokens, -1);
  CHECK_INT(usage.reasoning_tokens, -1);
  CHECK_INT(dosai_completion_quirks(bare), 0);
  CHECK_TEXT(dosai_completion_message_json(bare, 0, NULL),
             "{\"role\": \"assistant\", \"content\": \"Hello! How can I help you today?\"}");
  dosai_completion_free(bare);
  first_tokens();
  quirk_names();
  return test_end();
}
