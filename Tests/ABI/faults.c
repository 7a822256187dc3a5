/* Where and how an answer can break, and what is reported: a cut answer is never success, and what had arrived is
 * kept. */
#include "test.h"

/* Two statuses where the break may be seen in two ways. OK also means: the content is whole. */
typedef struct {
  const char *script;
  dosai_status status, other;
  const char *part; /* the content that had arrived; NULL: nothing */
} fault;

static const fault streams[] = {
    {"close-0", DOSAI_CONNECTION, DOSAI_CONNECTION, NULL},
    {"rst-0", DOSAI_CONNECTION, DOSAI_CONNECTION, NULL},
    {"part-status", DOSAI_CONNECTION, DOSAI_CONNECTION, NULL},
    {"hdr-fin", DOSAI_TRUNCATED, DOSAI_TRUNCATED, NULL},
    {"hdr-rst", DOSAI_CONNECTION, DOSAI_TRUNCATED, NULL},
    {"body0-fin-chunked", DOSAI_TRUNCATED, DOSAI_TRUNCATED, NULL},
    {"body0-rst", DOSAI_CONNECTION, DOSAI_TRUNCATED, NULL},
    {"mid-fin-chunked", DOSAI_TRUNCATED, DOSAI_TRUNCATED, "Hello"},
    {"mid-rst", DOSAI_CONNECTION, DOSAI_TRUNCATED, "Hello"},
    {"in-chunk", DOSAI_TRUNCATED, DOSAI_TRUNCATED, "Hello"},
    {"bad-chunk", DOSAI_PROTOCOL, DOSAI_PROTOCOL, NULL},
    {"clean-no-done", DOSAI_TRUNCATED, DOSAI_TRUNCATED, "Hello"},
    {"clean-finish-no-done", DOSAI_OK, DOSAI_OK, "Hello"},
    {"eof-body", DOSAI_TRUNCATED, DOSAI_TRUNCATED, "Hello"},
    {"eof-done", DOSAI_OK, DOSAI_OK, "Hello"},
    {"tls-trunc", DOSAI_TRUNCATED, DOSAI_TRUNCATED, "Hello"},
    {"tls-trunc-chunked", DOSAI_TRUNCATED, DOSAI_TRUNCATED, "Hello"},
    {"cl-short", DOSAI_TRUNCATED, DOSAI_TRUNCATED, "Hello"},
    {"cl-long", DOSAI_TRUNCATED, DOSAI_PROTOCOL, NULL},
    {"rst-after-done", DOSAI_OK, DOSAI_OK, "Hello"},
    {"after-done-hold", DOSAI_OK, DOSAI_OK, "Hello"},
    {"keepalive", DOSAI_OK, DOSAI_OK, "Hello"},
    {"not-http", DOSAI_PROTOCOL, DOSAI_PROTOCOL, NULL},
    {"bad-status", DOSAI_PROTOCOL, DOSAI_PROTOCOL, NULL},
    {"status-999", DOSAI_SERVER, DOSAI_PROTOCOL, NULL},
    {"100-flood", DOSAI_TOO_LARGE, DOSAI_TOO_LARGE, NULL},
    {"204", DOSAI_PROTOCOL, DOSAI_PROTOCOL, NULL},
    {"req-rst", DOSAI_CONNECTION, DOSAI_CONNECTION, NULL},
    {"req-413", DOSAI_BAD_REQUEST, DOSAI_BAD_REQUEST, NULL},
    {"comment-untyped", DOSAI_TRUNCATED, DOSAI_TRUNCATED, NULL},
    {"comment-plain", DOSAI_PROTOCOL, DOSAI_PROTOCOL, NULL},
    {"mid-error", DOSAI_PROVIDER, DOSAI_PROVIDER, "Hello"},
    {"mid-error-text", DOSAI_PROVIDER, DOSAI_PROVIDER, "Hello"},
    {"mid-error-event", DOSAI_PROVIDER, DOSAI_PROVIDER, "Hello"},
    {"mid-garbage", DOSAI_PROTOCOL, DOSAI_PROTOCOL, "Hello"},
    {"whole-short", DOSAI_TRUNCATED, DOSAI_TRUNCATED, NULL},
    {"whole-html", DOSAI_PROTOCOL, DOSAI_PROTOCOL, NULL},
};

