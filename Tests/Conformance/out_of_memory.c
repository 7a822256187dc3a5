/* Every allocation in turn fails, once or from then on: the call says so, or works all the same, or the process ends by
 * a trap at a small object of Swift; never a crash, damage, a hang or a leak. An allocation that data decide the size of
 * is always a status. DOSAI_TEST_SITES=1 prints where it trapped. */
#include "allocator.h"
#include "scenarios.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum {
  OBJECT_MOST = 1024,
  DATA_LEAST = 64 << 10,
  DATA_MOST = 16 << 20,
  TRAPPED = 70,
  CRASHED = 71,
  DISHONEST = 72,
  HANGS_AFTER = 5
};

/* In memory that the children share: how far they have come. */
typedef struct {
  allocator_state state;
  long at, traps, failures, good, left;
  dosai_status status;
  int is_over;
} progress;

static progress *shared;
static size_t object_most;
static long traps, failures, good;

static void end_here(int signal) { _exit(signal == SIGILL || signal == SIGTRAP ? TRAPPED : CRASHED); }

static void print_site(const char *what, const scenario *played) {
  fprintf(stderr, "%s in %s at allocation %ld, after %ld failed, the last of %zu bytes\n", what, played->name,
          shared->at, allocator->failed, allocator->size);
  if (allocator->damage) fprintf(stderr, "  %s\n", allocator->damage);
  backtrace_symbols_fd(allocator->frame, allocator->frames, 2);
}

static void arm(long countdown, int for_ever, size_t least) {
  allocator->failed = allocator->after = allocator->is_object = 0;
  allocator->for_ever = for_ever;
  allocator->least = least;
  allocator->countdown = countdown;
}

/* Where all fails from one on, the next differs little. */
static int stride(const scenario *played, int for_ever) {
  return (played->stride ? played->stride : 1) * (for_ever ? 7 : 1);
}

/* Plays it with each allocation from `at` on, until one is not reached or the process ends. With `least` all of that
 * size fail, and it is played once. */
static void play_from(const scenario *played, long at, int for_ever, size_t least) {
  int before_it = test_failures;
  for (;; at += stride(played, for_ever)) {
    shared->at = at;
    alarm((unsigned)test_bound(HANGS_AFTER * 1000) / 1000);
    long before = allocator_alive;
    dosai_client *client = played->script ? test_client(TEST_PLAIN, played->script) : NULL;
    arm(at, for_ever, least);
    shared->status = played->play(client);
    allocator->countdown = 0;
    dosai_client_free(client);
    shared->left = allocator_alive - before;
    if (least && allocator->failed > 0 && shared->status != DOSAI_OUT_OF_MEMORY) _exit(DISHONEST);
    if (allocator->failed == 0) break;
    if (shared->left != 0 || !is_honest(shared->status, for_ever)) _exit(DISHONEST);
    if (shared->status == DOSAI_OK) shared->good++;
    else shared->failures++;
    if (least) break;
  }
  shared->is_over = 1;
  _exit(test_failures != before_it ? DISHONEST : 0);
}

static int is_allowed_trap(int status, size_t least) {
  return WIFEXITED(status) && WEXITSTATUS(status) == TRAPPED && !least && allocator->is_object &&
         allocator->after == 0 && allocator->size <= OBJECT_MOST;
}

static void sweep(const scenario *played, int for_ever, size_t least) {
  memset(shared, 0, sizeof *shared);
  while (!shared->is_over) {
    int status = -1;
    allocator->countdown = 0;
    pid_t process = fork();
    if (process == 0)
      play_from(played, shared->at + (shared->at ? stride(played, for_ever) : 1), for_ever, least);
    CHECK(waitpid(process, &status, 0) == process);
    if (shared->is_over && status == 0) break;
    if (is_allowed_trap(status, least)) {
      shared->traps++;
      if (allocator->size > object_most) object_most = allocator->size;
      if (getenv("DOSAI_TEST_SITES")) print_site("trap", played);
      continue;
    }
    CHECK(!"an honest status, and nothing left");
    fprintf(stderr, "wait status %x, call status %s, %ld blocks left, %s\n", (unsigned)status,
            dosai_status_name(shared->status), shared->left, for_ever ? "for ever" : "once");
    print_site("failure", played);
    if (shared->is_over || test_failures > 20) break;
  }
  good += shared->good;
  failures += shared->failures;
  traps += shared->traps;
}

static void *nothing(void *unused) { return unused; }

int main(void) {
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED);
  allocator = &shared->state;
  backtrace(allocator->frame, 1); /* what it allocates the first time, */
  pthread_t thread;               /* and what glibc keeps of a thread, as of the resolver's */
  CHECK(pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0);
  for (int i = 0; i < 2; i++)
    for (const scenario *played = scenarios; played->name; played++) {
      dosai_client *client = played->script ? test_client(TEST_PLAIN, played->script) : NULL;
      CHECK_INT(played->play(client), played->expected);
      dosai_client_free(client);
    }
  static const int ends[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) signal(ends[i], end_here);
  for (const scenario *played = scenarios; played->name; played++)
    if (played->is_large)
      for (size_t least = DATA_LEAST; least <= DATA_MOST; least *= 2) sweep(played, 1, least);
    else
      for (int for_ever = 0; for_ever < 2; for_ever++) sweep(played, for_ever, 0);
  printf("%ld worked, %ld said so, %ld trapped at objects of up to %zu bytes\n", good, failures, traps,
         object_most);
  return test_end();
}
