/* What is sent: the request's own bytes. Only "stream" is the call's. */
#include "test.h"

/* The bytes that a unary call and both kinds of stream send for this text. */
static void sends(const char *text, const char *unary, const char *streamed) {
  dosai_client *client = test_client(TEST_PLAIN, "echo");
  dosai_request *request = test_parse(text);
  dosai_completion *completion = NULL;
  dosai_stream *stream = NULL;
  const dosai_chunk *chunk;
  dosai_error *error = NULL;
  CHECK_TEXT(dosai_request_json(request, NULL), text);
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  CHECK_LAST(TEST_PLAIN, "echo", "body", unary);
  CHECK_TEXT(dosai_completion_content(completion, 0, NULL), unary);
  dosai_completion_free(completion);
  CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, &completion, &error), DOSAI_OK);
  CHECK_LAST(TEST_PLAIN, "echo", "body", streamed);
  CHECK_TEXT(dosai_completion_content(completion, 0, NULL), streamed);
  dosai_completion_free(completion);
  CHECK_CALL(dosai_stream_open(client, request, NULL, &stream, &error), DOSAI_OK);
  CHECK_LAST(TEST_PLAIN, "echo", "body", streamed);
  do CHECK_CALL(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_OK);
  while (chunk);
  dosai_stream_free(stream);
  CHECK_TEXT(dosai_request_json(request, NULL), text); /* a call changes nothing in it */
  dosai_request_free(request);
  dosai_client_free(client);
}

static void copies(void) {
  dosai_request *request = test_request(), *copy = NULL;
  dosai_error *error = NULL;
  CHECK_CALL(dosai_request_copy(request, &copy, &error), DOSAI_OK);
  CHECK_TEXT(dosai_request_json(copy, NULL), dosai_request_json(request, NULL));
  CHECK_CALL(dosai_request_set_integer(copy, "seed", 1, &error), DOSAI_OK);
  CHECK(!strstr(dosai_request_json(request, NULL), "seed"));
  dosai_request_free(request);
  CHECK(strstr(dosai_request_json(copy, NULL), "\"seed\":1}"));
  dosai_request_free(copy);
}

static int32_t ignore(const dosai_event *event, void *user_data) {
  (void)event, (void)user_data;
  return 0;
}

