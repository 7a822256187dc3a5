#include "batch.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 1 << 20 }; /* a larger buffer is freed after use */

static int make_room(dosai_go_batch *batch, size_t more) {
  if (batch->count == batch->capacity) {
    size_t capacity = batch->capacity ? 2 * batch->capacity : 64;
    dosai_go_record *records = realloc(batch->records, capacity * sizeof *records);
    if (!records) return 0;
    batch->records = records;
    batch->capacity = capacity;
  }
  if (batch->size - batch->length >= more) return 1;
  size_t size = 2 * batch->size > batch->length + more ? 2 * batch->size : batch->length + more;
  char *bytes = realloc(batch->bytes, size);
  if (!bytes) return 0;
  batch->bytes = bytes;
  batch->size = size;
  return 1;
}

static size_t put(dosai_go_batch *batch, const char *bytes, size_t length) {
  if (length > 0) memcpy(batch->bytes + batch->length, bytes, length);
  batch->length += length;
  return length;
}

static void put_chunk(dosai_go_batch *batch, dosai_go_record *record, const dosai_chunk *chunk) {
  int is_event = chunk->kind == DOSAI_CHUNK_EVENT;
  record->kind = chunk->kind;
  record->choice = chunk->choice;
  record->tool_call = chunk->tool_call;
  record->last_in_event = chunk->last_in_event;
  record->text_length = put(batch, chunk->text, chunk->text_length);
  record->id_length = is_event ? put(batch, chunk->event_id, chunk->event_id_length)
                               : put(batch, chunk->tool_call_id, chunk->tool_call_id_length);
  record->name_length = is_event ? put(batch, chunk->event_type, chunk->event_type_length)
                                 : put(batch, chunk->tool_call_name, chunk->tool_call_name_length);
  int is_there = batch->json && batch->json == chunk->json && record[-1].tag == record->tag;
  if (!is_there) {
    batch->json_at = batch->length;
    put(batch, chunk->json, chunk->json_length);
  }
  record->json_at = batch->json_at;
  record->json_length = chunk->json_length;
  batch->json = chunk->last_in_event ? NULL : chunk->json;
  if (chunk->usage) record->usage = *chunk->usage, record->has_usage = 1;
}

/* Where memory lacks for a chunk, its call is cancelled. */
static int32_t gather(const dosai_event *event, void *user_data) {
  dosai_go_batch *batch = user_data;
  const dosai_chunk *chunk = event->chunk;
  size_t more = chunk ? chunk->text_length + chunk->json_length + chunk->tool_call_id_length +
                            chunk->tool_call_name_length + chunk->event_id_length + chunk->event_type_length
                      : 0;
  if (!make_room(batch, more)) {
    if (!chunk) abort();
    return 1;
  }
  dosai_go_record *record = &batch->records[batch->count++];
  memset(record, 0, sizeof *record);
  record->tag = event->tag;
  record->at = batch->length;
  if (chunk) put_chunk(batch, record, chunk);
  if (event->completion) dosai_completion_copy(event->completion, &record->completion, NULL);
  if (event->error) dosai_error_copy(event->error, &record->error, NULL);
  if (event->response) dosai_response_copy(event->response, &record->response, NULL);
  return 0;
}

static void clear(dosai_go_batch *batch) {
  if (batch->size > KEPT || batch->capacity * sizeof *batch->records > KEPT) dosai_go_batch_free(batch);
  batch->count = batch->length = 0;
  batch->json = NULL;
}

int dosai_go_step(dosai_loop *loop, dosai_go_batch *batch) {
  struct pollfd readable = {.fd = dosai_loop_fd(loop), .events = POLLIN};
  int has_more, rounds = 0;
  clear(batch);
  do {
    dosai_loop_step(loop, 0, gather, batch, NULL, NULL);
    has_more = poll(&readable, 1, 0) == 1;
  } while (has_more && batch->count == 0 && ++rounds < 16);
  return has_more;
}

void dosai_go_close(dosai_loop *loop, dosai_go_batch *batch) {
  clear(batch);
  dosai_loop_close(loop, gather, batch, NULL);
}

void dosai_go_batch_free(dosai_go_batch *batch) {
  free(batch->records);
  free(batch->bytes);
  memset(batch, 0, sizeof *batch);
}

dosai_status dosai_go_submit(dosai_loop *loop, dosai_client *client, const char *path, const char *body,
                             size_t length, int is_stream, const dosai_call_options *options, uintptr_t tag,
                             dosai_call **out_call, dosai_error **out_error) {
  if (path && !body) return dosai_loop_submit_get(loop, client, path, options, tag, out_call, out_error);
  if (path)
    return (is_stream ? dosai_loop_submit_stream_post : dosai_loop_submit_post)(
        loop, client, path, body, length, options, tag, out_call, out_error);
  dosai_request *request = NULL;
  dosai_status status = dosai_request_parse(body, length, &request, out_error);
  if (status == DOSAI_OK)
    status = (is_stream ? dosai_loop_submit_stream : dosai_loop_submit_chat)(loop, client, request, options,
                                                                             tag, out_call, out_error);
  dosai_request_free(request);
  return status;
}

/* ---- texts, by number */

#define TEXT(list, ...)                                                                                   \
  dosai_go_text text = {NULL, 0};                                                                         \
  if ((size_t)which < sizeof(list) / sizeof *(list)) text.bytes = list[which](__VA_ARGS__, &text.length); \
  return text

dosai_go_text dosai_go_completion_text(const dosai_completion *completion, int which) {
  static const char *(*const getters[])(const dosai_completion *,
                                        size_t *) = {[GO_ID] = dosai_completion_id,
                                                     [GO_OBJECT] = dosai_completion_object,
                                                     [GO_MODEL] = dosai_completion_model,
                                                     [GO_JSON] = dosai_completion_json,
                                                     [GO_REQUEST_ID] = dosai_completion_request_id};
  TEXT(getters, completion);
}

dosai_go_text dosai_go_choice_text(const dosai_completion *completion, int32_t choice, int which) {
  static const char *(*const getters[])(const dosai_completion *, int32_t,
                                        size_t *) = {[GO_ROLE] = dosai_completion_role,
                                                     [GO_CONTENT] = dosai_completion_content,
                                                     [GO_REFUSAL] = dosai_completion_refusal,
                                                     [GO_REASONING] = dosai_completion_reasoning,
                                                     [GO_FINISH_REASON] = dosai_completion_finish_reason_text,
                                                     [GO_MESSAGE_JSON] = dosai_completion_message_json};
  TEXT(getters, completion, choice);
}

dosai_go_text dosai_go_call_text(const dosai_completion *completion, int32_t choice, int32_t call,
                                 int which) {
  static const char *(*const getters[])(const dosai_completion *, int32_t, int32_t, size_t *) = {
      [GO_CALL_ID] = dosai_completion_tool_call_id,
      [GO_CALL_NAME] = dosai_completion_tool_call_name,
      [GO_CALL_ARGUMENTS] = dosai_completion_tool_call_arguments};
  TEXT(getters, completion, choice, call);
}

dosai_go_text dosai_go_error_text(const dosai_error *error, int which) {
  static const char *(*const getters[])(const dosai_error *,
                                        size_t *) = {[GO_MESSAGE] = dosai_error_message,
                                                     [GO_CODE] = dosai_error_code,
                                                     [GO_TYPE] = dosai_error_type,
                                                     [GO_PARAM] = dosai_error_param,
                                                     [GO_ERROR_REQUEST_ID] = dosai_error_request_id,
                                                     [GO_BODY] = dosai_error_body};
  TEXT(getters, error);
}
