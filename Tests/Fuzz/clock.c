/* The clock_gettime, epoll_wait, ppoll, timerfd and close of this program stand before those of libc, for libdosai and libcurl
 * too. The time of day stays real: libFuzzer goes by it. */
#include "fuzz.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { TIMERS = 256, SECOND = 1000000000 };

static struct {
  int descriptor; /* an eventfd: written to, the timer has fired */
  int64_t at;
} timers[TIMERS];
static int timer_count;

static int is_ours;
static int64_t now;
static fuzz_turn next_turn;
static void *turn_context;

void fuzz_clock_start(fuzz_turn turn, void *context) {
  is_ours = 1;
  now = (int64_t)1000000 * SECOND;
  next_turn = turn;
  turn_context = context;
}

void fuzz_clock_end(void) { is_ours = 0; }

int64_t fuzz_clock_now(void) { return now; }

int clock_gettime(clockid_t clock, struct timespec *time) {
  if (!is_ours ||
      (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_RAW && clock != CLOCK_MONOTONIC_COARSE))
    return (int)syscall(SYS_clock_gettime, clock, time);
  time->tv_sec = now / SECOND;
  time->tv_nsec = now % SECOND;
  return 0;
}

int timerfd_create(clockid_t clock, int flags) {
  if (!is_ours) return (int)syscall(SYS_timerfd_create, clock, flags);
  int made = eventfd(0, flags & TFD_NONBLOCK ? EFD_NONBLOCK | EFD_CLOEXEC : EFD_CLOEXEC);
  CHECK(clock == CLOCK_MONOTONIC && flags & TFD_NONBLOCK && timer_count < TIMERS);
  timers[timer_count].descriptor = made;
  timers[timer_count++].at = INT64_MAX;
  return made;
}

static int find_timer(int descriptor) {
  for (int i = 0; i < timer_count; i++)
    if (timers[i].descriptor == descriptor) return i;
  return -1;
}

int timerfd_settime(int descriptor, int flags, const struct itimerspec *time, struct itimerspec *old) {
  uint64_t dropped;
  int found = find_timer(descriptor);
  if (found < 0) return (int)syscall(SYS_timerfd_settime, descriptor, flags, time, old);
  CHECK(flags & TFD_TIMER_ABSTIME && !old);
  timers[found].at = (int64_t)time->it_value.tv_sec * SECOND + time->it_value.tv_nsec;
  CHECK(read(descriptor, &dropped, sizeof dropped) > 0 ||
        errno == EAGAIN); /* what was not seen yet is gone */
  return 0;
}

int close(int descriptor) {
  int found = timer_count > 0 ? find_timer(descriptor) : -1;
  if (found >= 0) timers[found] = timers[--timer_count];
  return (int)syscall(SYS_close, descriptor);
}

static int64_t first_timer(void) {
  int64_t first = INT64_MAX;
  for (int i = 0; i < timer_count; i++)
    if (timers[i].at < first) first = timers[i].at;
  return first;
}

static void fire(void) {
  const uint64_t one = 1;
  for (int i = 0; i < timer_count; i++)
    if (timers[i].at <= now) {
      timers[i].at = INT64_MAX;
      CHECK(write(timers[i].descriptor, &one, sizeof one) == sizeof one);
    }
}

/* Where nothing is there, it is someone's turn, or the time of the next timer comes. */
static void pass(int64_t end) {
  int64_t until = first_timer() < end ? first_timer() : end;
  CHECK(until != INT64_MAX); /* nothing would ever end this wait */
  int64_t at = next_turn(turn_context, until);
  CHECK(at >= now && at <= until);
  now = at;
}

int ppoll(struct pollfd *list, nfds_t count, const struct timespec *time, const sigset_t *mask) {
  int64_t end = time ? now + (int64_t)time->tv_sec * SECOND + time->tv_nsec : INT64_MAX;
  for (;;) {
    if (is_ours) fire();
    struct timespec left = time && !is_ours ? *time : (struct timespec){0, 0};
    int found = (int)syscall(SYS_ppoll, list, count, is_ours || time ? &left : NULL, mask, (size_t)8);
    if (!is_ours || found != 0 || now >= end) return found;
    pass(end);
  }
}

int epoll_wait(int set, struct epoll_event *events, int most, int milliseconds) {
  int64_t end = milliseconds < 0 ? INT64_MAX : now + (int64_t)milliseconds * (SECOND / 1000);
  for (;;) {
    if (is_ours) fire();
    int count = (int)syscall(SYS_epoll_pwait, set, events, most, is_ours ? 0 : milliseconds, NULL, (size_t)8);
    if (!is_ours || count != 0 || now >= end) return count;
    pass(end);
  }
}
