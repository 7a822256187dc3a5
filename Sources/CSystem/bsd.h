/* The same for macOS, FreeBSD and OpenBSD. It is compiled by the tests, but was never run. */
#include <sys/event.h>
#ifdef __APPLE__
#include <os/lock.h>
#include <xlocale.h>
enum { csystem_tcp_idle = TCP_KEEPALIVE };
#else
enum { csystem_tcp_idle = TCP_KEEPIDLE };
#endif

/* Closes a descriptor in a child that runs another program. Returns it. */
static inline int csystem_close_on_exec(int descriptor) {
  if (descriptor >= 0) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return descriptor;
}

static inline int csystem_socket(int family, int type, int protocol) {
  return csystem_close_on_exec(socket(family, type, protocol));
}

static inline int csystem_descriptor(void) { return csystem_close_on_exec(kqueue()); }

#ifndef NOTE_NSECONDS /* OpenBSD before 7.5 */
#error "kqueue has no timer in nanoseconds"
#endif
enum { csystem_nanoseconds = NOTE_NSECONDS };

/* Changes what is watched, or waits for events; -1 milliseconds: without limit. */
static inline int csystem_kevent(int queue, const struct kevent *changes, int change_count,
                                 struct kevent *events, int event_count, int64_t milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  return kevent(queue, changes, change_count, events, event_count, milliseconds < 0 ? NULL : &time);
}

/* The two ends of a pipe that nobody waits for. 0: there is none. */
static inline int csystem_pipe(int ends[2]) {
  if (pipe(ends) != 0) return 0;
  for (int i = 0; i < 2; i++) fcntl(csystem_close_on_exec(ends[i]), F_SETFL, O_NONBLOCK);
  return 1;
}

static inline void *csystem_wiped_on_fork(void) {
#ifdef INHERIT_ZERO
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (page == MAP_FAILED) return NULL;
  if (minherit(page, 4096, INHERIT_ZERO) == 0) return page;
  munmap(page, 4096);
#endif
  return NULL;
}

/* These systems do not say. */
static inline int64_t csystem_unacknowledged_ms(int socket) {
  (void)socket;
  return -1;
}
