/* The library leaves the process as it was: loaded, used and freed. It is loaded here by dlopen. */
#include "test.h"
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define LOAD(name) (*(void **)&use_##name = dlsym(library, "dosai_" #name), CHECK(use_##name != NULL))
static __typeof__(dosai_client_options_init) *use_client_options_init;
static __typeof__(dosai_client_new) *use_client_new;
static __typeof__(dosai_client_free) *use_client_free;
static __typeof__(dosai_request_parse) *use_request_parse;
static __typeof__(dosai_request_free) *use_request_free;
static __typeof__(dosai_chat) *use_chat;
static __typeof__(dosai_chat_stream) *use_chat_stream;
static __typeof__(dosai_completion_free) *use_completion_free;
static __typeof__(dosai_cancel_new) *use_cancel_new;
static __typeof__(dosai_cancel_free) *use_cancel_free;

extern char **environ;

static int entries(const char *folder) {
  int count = 0;
  DIR *open = opendir(folder);
  while (open) {
    const struct dirent *entry = readdir(open);
    if (!entry) break;
    count += entry->d_name[0] != '.';
  }
  closedir(open);
  return count;
}

/* An emulator has threads of its own, which come and go. */
static int threads_now(void) { return getenv("DOSAI_TEST_EMULATED") ? 0 : entries("/proc/self/task"); }

/* All that a process can see of itself, as one text. */
static void describe(char *text, size_t room) {
  FILE *file = fmemopen(text, room, "w");
  sigset_t mask;
  stack_t stack;
  char path[4096];
  sigemptyset(&mask);
  pthread_sigmask(SIG_SETMASK, NULL, &mask);
  for (int number = 1; number < NSIG; number++) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    if (sigaction(number, NULL, &action) != 0) continue;
    fprintf(file, "signal %d %p %x %d\n", number, *(void **)&action.sa_handler, (unsigned)action.sa_flags,
            sigismember(&mask, number));
  }
  sigaltstack(NULL, &stack);
  fprintf(file, "altstack %p %d\n", stack.ss_sp, stack.ss_flags);
  for (int kind = 0; kind < 16; kind++) {
    struct rlimit limit = {0, 0};
    getrlimit((__rlimit_resource_t)kind, &limit);
    fprintf(file, "rlimit %d %lu %lu\n", kind, (unsigned long)limit.rlim_cur, (unsigned long)limit.rlim_max);
  }
  mode_t mode = umask(0);
  umask(mode);
  fprintf(file, "umask %o\nlocale %s\ncwd %s\n", (unsigned)mode, setlocale(LC_ALL, NULL),
          getcwd(path, sizeof path));
  fprintf(file, "uselocale %p\n", (void *)uselocale((locale_t)0));
  fprintf(file, "threads %d\nfiles %d\n", threads_now(), entries("/proc/self/fd"));
  for (char **entry = environ; *entry; entry++) fprintf(file, "%s\n", *entry);
  fclose(file);
}

static int32_t on_chunk(const dosai_chunk *chunk, void *threads) {
  (void)chunk;
  CHECK_INT(threads_now(), *(int *)threads);
  return 0;
}

/* Every call, on a thread that may have a small stack. */
static void *use(void *threads) {
  static const char body[] = "{\"model\":\"m\",\"messages\":[]}";
  static const test_transport transports[] = {TEST_PLAIN, TEST_TLS, TEST_UNIX};
  static const char *const scripts[] = {"rich", "big", "error-429", "mid-rst", "deep", "deep-event"};
  for (size_t i = 0; i < 3 * 6; i++) {
    char url[256];
    dosai_client_options options;
    dosai_client *client = NULL;
    dosai_request *request = NULL;
    dosai_completion *completion = NULL;
    use_client_options_init(&options, sizeof options);
    options.base_url = test_url(url, transports[i % 3], scripts[i / 3]);
    options.ca_file = i % 3 == 1 ? test_env("DOSAI_TEST_CA") : NULL;
    options.unix_socket = i % 3 == 2 ? test_env("DOSAI_TEST_UNIX") : NULL;
    options.http1_only = 1;
    options.max_retries = -1;
    if (i % 3 == 1)
      memcpy(strstr(url, "localhost"), "127.0.0.1", 9); /* no lookup, so no thread of libcurl's */
    CHECK_INT(use_client_new(&options, &client, NULL), DOSAI_OK);
    CHECK_INT(use_request_parse(body, sizeof body - 1, &request, NULL), DOSAI_OK);
    dosai_status status = use_chat(client, request, NULL, &completion, NULL);
    CHECK_INT(status == DOSAI_OK, i / 3 < 2 || i / 3 == 4);
    use_completion_free(completion);
    status = use_chat_stream(client, request, NULL, on_chunk, threads, &completion, NULL);
    CHECK_INT(status == DOSAI_OK, i / 3 < 2 || i / 3 > 3);
    use_completion_free(completion);
    use_request_free(request);
    use_client_free(client);
  }
  dosai_cancel *token = NULL;
  CHECK_INT(use_cancel_new(&token, NULL), DOSAI_OK);
  use_cancel_free(token);
  return NULL;
}

static void small_stack(int *threads) {
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  CHECK_INT(pthread_attr_setstacksize(&attributes, TEST_STACK), 0);
  CHECK_INT(pthread_create(&thread, &attributes, use, threads), 0);
  pthread_join(thread, NULL);
  pthread_attr_destroy(&attributes);
}

int main(void) {
  static char before[1 << 16], loaded[1 << 16], used[1 << 16];
  const char *path = test_env("DOSAI_TEST_LIBRARY");
  int threads = threads_now();
  int said[2], kept[2] = {dup(1), dup(2)};
  char none;
  CHECK(setlocale(LC_ALL, "C.UTF-8") != NULL);
  CHECK(pipe2(said, O_NONBLOCK | O_CLOEXEC) == 0);
  describe(before, sizeof before);
  fflush(NULL);
  int failures = test_failures;
  dup2(said[1], 1), dup2(said[1], 2); /* it prints nothing; nor may a failed check be lost */
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) dup2(kept[1], 2);
  CHECK(library != NULL);
  if (!library) return test_end();
  describe(loaded, sizeof loaded);
  CHECK_TEXT(loaded, before);
  LOAD(client_options_init), LOAD(client_new), LOAD(client_free), LOAD(request_parse), LOAD(request_free);
  LOAD(chat), LOAD(chat_stream), LOAD(completion_free), LOAD(cancel_new), LOAD(cancel_free);
  use(&threads);
  describe(used, sizeof used);
  dup2(kept[0], 1), dup2(kept[1], 2);
  for (char line[4096]; test_failures != failures;) {
    ssize_t count = read(said[0], line, sizeof line);
    if (count <= 0) break;
    fwrite(line, 1, (size_t)count, stderr);
  }
  CHECK(read(said[0], &none, 1) == -1);
  CHECK_TEXT(used, before);
  dlclose(library);
  if (threads) threads++;
  small_stack(&threads); /* dlclose unloads nothing */
  describe(used, sizeof used);
  CHECK_TEXT(used, before);
  return test_end();
}