static const fault answers[] = {
    {"close-0", DOSAI_CONNECTION, DOSAI_CONNECTION, NULL},
    {"rst-0", DOSAI_CONNECTION, DOSAI_CONNECTION, NULL},
    {"part-status", DOSAI_CONNECTION, DOSAI_CONNECTION, NULL},
    {"hdr-fin", DOSAI_TRUNCATED, DOSAI_TRUNCATED, NULL},
    {"hdr-rst", DOSAI_CONNECTION, DOSAI_TRUNCATED, NULL},
    {"not-http", DOSAI_PROTOCOL, DOSAI_PROTOCOL, NULL},
    {"bad-status", DOSAI_PROTOCOL, DOSAI_PROTOCOL, NULL},
    {"100-flood", DOSAI_TOO_LARGE, DOSAI_TOO_LARGE, NULL},
    {"204", DOSAI_PROTOCOL, DOSAI_PROTOCOL, NULL},
    {"enc-stack", DOSAI_PROTOCOL, DOSAI_PROTOCOL, NULL},
    {"req-rst", DOSAI_CONNECTION, DOSAI_CONNECTION, NULL},
    {"req-413", DOSAI_BAD_REQUEST, DOSAI_BAD_REQUEST, NULL},
    {"whole-close", DOSAI_TRUNCATED, DOSAI_TRUNCATED, NULL},
    {"whole-short", DOSAI_TRUNCATED, DOSAI_TRUNCATED, NULL},
    {"whole-rst", DOSAI_CONNECTION, DOSAI_TRUNCATED, NULL},
    {"whole-cut-json", DOSAI_PROTOCOL, DOSAI_TRUNCATED, NULL},
    {"whole-eof", DOSAI_TRUNCATED, DOSAI_PROTOCOL, NULL},
    {"whole-eof-good", DOSAI_OK, DOSAI_OK, "Hello! How can I help you today?"},
    {"whole-html", DOSAI_PROTOCOL, DOSAI_PROTOCOL, NULL},
    {"null", DOSAI_PROTOCOL, DOSAI_PROTOCOL, NULL},
    {"hello", DOSAI_OK, DOSAI_OK, "Hello! How can I help you today?"},
};

static void play(const fault *fault, test_transport transport, int streamed) {
  static char big[8 << 20];
  dosai_client *client = test_client(transport, fault->script);
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  int before = test_failures;
  if (strncmp(fault->script, "req-", 4) == 0) {
    memset(big, 'a', sizeof big);
    CHECK_CALL(dosai_request_add_message(request, "user", big, sizeof big, &error), DOSAI_OK);
  }
  dosai_status status = streamed
                            ? dosai_chat_stream(client, request, NULL, test_go_on, NULL, &completion, &error)
                            : dosai_chat(client, request, NULL, &completion, &error);
  dosai_status expected = status == fault->other ? fault->other : fault->status;
  CHECK_KEEP(status, expected);
  CHECK((completion != NULL) == (expected == DOSAI_OK));
  const dosai_completion *arrived = error ? dosai_error_completion(error) : completion;
  CHECK_TEXT(dosai_completion_content(arrived, 0, NULL), fault->part);
  CHECK(!completion || dosai_completion_finish_reason(completion, 0) == DOSAI_FINISH_STOP);
  CHECK(fault->part || !arrived);
  if (error) CHECK_INT(dosai_error_attempt_count(error), 1);
  if (test_failures != before) fprintf(stderr, "  in the fault %s, transport %d\n", fault->script, transport);
  dosai_error_free(error);
  dosai_completion_free(completion);
  dosai_request_free(request);
  dosai_client_free(client);
}

int main(void) {
  for (int transport = TEST_PLAIN; transport <= TEST_UNIX; transport++) {
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++)
      play(&streams[i], (test_transport)transport, 1);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
      play(&answers[i], (test_transport)transport, 0);
  }
  return test_end();
}
