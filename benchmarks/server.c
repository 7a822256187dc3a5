#define _GNU_SOURCE
/* A loopback server for the benchmarks, which answers every request with the same bytes.
 * usage: server FILE DELAY answer     the file is the answer, JSON, sent DELAY milliseconds after its request
 *        server FILE ROUNDS FRAMING [CERTIFICATE KEY]   the file holds events, a line of JSON each: all but the last
 *                                     are sent ROUNDS times, as fast as they are taken, then the last, then [DONE]
 * FRAMING: none; chunks: each event in an HTTP chunk of its own, as real servers send them; h2: in a frame of HTTP/2.
 * It prints its port, then of each connection when its first bytes came (CLOCK_MONOTONIC, ns; not with h2), and serves
 * until its stdin ends. Its processes take the connections in turn, so that no fork stands between a client and its
 * answer. */
#include "server.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES = 4 };

piece head, body, tail;
long rounds = 1;
static enum { ANSWER, NONE, CHUNKS, H2 } framing;
static int delay;

static FILE *make(piece *it) {
  FILE *out = open_memstream(&it->text, &it->length);
  if (!out) exit(1);
  return out;
}

static void put_event(FILE *out, const char *data, int is_last) {
  piece event = {0};
  FILE *text = make(&event);
  fprintf(text, "data: %s\n\n", data);
  fclose(text);
  if (framing == NONE) fputs(event.text, out);
  if (framing == CHUNKS)
    fprintf(out, "%zx\r\n%s\r\n%s", event.length, event.text, is_last ? "0\r\n\r\n" : "");
  if (framing == H2) h2_put_event(out, event.text, is_last);
  free(event.text);
}

static void load(const char *path) {
  char *line = NULL, *last = NULL;
  size_t capacity = 0;
  FILE *file = fopen(path, "r"), *out = make(&body), *end = make(&tail);
  if (!file) exit(1);
  while (getline(&line, &capacity, file) > 0) {
    line[strcspn(line, "\n")] = 0;
    if (framing == ANSWER) fprintf(out, "%s\n", line);
    else if (last) put_event(out, last, 0);
    free(last);
    last = strdup(line);
  }
  if (!last) exit(1);
  if (framing != ANSWER) put_event(end, last, 0), put_event(end, "[DONE]", 1);
  fclose(out);
  fclose(end);
  fclose(file);
  char length[64] = "transfer-encoding: chunked";
  if (framing != CHUNKS)
    snprintf(length, sizeof length, "content-length: %zu", body.length * (size_t)rounds + tail.length);
  out = make(&head);
  fprintf(out, "HTTP/1.1 200 OK\r\ncontent-type: %s\r\n%s\r\n\r\n",
          framing == ANSWER ? "application/json" : "text/event-stream", length);
  fclose(out);
}

static int send_all(int fd, const char *text, size_t length, int flags) {
  while (length > 0) {
    ssize_t sent = send(fd, text, length < 65536 ? length : 65536, MSG_NOSIGNAL | flags);
    if (sent <= 0) return 0;
    text += sent;
    length -= (size_t)sent;
  }
  return 1;
}

/* Reads a request with its body; 0: the connection has ended. */
static int read_request(int fd, int is_first) {
  static char buffer[1 << 16];
  size_t length = 0;
  for (;;) {
    ssize_t got = recv(fd, buffer + length, sizeof buffer - 1 - length, 0);
    if (got <= 0) return 0;
    if (is_first && length == 0) {
      struct timespec now;
      clock_gettime(CLOCK_MONOTONIC, &now);
      dprintf(1, "%lld\n", (long long)now.tv_sec * 1000000000 + now.tv_nsec);
    }
    length += (size_t)got;
    buffer[length] = 0;
    char *end = strstr(buffer, "\r\n\r\n");
    if (!end) continue;
    char *size = strcasestr(buffer, "content-length:");
    size_t wanted = (size_t)(end - buffer) + 4 + (size > end || !size ? 0 : strtoul(size + 15, NULL, 10));
    if (length >= wanted) return 1;
  }
}

static int answer(int fd) {
  if (delay) poll(NULL, 0, delay);
  if (!send_all(fd, head.text, head.length, MSG_MORE)) return 0;
  for (long round = 0; round < rounds; round++)
    if (!send_all(fd, body.text, body.length, 0)) return 0;
  return send_all(fd, tail.text, tail.length, 0);
}

static void serve(int listener) {
  for (;;) {
    int fd = accept(listener, NULL, NULL), yes = 1;
    if (fd < 0) continue;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (framing == H2) h2_serve(fd);
    for (int is_first = 1; framing != H2 && read_request(fd, is_first) && answer(fd); is_first = 0) {
    }
    close(fd);
  }
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  if (!strcmp(argv[3], "none")) framing = NONE;
  if (!strcmp(argv[3], "chunks")) framing = CHUNKS;
  if (!strcmp(argv[3], "h2")) framing = H2;
  if (framing == ANSWER) delay = atoi(argv[2]);
  else rounds = atol(argv[2]);
  if (framing == H2 && argc == 6) h2_start(argv[4], argv[5]);
  load(argv[1]);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 512)) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  dprintf(1, "%d\n", ntohs(address.sin_port));
  for (int i = 0; i < PROCESSES; i++) {
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      serve(listener);
    }
  }
  struct pollfd end = {0, POLLIN, 0};
  poll(&end, 1, -1);
}
