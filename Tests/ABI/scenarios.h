/* What out_of_memory.c does while memory runs out. Each gives the first status that was not OK, and frees all. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "test.h"

typedef struct {
  const char *name, *script;
  dosai_status (*play)(dosai_client *client);
  dosai_status expected;
  int is_large; /* its data are */
  int stride;   /* every so many allocations; 0: each */
  test_transport transport;
} scenario;

/* TOO_LARGE: libcurl has one code for a header line beyond its limit and for a moment without memory. TLS: OpenSSL says
 * no more than that what it called has failed. */
static inline int is_honest(dosai_status status, int for_ever, int is_in_openssl) {
  if (status == DOSAI_TOO_LARGE) return !for_ever;
  if (status == DOSAI_TLS) return is_in_openssl;
  return status == DOSAI_OK || status == DOSAI_OUT_OF_MEMORY || status == DOSAI_CONNECTION ||
         status == DOSAI_RESOURCE || status == DOSAI_RATE_LIMITED || status == DOSAI_UNAVAILABLE;
}

static dosai_error *error;

/* Frees the error, of which the getters are asked. */
static inline int is_good(dosai_status *first, dosai_status status) {
  dosai_attempt attempt = {.struct_size = sizeof attempt};
  dosai_error_message(error, NULL);
  dosai_error_header(error, "retry-after", NULL);
  dosai_error_attempt(error, 0, &attempt);
  dosai_completion_json(dosai_error_completion(error), NULL);
  dosai_error_free(error);
  error = NULL;
  if (*first == DOSAI_OK) *first = status;
  return status == DOSAI_OK;
}

static inline void build(dosai_status *first, dosai_request **request, const char *text, size_t length) {
  if (!is_good(first, dosai_request_new("m", 1, request, &error))) return;
  is_good(first, dosai_request_add_message(*request, "user", text, length, &error));
}

static inline dosai_status make_all(dosai_client *none) {
  static const char schema[] = "{\"type\":\"object\",\"properties\":{}}";
  dosai_status first = DOSAI_OK;
  dosai_client_options options;
  dosai_client *client = NULL;
  dosai_request *request = NULL, *copy = NULL;
  dosai_cancel *token = NULL;
  dosai_loop *loop = NULL;
  char url[256];
  (void)none;
  test_options(&options, url, TEST_PLAIN, "hello");
  options.headers = (const char *const[]){"x-a: b", "x-c: d"};
  options.header_count = 2;
  is_good(&first, dosai_client_new(&options, &client, &error));
  is_good(&first, dosai_cancel_new(&token, &error));
  is_good(&first, dosai_loop_new(NULL, &loop, &error));
  build(&first, &request, "hi", 2);
  if (request) {
    is_good(&first, dosai_request_add_tool(request, "f", "what", schema, sizeof schema - 1, &error));
    is_good(&first, dosai_request_add_stop(request, "x", 1, &error));
    is_good(&first, dosai_request_set_number(request, "temperature", 0.5, &error));
    is_good(&first, dosai_request_set_json(request, "seed", "1", 1, &error));
    is_good(&first, dosai_request_set_json_schema(request, "s", schema, sizeof schema - 1, 1, &error));
    is_good(&first, dosai_request_copy(request, &copy, &error));
  }
  dosai_request_free(copy);
  dosai_request_free(request);
  dosai_cancel_free(token);
  if (loop) is_good(&first, dosai_loop_close(loop, NULL, NULL, &error));
  dosai_client_free(client);
  return first;
}

/* jansson loses bytes of a key for which it cannot grow its buffer. */
static inline int has_usage(const dosai_completion *completion) {
  dosai_usage usage = {.struct_size = sizeof usage};
  return dosai_completion_usage(completion, &usage) == DOSAI_OK && usage.completion_tokens > 0;
}

static inline dosai_status ask(dosai_client *client, int streams) {
  dosai_status first = DOSAI_OK;
  dosai_request *request = NULL;
  dosai_completion *completion = NULL;
  build(&first, &request, "hi", 2);
  if (first == DOSAI_OK)
    is_good(&first, streams ? dosai_chat_stream(client, request, NULL, test_go_on, NULL, &completion, &error)
                            : dosai_chat(client, request, NULL, &completion, &error));
  if (completion && !streams && !has_usage(completion)) first = DOSAI_INTERNAL;
  if (completion) is_good(&first, dosai_request_add_completion(request, completion, 0, &error));
  dosai_completion_free(completion);
  dosai_request_free(request);
  return first;
}

static inline dosai_status retry(dosai_client *client) {
  dosai_status first = DOSAI_OK;
  dosai_request *request = NULL;
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.max_retries = 1;
  build(&first, &request, "hi", 2);
  if (first == DOSAI_OK) is_good(&first, dosai_chat(client, request, &options, NULL, &error));
  dosai_request_free(request);
  return first;
}

static inline dosai_status chat(dosai_client *client) { return ask(client, 0); }
static inline dosai_status stream(dosai_client *client) { return ask(client, 1); }

static inline dosai_status pull(dosai_client *client) {
  dosai_status first = DOSAI_OK;
  dosai_request *request = NULL;
  dosai_completion *completion = NULL;
  dosai_stream *opened = NULL;
  const dosai_chunk *chunk = NULL;
  build(&first, &request, "hi", 2);
  if (first == DOSAI_OK) is_good(&first, dosai_stream_open(client, request, NULL, &opened, &error));
  while (opened && is_good(&first, dosai_stream_next(opened, -1, &chunk, &error)) && chunk) {
  }
  if (opened) is_good(&first, dosai_stream_completion(opened, &completion, &error));
  dosai_completion_free(completion);
  dosai_stream_free(opened);
  dosai_request_free(request);
  return first;
}

