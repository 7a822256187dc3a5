/* The few system calls that the library needs. What differs between systems is in linux.h and bsd.h, and in Poller and
 * Wakeup of DosaiHTTP. */
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
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include "linux.h"
#else
#include "bsd.h"
#endif

/* A lock; all zeros is one that is open. */
#ifdef __APPLE__
typedef os_unfair_lock csystem_mutex;
static inline void csystem_mutex_destroy(csystem_mutex *mutex) { (void)mutex; }
static inline void csystem_mutex_lock(csystem_mutex *mutex) { os_unfair_lock_lock(mutex); }
static inline void csystem_mutex_unlock(csystem_mutex *mutex) { os_unfair_lock_unlock(mutex); }
#else
typedef struct {
  pthread_mutex_t mutex;
} csystem_mutex;
static inline void csystem_mutex_destroy(csystem_mutex *mutex) { pthread_mutex_destroy(&mutex->mutex); }
static inline void csystem_mutex_lock(csystem_mutex *mutex) { pthread_mutex_lock(&mutex->mutex); }
static inline void csystem_mutex_unlock(csystem_mutex *mutex) { pthread_mutex_unlock(&mutex->mutex); }
#endif

/* A number for this thread. */
static inline uintptr_t csystem_thread(void) { return (uintptr_t)pthread_self(); }

static inline int csystem_errno(void) { return errno; }
static inline void csystem_set_errno(int value) { errno = value; }

static inline void csystem_wipe(void *bytes, size_t size) {
#ifdef __APPLE__
  memset_s(bytes, size, 0, size);
#else
  explicit_bzero(bytes, size);
#endif
}

/* Overwrites the stack below its caller, where libcurl may have left a header. */
__attribute__((noinline)) static void csystem_wipe_stack(void) {
  char unused[12 << 10];
  csystem_wipe(unused, sizeof unused);
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
  void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  return room != MAP_FAILED && munmap(room, size) == 0;
}

/* A connection whose path has silently died is noticed within 55 seconds; one whose path is down for 30 seconds
 * survives. This has an effect only on TCP sockets. */
static inline void csystem_keep_alive(int socket) {
  int on = 1, idle = 20, interval = 5, probes = 7; /* seconds, and a number */
  if (setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) != 0) return;
  setsockopt(socket, IPPROTO_TCP, csystem_tcp_idle, &idle, sizeof idle);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

/* Whether the peer has closed its side, and whether bytes wait to be read. */
static inline void csystem_look(int socket, int *closed, int *readable) {
#ifdef __linux__
  enum { peer_closed = 0x2000 }; /* POLLRDHUP, which <poll.h> does not always define */
#else
  enum { peer_closed = 0 };
#endif
  struct pollfd look = {socket, POLLIN | peer_closed, 0};
  *closed = poll(&look, 1, 0) > 0 && (look.revents & (peer_closed | POLLHUP | POLLERR | POLLNVAL)) != 0;
  *readable = (look.revents & POLLIN) != 0;
#ifndef __linux__
  char byte;
  if (*readable && recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) *closed = 1;
#endif
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