/* All was copied: what a call was made of may change at once, also where it still waits in a loop. */
static void copied(void) {
  char json[] = "{\"model\":\"m\"}", body[] = "{\"input\":1}", path[] = "/embeddings",
       line[] = "X-Title: kept";
  const char *lines[] = {line};
  dosai_client *client = test_client(TEST_PLAIN, "echo~chat"), *other = test_client(TEST_PLAIN, "echo~post");
  dosai_request *request = test_parse(json);
  dosai_loop *loop = NULL;
  dosai_error *error = NULL;
  dosai_loop_options one;
  dosai_call_options options;
  size_t active = 1;
  dosai_loop_options_init(&one, sizeof one);
  one.max_in_flight = 1;
  dosai_call_options_init(&options, sizeof options);
  options.headers = lines;
  options.header_count = 1;
  memset(json, 'x', sizeof json - 1);
  CHECK_CALL(dosai_loop_new(&one, &loop, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_submit_chat(loop, client, request, NULL, 1, NULL, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_submit_post(loop, other, path, body, sizeof body - 1, &options, 2, NULL, &error),
             DOSAI_OK);
  CHECK_CALL(dosai_request_set_integer(request, "seed", 1, &error), DOSAI_OK);
  memset(body, 'x', sizeof body - 1);
  memset(path, 'x', sizeof path - 1);
  memset(line, 'x', sizeof line - 1);
  memset(&options, 0xee, sizeof options);
  for (int i = 0; i < 100 && active; i++)
    CHECK_CALL(dosai_loop_step(loop, test_bound(1000), ignore, NULL, &active, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_close(loop, ignore, NULL, &error), DOSAI_OK);
  CHECK_LAST(TEST_PLAIN, "echo~chat", "body", "{\"model\":\"m\"}");
  CHECK_LAST(TEST_PLAIN, "echo~post", "body", "{\"input\":1}");
  CHECK_LAST(TEST_PLAIN, "echo~post", "header/x-title", "kept");
  char *asked = test_last(TEST_PLAIN, "echo~post", "path");
  CHECK(strstr(asked, "/v1/embeddings"));
  free(asked);
  dosai_request_free(request);
  dosai_client_free(client);
  dosai_client_free(other);
}

/* Builders work on a parsed text too, and leave the rest of it as it is. */
static void built_on(void) {
  dosai_request *request = test_parse("{ \"seed\": 0.70, \"messages\" : [ ], \"a\":1, \"a\":2}");
  dosai_error *error = NULL;
  CHECK_CALL(dosai_request_add_message(request, "user", "hi", 2, &error), DOSAI_OK);
  CHECK_CALL(dosai_request_set_text(request, "model", "m", 1, &error), DOSAI_OK);
  const char *text = dosai_request_json(request, NULL);
  CHECK(strstr(text, "{ \"seed\": 0.70, \"messages\" : ["));
  CHECK(strstr(text, "{\"role\":\"user\",\"content\":\"hi\"}"));
  CHECK(strstr(text, ", \"a\":1, \"a\":2,\"model\":\"m\"}"));
  CHECK_CALL(dosai_request_add_message(request, "user", "more", 4, &error), DOSAI_OK);
  CHECK(strstr(dosai_request_json(request, NULL), "\"hi\"},{\"role\":\"user\",\"content\":\"more\"}"));
  dosai_request_free(request);
  request = test_parse("{}");
  CHECK_CALL(dosai_request_add_message(request, "user", "hi", 2, &error), DOSAI_OK);
  CHECK_TEXT(dosai_request_json(request, NULL), "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
  dosai_request_free(request);
  request = test_parse("{\"messages\":7}");
  CHECK_CALL(dosai_request_add_message(request, "user", "hi", 2, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_TEXT(dosai_request_json(request, NULL), "{\"messages\":7}");
  dosai_request_free(request);
}

/* The answer's message goes back as the server wrote it, with what the library does not know. */
static void tool_round_trip(test_transport transport, int streams) {
  dosai_client *client = test_client(transport, "rich");
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  size_t length = 0;
  if (streams)
    CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, &completion, &error), DOSAI_OK);
  else CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  const char *message = dosai_completion_message_json(completion, 0, &length);
  CHECK(message && strstr(message, streams ? "\"x_unknown\":{\"deep\":[1,2.5"
                                           : "\"x_unknown\": {\"deep\": [1, 2.50, null]}"));
  CHECK_INT(length, message ? strlen(message) : 1);
  CHECK_CALL(dosai_request_add_completion(request, completion, 0, &error), DOSAI_OK);
  CHECK_CALL(
      dosai_request_add_tool_result(request, "call_1", "{\"sky\":\"clear\"}", DOSAI_NUL_TERMINATED, &error),
      DOSAI_OK);
  CHECK_CALL(dosai_request_add_completion(request, completion, 2, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_request_add_completion(request, completion, -1, &error), DOSAI_INVALID_ARGUMENT);
  size_t room = length + 300;
  char *expected = malloc(room);
  snprintf(expected, room,
           "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},%s,{\"role\":\"tool\","
           "\"tool_call_id\":\"call_1\",\"content\":\"{\\\"sky\\\":\\\"clear\\\"}\"}]}",
           message);
  dosai_completion_free(completion);
  CHECK_TEXT(dosai_request_json(request, NULL), expected);
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  CHECK_LAST(transport, "rich", "body", expected);
  free(expected);
  dosai_completion_free(completion);
  dosai_request_free(request);
  dosai_client_free(client);
}

int main(void) {
  sends("{\"model\":\"m\"}", "{\"model\":\"m\"}", "{\"model\":\"m\",\"stream\":true}");
  sends("{}", "{}", "{\"stream\":true}");
  sends("{\"a\":1,\"stream\":true}", "{\"a\":1}", "{\"a\":1,\"stream\":true}");
  sends("{\"stream\":true,\"a\":1}", "{\"a\":1}", "{\"stream\":true,\"a\":1}");
  sends("{\"stream\":false,\"a\":1}", "{\"a\":1}", "{\"a\":1,\"stream\":true}");
  sends("{\"a\":1,\"stream\":false}", "{\"a\":1}", "{\"a\":1,\"stream\":true}");
  sends("{\"stream\":true}", "{}", "{\"stream\":true}");
  sends("{\"a\":1,\"stream\":\"yes\",\"b\":2}", "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2,\"stream\":true}");
  sends("{\"stream\":\"x\",\"a\":1,\"stream\":1}", "{\"a\":1}", "{\"a\":1,\"stream\":true}");
  sends("{\"a\":{\"stream\":true},\"b\":\"\\\"stream\\\":true\"}",
        "{\"a\":{\"stream\":true},\"b\":\"\\\"stream\\\":true\"}",
        "{\"a\":{\"stream\":true},\"b\":\"\\\"stream\\\":true\",\"stream\":true}");
  sends(
      "{ \"t\" : 0.70,\n \"seed\":12345678901234567890123, \"a\":1,\"a\":2, \"e\":1E+2, "
      "\"u\":\"\\u00fc\\/\"}",
      "{ \"t\" : 0.70,\n \"seed\":12345678901234567890123, \"a\":1,\"a\":2, \"e\":1E+2, "
      "\"u\":\"\\u00fc\\/\"}",
      "{ \"t\" : 0.70,\n \"seed\":12345678901234567890123, \"a\":1,\"a\":2, \"e\":1E+2, \"u\":\"\\u00fc\\/\","
      "\"stream\":true}");
  copies();
  copied();
  built_on();
  for (int streams = 0; streams < 2; streams++) tool_round_trip(TEST_PLAIN, streams);
  tool_round_trip(TEST_TLS, 1);
  return test_end();
}
