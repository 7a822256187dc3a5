#define _GNU_SOURCE
/* A loopback server for the benchmarks, which answers every request with the same bytes.
 * usage: server FILE          the file is the answer, JSON
 *        server FILE ROUNDS [chunks]   the file holds events, a line of JSON each: all but the last are sent ROUNDS
 *                             times, as fast as they are taken, then the last, then [DONE]; chunks: each in an HTTP
 *                             chunk of its own, as real servers send them
 * It prints its port, then of each connection when its first bytes came (CLOCK_MONOTONIC, ns), and serves until its
 * stdin ends. Its processes take the connections in turn, so that no fork stands between a client and its answer. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES = 4 };

static char *head, *body, *tail; /* what is sent: head, rounds times body, tail */
static size_t head_length, body_length, tail_length;
static long rounds = 1;

static void put_event(FILE *out, const char *data, int is_chunked) {
  if (is_chunked) fprintf(out, "%zx\r\n", strlen(data) + 8);
  fprintf(out, "data: %s\n\n", data);
  if (is_chunked) fputs("\r\n", out);
}

static void load(const char *path, int is_stream, int is_chunked) {
  char *line = NULL, *last = NULL;
  size_t capacity = 0;
  FILE *file = fopen(path, "r"), *out = open_memstream(&body, &body_length);
  if (!file || !out) exit(1);
  while (getline(&line, &capacity, file) > 0) {
    line[strcspn(line, "\n")] = 0;
    if (last && is_stream) put_event(out, last, is_chunked);
    if (last && !is_stream) fprintf(out, "%s\n", last);
    free(last);
    last = strdup(line);
  }
  if (!last) exit(1);
  if (!is_stream) fprintf(out, "%s\n", last);
  fclose(out);
  fclose(file);
  FILE *end = open_memstream(&tail, &tail_length);
  if (!end) exit(1);
  if (is_stream) {
    put_event(end, last, is_chunked);
    put_event(end, "[DONE]", is_chunked);
    if (is_chunked) fputs("0\r\n\r\n", end);
  }
  fclose(end);
  char framing[64] = "transfer-encoding: chunked";
  size_t length = body_length * (size_t)rounds + tail_length;
  if (!is_chunked) snprintf(framing, sizeof framing, "content-length: %zu", length);
  head_length = (size_t)asprintf(&head, "HTTP/1.1 200 OK\r\ncontent-type: %s\r\n%s\r\n\r\n",
                                 is_stream ? "text/event-stream" : "application/json", framing);
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
  if (!send_all(fd, head, head_length, MSG_MORE)) return 0;
  for (long round = 0; round < rounds; round++)
    if (!send_all(fd, body, body_length, 0)) return 0;
  return send_all(fd, tail, tail_length, 0);
}

static void serve(int listener) {
  for (;;) {
    int fd = accept(listener, NULL, NULL), yes = 1;
    if (fd < 0) continue;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    for (int is_first = 1; read_request(fd, is_first) && answer(fd); is_first = 0) {
    }
    close(fd);
  }
}

int main(int argc, char **argv) {
  if (argc < 2 || argc > 4) return 2;
  if (argc > 2) rounds = atol(argv[2]);
  load(argv[1], argc > 2, argc == 4);
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
