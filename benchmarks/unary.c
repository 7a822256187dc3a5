/* Whole answers, one after the other over one connection: the library, and what a careful engineer writes with libcurl
 * and jansson: one easy handle, one buffer, the answer parsed and its content read.
 * usage: unary MODE PORT COUNT   MODE: dosai, jansson. Prints nanoseconds of CPU and of time a request after the first,
 * the growth of the peak of memory in KB, and the bytes of the last content. COUNT 1 is for the memory. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <dosai.h>
#include <jansson.h>
#include <time.h>

#include "measure.h"

static const char *base;
static size_t content_bytes;

/* ---- libcurl and jansson */

static CURL *easy;
static char *answer;
static size_t answer_length, answer_capacity;

static size_t collect(char *bytes, size_t size, size_t count, void *context) {
  (void)context;
  size_t more = size * count, wanted = answer_length + more;
  if (wanted > answer_capacity) {
    size_t capacity = wanted > 2 * answer_capacity ? wanted : 2 * answer_capacity;
    char *larger = realloc(answer, capacity);
    if (!larger) return 0;
    answer = larger, answer_capacity = capacity;
  }
  memcpy(answer + answer_length, bytes, more);
  answer_length = wanted;
  return more;
}

static void start_curl(void) {
  char url[128];
  snprintf(url, sizeof url, "%s/chat/completions", base);
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Accept: application/json");
  headers = curl_slist_append(headers, "Authorization: Bearer sk-0123456789abcdef");
  easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 32768L);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                   "{\"model\":\"dos-ai\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]}");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, collect);
}

static int ask_curl(void) {
  long http_status = 0;
  answer_length = 0;
  if (curl_easy_perform(easy) != CURLE_OK) return 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &http_status);
  json_t *root = json_loadb(answer, answer_length, 0, NULL);
  json_t *message = json_object_get(json_array_get(json_object_get(root, "choices"), 0), "message");
  json_t *content = json_object_get(message, "content");
  int is_whole = http_status == 200 && json_is_string(content);
  if (is_whole) content_bytes = strlen(json_string_value(content));
  json_decref(root);
  return is_whole;
}

/* ---- the library */

static dosai_client *client;
static dosai_request *request;

static void observe(const dosai_call_event *event, void *user_data) { (void)event, (void)user_data; }

static void start_dosai(void) {
  dosai_client_options options;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = base;
  options.api_key = "sk-0123456789abcdef";
  options.max_retries = -1;
  if (getenv("BENCH_OBSERVE")) options.on_event = observe;
  if (dosai_client_new(&options, &client, NULL) || dosai_request_new("dos-ai", 6, &request, NULL) ||
      dosai_request_add_message(request, "user", "Hello!", 6, NULL))
    exit(1);
}

static int ask_dosai(void) {
  dosai_completion *completion = NULL;
  if (dosai_chat(client, request, NULL, &completion, NULL)) return 0;
  const char *content = dosai_completion_content(completion, 0, NULL);
  if (content) content_bytes = strlen(content);
  dosai_completion_free(completion);
  return content != NULL;
}

/* ---- */

static double now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int is_dosai = !strcmp(argv[1], "dosai");
  long count = atol(argv[3]);
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%s/v1", argv[2]);
  base = url;
  (is_dosai ? start_dosai : start_curl)();
  int (*ask)(void) = is_dosai ? ask_dosai : ask_curl;
  long before = memory_kb("VmHWM:");
  if (!ask()) return 1;
  double cpu = cpu_ns(), wall = now_ns();
  for (long i = 1; i < count; i++)
    if (!ask()) return 1;
  double times = count > 1 ? (double)(count - 1) : 1;
  printf("%.0f %.0f %ld %zu\n", (cpu_ns() - cpu) / times, (now_ns() - wall) / times,
         memory_kb("VmHWM:") - before, content_bytes);
}
