/* What is Linux's own. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

/* Swift imports these as one type from glibc's enums, and as another from musl's macros. */
enum { csystem_in = EPOLLIN, csystem_out = EPOLLOUT };

enum { csystem_tcp_idle = TCP_KEEPIDLE };

/* A socket that no child gets. */
static inline int csystem_socket(int family, int type, int protocol) {
  return socket(family, type | SOCK_CLOEXEC, protocol);
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

/* For how many milliseconds the peer's TCP has acknowledged nothing, although data was sent repeatedly; -1: it owes no
 * acknowledgement, or this is not a TCP socket. */
static inline int64_t csystem_unacknowledged_ms(int socket) {
  struct tcp_info info;
  socklen_t size = sizeof info;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return -1;
  return info.tcpi_unacked > 0 && info.tcpi_retransmits > 1 ? (int64_t)info.tcpi_last_ack_recv : -1;
}

/* Waits for one of the descriptors, at most so many nanoseconds. */
static inline int csystem_poll(struct pollfd *list, intptr_t count, int64_t nanoseconds) {
  struct timespec time;
  int64_t seconds = nanoseconds / 1000000000;
  time.tv_sec = seconds > INT32_MAX ? INT32_MAX : (time_t)seconds;
  time.tv_nsec = (long)(nanoseconds % 1000000000);
  return ppoll(list, (nfds_t)count, &time, NULL);
}
