/* A body that the program received itself: bytes in, chunks out. That all of the corpus agrees is Tests/Wire's to say. */
#include "test.h"

static dosai_error *error;
static dosai_decoder *decoder;
static const dosai_chunk *chunk;

static const char start[] =
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n"
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"}}]}\n\n";
static const char end[] =
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

static void make(void) { CHECK_CALL(dosai_decoder_new(NULL, &decoder, &error), DOSAI_OK); }

static void feed(const char *text) {
  CHECK_CALL(dosai_decoder_feed(decoder, text, DOSAI_NUL_TERMINATED, &error), DOSAI_OK);
}

static void expect(dosai_status status, const char *text) {
  chunk = (const dosai_chunk *)1;
  CHECK_CALL(dosai_decoder_next(decoder, &chunk, &error), status);
  CHECK((chunk != NULL) == (text != NULL));
  if (chunk && text) CHECK_TEXT(chunk->text, text);
}

static void expect_completion(const char *content, dosai_finish_reason reason) {
  dosai_completion *completion = NULL;
  dosai_timings timings = {.struct_size = sizeof timings};
  CHECK_CALL(dosai_decoder_completion(decoder, &completion, &error), DOSAI_OK);
  CHECK_TEXT(dosai_completion_content(completion, 0, NULL), content);
  CHECK_INT(dosai_completion_finish_reason(completion, 0), reason);
  CHECK_INT(dosai_completion_http_status(completion), 0);
  CHECK_INT(dosai_completion_attempt_count(completion), 0);
  CHECK_INT(dosai_completion_timings(completion, &timings), DOSAI_OK);
  CHECK(timings.reused_connection == 0 && timings.total_us == -1);
  dosai_completion_free(completion);
}

static void whole(const char *last) {
  make();
  expect(DOSAI_WOULD_BLOCK, NULL);
  expect_completion(NULL, DOSAI_FINISH_NONE);
  for (size_t at = 0; at < sizeof start - 1; at++) { /* byte by byte */
    CHECK_CALL(dosai_decoder_feed(decoder, start + at, 1, &error), DOSAI_OK);
    dosai_status status = dosai_decoder_next(decoder, &chunk, &error);
    CHECK_INT(status, start[at] == '\n' && start[at - 1] == '\n' ? DOSAI_OK : DOSAI_WOULD_BLOCK);
  }
  expect_completion("Hello", DOSAI_FINISH_NONE);
  feed(end);
  feed(last);
  expect(DOSAI_OK, "stop");
  if (!*last) expect(DOSAI_WOULD_BLOCK, NULL);
  CHECK_CALL(dosai_decoder_finish(decoder, &error), DOSAI_OK);
  for (int i = 0; i < 3; i++) expect(DOSAI_OK, NULL);
  CHECK_CALL(dosai_decoder_feed(decoder, "x", 1, &error), DOSAI_INVALID_ARGUMENT);
  expect_completion("Hello", DOSAI_FINISH_STOP);
  dosai_decoder_free(decoder);
}

/* An answer that is no stream, of which one chunk was taken; and then the rest. */
static void answer(void) {
  make();
  feed("{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}");
  CHECK_CALL(dosai_decoder_finish(decoder, &error), DOSAI_OK);
  expect(DOSAI_OK, "Hello");
  expect_completion("Hello", DOSAI_FINISH_NONE);
  expect(DOSAI_OK, "stop");
  expect(DOSAI_OK, NULL);
  expect_completion("Hello", DOSAI_FINISH_STOP);
  dosai_decoder_free(decoder);
}

/* A broken character, behind events of the same form. */
static void broken(const char *text, const char *expected) {
  char event[200];
  make();
  for (int i = 0; i < 6; i++) {
    snprintf(event, sizeof event,
             "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s and more words\"}}]}\n\n",
             i < 5 ? "\u00e9t\u00e9" : text);
    feed(event);
    CHECK_CALL(dosai_decoder_next(decoder, &chunk, &error), DOSAI_OK);
  }
  snprintf(event, sizeof event, "%s and more words", expected);
  CHECK_TEXT(chunk->text, event);
  dosai_decoder_free(decoder);
}

/* Texts of twenty bytes, the last of them beyond ASCII, end at each place of the memory that holds them. */
static void full(void) {
  const char *const text = "sixteen letters-\U0001F600";
  char event[200], whole[600];
  for (int shift = 0; shift < 20; shift++) {
    make();
    whole[0] = 0;
    for (int i = 0; i < 25; i++) {
      snprintf(event, sizeof event,
               "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%.*s\"}}]}\n\n", i ? 20 : 1 + shift,
               i ? text : "abcdefghijklmnopqrst");
      feed(event);
      CHECK_CALL(dosai_decoder_next(decoder, &chunk, &error), DOSAI_OK);
      strncat(whole, chunk->text, chunk->text_length);
      CHECK_INT(chunk->text_length, i ? 20 : 1 + shift);
    }
    expect_completion(whole, DOSAI_FINISH_NONE);
    dosai_decoder_free(decoder);
  }
}

