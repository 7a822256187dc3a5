/* The few system calls that the library needs; all that is Linux alone is here, in DosaiHTTP/Poller.swift and in DosaiHTTP/Wakeup.swift. */
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <locale.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static inline int csystem_errno(void) { return errno; }
static inline void csystem_set_errno(int value) { errno = value; }

/* Overwrites the stack below its caller: libcurl may have left a header there. */
__attribute__((noinline)) static void csystem_wipe_stack(void) {
  char unused[12 << 10];
  explicit_bzero(unused, sizeof unused);
}

/* Monotonic time in nanoseconds. */
static inline int64_t csystem_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Asks for the line of the cache at an address, which need not be one. */
static inline void csystem_prefetch(uintptr_t address) { __builtin_prefetch((const void *)address); }

/* Seconds since 1970. */
static inline int64_t csystem_unix_time(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (int64_t)time.tv_sec;
}

static inline locale_t csystem_c_locale(void) { return newlocale(LC_ALL_MASK, "C", (locale_t)0); }

/* Whether so many bytes more can be had. malloc is not asked, for it would learn from the answer: after a large block
 * was freed, glibc takes the next ones from the heap, where each that grows leaves its old place behind. */
static inline int csystem_has_room(size_t size) {
  void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return room != MAP_FAILED && munmap(room, size) == 0;
}

/* One page that reads as zeros in a forked child; NULL where the kernel cannot do that. */
static inline void *csystem_wiped_on_fork(void) {
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return NULL;
  if (madvise(page, 4096, 18 /* MADV_WIPEONFORK */) != 0) {
    munmap(page, 4096);
    return NULL;
  }
  return page;
}

/* A connection whose path has died without a word is found out within 55 seconds; one that is down for 30 goes on. Has
 * no effect on sockets other than those of TCP. */
static inline void csystem_keep_alive(int socket) {
  int on = 1, idle = 20, interval = 5, probes = 7; /* seconds, and a number */
  if (setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) != 0) return;
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

/* Whether the peer has closed its side, or bytes wait to be read. */
static inline void csystem_look(int socket, int *closed, int *readable) {
  enum { peer_closed = 0x2000 }; /* POLLRDHUP, which <poll.h> does not always give */
  struct pollfd look = {socket, POLLIN | peer_closed, 0};
  *closed = poll(&look, 1, 0) > 0 && (look.revents & (peer_closed | POLLHUP | POLLERR | POLLNVAL)) != 0;
  *readable = (look.revents & POLLIN) != 0;
}

/* For how many milliseconds the peer's TCP has acknowledged nothing, although it was sent something again and again; -1:
 * it owes no acknowledgement, or the socket is not one of TCP. */
static inline int64_t csystem_unacknowledged_ms(int socket) {
  struct tcp_info info;
  socklen_t size = sizeof info;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return -1;
  return info.tcpi_unacked > 0 && info.tcpi_retransmits > 1 ? (int64_t)info.tcpi_last_ack_recv : -1;
}

/* The port of the socket's own end; 0: it has none. */
static inline int csystem_local_port(int socket) {
  struct sockaddr_in6 name; /* an IPv4 address has its port at the same place */
  socklen_t size = sizeof name;
  memset(&name, 0, sizeof name);
  if (getsockname(socket, (struct sockaddr *)&name, &size) != 0) return 0;
  return name.sin6_family == AF_INET || name.sin6_family == AF_INET6 ? ntohs(name.sin6_port) : 0;
}

/* Writes a number as short as it can be read back exactly, in less than 32 characters and in no locale. 0: out of
 * memory. */
static inline int csystem_write_number(double number, char *text) {
  locale_t none = csystem_c_locale();
  if (!none) return 0;
  locale_t before = uselocale(none);
  int digits = number > -DBL_MIN && number < DBL_MIN ? 1 : 15; /* fewer need no look, but for the tiniest */
  do snprintf(text, 32, "%.*g", digits, number);
  while (++digits <= 17 && strtod(text, NULL) != number);
  uselocale(before);
  freelocale(none);
  return 1;
}
