/* A batch by libcurl alone: the body of each line of a file is sent, so many at once, and each answer is written as a
 * line of another file. Nothing is parsed: the lines are known to be well-formed, and so is what is answered.
 * usage: batch_curl BASE INPUT OUTPUT COUNT   COUNT: how many at once. It is curl_multi_socket_action over epoll, with
 * one handle for each of them. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#define EVENTS 64

typedef struct call {
  CURL *easy;
  char *line; /* of the input */
  size_t line_capacity;
  char *answer;
  size_t length, capacity;
} call;

static CURLM *multi;
static FILE *input, *output;
static int poller;
static int64_t deadline = -1; /* in milliseconds */
static size_t running;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

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
  struct epoll_event events[EVENTS];
  char url[256];
  int active;
  if (argc != 5 || !(input = fopen(argv[2], "r")) || !(output = fopen(argv[3], "w"))) return 2;
  size_t count = strtoul(argv[4], NULL, 10);
  call *calls = calloc(count, sizeof *calls);
  snprintf(url, sizeof url, "%s/chat/completions", argv[1]);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  poller = epoll_create1(0);
  multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
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
    int64_t wait = deadline < 0 ? -1 : deadline - now();
    int ready = epoll_wait(poller, events, EVENTS, deadline >= 0 && wait < 0 ? 0 : (int)wait);
    for (int i = 0; i < ready; i++) {
      int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                 (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                 (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
      curl_multi_socket_action(multi, events[i].data.fd, what, &active);
    }
    if (deadline >= 0 && now() >= deadline) {
      deadline = -1;
      curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &active);
    }
    finish();
  }
  return fclose(output) != 0;
}
