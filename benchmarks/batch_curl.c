/* A batch by libcurl alone: the body of each line of a file is sent, so many at once, and each answer is written as a
 * line of another file. Nothing is parsed: the lines are known to be well-formed, and so is what is answered.
 * usage: batch_curl BASE INPUT OUTPUT COUNT   COUNT: how many at once, each with a handle of its own. */
#define _GNU_SOURCE
#include "curl_multi.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct call {
  CURL *easy;
  char *line; /* of the input */
  size_t line_capacity;
  char *answer;
  size_t length, capacity;
} call;

static FILE *input, *output;
static size_t running;

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
  call *it = context;
  size_t more = size * count, wanted = it->length + more;
  if (wanted > it->capacity) {
    char *larger = realloc(it->answer, 2 * wanted);
    if (!larger) return 0;
    it->answer = larger, it->capacity = 2 * wanted;
  }
  memcpy(it->answer + it->length, bytes, more);
  it->length = wanted;
  return more;
}

/* Sends the next line of the input, if there is one. */
static void send_next(call *it) {
  static const char mark[] = "\"body\": ";
  ssize_t length = getline(&it->line, &it->line_capacity, input);
  char *body = length > 0 ? strstr(it->line, mark) : NULL, *end = body ? strrchr(body, '}') : NULL;
  if (!end) return;
  it->length = 0;
  curl_easy_setopt(it->easy, CURLOPT_POSTFIELDSIZE, (long)(end - body) - (long)strlen(mark));
  curl_easy_setopt(it->easy, CURLOPT_POSTFIELDS, body + strlen(mark));
  curl_multi_add_handle(multi, it->easy);
  running++;
}

static void finish(void) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(multi, &left))) {
    CURL *easy = message->easy_handle;
    CURLcode result = message->data.result;
    long status = 0;
    call *it = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &it);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (result != CURLE_OK || status != 200) {
      fprintf(stderr, "%ld %s\n", status, curl_easy_strerror(result));
      exit(1);
    }
    char *id = strstr(it->line, "\"custom_id\": \"");
    int id_length = id ? (int)strcspn(id + 14, "\"") : 0;
    fprintf(output, "{\"custom_id\": \"%.*s\", \"response\": {\"status_code\": 200, \"body\": ", id_length,
            id ? id + 14 : "");
    fwrite(it->answer, 1, it->length, output);
    fputs("}}\n", output);
    fflush(output); /* a line that has come is in the file */
    curl_multi_remove_handle(multi, easy);
    running--;
    send_next(it);
  }
}

int main(int argc, char **argv) {
  char url[256];
  if (argc != 5 || !(input = fopen(argv[2], "r")) || !(output = fopen(argv[3], "w"))) return 2;
  size_t count = strtoul(argv[4], NULL, 10);
  call *calls = calloc(count, sizeof *calls);
  snprintf(url, sizeof url, "%s/chat/completions", argv[1]);
  start_multi();
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Accept: application/json");
  headers = curl_slist_append(headers, "Authorization: Bearer sk-0123456789abcdef");
  for (size_t i = 0; i < count; i++) {
    CURL *easy = calls[i].easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &calls[i]);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &calls[i]);
    send_next(&calls[i]);
  }
  while (running > 0) {
    step_multi();
    finish();
  }
  return fclose(output) != 0;
}
