/* One stream flat out: the CPU of the client process a chunk, by the library and by what it is measured against.
 * usage: stream MODE BASE [CA]
 * MODE: curl takes the bytes; floor splits them into lines too; jansson parses each event too and reads its text, as
 * careful C does; callback, pull and loop are the library's. Prints nanoseconds of CPU, events, and bytes of text. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <dosai.h>
#include <jansson.h>

#include "measure.h"

static size_t events, text_bytes;
static char line[1 << 20];
static size_t line_length;
static int parses;
static const char *authorities;

static void take_line(const char *start, size_t length) {
  if (length < 7 || memcmp(start, "data: ", 6) != 0 || start[6] != '{') return;
  events++;
  if (!parses) return;
  json_t *event = json_loadb(start + 6, length - 6, 0, NULL);
  json_t *choice = json_array_get(json_object_get(event, "choices"), 0);
  json_t *delta = json_object_get(choice, "delta"), *text = json_object_get(delta, "content");
  if (!text) {
    json_t *call = json_array_get(json_object_get(delta, "tool_calls"), 0);
    text = json_object_get(json_object_get(call, "function"), "arguments");
  }
  if (json_is_string(text)) text_bytes += json_string_length(text);
  json_decref(event);
}

static size_t count_bytes(char *bytes, size_t size, size_t count, void *context) {
  (void)bytes, (void)context;
  return size * count;
}

static size_t split_lines(char *bytes, size_t size, size_t count, void *context) {
  (void)context;
  const char *at = bytes, *end = bytes + size * count;
  while (at < end) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    size_t length = (size_t)((newline ? newline : end) - at);
    if (newline && line_length == 0) {
      take_line(at, length);
    } else {
      memcpy(line + line_length, at, length);
      line_length += length;
      if (newline) take_line(line, line_length), line_length = 0;
    }
    at += length + 1;
  }
  return size * count;
}

static void run_curl(const char *url, size_t (*function)(char *, size_t, size_t, void *)) {
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "{}");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, function);
  if (authorities) curl_easy_setopt(easy, CURLOPT_CAINFO, authorities);
  CURLcode code = curl_easy_perform(easy);
  if (code) fprintf(stderr, "%s\n", curl_easy_strerror(code)), exit(1);
  curl_easy_cleanup(easy);
}

static int32_t on_chunk(const dosai_chunk *chunk, void *user_data) {
  (void)user_data;
  events += (size_t)chunk->last_in_event;
  if (chunk->kind != DOSAI_CHUNK_FINISH) text_bytes += chunk->text_length;
  return 0;
}

static int32_t on_event(const dosai_event *event, void *user_data) {
  if (event->kind == DOSAI_EVENT_ERROR)
    fprintf(stderr, "%s\n", dosai_error_message(event->error, NULL)), exit(1);
  return event->kind == DOSAI_EVENT_CHUNK ? on_chunk(event->chunk, user_data) : 0;
}

static dosai_status run_loop(dosai_client *client, dosai_request *request, dosai_error **error) {
  dosai_loop *loop = NULL;
  size_t active = 1;
  dosai_status status = dosai_loop_new(NULL, &loop, error);
  if (!status) status = dosai_loop_submit_stream(loop, client, request, NULL, 0, NULL, error);
  while (!status && active > 0) status = dosai_loop_step(loop, -1, on_event, NULL, &active, error);
  dosai_loop_close(loop, NULL, NULL, NULL);
  return status;
}

static void observe(const dosai_call_event *event, void *user_data) { (void)event, (void)user_data; }

static void run_dosai(const char *base, const char *mode) {
  dosai_client_options options;
  dosai_client *client = NULL;
  dosai_request *request = NULL;
  dosai_stream *stream = NULL;
  const dosai_chunk *chunk = NULL;
  dosai_error *error = NULL;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = base;
  options.ca_file = authorities;
  options.max_text_bytes = -1;
  if (getenv("BENCH_OBSERVE")) options.on_event = observe;
  dosai_status status = dosai_client_new(&options, &client, &error);
  if (!status) status = dosai_request_new("m", 1, &request, &error);
  if (!status && !strcmp(mode, "callback"))
    status = dosai_chat_stream(client, request, NULL, on_chunk, NULL, NULL, &error);
  if (!status && !strcmp(mode, "loop")) status = run_loop(client, request, &error);
  if (!status && !strcmp(mode, "pull")) status = dosai_stream_open(client, request, NULL, &stream, &error);
  while (!status && stream && !(status = dosai_stream_next(stream, -1, &chunk, &error)) && chunk)
    on_chunk(chunk, NULL);
  if (status) {
    fprintf(stderr, "%s: %s\n", dosai_status_name(status), dosai_error_message(error, NULL));
    exit(1);
  }
  dosai_stream_free(stream);
  dosai_request_free(request);
  dosai_client_free(client);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  const char *mode = argv[1], *base = argv[2];
  if (argc > 3) authorities = argv[3];
  curl_global_init(CURL_GLOBAL_DEFAULT);
  double before = cpu_ns();
  if (!strcmp(mode, "curl")) run_curl(base, count_bytes);
  else if (!strcmp(mode, "floor")) run_curl(base, split_lines);
  else if (!strcmp(mode, "jansson")) parses = 1, run_curl(base, split_lines);
  else run_dosai(base, mode);
  printf("%.0f %zu %zu\n", cpu_ns() - before, events, text_bytes);
}
