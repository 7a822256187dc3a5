/* A loopback server of many streams at once, paced: one process, one thread, epoll.
 * usage: paced CERTIFICATE KEY   It prints its two ports, plain and TLS, and serves until its stdin ends.
 * A request for the model "paced-COUNT-PERIOD" is answered by a chunked stream of COUNT events, one every PERIOD
 * milliseconds, the streams out of step with each other. The content of an event is when it was sent, in nanoseconds of
 * CLOCK_MONOTONIC. One for the model "whole-COUNT-PERIOD" is answered as a whole after PERIOD milliseconds, with COUNT
 * lines of text. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SLOT 100000 /* nanoseconds */
#define SLOTS 65536 /* a period is shorter than all of them */
#define SLOTS_MS (1000000 / SLOT)
#define EVENTS 1024

typedef struct connection {
  struct connection *next; /* of those due in the same slot */
  SSL *tls;
  int fd;
  int isDue; /* it stands in a slot */
  int isDead;
  int isWhole; /* its answer is not a stream */
  unsigned long left, period;
  size_t length;
  char request[4096];
} connection;

static int poller;
static connection *slots[SLOTS];
static unsigned long started, streaming;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void drop(connection *it) {
  if (it->isDue) { /* its slot frees it */
    it->isDead = 1;
    epoll_ctl(poller, EPOLL_CTL_DEL, it->fd, NULL);
    return;
  }
  SSL_free(it->tls);
  close(it->fd);
  free(it);
}

/* A client that lets its socket's buffers fill up is not worth measuring: 0, and it is dropped. */
static int put(connection *it, const char *text, size_t length) {
  if (it->tls) return SSL_write(it->tls, text, (int)length) == (int)length;
  return send(it->fd, text, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static void wait_in_slot(connection *it, unsigned long slot) {
  it->next = slots[slot % SLOTS];
  slots[slot % SLOTS] = it;
  it->isDue = 1;
}

#define EVENT(delta, reason)                                                                               \
  "data: {\"id\":\"chatcmpl-BzQ2pVvW8mJ4c1\",\"object\":\"chat.completion.chunk\",\"created\":1711000000," \
  "\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":"              \
  "\"fp_44added55e\",\"choices\":[{\"index\":0,\"delta\":" delta                                           \
  ",\"logprobs\":null,\"finish_reason\":" reason "}]}\n\n"

static int send_whole(connection *it) {
  static const char line[] = "A line of the answer, with \\\"quotes\\\", caf\xC3\xA9s and a tab\\t.\\n";
  char body[8192], text[8448];
  int length = snprintf(body, sizeof body,
                        "{\"id\":\"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT\",\"object\":\"chat.completion\","
                        "\"created\":1741569952,\"model\":\"gpt-4.1-2025-04-14\",\"choices\":[{\"index\":0,"
                        "\"message\":{\"role\":\"assistant\",\"content\":\"");
  for (; it->left > 0 && length < 7168; it->left--)
    length += snprintf(body + length, sizeof body - (size_t)length, "%s", line);
  length += snprintf(body + length, sizeof body - (size_t)length,
                     "\",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
                     "\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":10,\"total_tokens\":29,"
                     "\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
                     "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
                     "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}},"
                     "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_44added55e\"}");
  length = snprintf(text, sizeof text,
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s",
                    length, body);
  return put(it, text, (size_t)length);
}

static int send_event(connection *it) {
  if (it->isWhole) return send_whole(it);
  char event[512], chunk[544];
  const char *end = EVENT("{}", "\"stop\"") "data: [DONE]\n\n";
  if (it->left-- == 0) {
    int length = snprintf(chunk, sizeof chunk, "%zx\r\n%s\r\n0\r\n\r\n", strlen(end), end);
    return put(it, chunk, (size_t)length);
  }
  int length = snprintf(event, sizeof event, EVENT("{\"content\":\" %lld\"}", "null"), (long long)now());
  length = snprintf(chunk, sizeof chunk, "%x\r\n%s\r\n", (unsigned)length, event);
  return put(it, chunk, (size_t)length);
}

static void run_slot(unsigned long slot) {
  connection *it = slots[slot % SLOTS], *next;
  slots[slot % SLOTS] = NULL;
  for (; it; it = next) {
    next = it->next;
    it->isDue = 0;
    int isLast = it->left == 0 || it->isWhole;
    if (it->isDead || !send_event(it)) {
      streaming--;
      drop(it);
    } else if (isLast) {
      streaming--;
    } else {
      wait_in_slot(it, slot + it->period);
    }
  }
}

/* 1: the request is whole, and answered from now on. */
static int answer(connection *it, unsigned long slot) {
  static const char head[] = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                             "transfer-encoding: chunked\r\n\r\n";
  char *end = strstr(it->request, "\r\n\r\n");
  char *size = strcasestr(it->request, "content-length:");
  if (!end || !size || size > end) return 0;
  if (it->length < (size_t)(end + 4 - it->request) + strtoul(size + 15, NULL, 10)) return 0;
  it->length = 0;
  char *model = strstr(end, "paced-"), *whole = strstr(end, "whole-");
  it->isWhole = !model && whole;
  if (it->isWhole) model = whole;
  if (!model || sscanf(model + 6, "%lu-%lu", &it->left, &it->period) != 2 || it->period < 1 ||
      (it->period *= SLOTS_MS) >= SLOTS || (!it->isWhole && !put(it, head, sizeof head - 1))) {
    drop(it);
    return 1;
  }
  streaming++;
  if (it->isWhole) {
    wait_in_slot(it, slot + it->period);
    return 1;
  }
  wait_in_slot(it, slot + 1 + (started++ * 2654435761u & 0xFFFFFFFF) % it->period);
  return 1;
}

static void take(connection *it, unsigned long slot) {
  for (;;) {
    char *to = it->request + it->length;
    size_t room = sizeof it->request - 1 - it->length;
    ssize_t got = it->tls ? SSL_read(it->tls, to, (int)room) : recv(it->fd, to, room, 0);
    if (got <= 0) {
      int isLater =
          it->tls ? SSL_get_error(it->tls, (int)got) == SSL_ERROR_WANT_READ : got < 0 && errno == EAGAIN;
      if (!isLater) drop(it);
      return;
    }
    it->length += (size_t)got;
    it->request[it->length] = 0;
    if (it->isDue) it->length = 0; /* nothing is expected before the answer's end */
    if (answer(it, slot)) return;
  }
}

static void accept_all(int listener, SSL_CTX *tls) {
  int fd, one = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    connection *it = calloc(1, sizeof *it);
    if (!it) exit(1);
    it->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (tls) {
      it->tls = SSL_new(tls);
      if (!it->tls || !SSL_set_fd(it->tls, fd)) exit(1);
      SSL_set_accept_state(it->tls);
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = it};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event)) exit(1);
  }
}

