#define _GNU_SOURCE
/* What was really sent: a server of chat completions for the tests of dosai.map, on one thread.
 * usage: truth LOG DELAY SLOW REFUSED AFTER
 * It answers each request DELAY milliseconds after it has come; with SLOW, one in a hundred SLOW times as late, by the
 * number at the end of its id. The request with the number REFUSED, from 1, is answered 429 with "Retry-After: AFTER".
 * A line of LOG for each request: when it came (CLOCK_MONOTONIC, ns), its connection, its id, which is the first
 * "content" of the body. Its usage is the length of the id, and 7.
 * It prints its port, and serves until its stdin ends. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ID_MOST = 64, EVENTS = 256, FLUSH_NS = 20000000 };

typedef struct connection {
  int fd;
  size_t length, capacity;
  char *text;
  uint64_t serial;
} connection;

typedef struct reply {
  struct reply *next;
  int64_t due;
  int fd;
  uint64_t serial;
  int is_refused;
  char id[ID_MOST];
} reply;

typedef struct queue {
  reply *first, **last;
} queue;

static queue soon = {0, &soon.first}, late = {0, &late.first};
static connection **connections;
static size_t connection_count;
static uint64_t serials, requests;
static FILE *log_file;
static int64_t delay, slow;
static unsigned long refused_at;
static const char *after;

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void close_connection(connection *it) {
  close(it->fd);
  connections[it->fd] = NULL;
  free(it->text);
  free(it);
}

static void answer(const reply *it) {
  char body[512], text[1024];
  connection *to = (size_t)it->fd < connection_count ? connections[it->fd] : NULL;
  if (!to || to->serial != it->serial) return;
  if (it->is_refused) {
    int size = snprintf(body, sizeof body, "{\"error\":{\"message\":\"slow down\",\"type\":\"requests\"}}");
    snprintf(text, sizeof text,
             "HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\nretry-after: %s\r\n"
             "content-length: %d\r\n\r\n%s",
             after, size, body);
  } else {
    size_t prompt = strlen(it->id);
    int size = snprintf(
        body, sizeof body,
        "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":"
        "0,"
        "\"message\":{\"role\":\"assistant\",\"content\":\"answer to %s\"},\"finish_reason\":\"stop\"}],"
        "\"usage\":{\"prompt_tokens\":%zu,\"completion_tokens\":7,\"total_tokens\":%zu}}",
        it->id, prompt, prompt + 7);
    snprintf(text, sizeof text,
             "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: %s\r\n"
             "content-length: %d\r\n\r\n%s",
             it->id, size, body);
  }
  size_t length = strlen(text);
  if (send(to->fd, text, length, MSG_NOSIGNAL) != (ssize_t)length) close_connection(to);
}

static void take_request(connection *from, const char *body) {
  reply *it = calloc(1, sizeof *it);
  const char *content = strstr(body, "\"content\"");
  if (!it) exit(1);
  if (content) content = strchr(content + 9, '"');
  if (content) snprintf(it->id, sizeof it->id, "%.*s", (int)strcspn(content + 1, "\""), content + 1);
  int64_t now = now_ns(), wait = delay;
  fprintf(log_file, "%lld %llu %s\n", (long long)now, (unsigned long long)from->serial, it->id);
  size_t length = strlen(it->id);
  int is_slow = slow && length >= 2 && !strcmp(it->id + length - 2, "37");
  it->fd = from->fd;
  it->serial = from->serial;
  it->is_refused = ++requests == refused_at;
  it->due = now + wait * (is_slow ? slow : 1);
  if (!wait) {
    answer(it);
    free(it);
    return;
  }
  queue *to = is_slow ? &late : &soon;
  *to->last = it;
  to->last = &it->next;
}

static void read_from(connection *from) {
  for (;;) {
    if (from->capacity - from->length < 4096) {
      from->capacity = from->capacity * 2 + 8192;
      from->text = realloc(from->text, from->capacity);
      if (!from->text) exit(1);
    }
    ssize_t got = recv(from->fd, from->text + from->length, from->capacity - from->length - 1, MSG_DONTWAIT);
    if (got < 0) break;
    if (got == 0) {
      close_connection(from);
      return;
    }
    from->length += (size_t)got;
    if ((size_t)got < 4096) break;
  }
  for (;;) {
    from->text[from->length] = 0;
    char *end = strstr(from->text, "\r\n\r\n");
    if (!end) return;
    char *size = strcasestr(from->text, "content-length:");
    size_t head = (size_t)(end - from->text) + 4,
           body = size && size < end ? strtoul(size + 15, NULL, 10) : 0;
    if (from->length < head + body) return;
    char kept = from->text[head + body];
    int fd = from->fd;
    from->text[head + body] = 0;
    take_request(from, from->text + head);
    if (connections[fd] != from) return; /* it is gone */
    from->text[head + body] = kept;
    from->length -= head + body;
    memmove(from->text, from->text + head + body, from->length);
  }
}

static void accept_all(int listener, int poller) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), yes = 1;
    if (fd < 0) return;
    if ((size_t)fd >= connection_count) {
      size_t count = (size_t)fd * 2 + 64;
      connections = realloc(connections, count * sizeof *connections);
      if (!connections) exit(1);
      memset(connections + connection_count, 0, (count - connection_count) * sizeof *connections);
      connection_count = count;
    }
    connection *it = connections[fd] = calloc(1, sizeof *it);
    if (!it) exit(1);
    it->fd = fd;
    it->serial = ++serials;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
  }
}

/* Answers what is due. Gives when the next is. */
static int64_t answer_due(queue *from, int64_t now) {
  while (from->first && from->first->due <= now) {
    reply *it = from->first;
    from->first = it->next;
    if (!from->first) from->last = &from->first;
    answer(it);
    free(it);
  }
  return from->first ? from->first->due : INT64_MAX;
}

int main(int argc, char **argv) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  struct rlimit limit;
  if (argc != 6 || !(log_file = fopen(argv[1], "w"))) return 2;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  delay = atoll(argv[2]) * 1000000;
  slow = atoll(argv[3]);
  refused_at = strtoul(argv[4], NULL, 10);
  after = argv[5];
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poller = epoll_create1(0);
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096)) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.fd = listener});
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &(struct epoll_event){.events = EPOLLIN, .data.fd = 0});
  for (int64_t flushed = 0;;) {
    struct epoll_event events[EVENTS];
    int64_t now = now_ns(), first = answer_due(&soon, now), second = answer_due(&late, now);
    if (second < first) first = second;
    if (now - flushed > FLUSH_NS) {
      fflush(log_file);
      flushed = now;
    }
    int wait = first == INT64_MAX || first - now > FLUSH_NS ? 20 : (int)((first - now + 999999) / 1000000);
    int count = epoll_wait(poller, events, EVENTS, wait);
    for (int index = 0; index < count; index++) {
      int fd = events[index].data.fd;
      char byte;
      if (fd == listener) accept_all(listener, poller);
      else if (fd == 0 && read(0, &byte, 1) <= 0) return fclose(log_file) != 0;
      else if (fd != 0 && connections[fd]) read_from(connections[fd]);
    }
  }
}
