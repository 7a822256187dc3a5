/* A child forked in mid-stream: its inherited handles answer FORKED, it frees them all, a new client works; and the
 * parent's stream goes on to its end. */
#include "test.h"
#include <sys/wait.h>

static dosai_client *client;
static dosai_request *request;
static dosai_completion *completion, *old_completion;
static dosai_cancel *token;
static dosai_stream *stream;
static dosai_error *old_error;
static pid_t parent;
static atomic_int told_in_child, is_over;

static void on_event(const dosai_call_event *event, void *user_data) {
  (void)event, (void)user_data;
  told_in_child += getpid() != parent;
}

static void on_log(dosai_log_level level, const char *line, size_t length, void *user_data) {
  (void)level, (void)line, (void)length, (void)user_data;
  told_in_child += getpid() != parent;
}

static void inherited(void) {
  const dosai_chunk *chunk = (const dosai_chunk *)1;
  dosai_completion *made = NULL;
  dosai_response *answered = NULL;
  dosai_stream *opened = NULL;
  dosai_cancel_trigger(token);
  CHECK_INT(dosai_chat(client, request, NULL, &made, NULL), DOSAI_FORKED);
  CHECK_INT(dosai_chat_stream(client, request, NULL, test_go_on, NULL, &made, NULL), DOSAI_FORKED);
  CHECK_INT(dosai_stream_open(client, request, NULL, &opened, NULL), DOSAI_FORKED);
  CHECK_INT(dosai_client_get(client, "/models", NULL, &answered, NULL), DOSAI_FORKED);
  CHECK_INT(dosai_request_add_message(request, "user", "hi", 2, NULL), DOSAI_FORKED);
  CHECK_INT(dosai_request_set_integer(request, "n", 1, NULL), DOSAI_FORKED);
  if (stream) {
    CHECK_INT(dosai_stream_next(stream, 0, &chunk, NULL), DOSAI_FORKED);
    CHECK(!chunk);
    CHECK_INT(dosai_stream_completion(stream, &made, NULL), DOSAI_FORKED);
  }
  CHECK(!made && !answered && !opened);
  dosai_stream_free(stream);
  dosai_error_free(old_error);
  dosai_completion_free(old_completion);
  dosai_request_free(request);
  dosai_cancel_free(token);
  dosai_client_free(client);
  CHECK_INT(told_in_child, 0); /* the calls are the parent's */
}

/* What the child does; it ends by exit, so that its atexit hooks run, or at once. */
static void child(int by_exit) {
  dosai_error *error = NULL;
  test_leaks_stay(); /* in the child libcurl's part of a handle is left, by law */
  inherited();
  client = test_client(TEST_TLS, "hello");
  request = test_request();
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  CHECK_TEXT(dosai_completion_content(completion, 0, NULL), "Hello! How can I help you today?");
  dosai_completion_free(completion);
  CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, NULL, &error), DOSAI_OK);
  dosai_request_free(request);
  dosai_client_free(client);
  if (by_exit) exit(test_failures != 0);
  _exit(test_failures != 0);
}

static void fork_child(int by_exit) {
  int status = -1;
  fflush(NULL);
  pid_t process = fork();
  if (process == 0) child(by_exit);
  CHECK(waitpid(process, &status, 0) == process);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void begin(test_transport transport) {
  dosai_error *error = NULL;
  request = test_request();
  client = test_client(transport, "hello");
  CHECK_CALL(dosai_chat(client, request, NULL, &old_completion, &error), DOSAI_OK);
  dosai_client_free(client);
  char url[256];
  dosai_client_options options;
  test_options(&options, url, transport, "paced");
  options.on_event = on_event;
  options.on_log = on_log;
  options.log_level = DOSAI_LOG_DEBUG;
  client = test_client_with(&options);
  CHECK_CALL(dosai_cancel_new(&token, &error), DOSAI_OK);
  CHECK_INT(dosai_request_add_message(request, NULL, NULL, 0, &old_error), DOSAI_INVALID_ARGUMENT);
  stream = NULL;
}

static void finish(void) {
  CHECK_TEXT(dosai_completion_content(completion, 0, NULL), "abcdefghijklmnopqrst");
  CHECK_INT(dosai_completion_finish_reason(completion, 0), DOSAI_FINISH_STOP);
  CHECK_INT(dosai_cancel_is_triggered(token), 0); /* the child's trigger was the child's */
  dosai_completion_free(completion);
  dosai_completion_free(old_completion);
  completion = NULL;
  dosai_error_free(old_error);
  old_error = NULL;
  dosai_cancel_free(token);
  dosai_request_free(request);
  dosai_client_free(client);
}

static void between_pulls(test_transport transport, int by_exit) {
  const dosai_chunk *chunk = NULL;
  dosai_error *error = NULL;
  dosai_call_options options;
  int chunks = 0;
  begin(transport);
  dosai_call_options_init(&options, sizeof options);
  options.cancel = token;
  CHECK_CALL(dosai_stream_open(client, request, &options, &stream, &error), DOSAI_OK);
  do {
    CHECK_CALL(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_OK);
    if (++chunks % 8 == 0) fork_child(by_exit);
  } while (chunk);
  CHECK_INT(chunks, 24);
  CHECK_CALL(dosai_stream_completion(stream, &completion, &error), DOSAI_OK);
  dosai_stream_free(stream);
  stream = NULL;
  finish();
}

static int32_t fork_here(const dosai_chunk *chunk, void *user_data) {
  if (chunk->event_index == 5) fork_child(*(int *)user_data);
  return 0;
}

static void from_callback(test_transport transport, int by_exit) {
  dosai_error *error = NULL;
  dosai_call_options options;
  begin(transport);
  dosai_call_options_init(&options, sizeof options);
  options.cancel = token;
  CHECK_CALL(dosai_chat_stream(client, request, &options, fork_here, &by_exit, &completion, &error),
             DOSAI_OK);
  finish();
}

static const char *expected;

static void *read_on(void *unused) {
  while (!is_over) unused = (void *)dosai_completion_message_json(completion, 0, NULL);
  CHECK(unused == expected);
  return NULL;
}

/* Another thread reads the completion when the process forks. */
static void while_another_reads(int streams) {
  enum { FORKS = 50 };
  pthread_t reader;
  dosai_error *error = NULL;
  client = test_client(TEST_PLAIN, "hello");
  request = test_request();
  if (streams)
    CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, &completion, &error), DOSAI_OK);
  else CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  expected = dosai_completion_message_json(completion, 0, NULL);
  is_over = 0;
  CHECK(pthread_create(&reader, NULL, read_on, (void *)expected) == 0);
  for (int i = 0; i < FORKS; i++) {
    int status = -1;
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) {
      test_leaks_stay();
      alarm(20);
      _exit(strcmp(dosai_completion_message_json(completion, 0, NULL), expected) != 0);
    }
    CHECK(waitpid(process, &status, 0) == process);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    if (!WIFEXITED(status)) break;
  }
  is_over = 1;
  pthread_join(reader, NULL);
  dosai_completion_free(completion);
  dosai_request_free(request);
  dosai_client_free(client);
}

int main(void) {
  parent = getpid();
  for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++)
    for (int by_exit = 0; by_exit < 2; by_exit++) {
      between_pulls((test_transport)transport, by_exit);
      from_callback((test_transport)transport, by_exit);
    }
  for (int streams = 0; streams < 2; streams++) while_another_reads(streams);
  return test_end();
}
