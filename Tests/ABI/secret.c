/* No copy of the key that is the library's outlives its client: what it gives back to the heap is looked at, and then
 * the whole memory of the process. libcurl does not wipe its copies; here its blocks are wiped for it as it frees. */
#include "test.h"
#include <dlfcn.h>
#include <malloc.h>
#ifndef RUNNING_ON_VALGRIND
#define RUNNING_ON_VALGRIND 0
#endif

struct curl_slist {
  char *data;
  struct curl_slist *next;
};

static const unsigned char hidden[] =
    "\x38\x27\x66\x28\x2a\x25\x2a\x39\x32\x66\x7b\x7a\x79\x78\x7f\x7e\x7d\x7c";
enum { LENGTH = sizeof hidden - 1, MASK = 0x4b };

static int is_armed;
static atomic_int unwiped; /* blocks of the library that were given back with the key in them */

static void reveal(char *key) {
  for (int i = 0; i < LENGTH; i++) key[i] = (char)(hidden[i] ^ MASK);
  key[LENGTH] = 0;
}

/* How often the key stands there; it is never written out for that. */
static long count(const unsigned char *bytes, size_t size) {
  const unsigned char *end = bytes + size;
  long found = 0;
  while ((bytes = memchr(bytes, hidden[0] ^ MASK, (size_t)(end - bytes))) && end - bytes >= LENGTH) {
    int i = 1;
    while (i < LENGTH && (bytes[i] ^ MASK) == hidden[i]) i++;
    found += i == LENGTH;
    bytes++;
  }
  return found;
}

static int is_ours(void *caller) {
  Dl_info info;
  return dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, "libdosai");
}

static void look(void *block, void *caller) {
  if (!is_armed || !block) return;
  size_t size = malloc_usable_size(block);
  if (count(block, size) == 0) return;
  if (is_ours(caller)) unwiped++;
  explicit_bzero(block, size);
}

static void original(void *function, const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  memcpy(function, &found, sizeof found);
}

void free(void *block) {
  static void (*next)(void *);
  if (!next) original(&next, "free");
  look(block, __builtin_return_address(0));
  next(block);
}

/* It always moves: what stays behind is looked at. */
void *realloc(void *block, size_t size) {
  static void *(*next)(void *, size_t);
  if (!next) original(&next, "realloc");
  if (!is_armed || !block || size == 0) return next(block, size);
  size_t before = malloc_usable_size(block);
  void *moved = malloc(size);
  if (!moved) return NULL;
  memcpy(moved, block, before < size ? before : size);
  look(block, __builtin_return_address(0));
  free(block);
  return moved;
}

/* libcurl frees this list's memory, but it is ours to wipe. */
void curl_slist_free_all(struct curl_slist *list) {
  static void (*next)(struct curl_slist *);
  if (!next) original(&next, "curl_slist_free_all");
  for (struct curl_slist *node = list; is_armed && node; node = node->next)
    if (node->data) unwiped += count((unsigned char *)node->data, strlen(node->data)) > 0;
  next(list);
}

static char found_in[512]; /* the last place, as the kernel names it */

/* How often the key stands in all memory that can be written. */
static long scan(void) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[512];
  long found = 0;
  while (maps && fgets(line, sizeof line, maps)) {
    unsigned long from, to;
    char rights[5];
    if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) != 3 || strncmp(rights, "rw", 2) != 0) continue;
    long here = count((const unsigned char *)from, to - from);
    if (here) memcpy(found_in, line, sizeof line);
    found += here;
  }
  if (maps) fclose(maps);
  return found;
}

static void calls(dosai_client *client, const dosai_call_options *options, dosai_status status) {
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_stream *stream = NULL;
  dosai_error *error = NULL;
  const dosai_chunk *chunk;
  CHECK_CALL(dosai_chat(client, request, options, &completion, &error), status);
  dosai_completion_free(completion);
  CHECK_CALL(dosai_chat_stream(client, request, options, test_go_on, NULL, &completion, &error), status);
  dosai_completion_free(completion);
  if (dosai_stream_open(client, request, options, &stream, &error) == DOSAI_OK)
    CHECK_INT(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_OK);
  dosai_stream_free(stream); /* in its middle */
  dosai_error_free(error);
  dosai_request_free(request);
}

static int32_t give(char *key, size_t size, void *unused) {
  (void)size, (void)unused;
  reveal(key);
  return 0;
}

/* Where the key may be given, and what may become of a call. `in_call`: it is in a header of the call. */
static void try(const char *script, test_transport transport, const char *form, size_t option, int in_call,
                dosai_status status) {
  char key[64], text[160], url[256];
  const char *lines[] = {text};
  dosai_client_options options;
  dosai_call_options call_options;
  dosai_error *error = NULL;
  dosai_client *client = NULL;
  test_options(&options, url, transport, script);
  dosai_call_options_init(&call_options, sizeof call_options);
  options.max_retries = 1;
  reveal(key);
  snprintf(text, sizeof text, form, key);
  if (in_call) call_options.headers = lines, call_options.header_count = 1;
  else if (option == offsetof(dosai_client_options, headers))
    options.headers = lines, options.header_count = 1;
  else if (option == offsetof(dosai_client_options, key_fn)) options.api_key = NULL, options.key_fn = give;
  else memcpy((char *)&options + option, &lines[0], sizeof lines[0]);
  unwiped = 0;
  is_armed = !RUNNING_ON_VALGRIND;
  CHECK_CALL(dosai_client_new(&options, &client, &error), DOSAI_OK);
  explicit_bzero(key, sizeof key);
  if (!in_call) explicit_bzero(text, sizeof text);
  if (is_armed && !options.key_fn) CHECK(scan() > 0); /* it is there to be found */
  calls(client, &call_options, status);
  explicit_bzero(text, sizeof text);
  dosai_client_free(client);
  CHECK_INT(unwiped, 0);
  int before = test_failures;
  if (is_armed) CHECK_INT(scan(), 0);
  if (test_failures != before) fprintf(stderr, "  with %s as \"%s\", in %s", script, form, found_in);
  is_armed = 0;
}

int main(void) {
  size_t key = offsetof(dosai_client_options, api_key);
  char proxy[128];
  snprintf(proxy, sizeof proxy, "http://user:%%s@%s", strstr(test_env("DOSAI_TEST_REFUSED"), "//") + 2);
  for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++)
    try("hello", (test_transport)transport, "%s", key, 0, DOSAI_OK);
  try("hello", TEST_PLAIN, "", offsetof(dosai_client_options, key_fn), 0, DOSAI_OK);
  try("error-503", TEST_TLS, "", offsetof(dosai_client_options, key_fn), 0, DOSAI_UNAVAILABLE);
  try("error-503", TEST_PLAIN, "%s", key, 0, DOSAI_UNAVAILABLE); /* with a retry */
  try("error-401", TEST_PLAIN, "%s", key, 0, DOSAI_AUTHENTICATION);
  try("close-0", TEST_PLAIN, "%s", key, 0, DOSAI_CONNECTION);
  try("hello", TEST_PLAIN, "api-key: %s", offsetof(dosai_client_options, headers), 0, DOSAI_OK);
  try("hello", TEST_PLAIN, "Authorization: Basic %s", key, 1, DOSAI_OK);
  try("hello", TEST_TLS, proxy, offsetof(dosai_client_options, proxy), 0, DOSAI_CONNECTION);
  return test_end();
}
