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
  options.max_response_bytes = 1 << 20;
  call(0, DOSAI_TOO_LARGE, "max_response_bytes");
  start("gzip");
  call(0, DOSAI_OK, NULL);
  start("gzip-bomb"); /* 20 KB that unpack to 20 MiB */
  options.max_response_bytes = 1 << 20;
  call(0, DOSAI_TOO_LARGE, "max_response_bytes");
  options.max_response_bytes = -1;
  call(0, DOSAI_OK, NULL);
  start("big-event");
  call(1, DOSAI_OK, NULL);
  options.max_event_bytes = 1 << 20;
  call(1, DOSAI_TOO_LARGE, "max_event_bytes");
  options.max_event_bytes = -1;
  options.max_text_bytes = 1 << 20;
  call(1, DOSAI_TOO_LARGE, "max_text_bytes");
  options.max_text_bytes = -1;
  call(1, DOSAI_OK, NULL);
  start("fast");
  options.max_text_bytes = 10;
  call(1, DOSAI_TOO_LARGE, "max_text_bytes");
  options.max_text_bytes = 1 << 16;
  call(1, DOSAI_OK, NULL);
  start("hdr-flood");
  call(0, DOSAI_TOO_LARGE, "max_header_bytes");
  options.max_header_bytes = -1; /* libcurl has a limit of its own */
  call(0, DOSAI_TOO_LARGE, "max_header_bytes");
  start("hdr-one");
  call(0, DOSAI_TOO_LARGE, "max_header_bytes");
  start("hello");
  options.max_header_bytes = 32;
  call(0, DOSAI_TOO_LARGE, "max_header_bytes");
  call(1, DOSAI_TOO_LARGE, "max_header_bytes");
  start("rich");
  options.max_json_nodes = 20;
  call(0, DOSAI_TOO_LARGE, "max_json_nodes");
  options.max_json_nodes = 10;
  call(1, DOSAI_TOO_LARGE, "max_json_nodes");
  options.max_json_nodes = 100;
  call(1, DOSAI_OK, NULL);
  start("deep");
  call(0, DOSAI_OK, NULL);
  options.max_json_depth = 20;
  call(0, DOSAI_TOO_LARGE, "max_json_depth");
  start("deep-event");
  call(1, DOSAI_OK, NULL);
  options.max_json_depth = 20;
  call(1, DOSAI_TOO_LARGE, "max_json_depth");
  start("many-choices");
  options.max_choices = 5;
  call(1, DOSAI_OK, NULL);
  options.max_choices = 4;
  call(1, DOSAI_TOO_LARGE, "max_choices");
  start("many-tools");
  options.max_tool_calls = 5;
  call(1, DOSAI_OK, NULL);
  options.max_tool_calls = 4;
  call(1, DOSAI_TOO_LARGE, "max_tool_calls");
  start("rich");
  options.max_choices = 1;
  call(0, DOSAI_TOO_LARGE, "max_choices");
  options.max_choices = 0;
  options.max_tool_calls = 1;
  call(0, DOSAI_TOO_LARGE, "max_tool_calls");
  return test_end();
}
