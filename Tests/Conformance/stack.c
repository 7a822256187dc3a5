/* Every face on a thread with a stack of 64 KB: nothing is written below it, and how deep it went is said. */
#include "loop.h"
#include <sys/mman.h>
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_DEFINED(start, length)
#endif

enum { STACK = 64 << 10, MARK = 0xa5 };

static void pull(dosai_client *client, dosai_request *request) {
  const dosai_chunk *chunk = NULL;
  dosai_stream *stream = NULL;
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  CHECK_CALL(dosai_stream_open(client, request, NULL, &stream, &error), DOSAI_OK);
  do CHECK_CALL(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_OK);
  while (chunk);
  CHECK_CALL(dosai_stream_completion(stream, &completion, &error), DOSAI_OK);
  CHECK_CALL(dosai_request_add_completion(request, completion, 0, &error), DOSAI_OK);
  dosai_completion_free(completion);
  dosai_stream_free(stream);
}

static void block(test_transport transport, const char *script) {
  dosai_client *client = test_client(transport, script);
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  dosai_completion_free(completion);
  CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, &completion, &error), DOSAI_OK);
  dosai_completion_free(completion);
  pull(client, request);
  dosai_request_free(request);
  dosai_client_free(client);
}

static void many(test_transport transport) {
  static const char *const scripts[] = {"hello", "rich", "deep", "error-429"};
  dosai_loop *loop = new_loop(0, 0);
  for (uintptr_t i = 0; i < 16; i++) start(loop, transport, scripts[i % 4], (int)(i / 4), i, NULL);
  run(loop);
  for (int i = 0; i < 16; i++) CHECK_INT(book[i].ends, 1);
  close_loop(loop);
}

static void *use(void *unused) {
  for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++) {
    block((test_transport)transport, "rich");
    block((test_transport)transport, "deep");
    many((test_transport)transport);
  }
  return unused;
}

int main(void) {
  pthread_t thread;
  pthread_attr_t attributes;
  size_t untouched = 0;
  unsigned char *memory = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED &&
        mprotect(memory, STACK, PROT_NONE) == 0); /* below it nothing may be written */
  memset(memory + STACK, MARK, STACK);
  pthread_attr_init(&attributes);
  CHECK_INT(pthread_attr_setstack(&attributes, memory + STACK, STACK), 0);
  CHECK_INT(pthread_create(&thread, &attributes, use, NULL), 0);
  pthread_join(thread, NULL);
  VALGRIND_MAKE_MEM_DEFINED(memory + STACK, STACK); /* it is nobody's stack any more */
  while (untouched < STACK && memory[STACK + untouched] == MARK) untouched++;
  CHECK(untouched > 0);
  printf("%d KB of a stack of %d were used\n", (int)(STACK - untouched) >> 10, STACK >> 10);
  pthread_attr_destroy(&attributes);
  return test_end();
}
