/* Many streams by libcurl alone, as well as it can be done by hand: curl_multi_socket_action over epoll, one timer,
 * lines split where they lie. Of an event only its time is read. */
#define _GNU_SOURCE
#include "many.h"
#include <curl/curl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#define EVENTS 256

typedef struct stream {
  size_t number;
  int isDone;
  size_t length;
  char *rest; /* of a line that has not ended */
} stream;

static CURLM *multi;
static CURLSH *share;
static struct curl_slist *headers;
static const char *authorities;
static char url[256], body[256];
static int poller;
static int64_t deadline = -1; /* in milliseconds */

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

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

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known) {
  (void)easy, (void)context;
  struct epoll_event event = {.data.fd = fd};
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  if (what == CURL_POLL_REMOVE) return epoll_ctl(poller, EPOLL_CTL_DEL, fd, NULL), 0;
  epoll_ctl(poller, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
  if (!known) curl_multi_assign(multi, fd, multi);
  return 0;
}

static int on_timer(CURLM *of, long milliseconds, void *context) {
  (void)of, (void)context;
  deadline = milliseconds < 0 ? -1 : now() + milliseconds;
  return 0;
}

void curl_start(const char *base, const char *ca) {
  snprintf(url, sizeof url, "%s/chat/completions", base);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  authorities = ca;
  poller = epoll_create1(0);
  multi = curl_multi_init();
  share = curl_share_init();
  curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
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
  static struct epoll_event events[EVENTS];
  stream *all = calloc(count, sizeof *all);
  if (!all) exit(1);
  snprintf(body, sizeof body,
           "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}],\"stream\":true}",
           model);
  for (size_t i = 0; i < count; i++) all[i].number = i, add(&all[i]);
  for (size_t left = count; left > 0; left -= finish()) {
    int64_t wait = deadline < 0 ? -1 : deadline - now();
    int running, ready = epoll_wait(poller, events, EVENTS, deadline >= 0 && wait < 0 ? 0 : (int)wait);
    for (int i = 0; i < ready; i++) {
      int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                 (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                 (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
      curl_multi_socket_action(multi, events[i].data.fd, what, &running);
    }
    if (deadline >= 0 && now() >= deadline) {
      deadline = -1;
      curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
  }
  free(all);
}