/* [DONE] is the end, whatever the connection does. */
static void done(void) {
  make();
  feed(end);
  feed("data: [DONE]\n\n");
  feed("more");
  expect(DOSAI_OK, "stop");
  expect(DOSAI_OK, NULL);
  dosai_decoder_free(decoder);
}

/* What comes after [DONE] is noted, unless it is blank, also if it comes later. */
static void late(const char *last, uint32_t quirks) {
  dosai_completion *completion = NULL;
  make();
  feed(end);
  feed("data: [DONE]\n\n");
  expect(DOSAI_OK, "stop");
  expect(DOSAI_OK, NULL);
  feed(last);
  CHECK_CALL(dosai_decoder_completion(decoder, &completion, &error), DOSAI_OK);
  CHECK_INT(dosai_completion_quirks(completion), quirks);
  dosai_completion_free(completion);
  dosai_decoder_free(decoder);
}

static void failed(const char *body, dosai_status status, const char *message, const char *kept) {
  make();
  feed(body);
  CHECK_CALL(dosai_decoder_finish(decoder, &error), DOSAI_OK);
  while (dosai_decoder_next(decoder, &chunk, NULL) == DOSAI_OK && chunk) {
  }
  for (int i = 0; i < 2; i++) {
    CHECK_KEEP(dosai_decoder_next(decoder, &chunk, &error), status);
    CHECK(strstr(dosai_error_message(error, NULL), message) != NULL);
    CHECK_TEXT(dosai_completion_content(dosai_error_completion(error), 0, NULL), kept);
    dosai_error_free(error);
    error = NULL;
  }
  dosai_decoder_free(decoder);
}

/* What an error says is kept, also where it is no JSON. */
static void failed_in_words(void) {
  make();
  feed("event: error\ndata: out of order\n\n");
  CHECK_KEEP(dosai_decoder_next(decoder, &chunk, &error), DOSAI_PROVIDER);
  CHECK_TEXT(dosai_error_body(error, NULL), "out of order");
  dosai_error_free(error);
  error = NULL;
  dosai_decoder_free(decoder);
}

/* An error shows no key, however short it is, in what it keeps of a stream or of another body: `form`, with so many
 * spaces and then the key in it. */
static void failed_with_a_short_key(const char *form, int spaces) {
  static char body[4096];
  dosai_client_options options;
  snprintf(body, sizeof body, form, spaces, "");
  dosai_client_options_init(&options, sizeof options);
  options.api_key = "sk-1";
  CHECK_CALL(dosai_decoder_new(&options, &decoder, &error), DOSAI_OK);
  feed(body);
  CHECK_CALL(dosai_decoder_finish(decoder, &error), DOSAI_OK);
  CHECK_KEEP(dosai_decoder_next(decoder, &chunk, &error), DOSAI_PROVIDER);
  CHECK(strstr(dosai_error_body(error, NULL), "bad key: ****") != NULL);
  CHECK(strstr(dosai_error_message(error, NULL), "bad key: **") != NULL);
  CHECK(strstr(dosai_error_message(error, NULL), "sk") == NULL);
  dosai_error_free(error);
  error = NULL;
  dosai_decoder_free(decoder);
}

