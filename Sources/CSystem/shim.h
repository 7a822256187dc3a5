/* The few system calls that the library needs; all that is Linux alone is here and in DosaiHTTP/Poller.swift. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdint.h>
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
