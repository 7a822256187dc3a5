/* How late the machine itself is. A process that only sleeps, a millisecond at a time, keeps how late it was woken, and how
 * long the server, this program and what they have started had to wait for a processor, as the kernel counts it for each
 * thread. Bounds from above allow for that (CHECK_TOOK): what fails is then the library, and not a machine that has other
 * work. It is a process and not a thread, for under valgrind threads wait for each other. */
#ifndef MACHINE_H
#define MACHINE_H

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { MACHINE_TIMES = 1 << 20 }; /* milliseconds that are kept */
#define MACHINE_PUNCTUAL 1.5      /* milliseconds from one wake to the next that are nobody's fault */
#define MACHINE_LOOKS 50          /* milliseconds until it looks again at who had to wait */

typedef struct {
  double begun;                       /* as are all times: milliseconds of the monotonic clock */
  _Atomic double woken;               /* when it last was */
  _Atomic double looked;              /* when it last began to look at who had to wait */
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

/* The same when it matters: once it has looked at who had to wait until now. */
static inline double test_last_allowance(double since) {
  double now = test_now();
  do {
    struct timespec pause = {0, 1000000L * MACHINE_LOOKS};
    nanosleep(&pause, NULL);
  } while (test_machine->looked < now && test_now() < now + 60000);
  return test_allowance(since);
}

static inline FILE *machine_open(pid_t process, const char *thread, const char *name) {
  char path[128];
  snprintf(path, sizeof path, "/proc/%d/task/%.20s/%s", (int)process, thread, name);
  return fopen(path, "re");
}

/* For how many milliseconds more than last time the threads of the process, and of those below it, have had to wait. */
static inline double machine_waits(pid_t process) {
  static struct {
    int thread;
    double waited;
  } known[1 << 12];
  double more = 0, waited;
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", (int)process);
  DIR *folder = opendir(path);
  for (struct dirent *entry; folder && (entry = readdir(folder));) {
    int thread = atoi(entry->d_name), at = thread % (1 << 12), child;
    if (!thread) continue;
    FILE *file = machine_open(process, entry->d_name, "schedstat");
    if (file && fscanf(file, "%*u %lf", &waited) == 1) {
      more += (waited - (known[at].thread == thread ? known[at].waited : 0)) / 1e6;
      known[at].thread = thread;
      known[at].waited = waited;
    }
    if (file) fclose(file);
    file = machine_open(process, entry->d_name, "children");
    while (file && fscanf(file, "%d", &child) == 1)
      if (child != getpid()) more += machine_waits(child);
    if (file) fclose(file);
  }
  if (folder) closedir(folder);
  return more;
}

static inline void machine_sleep(pid_t parent, pid_t server) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  machine_waits(server);
  double late = 0, looked = test_now();
  while (getppid() == parent) {
    struct timespec pause = {0, 1000000};
    nanosleep(&pause, NULL);
    double now = test_now(), woken = test_machine->woken;
    for (double time = woken + 1; time < now; time++) *machine_late_at(time) = *machine_late_at(woken);
    if (now - woken > MACHINE_PUNCTUAL) late += now - woken - MACHINE_PUNCTUAL;
    if (now - looked >= MACHINE_LOOKS) {
      late += machine_waits(server); /* the kernel counts a wait when it is over */
      looked = now;
    }
    *machine_late_at(now) = late;
    test_machine->woken = now;
    test_machine->looked = looked;
  }
  _exit(0);
}

__attribute__((constructor)) static void machine_watch(void) {
  pid_t parent = getpid(), server = getppid(); /* run.py's */
  void *memory = mmap(NULL, sizeof *test_machine, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) _exit(3);
  test_machine = memory;
  test_machine->begun = test_machine->woken = test_now();
  if (fork() == 0) machine_sleep(parent, server);
}

#endif
