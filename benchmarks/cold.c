/* From the start of a process to its first byte on the wire: one POST on libcurl, or, with -DWITH_DOSAI, one on the library,
 * each linked with nothing else. usage: cold PORT   0: no call, but the memory of the process when all is set for it, in KB. */
#include "measure.h"

#ifdef WITH_DOSAI
#include <dosai.h>

static int run(const char *base, int calls) {
  dosai_client_options options;
  dosai_client *client = NULL;
  dosai_request *request = NULL;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = base;
  dosai_status status = dosai_client_new(&options, &client, NULL);
  if (!status) status = dosai_request_new("m", 1, &request, NULL);
  if (!status) status = dosai_request_add_message(request, "user", "Hello!", 6, NULL);
  if (!status && calls) status = dosai_chat(client, request, NULL, NULL, NULL);
  if (!calls) printf("%ld\n", memory_kb("VmRSS:"));
  dosai_request_free(request);
  dosai_client_free(client);
  return !status;
}
#else
#include <curl/curl.h>

static size_t take(char *bytes, size_t size, size_t count, void *context) {
  (void)bytes, (void)context;
  return size * count;
}

static int run(const char *base, int calls) {
  CURLcode code = CURLE_OK;
  CURL *easy = curl_easy_init();
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  curl_easy_setopt(easy, CURLOPT_URL, base);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                   "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]}");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
  if (calls) code = curl_easy_perform(easy);
  if (!calls) printf("%ld\n", memory_kb("VmRSS:"));
  curl_slist_free_all(headers);
  curl_easy_cleanup(easy);
  return code == CURLE_OK;
}
#endif

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  int calls = strcmp(argv[1], "0") != 0;
  char base[64];
  snprintf(base, sizeof base, "http://127.0.0.1:%s/v1", calls ? argv[1] : "80");
  return !run(base, calls);
}
