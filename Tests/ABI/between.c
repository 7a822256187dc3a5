/* What comes on a connection between two calls is nobody's: each call gets its own answer, from its one attempt and
 * without a wait, for its request was certainly not sent on a connection that had ended. */
#include "loop.h"

enum { BLOCKING, CALLBACK, PULL, LOOP_CHAT, LOOP_STREAM, FACES };
static const double later = 500; /* milliseconds after its answer, behind-late-answer sends another */

#define NOTHING "behind-nothing"

static dosai_loop *loop;
static dosai_completion *told_completion;

static int32_t keep(const dosai_event *event) {
  dosai_error *error = NULL;
  if (event->completion)
    CHECK_CALL(dosai_completion_copy(event->completion, &told_completion, &error), DOSAI_OK);
  return 0;
}

static dosai_completion *pull(dosai_client *client, const dosai_request *request) {
  dosai_stream *stream = NULL;
  dosai_completion *completion = NULL;
  const dosai_chunk *chunk = NULL;
  dosai_error *error = NULL;
  CHECK_CALL(dosai_stream_open(client, request, NULL, &stream, &error), DOSAI_OK);
  if (!stream) return NULL;
  do CHECK_CALL(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_OK);
  while (chunk);
  CHECK_CALL(dosai_stream_completion(stream, &completion, &error), DOSAI_OK);
  dosai_stream_free(stream);
  return completion;
}

static dosai_completion *in_the_loop(int face, dosai_client *client, const dosai_request *request) {
  dosai_error *error = NULL;
  forget_all();
  then_do = keep;
  told_completion = NULL;
  if (face == LOOP_CHAT)
    CHECK_CALL(dosai_loop_submit_chat(loop, client, request, NULL, 0, NULL, &error), DOSAI_OK);
  else CHECK_CALL(dosai_loop_submit_stream(loop, client, request, NULL, 0, NULL, &error), DOSAI_OK);
  run(loop);
  CHECK_END(0, DOSAI_OK);
  return told_completion;
}

static dosai_completion *call(int face, dosai_client *client, const dosai_request *request) {
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  switch (face) {
  case BLOCKING:
    CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
    return completion;
  case CALLBACK:
    CHECK_CALL(dosai_chat_stream(client, request, NULL, test_go_on, NULL, &completion, &error), DOSAI_OK);
    return completion;
  case PULL:
    return pull(client, request);
  default:
    return in_the_loop(face, client, request);
  }
}

/* The server has sent all that it sends behind the answer of call number `count`. */
static void wait_for(test_transport transport, const char *script, int count) {
  for (double end = test_now() + test_bound(10000); test_now() < end; test_sleep(1))
    if (test_count(transport, script, "marks") == count) return;
  CHECK_INT(test_count(transport, script, "marks"), count);
}

/* Each call has a connection of its own, where `least` is `count`; what comes before the call is over may be read, and let
 * go, with its answer. */
static void calls(int face, test_transport transport, const char *name, int count, int least) {
  char script[64], text[64];
  snprintf(script, sizeof script, "%s~%d", name, face);
  if (getenv("DOSAI_TEST_SLOW") && count >= 10) count /= 10, least = (least + 9) / 10;
  dosai_client *client = test_client(transport, script);
  loop = new_loop(0, 0);
  int before = test_failures;
  double longest = 0;
  for (int i = 0; i < count && test_failures == before; i++) {
    dosai_request *request = test_request();
    dosai_error *error = NULL;
    snprintf(text, sizeof text, "this is call %d.", i);
    CHECK_CALL(dosai_request_add_message(request, "user", text, DOSAI_NUL_TERMINATED, &error), DOSAI_OK);
    double start = test_now();
    dosai_completion *completion = call(face, client, request);
    double end = test_now();
    /* No retry, which waits 375 ms; the server may be as late as this program. */
    test_took(start, end, 0, test_bound(250), 2, __FILE__, __LINE__, "the answer");
    if (end - start > longest) longest = end - start;
    const char *answer = dosai_completion_content(completion, 0, NULL);
    CHECK(answer && strstr(answer, text));
    CHECK_INT(dosai_completion_attempt_count(completion), 1);
    dosai_completion_free(completion);
    dosai_request_free(request);
    if (test_failures != before) break;
    if (i + 1 < count) wait_for(transport, script, i + 1);
    if (i % 2 && face >= LOOP_CHAT) step(loop, 0); /* a host may or may not come by */
  }
  if (test_failures == before) {
    if (longest >= later && strcmp(name, "behind-late-answer") == 0)
      least = 1; /* it came before the call was over */
    CHECK_INT(test_count(transport, script, "requests"), count);
    CHECK_BETWEEN(test_count(transport, script, "connections"), least,
                  least == 1 && strcmp(name, NOTHING) == 0 ? 1 : count);
  }
  if (test_failures != before) fprintf(stderr, "  with %s, face %d, transport %d\n", name, face, transport);
  dosai_client_free(client);
  close_loop(loop);
}

/* Calls of a loop at once, each on a connection; over Unix sockets, all of these have the same ends. */
static void together(test_transport transport, const char *name) {
  enum { CALLS = 3, ROUNDS = 8 };
  char script[64], text[64], url[256];
  snprintf(script, sizeof script, "%s~together", name);
  dosai_client_options options;
  test_options(&options, url, transport, script);
  /* Else a call waits for another's connection, and may be the next on it too early. */
  options.http1_only = 1;
  dosai_client *client = test_client_with(&options);
  int before = test_failures;
  loop = new_loop(0, 0);
  for (int i = 0; i < ROUNDS && test_failures == before; i++) {
    forget_all();
    for (int at = 0; at < CALLS; at++) {
      dosai_request *request = NULL;
      dosai_error *error = NULL;
      snprintf(text, sizeof text, "<%d.%d>", i, at);
      CHECK_CALL(dosai_request_new("m", 1, &request, &error), DOSAI_OK);
      CHECK_CALL(dosai_request_add_message(request, "user", text, DOSAI_NUL_TERMINATED, &error), DOSAI_OK);
      CHECK_CALL(dosai_loop_submit_chat(loop, client, request, NULL, (uintptr_t)at, NULL, &error), DOSAI_OK);
      dosai_request_free(request);
    }
    run(loop);
    for (int at = 0; at < CALLS; at++) {
      CHECK_END(at, DOSAI_OK);
      CHECK_INT(book[at].attempts, 1);
      snprintf(text, sizeof text, "<%d.%d>", i, at);
      CHECK(strstr(book[at].answer, text));
    }
    wait_for(transport, script, CALLS * (i + 1));
  }
  if (test_failures != before) fprintf(stderr, "  with %s, calls at once, transport %d\n", name, transport);
  dosai_client_free(client);
  close_loop(loop);
}

int main(void) {
  int descriptors = first_descriptors();
  for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++) {
    together((test_transport)transport, NOTHING);
    together((test_transport)transport, "behind-answer");
    together((test_transport)transport, "behind-byte");
  }
  for (int face = BLOCKING; face < FACES; face++)
    for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++) {
      calls(face, (test_transport)transport, NOTHING, 20, 1);
      calls(face, (test_transport)transport, "behind-answer", 100, 1);
      calls(face, (test_transport)transport, "behind-late-answer", 2, 2);
      calls(face, (test_transport)transport, "behind-byte", 20, 1);
      calls(face, (test_transport)transport, "behind-fin", 20, 20);
      if (transport == TEST_TLS) calls(face, (test_transport)transport, "behind-notice", 20, 20);
    }
  check_descriptors(descriptors);
  return test_end();
}
