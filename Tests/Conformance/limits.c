/* Each limit of a client: just inside it is fine, beyond it is TOO_LARGE, and the message says which. */
#include "test.h"

static dosai_client_options options;
static char url[256];

static void start(const char *script) { test_options(&options, url, TEST_PLAIN, script); }

static void call(int streams, dosai_status status, const char *word) {
  dosai_client *client = test_client_with(&options);
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  if (streams)
    CHECK_KEEP(dosai_chat_stream(client, request, NULL, test_go_on, NULL, &completion, &error), status);
  else CHECK_KEEP(dosai_chat(client, request, NULL, &completion, &error), status);
  CHECK((completion != NULL) == (status == DOSAI_OK));
  const char *message = dosai_error_message(error, NULL);
  if (word) CHECK(message && strstr(message, word));
  if (word && message && !strstr(message, word)) fprintf(stderr, "  no \"%s\" in \"%s\"\n", word, message);
  dosai_error_free(error);
  dosai_completion_free(completion);
  dosai_request_free(request);
  dosai_client_free(client);
}

int main(void) {
  start("big");
  call(0, DOSAI_OK, NULL);
  options.response_bytes_max = 1 << 20;
  call(0, DOSAI_TOO_LARGE, "response_bytes_max");
  start("gzip");
  call(0, DOSAI_OK, NULL);
  start("gzip-bomb"); /* 20 KB that unpack to 20 MiB */
  options.response_bytes_max = 1 << 20;
  call(0, DOSAI_TOO_LARGE, "response_bytes_max");
  options.response_bytes_max = -1;
  call(0, DOSAI_OK, NULL);
  start("big-event");
  call(1, DOSAI_OK, NULL);
  options.event_bytes_max = 1 << 20;
  call(1, DOSAI_TOO_LARGE, "event_bytes_max");
  options.event_bytes_max = -1;
  options.text_bytes_max = 1 << 20;
  call(1, DOSAI_TOO_LARGE, "text_bytes_max");
  options.text_bytes_max = -1;
  call(1, DOSAI_OK, NULL);
  start("fast");
  options.text_bytes_max = 10;
  call(1, DOSAI_TOO_LARGE, "text_bytes_max");
  options.text_bytes_max = 1 << 16;
  call(1, DOSAI_OK, NULL);
  start("hdr-flood");
  call(0, DOSAI_TOO_LARGE, "header_bytes_max");
  start("hdr-one");
  call(0, DOSAI_TOO_LARGE, "header_bytes_max");
  start("hello");
  options.header_bytes_max = 32;
  call(0, DOSAI_TOO_LARGE, "header_bytes_max");
  call(1, DOSAI_TOO_LARGE, "header_bytes_max");
  start("rich");
  options.json_nodes_max = 20;
  call(0, DOSAI_TOO_LARGE, "json_nodes_max");
  options.json_nodes_max = 10;
  call(1, DOSAI_TOO_LARGE, "json_nodes_max");
  options.json_nodes_max = 100;
  call(1, DOSAI_OK, NULL);
  start("deep");
  call(0, DOSAI_OK, NULL);
  options.json_depth_max = 20;
  call(0, DOSAI_TOO_LARGE, "json_depth_max");
  start("deep-event");
  call(1, DOSAI_OK, NULL);
  options.json_depth_max = 20;
  call(1, DOSAI_TOO_LARGE, "json_depth_max");
  start("many-choices");
  options.choices_max = 5;
  call(1, DOSAI_OK, NULL);
  options.choices_max = 4;
  call(1, DOSAI_TOO_LARGE, "choices_max");
  start("many-tools");
  options.tool_calls_max = 5;
  call(1, DOSAI_OK, NULL);
  options.tool_calls_max = 4;
  call(1, DOSAI_TOO_LARGE, "tool_calls_max");
  start("rich");
  options.choices_max = 1;
  call(0, DOSAI_TOO_LARGE, "choices_max");
  options.choices_max = 0;
  options.tool_calls_max = 1;
  call(0, DOSAI_TOO_LARGE, "tool_calls_max");
  return test_end();
}
