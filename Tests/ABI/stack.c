/* Every face on a thread with a small stack, also with JSON as deep as it may be: how much of it was used. */
#include "loop.h"
#include <sys/mman.h>
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_DEFINED(start, length)
#endif

enum { STACK = TEST_STACK, MOST = 24 << 10, MARK = 0xa5 };

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

/* What each face says of the deepest JSON: as an answer, as a stream, to a GET. */
static const struct {
  const char *script;
  dosai_status chat, stream, get;
} deepest[] = {
    {"deepest", DOSAI_OK, DOSAI_OK, DOSAI_OK},
    {"deepest-list", DOSAI_PROTOCOL, DOSAI_PROTOCOL, DOSAI_OK},
    {"deepest-400", DOSAI_BAD_REQUEST, DOSAI_BAD_REQUEST, DOSAI_BAD_REQUEST},
    {"deepest-error", DOSAI_PROVIDER, DOSAI_PROVIDER, DOSAI_PROVIDER},
    {"deepest-error-400", DOSAI_BAD_REQUEST, DOSAI_BAD_REQUEST, DOSAI_BAD_REQUEST},
    {"deepest-mid-error", DOSAI_PROTOCOL, DOSAI_PROVIDER, DOSAI_PROTOCOL},
};

/* The answer's message, its copy in a request, and the text of both. */
static void read_back(dosai_completion *completion) {
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  size_t length = 0;
  CHECK(dosai_completion_json(completion, &length) && length > 4000);
  CHECK(dosai_completion_message_json(completion, 0, NULL) != NULL);
  CHECK_INT(dosai_completion_tool_call_count(completion, 0), 1);
  CHECK_CALL(dosai_request_add_completion(request, completion, 0, &error), DOSAI_OK);
  dosai_request *again = test_parse(dosai_request_json(request, NULL));
  dosai_request_free(again);
  dosai_request_free(request);
}

static void pull_deepest(dosai_client *client, dosai_request *request, dosai_status expected) {
  const dosai_chunk *chunk = NULL;
  dosai_stream *stream = NULL;
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  dosai_status status = dosai_stream_open(client, request, NULL, &stream, &error);
  while (status == DOSAI_OK && (status = dosai_stream_next(stream, -1, &chunk, &error)) == DOSAI_OK &&
         chunk) {
    CHECK_CALL(dosai_stream_completion(stream, &completion, &error), DOSAI_OK);
    dosai_completion_free(completion);
  }
  CHECK_INT(status, expected);
  dosai_error_free(error);
  dosai_stream_free(stream);
}

static void answer_deepest(test_transport transport, size_t row) {
  dosai_client *client = test_client(transport, deepest[row].script);
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), deepest[row].chat);
  if (completion) read_back(completion);
  dosai_completion_free(completion);
  CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, &completion, &error),
             deepest[row].stream);
  if (completion) read_back(completion);
  dosai_completion_free(completion);
  dosai_response *response = NULL;
  CHECK_CALL(dosai_client_get(client, "/x", NULL, &response, &error), deepest[row].get);
  dosai_response_free(response);
  CHECK_CALL(dosai_client_post(client, "/x", "{}", 2, NULL, &response, &error), deepest[row].get);
  dosai_response_free(response);
  pull_deepest(client, request, deepest[row].stream);
  dosai_request_free(request);
  dosai_client_free(client);
}

static void loop_deepest(test_transport transport, size_t row) {
  dosai_loop *loop = new_loop(0, 0);
  for (int kind = CHAT; kind <= GET; kind++)
    start(loop, transport, deepest[row].script, kind, (uintptr_t)kind, NULL);
  run(loop);
  CHECK_END(CHAT, deepest[row].chat);
  CHECK_END(STREAM, deepest[row].stream);
  CHECK_END(POST, deepest[row].get);
  CHECK_END(GET, deepest[row].get);
  close_loop(loop);
}

/* A request as deep as it may be. */
static void ask_deepest(void) {
  enum { LEVELS = 512 };
  static char text[LEVELS * 6 + 1];
  dosai_error *error = NULL;
  for (int i = 0; i < LEVELS; i++) memcpy(text + 5 * i, "{\"a\":", 5);
  memcpy(text + 5 * LEVELS, "1", 1);
  memset(text + 5 * LEVELS + 1, '}', LEVELS - 1);
  CHECK_KEEP(dosai_request_parse(text, DOSAI_NUL_TERMINATED, &(dosai_request *){0}, &error),
             DOSAI_INVALID_ARGUMENT);
  dosai_error_free(error);
  text[5 * LEVELS + LEVELS] = '}';
  dosai_request *request = test_parse(text);
  CHECK_CALL(dosai_request_set_json(request, "b", "[[1]]", 5, &error), DOSAI_OK);
  dosai_client *client = test_client(TEST_PLAIN, "echo");
  dosai_completion *completion = NULL;
  CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, &completion, &error), DOSAI_OK);
  dosai_completion_free(completion);
  dosai_client_free(client);
  dosai_request_free(request);
}

static void *use(void *unused) {
  for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++) {
    block((test_transport)transport, "rich");
    block((test_transport)transport, "deep");
    many((test_transport)transport);
    for (size_t row = 0; row < sizeof deepest / sizeof *deepest; row++) {
      answer_deepest((test_transport)transport, row);
      loop_deepest((test_transport)transport, row);
    }
  }
  ask_deepest();
  return unused;
}

int main(void) {
  pthread_t thread;
  pthread_attr_t attributes;
  size_t untouched = 0; /* from its end, which is the lower one */
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
  CHECK(STACK - untouched < MOST);
  printf("%d KB of a stack of %d were used\n", (int)(STACK - untouched) >> 10, STACK >> 10);
  pthread_attr_destroy(&attributes);
  return test_end();
}
