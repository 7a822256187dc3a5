/* Everything that a chunk, a completion and an error say, as one text to compare. Times are left out. */
#ifndef DUMP_H
#define DUMP_H

#include "test.h"

typedef struct {
  FILE *file;
  char *text;
  size_t length;
} dump;

static inline void dump_start(dump *into) { into->file = open_memstream(&into->text, &into->length); }

static inline void dump_bytes(dump *into, const char *name, const char *bytes, size_t length) {
  fprintf(into->file, " %s=%zu", name, length);
  if (!bytes) {
    fputs(":null", into->file);
    return;
  }
  fputc(':', into->file);
  for (size_t i = 0; i < length; i++) bytes[i] ? fputc(bytes[i], into->file) : fputs("<NUL>", into->file);
  if (bytes[length]) fputs("<not ended by a NUL>", into->file);
}

#define DUMP_TEXT(name, call)              \
  do {                                     \
    size_t length = 0;                     \
    const char *bytes = call;              \
    dump_bytes(into, name, bytes, length); \
  } while (0)

static inline void dump_usage(dump *into, const dosai_usage *usage) {
  fprintf(into->file, " usage=%d,%d,%d,%d,%d", (int)usage->prompt_tokens, (int)usage->completion_tokens,
          (int)usage->total_tokens, (int)usage->cached_tokens, (int)usage->reasoning_tokens);
}

static inline void dump_chunk(dump *into, const dosai_chunk *chunk) {
  fprintf(into->file, "chunk %d choice=%d last=%d event=%d tool=%d finish=%d", chunk->kind, chunk->choice,
          chunk->last_in_event, (int)chunk->event_index, chunk->tool_call, chunk->finish_reason);
  dump_bytes(into, "text", chunk->text, chunk->text_length);
  dump_bytes(into, "id", chunk->tool_call_id, chunk->tool_call_id_length);
  dump_bytes(into, "name", chunk->tool_call_name, chunk->tool_call_name_length);
  dump_bytes(into, "json", chunk->json, chunk->json_length);
  if (chunk->usage) dump_usage(into, chunk->usage);
  fputc('\n', into->file);
}

static inline void dump_completion(dump *into, const dosai_completion *c) {
  dosai_usage usage = {.struct_size = sizeof usage};
  dosai_attempt attempt = {.struct_size = sizeof attempt};
  fprintf(into->file, "completion created=%d http=%d quirks=%x", (int)dosai_completion_created(c),
          dosai_completion_http_status(c), (unsigned)dosai_completion_quirks(c));
  DUMP_TEXT("id", dosai_completion_id(c, &length));
  DUMP_TEXT("object", dosai_completion_object(c, &length));
  DUMP_TEXT("model", dosai_completion_model(c, &length));
  DUMP_TEXT("request", dosai_completion_request_id(c, &length));
  DUMP_TEXT("header", dosai_completion_header(c, "x-ratelimit-remaining-requests", &length));
  DUMP_TEXT("json", dosai_completion_json(c, &length));
  if (dosai_completion_usage(c, &usage) == DOSAI_OK) dump_usage(into, &usage);
  for (int i = 0; i < dosai_completion_attempt_count(c); i++) {
    dosai_completion_attempt(c, i, &attempt);
    fprintf(into->file, " attempt=%d,%d", attempt.status, attempt.http_status);
  }
  for (int i = 0; i < dosai_completion_choice_count(c); i++) {
    fprintf(into->file, "\n choice %d finish=%d", dosai_completion_choice_index(c, i),
            dosai_completion_finish_reason(c, i));
    DUMP_TEXT("role", dosai_completion_role(c, i, &length));
    DUMP_TEXT("content", dosai_completion_content(c, i, &length));
    DUMP_TEXT("refusal", dosai_completion_refusal(c, i, &length));
    DUMP_TEXT("reasoning", dosai_completion_reasoning(c, i, &length));
    DUMP_TEXT("word", dosai_completion_finish_reason_text(c, i, &length));
    DUMP_TEXT("message", dosai_completion_message_json(c, i, &length));
    for (int tool = 0; tool < dosai_completion_tool_call_count(c, i); tool++) {
      DUMP_TEXT("id", dosai_completion_tool_call_id(c, i, tool, &length));
      DUMP_TEXT("name", dosai_completion_tool_call_name(c, i, tool, &length));
      DUMP_TEXT("arguments", dosai_completion_tool_call_arguments(c, i, tool, &length));
    }
  }
  fputc('\n', into->file);
}

static inline void dump_error(dump *into, const dosai_error *error) {
  dosai_attempt attempt = {.struct_size = sizeof attempt};
  fprintf(into->file, "error %s http=%d clock=%d retry_after=%d",
          dosai_status_name(dosai_error_status(error)), dosai_error_http_status(error),
          dosai_error_clock(error), (int)dosai_error_retry_after_ms(error));
  DUMP_TEXT("message", dosai_error_message(error, &length));
  DUMP_TEXT("code", dosai_error_code(error, &length));
  DUMP_TEXT("type", dosai_error_type(error, &length));
  DUMP_TEXT("param", dosai_error_param(error, &length));
  DUMP_TEXT("request", dosai_error_request_id(error, &length));
  DUMP_TEXT("header", dosai_error_header(error, "content-type", &length));
  DUMP_TEXT("body", dosai_error_body(error, &length));
  for (int i = 0; i < dosai_error_attempt_count(error); i++) {
    dosai_error_attempt(error, i, &attempt);
    fprintf(into->file, " attempt=%d,%d", attempt.status, attempt.http_status);
  }
  fputc('\n', into->file);
  if (dosai_error_completion(error)) dump_completion(into, dosai_error_completion(error));
}

#endif
