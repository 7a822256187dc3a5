/* The same on libdosai: comparison_dosai URL TIMEOUT_S [CA]. */
#include <dosai.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static int32_t take(const dosai_chunk *chunk, void *bytes) {
  if (chunk->kind == DOSAI_CHUNK_CONTENT) *(size_t *)bytes += chunk->text_length;
  return 0;
}

/* The process's own peak; ru_maxrss would begin with that of the process that made it. */
static long peak_kb(void) {
  FILE *file = fopen("/proc/self/status", "r");
  char text[256];
  long peak = 0;
  while (file && fgets(text, sizeof text, file)) sscanf(text, "VmHWM: %ld", &peak);
  if (file) fclose(file);
  return peak;
}

int main(int count, char **words) {
  dosai_client_options options;
  dosai_client *client = NULL;
  dosai_request *request = NULL;
  struct rusage usage;
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
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"ok\": %s, \"error\": \"%s\", \"text\": \"%zu bytes\", \"cpu_us\": %ld, \"rss_kb\": %ld}\n",
         status ? "false" : "true", dosai_status_name(status), bytes,
         (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L + usage.ru_utime.tv_usec +
             usage.ru_stime.tv_usec,
         peak_kb());
  dosai_request_free(request);
  dosai_client_free(client);
  return 0;
}
