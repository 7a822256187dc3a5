/* on_wait comes at each interval, whatever arrives meanwhile, on each face that waits; and it ends the call. */
#include "test.h"

enum { CHAT, STREAM, PULL, STOP_AT = 5, CONTROL = 20000 };

static int waits;
static int32_t on_wait(void *unused) {
  (void)unused;
  return ++waits == STOP_AT;
}

/* The bytes come every 20 ms; each interval is longer. */
static void comes(int face, test_transport transport, const char *script, int interval) {
  dosai_client *client = test_client(transport, script);
  dosai_request *request = test_request();
  dosai_call_options options;
  dosai_error *error = NULL;
  int before = test_failures;
  dosai_call_options_init(&options, sizeof options);
  options.on_wait = on_wait;
  options.wait_interval_ms = interval;
  options.total_timeout_ms = CONTROL; /* a test that would go on for ever ends all the same */
  waits = 0;
  double start = test_now();
  if (face == CHAT) CHECK_CALL(dosai_chat(client, request, &options, NULL, &error), DOSAI_CANCELLED);
  else if (face == STREAM)
    CHECK_CALL(dosai_chat_stream(client, request, &options, test_go_on, NULL, NULL, &error), DOSAI_CANCELLED);
  else CHECK_CALL(test_pull(client, request, &options, NULL, &error), DOSAI_CANCELLED);
  CHECK_INT(waits, STOP_AT);
  CHECK_TOOK(start, test_now(), STOP_AT * interval - 1, STOP_AT * interval + test_bound(400));
  if (test_failures != before)
    fprintf(stderr, "  with the script %s, face %d, every %d ms\n", script, face, interval);
  dosai_request_free(request);
  dosai_client_free(client);
}

int main(void) {
  static const int intervals[] = {100, 50, 30};
  for (int transport = TEST_PLAIN; transport <= TEST_TLS; transport++)
    for (int i = 0; i < 3; i++) {
      comes(CHAT, (test_transport)transport, "drip", intervals[i]);
      for (int face = STREAM; face <= PULL; face++) {
        comes(face, (test_transport)transport, "interim", intervals[i]); /* still in open */
        comes(face, (test_transport)transport, "comments", intervals[i]);
        comes(face, (test_transport)transport, "chunk-comments", intervals[i]);
        comes(face, (test_transport)transport, "endless", intervals[i]);
      }
    }
  return test_end();
}