static int listen_on(int *port, void *mark) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 32768)) exit(1);
  getsockname(listener, (struct sockaddr *)&address, &size);
  *port = ntohs(address.sin_port);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
  return listener;
}

int main(int argc, char **argv) {
  static char plain, secure, end; /* marks */
  static struct epoll_event events[EVENTS];
  int ports[2];
  struct rlimit files;
  SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
  if (argc != 3 || !tls || SSL_CTX_use_certificate_chain_file(tls, argv[1]) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls, argv[2], SSL_FILETYPE_PEM) != 1)
    return 2;
  SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1);
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  poller = epoll_create1(0);
  int plain_listener = listen_on(&ports[0], &plain), secure_listener = listen_on(&ports[1], &secure);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &end};
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &event);
  printf("%d %d\n", ports[0], ports[1]);
  fflush(stdout);
  for (unsigned long slot = (unsigned long)(now() / SLOT);;) {
    struct timespec rest = {.tv_nsec = SLOT - now() % SLOT};
    int count = epoll_pwait2(poller, events, EVENTS, streaming > 0 ? &rest : NULL, NULL);
    unsigned long until = (unsigned long)(now() / SLOT);
    if (streaming == 0) slot = until;
    for (int i = 0; i < count; i++) {
      void *mark = events[i].data.ptr;
      if (mark == &end) return 0;
      if (mark == &plain) accept_all(plain_listener, NULL);
      else if (mark == &secure) accept_all(secure_listener, tls);
      else take(mark, until);
    }
    while (slot < until) run_slot(++slot);
  }
}
