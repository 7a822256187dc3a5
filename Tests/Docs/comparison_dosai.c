/* The same on libdosai: comparison_dosai URL TIMEOUT_S [CA]. */
#include <dosai.h>
#include <stdio.h>
#include <stdlib.h>

static int32_t take(const dosai_chunk *chunk, void *bytes) {
  if (chunk->kind == DOSAI_CHUNK_CONTENT) *(size_t *)bytes += chunk->text_length;
  return 0;
}

int main(int count, char **words) {
  dosai_client_options options;
  dosai_client *client = NULL;
  dosai_request *request = NULL;
  size_t bytes = 0;
  if (count < 3) return 2;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = words[1];
  options.api_key = "sk-canary-0123456789";
  options.max_retries = -1;
  options.first_token_timeout_ms = options.idle_timeout_ms = (int64_t)(strtod(words[2], NULL) * 1000);
  options.ca_file = count > 3 ? words[3] : NULL;
  dosai_status status = dosai_client_new(&options, &client, NULL);
  if (!status) status = dosai_request_new("m", DOSAI_NUL_TERMINATED, &request, NULL);
  if (!status)
    status = dosai_request_add_message(request, "user", "a private question", DOSAI_NUL_TERMINATED, NULL);
  if (!status) status = dosai_chat_stream(client, request, NULL, take, &bytes, NULL, NULL);
  printf("{\"ok\": %s, \"error\": \"%s\", \"text\": \"%zu bytes\"}\n", status ? "false" : "true",
         dosai_status_name(status), bytes);
  dosai_request_free(request);
  dosai_client_free(client);
  return 0;
}
