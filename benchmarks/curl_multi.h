/* libcurl's multi interface by itself, as well as it can be driven by hand: curl_multi_socket_action over epoll, and one
 * timer. */
#include <curl/curl.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>

#define EVENTS 256

static CURLM *multi;
static int poller;
static int64_t deadline = -1; /* in milliseconds */

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
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

static void start_multi(void) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  poller = epoll_create1(0);
  multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
}

/* Waits for sockets or the timer, and lets libcurl handle what there is. */
static void step_multi(void) {
  static struct epoll_event events[EVENTS];
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
