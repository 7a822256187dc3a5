/* Every allocation in turn fails, once or from then on: the call says so, or works all the same, or the process ends by
 * a trap at a small object of Swift; never a crash, damage, a hang or a leak. An allocation that data decide the size of
 * is always a status. DOSAI_TEST_SITES=1 prints where it trapped. */
#include "allocator.h"
#include "scenarios.h"
#include <dlfcn.h>
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
  HANGS_AFTER = 60
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
static long traps, failures, good, sessions;

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

/* Where all fails from one on, the next differs little. An emulator tries each 11th: a prime, so that each kind has its
 * turn. */
static int stride(const scenario *played, int for_ever) {
  static int slow;
  if (!slow) slow = getenv("DOSAI_TEST_SLOW") ? 11 : 1;
  return (played->stride ? played->stride : 1) * (for_ever ? 7 : 1) * slow;
}

/* The bundle's library, which has no OpenSSL; mbedTLS says only that it failed. */
static int is_bundle;

/* The first that failed was asked for below OpenSSL, which calls libcurl back. */
static int is_in_openssl(void) {
  if (is_bundle) return 1;
  Dl_info info;
  for (int i = 0; i < allocator->frames; i++)
    if (dladdr(allocator->frame[i], &info) && strstr(info.dli_fname, "/libssl.so")) return 1;
  return 0;
}

/* What the libraries keep of their first use stays, whether it went well or not; then there is memory again. */
static void play_again(void) {
  allocator->failed = 0;
  shared->status = first_use.play(NULL);
  _exit(shared->status == DOSAI_OK || shared->status == DOSAI_RESOURCE ? 0 : DISHONEST);
}

/* Blocks that were not there before; a lookup of libcurl's in its thread may take its time. */
static long left_of(const scenario *played, long before) {
  for (int i = 0; i < 100 && played != &first_use && allocator_alive != before; i++) test_sleep(10);
  return played == &first_use ? 0 : allocator_alive - before;
}

/* Plays it with each allocation from `at` on, until one is not reached or the process ends. With `least` all of that
 * size fail, and it is played once. */
static void play_from(const scenario *played, long at, int for_ever, size_t least) {
  int before_it = test_failures;
  for (;; at += stride(played, for_ever)) {
    shared->at = at;
    alarm((unsigned)test_bound(HANGS_AFTER * 1000) / 1000);
    long before = allocator_alive;
    dosai_client *client = played->script ? test_client(played->transport, played->script) : NULL;
    arm(at, for_ever, least);
    shared->status = played->play(client);
    allocator->countdown = 0;
    dosai_client_free(client);
    shared->left = left_of(played, before);
    if (least && allocator->failed > 0 && shared->status != DOSAI_OUT_OF_MEMORY) _exit(DISHONEST);
    if (allocator->failed == 0) break;
    if (shared->left != 0 || !is_honest(shared->status, for_ever, is_in_openssl())) _exit(DISHONEST);
    if (shared->status == DOSAI_OK) shared->good++;
    else shared->failures++;
    if (played == &first_use) play_again();
    if (least) break;
  }
  shared->is_over = 1;
  _exit(test_failures != before_it ? DISHONEST : 0);
}

static int is_allowed_trap(int status, size_t least) {
  return WIFEXITED(status) && WEXITSTATUS(status) == TRAPPED && !least && allocator->is_object &&
         allocator->after == 0 && allocator->size <= OBJECT_MOST;
}

/* libcurl 7.88, called by OpenSSL to keep a session, frees the host's name twice where it has no memory for the rest. */
static int is_session_of_libcurl(int status) {
  return WIFEXITED(status) && WEXITSTATUS(status) == CRASHED && allocator->damage && !is_bundle &&
         is_in_openssl();
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
    if (played == &first_use && status == 0) continue;
    if (is_session_of_libcurl(status)) {
      allocator->damage = NULL;
      sessions++;
      continue;
    }
    if (is_allowed_trap(status, least)) {
      shared->traps++;
      if (allocator->size > object_most) object_most = allocator->size;
      if (getenv("DOSAI_TEST_SITES")) print_site("trap", played);
      continue;
    }
    CHECK(0 && "an honest status, and nothing left");
    fprintf(stderr, "wait status %x, call status %s, %ld blocks left, %s\n", (unsigned)status,
            dosai_status_name(shared->status), shared->left, for_ever ? "for ever" : "once");
    print_site("failure", played);
    if (shared->is_over || test_failures > 20) break;
  }
  good += shared->good;
  failures += shared->failures;
  traps += shared->traps;
}

void *__libc_realloc(void *memory, size_t size);

static void *tls_malloc(size_t size, const char *file, int line) {
  (void)file, (void)line;
  return __libc_malloc(size);
}

static void *tls_realloc(void *memory, size_t size, const char *file, int line) {
  (void)file, (void)line;
  return __libc_realloc(memory, size);
}

static void tls_free(void *memory, const char *file, int line) {
  (void)file, (void)line;
  __libc_free(memory);
}

/* OpenSSL 3 itself crashes and leaks where its memory runs out, in its first use above all: it gets its own. */
static void spare_openssl(void) {
  int (*set)(void *(*)(size_t, const char *, int), void *(*)(void *, size_t, const char *, int),
             void (*)(void *, const char *, int));
  *(void **)&set = dlsym(RTLD_DEFAULT, "CRYPTO_set_mem_functions");
  is_bundle = set == NULL;
  CHECK(is_bundle || set(tls_malloc, tls_realloc, tls_free) == 1);
}

static void *nothing(void *unused) { return unused; }

int main(void) {
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED);
  allocator = &shared->state;
  backtrace(allocator->frame, 1); /* what it allocates the first time, */
  pthread_t thread;               /* and what glibc keeps of a thread, as of the resolver's */
  CHECK(pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0);
  spare_openssl();
  static const int ends[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) signal(ends[i], end_here);
  for (int for_ever = 0; for_ever < 2; for_ever++) sweep(&first_use, for_ever, 0);
  for (int i = 0; i < 2; i++)
    for (const scenario *played = scenarios; played->name; played++) {
      dosai_client *client = played->script ? test_client(played->transport, played->script) : NULL;
      CHECK_INT(played->play(client), played->expected);
      dosai_client_free(client);
    }
  for (const scenario *played = scenarios; played->name; played++)
    if (played->is_large)
      for (size_t least = DATA_LEAST; least <= DATA_MOST; least *= 2) sweep(played, 1, least);
    else
      for (int for_ever = 0; for_ever < 2; for_ever++) sweep(played, for_ever, 0);
  printf(
      "%ld worked, %ld said so, %ld trapped at objects of up to %zu bytes, %ld ended in libcurl's sessions\n",
      good, failures, traps, object_most, sessions);
  return test_end();
}