static inline int32_t note_end(const dosai_event *event, void *first) {
  dosai_status status = event->kind == DOSAI_EVENT_ERROR ? dosai_error_status(event->error) : DOSAI_OK;
  if (event->kind == DOSAI_EVENT_COMPLETION && !event->completion) status = DOSAI_INTERNAL;
  if (event->kind == DOSAI_EVENT_ERROR && !event->error) status = DOSAI_INTERNAL;
  if (*(dosai_status *)first == DOSAI_OK || status == DOSAI_INTERNAL) *(dosai_status *)first = status;
  return 0;
}

static inline dosai_status run(dosai_client *client, int is_chat) {
  dosai_status first = DOSAI_OK, last = DOSAI_OK;
  dosai_request *request = NULL;
  dosai_call *call = NULL;
  dosai_cancel *token = NULL;
  dosai_loop *made = NULL;
  dosai_call_options options;
  size_t active = 1;
  dosai_call_options_init(&options, sizeof options);
  build(&first, &request, "hi", 2);
  is_good(&first, dosai_cancel_new(&token, &error));
  is_good(&first, dosai_loop_new(NULL, &made, &error));
  options.cancel = token;
  if (first == DOSAI_OK) {
    if (is_chat) is_good(&first, dosai_loop_submit_chat(made, client, request, &options, 1, &call, &error));
    is_good(&first, dosai_loop_submit_stream(made, client, request, &options, 2, NULL, &error));
    dosai_call_pause(call);
    dosai_call_resume(call);
    while (active > 0 && is_good(&last, dosai_loop_step(made, -1, note_end, &first, &active, &error))) {
    }
  }
  dosai_call_free(call);
  if (made) is_good(&first, dosai_loop_close(made, note_end, &first, &error));
  dosai_cancel_free(token);
  dosai_request_free(request);
  return first == DOSAI_OK ? last : first;
}

static inline dosai_status loop(dosai_client *client) { return run(client, 1); }
static inline dosai_status stream_in_loop(dosai_client *client) { return run(client, 0); }

static inline dosai_status prompt(dosai_client *client) {
  static char text[1 << 20];
  dosai_status first = DOSAI_OK;
  dosai_request *request = NULL, *copy = NULL;
  memset(text, 'a', sizeof text);
  build(&first, &request, text, sizeof text);
  if (first == DOSAI_OK) {
    is_good(&first, dosai_request_copy(request, &copy, &error));
    is_good(&first, dosai_chat(client, request, NULL, NULL, &error));
  }
  dosai_request_free(copy);
  dosai_request_free(request);
  return first;
}

/* What a process does first: libcurl and the TLS library are not there yet. */
static inline dosai_status begin(dosai_client *none) {
  dosai_status first = DOSAI_OK;
  dosai_client_options options;
  dosai_client *client = NULL;
  char url[256];
  (void)none;
  test_options(&options, url, TEST_TLS, "hello");
  if (is_good(&first, dosai_client_new(&options, &client, &error))) first = ask(client, 0);
  dosai_client_free(client);
  return first;
}

static const scenario first_use = {"first use", NULL, begin, DOSAI_OK, 0, 1, TEST_TLS};

static const scenario scenarios[] = {
    {"make", NULL, make_all, DOSAI_OK, 0, 0, TEST_PLAIN},
    {"chat", "hello", chat, DOSAI_OK, 0, 0, TEST_PLAIN},
    {"long keys", "keys", chat, DOSAI_OK, 0, 0, TEST_PLAIN},
    {"rich", "rich", chat, DOSAI_OK, 0, 0, TEST_PLAIN},
    {"tools and more in a stream", "rich", stream, DOSAI_OK, 0, 11, TEST_PLAIN},
    {"stream", "hello", stream, DOSAI_OK, 0, 0, TEST_PLAIN},
    {"pull", "hello", pull, DOSAI_OK, 0, 0, TEST_PLAIN},
    {"loop", "hello", loop, DOSAI_OK, 0, 0, TEST_PLAIN},
    {"error", "error-429", chat, DOSAI_RATE_LIMITED, 0, 0, TEST_PLAIN},
    {"error in a loop", "error-429", loop, DOSAI_RATE_LIMITED, 0, 0, TEST_PLAIN},
    {"retry", "error-503", retry, DOSAI_UNAVAILABLE, 0, 0, TEST_PLAIN},
    {"TLS", "hello", chat, DOSAI_OK, 0, 1, TEST_TLS},
    {"1 MB prompt", "hello", prompt, DOSAI_OK, 1, 0, TEST_PLAIN},
    {"4 MB answer", "big", chat, DOSAI_OK, 1, 0, TEST_PLAIN},
    {"4 MB event", "big-event", stream, DOSAI_OK, 1, 0, TEST_PLAIN},
    {"8 MB of events", "blast", stream, DOSAI_OK, 1, 0, TEST_PLAIN},
    {"8 MB pulled", "blast", pull, DOSAI_OK, 1, 0, TEST_PLAIN},
    {"8 MB in a loop", "blast", stream_in_loop, DOSAI_OK, 1, 0, TEST_PLAIN},
    {NULL, NULL, NULL, DOSAI_OK, 0, 0, TEST_PLAIN},
};

#endif
