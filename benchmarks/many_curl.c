/* Many streams by libcurl alone, with lines split where they lie. Of an event only its time is read. */
#define _GNU_SOURCE
#include "curl_multi.h"
#include "many.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct stream {
  size_t number;
  int isDone;
  size_t length;
  char *rest; /* of a line that has not ended */
} stream;

static CURLSH *share;
static struct curl_slist *headers;
static const char *authorities;
static char url[256], body[256];

static void take_line(stream *it, const char *line, size_t length) {
  static const char mark[] = "\"content\":\"";
  if (length < 6 || memcmp(line, "data: ", 6) != 0) return;
  if (length == 12 && !memcmp(line + 6, "[DONE]", 6)) it->isDone = 1;
  const char *content = memmem(line, length, mark, sizeof mark - 1);
  if (content) many_took(it->number, content + sizeof mark - 1);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
  stream *it = context;
  const char *at = bytes, *end = bytes + size * count;
  while (at < end) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    size_t length = (size_t)((newline ? newline : end) - at);
    if (newline && it->length == 0) {
      take_line(it, at, length);
    } else {
      char *rest = realloc(it->rest, it->length + length + 1);
      if (!rest) return 0;
      memcpy(rest + it->length, at, length);
      it->rest = rest;
      it->length += length;
      rest[it->length] = 0;
      if (newline) take_line(it, rest, it->length), it->length = 0;
    }
    at += length + 1;
  }
  return size * count;
}

void curl_start(const char *base, const char *ca) {
  snprintf(url, sizeof url, "%s/chat/completions", base);
  start_multi();
  authorities = ca;
  share = curl_share_init();
  curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  headers = curl_slist_append(curl_slist_append(NULL, "Content-Type: application/json"),
                              "Accept: text/event-stream");
}

static void add(stream *it) {
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_SHARE, share);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, it);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, it);
  if (authorities) curl_easy_setopt(easy, CURLOPT_CAINFO, authorities);
  curl_multi_add_handle(multi, easy);
}

static size_t finish(void) {
  size_t count = 0;
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(multi, &left))) {
    CURL *easy = message->easy_handle;
    CURLcode result = message->data.result;
    stream *it = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &it);
    many_ended(result ? curl_easy_strerror(result) : it->isDone ? NULL : "there was no [DONE]");
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    free(it->rest);
    count++;
  }
  return count;
}

void curl_run(const char *model, size_t count) {
  stream *all = calloc(count, sizeof *all);
  if (!all) exit(1);
  snprintf(body, sizeof body,
           "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}],\"stream\":true}",
           model);
  for (size_t i = 0; i < count; i++) all[i].number = i, add(&all[i]);
  for (size_t left = count; left > 0; left -= finish()) step_multi();
  free(all);
}
