/* What every conformance program shares: checks that say where and what, and the loopback server. */
#ifndef TEST_H
#define TEST_H

#define _GNU_SOURCE
#include "machine.h"
#include <arpa/inet.h>
#include <dosai.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_CLO_CHANGE(option)
#endif

/* A small stack: 64 KB, or glibc's least. */
#ifdef __aarch64__
enum { TEST_STACK = 128 << 10 };
#else
enum { TEST_STACK = 64 << 10 };
#endif

static atomic_int test_checks, test_failures;

static inline int test_note(int good, const char *file, int line, const char *what) {
  test_checks++;
  if (good) return 1;
  test_failures++;
  fprintf(stderr, "%s:%d: %s", file, line, what);
  return 0;
}

static inline void test_true(int good, const char *file, int line, const char *what) {
  if (!test_note(good, file, line, what)) fputc('\n', stderr);
}

static inline void test_between(long long actual, long long low, long long high, const char *file, int line,
                                const char *what) {
  if (test_note(actual >= low && actual <= high, file, line, what)) return;
  fprintf(stderr, " is %lld, not %lld to %lld\n", actual, low, high);
}

/* `weight`: how often it counts that the machine was late. */
static inline void test_took(double since, double until, int low, int high, int weight, const char *file,
                             int line, const char *what) {
  double took = until - since, late = weight * test_allowance(since);
  if (took >= high + 1 + late) late = weight * test_last_allowance(since);
  if (test_note(took >= low && took < high + 1 + late, file, line, what)) return;
  fprintf(stderr, " came after %.1f ms, not %d to %d; the machine explains %.1f ms more\n", took, low, high,
          late);
}

static inline void test_text(const char *actual, const char *expected, const char *file, int line,
                             const char *what) {
  int equal = actual && expected ? strcmp(actual, expected) == 0 : actual == expected;
  if (test_note(equal, file, line, what)) return;
  fprintf(stderr, "\n  is  %s\n  not %s\n", actual ? actual : "(null)", expected ? expected : "(null)");
}

/* Checks that the error object agrees with the status too. */
static inline void test_call(dosai_status actual, dosai_status expected, const dosai_error *error,
                             const char *file, int line, const char *what) {
  int wants_error = expected != DOSAI_OK && expected != DOSAI_WOULD_BLOCK;
  int agrees = wants_error ? error && dosai_error_status(error) == expected : !error;
  if (test_note(actual == expected && agrees, file, line, what)) return;
  const char *message = error ? dosai_error_message(error, NULL) : "no error object";
  fprintf(stderr, " is %s, not %s: %s\n", dosai_status_name(actual), dosai_status_name(expected),
          message ? message : "(null)");
}

