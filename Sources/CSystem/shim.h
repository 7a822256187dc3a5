/* The few system calls that the library needs. All code that works only on Linux is here, in DosaiHTTP/Poller.swift and
 * in DosaiHTTP/Wakeup.swift. */
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

/* Swift imports these as one type from glibc's enums, and as another from musl's macros. */
enum {
  csystem_in = EPOLLIN,
  csystem_out = EPOLLOUT,
  csystem_error = EPOLLERR,
  csystem_hang_up = EPOLLHUP,
  csystem_close_on_exec = SOCK_CLOEXEC
};

static inline int csystem_errno(void) { return errno; }
static inline void csystem_set_errno(int value) { errno = value; }

/* Overwrites the stack below its caller, where libcurl may have left a header. */
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

/* Prefetches the cache line at an address, which may be invalid. */
static inline void csystem_prefetch(uintptr_t address) { __builtin_prefetch((const void *)address); }

/* Seconds since 1970. */
static inline int64_t csystem_unix_time(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (int64_t)time.tv_sec;
}

static inline locale_t csystem_c_locale(void) { return newlocale(LC_ALL_MASK, "C", (locale_t)0); }

/* Whether this many more bytes can be allocated. It does not try malloc, which would change its behaviour: after a
 * large block was freed, glibc allocates the next ones on the heap, where each block that grows leaves a gap. */
static inline int csystem_has_room(size_t size) {
  void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return room != MAP_FAILED && munmap(room, size) == 0;
}

/* A page that is zeroed in a forked child; NULL if the kernel does not support that. */
static inline void *csystem_wiped_on_fork(void) {
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return NULL;
  if (madvise(page, 4096, 18 /* MADV_WIPEONFORK */) != 0) {
    munmap(page, 4096);
    return NULL;
  }
  return page;
}

/* A connection whose path has silently died is noticed within 55 seconds; one whose path is down for 30 seconds
 * survives. This has an effect only on TCP sockets. */
static inline void csystem_keep_alive(int socket) {
  int on = 1, idle = 20, interval = 5, probes = 7; /* seconds, and a number */
  if (setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) != 0) return;
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

/* Waits for one of the descriptors, at most so many nanoseconds. */
static inline int csystem_poll(struct pollfd *list, intptr_t count, int64_t nanoseconds) {
  struct timespec time;
  int64_t seconds = nanoseconds / 1000000000;
  time.tv_sec = seconds > INT32_MAX ? INT32_MAX : (time_t)seconds;
  time.tv_nsec = (long)(nanoseconds % 1000000000);
  return ppoll(list, (nfds_t)count, &time, NULL);
}

/* Whether the peer has closed its side, and whether bytes wait to be read. */
static inline void csystem_look(int socket, int *closed, int *readable) {
  enum { peer_closed = 0x2000 }; /* POLLRDHUP, which <poll.h> does not always define */
  struct pollfd look = {socket, POLLIN | peer_closed, 0};
  *closed = poll(&look, 1, 0) > 0 && (look.revents & (peer_closed | POLLHUP | POLLERR | POLLNVAL)) != 0;
  *readable = (look.revents & POLLIN) != 0;
}

/* For how many milliseconds the peer's TCP has acknowledged nothing, although data was sent repeatedly; -1: it owes no
 * acknowledgement, or this is not a TCP socket. */
static inline int64_t csystem_unacknowledged_ms(int socket) {
  struct tcp_info info;
  socklen_t size = sizeof info;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return -1;
  return info.tcpi_unacked > 0 && info.tcpi_retransmits > 1 ? (int64_t)info.tcpi_last_ack_recv : -1;
}

/* The local port of the socket; 0: it has none. */
static inline int csystem_local_port(int socket) {
  struct sockaddr_in6 name; /* an IPv4 address has its port at the same offset */
  socklen_t size = sizeof name;
  memset(&name, 0, sizeof name);
  if (getsockname(socket, (struct sockaddr *)&name, &size) != 0) return 0;
  return name.sin6_family == AF_INET || name.sin6_family == AF_INET6 ? ntohs(name.sin6_port) : 0;
}

/* Writes the shortest text that reads back as exactly this number, in less than 32 characters, regardless of the
 * locale. 0: out of memory. */
static inline int csystem_write_number(double number, char *text) {
  locale_t none = csystem_c_locale();
  if (!none) return 0;
  locale_t before = uselocale(none);
  /* %g drops trailing zeros, so only subnormal numbers may need fewer than 15. */
  int digits = number > -DBL_MIN && number < DBL_MIN ? 1 : 15;
  do snprintf(text, 32, "%.*g", digits, number);
  while (++digits <= 17 && strtod(text, NULL) != number);
  uselocale(before);
  freelocale(none);
  return 1;
}
