#define _GNU_SOURCE
/* A loopback server that blasts or paces one stream a request, for the benchmarks.
 * usage: server EVENTS_FILE COUNT   The file holds events, each a line of JSON; they are repeated to COUNT.
 * It prints its port and serves until its stdin ends. One process a connection. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char *body;
static size_t body_length;

static void put(const char *text, size_t length) {
  body = realloc(body, body_length + length);
  if (!body) exit(1);
  memcpy(body + body_length, text, length);
  body_length += length;
}

static void load(const char *path, long count) {
  char *lines[4096];
  size_t known = 0, capacity = 0;
  char *line = NULL;
  FILE *file = fopen(path, "r");
  if (!file) exit(1);
  while (known < 4096 && getline(&line, &capacity, file) > 0) lines[known++] = strdup(line);
  fclose(file);
  for (long i = 0; i < count && known > 1; i++) {
    const char *event = lines[(size_t)i % (known - 1)];
    put("data: ", 6);
    put(event, strlen(event));
    put("\n", 1);
  }
  put("data: ", 6); /* the last line ends the answer */
  put(lines[known - 1], strlen(lines[known - 1]));
  put("\ndata: [DONE]\n\n", 15);
}

static int send_all(int fd, const char *text, size_t length) {
  while (length > 0) {
    ssize_t sent = send(fd, text, length < 65536 ? length : 65536, MSG_NOSIGNAL);
    if (sent <= 0) return 0;
    text += sent;
    length -= (size_t)sent;
  }
  return 1;
}

/* Reads a request with its body; 0: the connection has ended. */
static int read_request(int fd) {
  static char buffer[1 << 16];
  size_t length = 0;
  for (;;) {
    ssize_t got = recv(fd, buffer + length, sizeof buffer - 1 - length, 0);
    if (got <= 0) return 0;
    length += (size_t)got;
    buffer[length] = 0;
    char *end = strstr(buffer, "\r\n\r\n");
    if (!end) continue;
    char *size = strcasestr(buffer, "content-length:");
    size_t wanted = (size_t)(end - buffer) + 4 + (size > end || !size ? 0 : strtoul(size + 15, NULL, 10));
    if (length >= wanted) return 1;
  }
}

static void serve(int fd) {
  char head[256];
  int length = snprintf(head, sizeof head,
                        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %zu\r\n\r\n",
                        body_length);
  while (read_request(fd) && send_all(fd, head, (size_t)length) && send_all(fd, body, body_length)) {
  }
  close(fd);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  load(argv[1], atol(argv[2]));
  signal(SIGCHLD, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 512)) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    struct pollfd waits[2] = {{listener, POLLIN, 0}, {0, POLLIN, 0}};
    poll(waits, 2, -1);
    if (waits[1].revents) return 0;
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) continue;
    if (fork() == 0) {
      close(listener);
      serve(fd);
      _exit(0);
    }
    close(fd);
  }
}