#define CHECK(condition) test_true((condition) != 0, __FILE__, __LINE__, #condition)
#define CHECK_INT(actual, expected) \
  test_between((long long)(actual), (long long)(expected), (long long)(expected), __FILE__, __LINE__, #actual)
#define CHECK_BETWEEN(actual, low, high) \
  test_between((long long)(actual), (long long)(low), (long long)(high), __FILE__, __LINE__, #actual)
/* So many milliseconds from one time to the other, or longer where the machine itself was late. */
#define CHECK_TOOK(since, until, low, high) test_took(since, until, low, high, 1, __FILE__, __LINE__, #until)
#define CHECK_TEXT(actual, expected) test_text(actual, expected, __FILE__, __LINE__, #actual)
/* Makes the call, checks its status and `error`, which it frees and clears. */
#define CHECK_CALL(call, expected)                                      \
  do {                                                                  \
    dosai_status test_status = (call);                                  \
    test_call(test_status, expected, error, __FILE__, __LINE__, #call); \
    dosai_error_free(error);                                            \
    error = NULL;                                                       \
  } while (0)
/* The same, and keeps `error` for more checks. */
#define CHECK_KEEP(call, expected)                                      \
  do {                                                                  \
    dosai_status test_status = (call);                                  \
    test_call(test_status, expected, error, __FILE__, __LINE__, #call); \
  } while (0)

static inline int test_end(void) {
  if (test_failures) fprintf(stderr, "%d of %d checks failed\n", (int)test_failures, (int)test_checks);
  else printf("ok %d checks\n", (int)test_checks);
  return test_failures != 0;
}

static inline void test_sleep(int milliseconds) {
  struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  while (nanosleep(&pause, &pause) != 0) {
  }
}

/* A bound in milliseconds, ten times wider where DOSAI_TEST_SLOW is set. */
static inline int test_bound(int milliseconds) {
  return getenv("DOSAI_TEST_SLOW") ? 10 * milliseconds : milliseconds;
}

/* In this process valgrind looks for no leaks; where it is called it is said why. */
static inline void test_leaks_stay(void) { VALGRIND_CLO_CHANGE("--leak-check=no"); }

/* ---- the server ---- */

typedef enum { TEST_PLAIN, TEST_TLS, TEST_UNIX, TEST_H2 } test_transport; /* TEST_H2: HTTP/2, over TLS */

static inline const char *test_env(const char *name) {
  const char *value = getenv(name);
  if (value) return value;
  fprintf(stderr, "%s is not set: run this program by run.py\n", name);
  exit(2);
}

/* A script's name with counters of this run's own: the ids of processes are used again. */
static inline const char *test_script(char name[128], test_transport transport, const char *script) {
  static struct timespec begun;
  static int process;
  if (!process) {
    clock_gettime(CLOCK_MONOTONIC, &begun);
    process = (int)getpid();
  }
  snprintf(name, 128, "%s~%d-%lx%lx-%d", script, process, (long)begun.tv_sec, begun.tv_nsec, (int)transport);
  return name;
}

static inline const char *test_url(char url[256], test_transport transport, const char *script) {
  char name[128];
  static const char *const places[] = {"DOSAI_TEST_PLAIN", "DOSAI_TEST_TLS", NULL, "DOSAI_TEST_H2"};
  const char *host = transport == TEST_UNIX ? "http://localhost" : test_env(places[transport]);
  snprintf(url, 256, "%s/s/%s/v1", host, test_script(name, transport, script));
  return url;
}

static inline void test_options(dosai_client_options *options, char url[256], test_transport transport,
                                const char *script) {
  dosai_client_options_init(options, sizeof *options);
  options->base_url = test_url(url, transport, script);
  options->api_key = "sk-test";
  options->max_retries = -1;
  options->ca_file = transport == TEST_TLS || transport == TEST_H2 ? test_env("DOSAI_TEST_CA") : NULL;
  options->unix_socket = transport == TEST_UNIX ? test_env("DOSAI_TEST_UNIX") : NULL;
}

static inline dosai_client *test_client_with(const dosai_client_options *options) {
  dosai_client *client = NULL;
  dosai_error *error = NULL;
  CHECK_CALL(dosai_client_new(options, &client, &error), DOSAI_OK);
  CHECK(client != NULL);
  return client;
}

static inline dosai_client *test_client(test_transport transport, const char *script) {
  char url[256];
  dosai_client_options options;
  test_options(&options, url, transport, script);
  return test_client_with(&options);
}

/* {"model":"m","messages":[{"role":"user","content":"hi"}]} */
static inline dosai_request *test_request(void) {
  dosai_request *request = NULL;
  dosai_error *error = NULL;
  CHECK_CALL(dosai_request_new("m", 1, &request, &error), DOSAI_OK);
  CHECK_CALL(dosai_request_add_message(request, "user", "hi", 2, &error), DOSAI_OK);
  return request;
}

static inline dosai_request *test_parse(const char *json) {
  dosai_request *request = NULL;
  dosai_error *error = NULL;
  CHECK_CALL(dosai_request_parse(json, DOSAI_NUL_TERMINATED, &request, &error), DOSAI_OK);
  return request;
}

/* The first value of that name in a list of headers; NULL: there is none. */
static inline const char *test_listed(const char *list, size_t length, const char *name) {
  const char *at = list, *end = list + length;
  while (list && at < end) {
    const char *value = at + strlen(at) + 1;
    if (strcasecmp(at, name) == 0) return value;
    at = value + strlen(value) + 1;
  }
  test_true(at == end, __FILE__, __LINE__, "a list of headers ends with a value");
  return NULL;
}

/* Asks the server, without the library. Gives the body of its answer. */
static inline char *test_ask(const char *method, const char *path) {
  const char *plain = test_env("DOSAI_TEST_PLAIN");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  address.sin_port = htons((uint16_t)atoi(strrchr(plain, ':') + 1));
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  size_t length = 0, room = 1 << 20;
  char *text = calloc(1, room + 1);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
    dprintf(fd, "%s %s HTTP/1.1\r\nHost: localhost\r\n\r\n", method, path);
    shutdown(fd, SHUT_WR);
    for (ssize_t count; (count = read(fd, text + length, room - length)) > 0;) length += (size_t)count;
  }
  close(fd);
  const char *body = strstr(text, "\r\n\r\n");
  memmove(text, body ? body + 4 : "", body ? length - (size_t)(body + 4 - text) + 1 : 1);
  return text;
}

/* A field of the script's last request: "body", "path", "method" or "header/KEY". Gives the text. */
static inline char *test_last(test_transport transport, const char *script, const char *field) {
  char name[128], path[256];
  snprintf(path, sizeof path, "/stats/%s/%s", test_script(name, transport, script), field);
  return test_ask("GET", path);
}

/* A number of the script's stats, as "requests"; -1: there is none. */
static inline long test_count(test_transport transport, const char *script, const char *key) {
  char name[128], path[256], mark[64];
  snprintf(path, sizeof path, "/stats/%s", test_script(name, transport, script));
  snprintf(mark, sizeof mark, "\"%s\": ", key);
  char *stats = test_ask("GET", path);
  const char *found = strstr(stats, mark);
  long count = found ? atol(found + strlen(mark)) : -1;
  free(stats);
  return count;
}

#define CHECK_LAST(transport, script, field, expected)          \
  do {                                                          \
    char *test_field = test_last(transport, script, field);     \
    test_text(test_field, expected, __FILE__, __LINE__, field); \
    free(test_field);                                           \
  } while (0)

/* A callback that wants every chunk and keeps none. */
static inline int32_t test_go_on(const dosai_chunk *chunk, void *user_data) {
  (void)chunk, (void)user_data;
  return 0;
}

/* An on_wait that lets the call go on. */
static inline int32_t test_wait_on(void *unused) {
  (void)unused;
  return 0;
}

/* Pulls a stream to its end, and gives its completion where one is asked for. */
static inline dosai_status test_pull(dosai_client *client, const dosai_request *request,
                                     const dosai_call_options *options, dosai_completion **out_completion,
                                     dosai_error **out_error) {
  dosai_stream *stream = NULL;
  const dosai_chunk *chunk = NULL;
  dosai_status status = dosai_stream_open(client, request, options, &stream, out_error);
  while (status == DOSAI_OK) {
    status = dosai_stream_next(stream, -1, &chunk, out_error);
    if (!chunk) break;
  }
  if (status == DOSAI_OK && out_completion)
    status = dosai_stream_completion(stream, out_completion, out_error);
  dosai_stream_free(stream);
  return status;
}

#endif