static void limits(void) {
  char url[256];
  dosai_client_options options;
  test_options(&options, url, TEST_PLAIN, "x");
  options.max_event_bytes = 40;
  options.max_response_bytes = 40;
  options.base_url = "not a URL"; /* is ignored */
  CHECK_CALL(dosai_decoder_new(&options, &decoder, &error), DOSAI_OK);
  feed(start);
  expect(DOSAI_TOO_LARGE, NULL);
  dosai_decoder_free(decoder);
  CHECK_CALL(dosai_decoder_new(&options, &decoder, &error), DOSAI_OK);
  feed("{");
  CHECK_CALL(dosai_decoder_feed(decoder, start, sizeof start - 1, &error), DOSAI_TOO_LARGE);
  expect(DOSAI_TOO_LARGE, NULL);
  dosai_decoder_free(decoder);
  options.max_event_bytes = -2;
  CHECK_CALL(dosai_decoder_new(&options, &decoder, &error), DOSAI_INVALID_ARGUMENT);
  CHECK(!decoder);
  CHECK_CALL(dosai_decoder_feed(NULL, "x", 1, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_decoder_next(NULL, &chunk, &error), DOSAI_INVALID_ARGUMENT);
}

/* How many chunks of one form come before max_text_bytes, of which so many are fed at once. */
static int until_full(int at_once) {
  static const char event[] =
      "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}\n\n";
  dosai_client_options options;
  dosai_status status = DOSAI_WOULD_BLOCK;
  int chunks = 0;
  dosai_client_options_init(&options, sizeof options);
  options.max_text_bytes = 1000;
  CHECK_CALL(dosai_decoder_new(&options, &decoder, &error), DOSAI_OK);
  while (status == DOSAI_WOULD_BLOCK && chunks < 1000) {
    for (int i = 0; i < at_once; i++) feed(event);
    while ((status = dosai_decoder_next(decoder, &chunk, &error)) == DOSAI_OK) chunks++;
  }
  CHECK_INT(status, DOSAI_TOO_LARGE);
  dosai_error_free(error);
  error = NULL;
  dosai_decoder_free(decoder);
  return chunks;
}

/* More is fed before the last chunk of an event was read. */
static void fed_too_early(void) {
  char event[128], json[128] = "";
  make();
  for (int i = 0; i < 10; i++) {
    snprintf(event, sizeof event,
             "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%d\"}}],"
             "\"usage\":{\"total_tokens\":%d}}\n\n",
             i, i);
    feed(event);
    if (i > 0) {
      CHECK_CALL(dosai_decoder_next(decoder, &chunk, &error), DOSAI_OK);
      CHECK_INT(chunk->kind, DOSAI_CHUNK_USAGE);
      CHECK_INT(chunk->usage->total_tokens, i - 1);
      CHECK_TEXT(chunk->json, json);
    }
    CHECK_CALL(dosai_decoder_next(decoder, &chunk, &error), DOSAI_OK);
    CHECK_INT(chunk->kind, DOSAI_CHUNK_CONTENT);
    snprintf(json, sizeof json, "%s", chunk->json);
  }
  dosai_decoder_free(decoder);
}

/* A completion in the middle of an event has the reason that was read last. */
static void reason_changes(void) {
  make();
  feed("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n");
  expect(DOSAI_OK, "length");
  feed("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n");
  expect(DOSAI_OK, "Hi");
  expect_completion("Hi", DOSAI_FINISH_LENGTH);
  expect(DOSAI_OK, "stop");
  expect_completion("Hi", DOSAI_FINISH_STOP);
  dosai_decoder_free(decoder);
}

int main(void) {
  whole("");
  whole("data: [DONE]\n\n");
  done();
  late("more", DOSAI_QUIRK_AFTER_DONE);
  late(" \r\n", 0);
  answer();
  full();
  broken("\xC3\x41", "\uFFFD\x41");
  broken("\xE1\x41\x42", "\uFFFD\x41\x42");
  broken("\xE1\x80\x41", "\uFFFD\x41");
  broken("\xF1\x41\x42\x43", "\uFFFD\x41\x42\x43");
  broken("\xF1\x80\x80\x41", "\uFFFD\x41");
  broken("\xC3\xA9\x80", "\u00e9\uFFFD");
  broken("\xE1\x82\x80\x80", "\u1080\uFFFD");
  broken("\xF0\x9F\x98\x80\x80", "\U0001F600\uFFFD");
  failed(start, DOSAI_TRUNCATED, "before", "Hello");
  failed("", DOSAI_TRUNCATED, "empty", NULL);
  failed("data: {\"choices\": [}\n\n", DOSAI_PROTOCOL, "JSON", NULL);
  failed("data: {\"error\":{\"message\":\"The model crashed.\"}}\n\n", DOSAI_PROVIDER, "The model crashed.",
         NULL);
  failed("{\"error\":{\"message\":\"The model crashed.\"}}", DOSAI_PROVIDER, "The model crashed.", NULL);
  failed("<html>", DOSAI_PROTOCOL, "", NULL);
  failed_in_words();
  for (int spaces = 0; spaces <= 2034; spaces += 2034) { /* a message is cut at 2,048 bytes */
    failed_with_a_short_key("data: {\"error\":{\"message\":\".%*s bad key: sk-1\"}}\n\n", spaces);
    failed_with_a_short_key("{\"error\":{\"message\":\".%*s bad key: sk-1\"}}", spaces);
  }
  limits();
  CHECK_INT(until_full(100), until_full(1));
  fed_too_early();
  reason_changes();
  return test_end();
}
