/* How late the machine itself is. A process that only sleeps, a millisecond at a time, keeps how late it was woken, and how
 * long anyone had to wait for a processor, as the kernel counts it. Bounds from above allow for that (CHECK_TOOK): what
 * fails is then the library, and not a machine that has other work. It is a process and not a thread, for under valgrind
 * threads wait for each other. */
#ifndef MACHINE_H
#define MACHINE_H

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { MACHINE_TIMES = 1 << 20 }; /* milliseconds that are kept */
#define MACHINE_PUNCTUAL 1.5      /* milliseconds from one wake to the next that are nobody's fault */

typedef struct {
  double begun;                       /* as are all times: milliseconds of the monotonic clock */
  _Atomic double woken;               /* when it last was */
  _Atomic double late[MACHINE_TIMES]; /* by the millisecond: how late it had been till then, in all */
} machine;

static machine *test_machine;

static inline double test_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static inline _Atomic double *machine_late_at(double time) {
  double since = time - test_machine->begun;
  return &test_machine->late[since < 0 ? 0 : (unsigned long)since % MACHINE_TIMES];
}

/* So many milliseconds later may something end that began then. */
static inline double test_allowance(double since) {
  double woken = test_machine->woken, sleeping = test_now() - woken - MACHINE_PUNCTUAL;
  double late = *machine_late_at(woken) - *machine_late_at(since < woken ? since : woken);
  return late + (sleeping > 0 ? sleeping : 0);
}

/* The same when it matters: once the kernel has counted, which it does each two seconds, how long anyone waited. */
static inline double test_last_allowance(double since) {
  struct timespec pause = {2, 200000000};
  nanosleep(&pause, NULL);
  return test_allowance(since);
}

/* Milliseconds in which someone waited for a processor; 0 where the kernel does not say. */
static inline double machine_pressure(int file) {
  char text[128] = "";
  if (pread(file, text, sizeof text - 1, 0) <= 0) return 0;
  const char *total = strstr(text, "total=");
  return total ? atof(total + 6) / 1e3 : 0;
}

static inline void machine_sleep(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int file = open("/proc/pressure/cpu", O_RDONLY | O_CLOEXEC);
  double late = 0, before = machine_pressure(file);
  while (getppid() == parent) {
    struct timespec pause = {0, 1000000};
    nanosleep(&pause, NULL);
    double now = test_now(), woken = test_machine->woken;
    for (double time = woken + 1; time < now; time++) *machine_late_at(time) = *machine_late_at(woken);
    if (now - woken > MACHINE_PUNCTUAL) late += now - woken - MACHINE_PUNCTUAL;
    *machine_late_at(now) = late + machine_pressure(file) - before;
    test_machine->woken = now;
  }
  _exit(0);
}

__attribute__((constructor)) static void machine_watch(void) {
  pid_t parent = getpid();
  void *memory = mmap(NULL, sizeof *test_machine, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) _exit(3);
  test_machine = memory;
  test_machine->begun = test_machine->woken = test_now();
  if (fork() == 0) machine_sleep(parent);
}

#endif
