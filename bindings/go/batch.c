#define _GNU_SOURCE /* memmem */
#include "batch.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum {
  KEPT = 1 << 20, /* a larger buffer is freed after use */
  PART = 8 << 10, /* bytes of the texts of a part, about: Go allocates best what is small */
  LONG = 64       /* a text of so many bytes is looked for in its event's JSON, and not copied twice */
};

/* A list with room for so many; NULL if memory lacks. */
static void *grown(void *list, size_t *capacity, size_t needed, size_t each) {
  if (needed <= *capacity) return list;
  size_t more = 2 * *capacity > needed ? 2 * *capacity : needed;
  void *made = realloc(list, more * each);
  if (made) *capacity = more;
  return made;
}

#define MAKE_ROOM(list, capacity, needed)                          \
  do {                                                             \
    void *made = grown(list, &(capacity), needed, sizeof *(list)); \
    if (!made) return NULL;                                        \
    (list) = made;                                                 \
  } while (0)

static dosai_go_part *new_part(dosai_go_batch *batch, uintptr_t tag) {
  MAKE_ROOM(batch->parts, batch->part_capacity, batch->part_count + 1);
  dosai_go_part *part = &batch->parts[batch->part_count++];
  memset(part, 0, sizeof *part);
  part->tag = tag;
  part->first_chunk = batch->chunk_count;
  part->at = batch->length;
  batch->json = NULL;
  return part;
}

/* The part that the next chunk of a call belongs to. An event is in one. */
static dosai_go_part *part_of(dosai_go_batch *batch, uintptr_t tag) {
  dosai_go_part *last = batch->part_count ? &batch->parts[batch->part_count - 1] : NULL;
  int is_its = last && last->tag == tag && (last->length <= PART || batch->json);
  return is_its ? last : new_part(batch, tag);
}

static size_t put(dosai_go_batch *batch, const char *bytes, size_t length) {
  if (length > 0) memcpy(batch->bytes + batch->length, bytes, length);
  batch->length += length;
  return length;
}

/* Whether the text is in the JSON, which it is if none of it is escaped: most often where the last one was. */
static int is_in_json(dosai_go_batch *batch, const dosai_chunk *chunk) {
  size_t length = chunk->text_length, at = batch->text_in_json;
  if (length < LONG || length > chunk->json_length) return 0;
  if (at <= chunk->json_length - length && memcmp(chunk->json + at, chunk->text, length) == 0) return 1;
  const char *found = memmem(chunk->json, chunk->json_length, chunk->text, LONG);
  if (!found) return 0;
  at = batch->text_in_json = (size_t)(found - chunk->json);
  return at <= chunk->json_length - length && memcmp(found, chunk->text, length) == 0;
}

static void put_texts(dosai_go_batch *batch, dosai_go_part *part, const dosai_chunk *chunk,
                      dosai_go_chunk *to) {
  int is_event = chunk->kind == DOSAI_CHUNK_EVENT;
  to->at = batch->length - part->at;
  put(batch, chunk->text, chunk->text_length);
  to->id_length = is_event ? put(batch, chunk->event_id, chunk->event_id_length)
                           : put(batch, chunk->tool_call_id, chunk->tool_call_id_length);
  to->name_length = is_event ? put(batch, chunk->event_type, chunk->event_type_length)
                             : put(batch, chunk->tool_call_name, chunk->tool_call_name_length);
  if (chunk->usage) put(batch, (const char *)chunk->usage, sizeof *chunk->usage);
}

static dosai_go_part *put_chunk(dosai_go_batch *batch, uintptr_t tag, const dosai_chunk *chunk) {
  size_t more = chunk->text_length + chunk->json_length + chunk->tool_call_id_length +
                chunk->tool_call_name_length + chunk->event_id_length + chunk->event_type_length +
                sizeof *chunk->usage;
  MAKE_ROOM(batch->bytes, batch->size, batch->length + more + 1);
  MAKE_ROOM(batch->chunks, batch->chunk_capacity, batch->chunk_count + 1);
  dosai_go_part *part = part_of(batch, tag);
  if (!part) return NULL;
  dosai_go_chunk *to = &batch->chunks[batch->chunk_count++];
  part->chunk_count++;
  if (!batch->json || batch->json != chunk->json) {
    batch->json_at = batch->length - part->at;
    put(batch, chunk->json, chunk->json_length);
  }
  batch->json = chunk->last_in_event ? NULL : chunk->json;
  *to = (dosai_go_chunk){.kind = chunk->kind,
                         .choice = chunk->choice,
                         .tool_call = chunk->tool_call,
                         .last_in_event = chunk->last_in_event,
                         .has_usage = chunk->usage != NULL,
                         .text_length = chunk->text_length,
                         .json_at = batch->json_at,
                         .json_length = chunk->json_length};
  if (chunk->kind == DOSAI_CHUNK_CONTENT && is_in_json(batch, chunk)) {
    to->at = batch->json_at + batch->text_in_json;
  } else {
    put_texts(batch, part, chunk, to);
  }
  part->length = batch->length - part->at;
  return part;
}

/* Where memory lacks for a chunk, its call is cancelled. */
static int32_t gather(const dosai_event *event, void *user_data) {
  dosai_go_batch *batch = user_data;
  if (event->chunk) return put_chunk(batch, event->tag, event->chunk) == NULL;
  dosai_go_part *part = new_part(batch, event->tag);
  if (!part) abort();
  if (event->completion) dosai_completion_copy(event->completion, &part->completion, NULL);
  if (event->error) dosai_error_copy(event->error, &part->error, NULL);
  if (event->response) dosai_response_copy(event->response, &part->response, NULL);
  return 0;
}

static void clear(dosai_go_batch *batch) {
  if (batch->size > KEPT || batch->chunk_capacity * sizeof *batch->chunks > KEPT) dosai_go_batch_free(batch);
  batch->part_count = batch->chunk_count = batch->length = 0;
}

int dosai_go_step(dosai_loop *loop, dosai_go_batch *batch) {
  struct pollfd readable = {.fd = dosai_loop_fd(loop), .events = POLLIN};
  int has_more, rounds = 0;
  clear(batch);
  do {
    dosai_loop_step(loop, 0, gather, batch, NULL, NULL);
    has_more = poll(&readable, 1, 0) == 1;
  } while (has_more && batch->part_count == 0 && ++rounds < 16);
  return has_more;
}

void dosai_go_close(dosai_loop *loop, dosai_go_batch *batch) {
  clear(batch);
  dosai_loop_close(loop, gather, batch, NULL);
}

void dosai_go_batch_free(dosai_go_batch *batch) {
  free(batch->parts);
  free(batch->chunks);
  free(batch->bytes);
  memset(batch, 0, sizeof *batch);
}

extern void dosai_go_tell(dosai_call_event *event, uintptr_t handle);

static void tell(const dosai_call_event *event, void *handle) {
  dosai_go_tell((dosai_call_event *)event, (uintptr_t)handle);
}

void dosai_go_observe(dosai_client_options *options, uintptr_t handle) {
  options->on_event = tell;
  options->event_user_data = (void *)handle;
}

dosai_status dosai_go_submit(dosai_loop *loop, dosai_client *client, int kind, const char *path,
                             const char *body, size_t length, const dosai_call_options *options,
                             uintptr_t tag, dosai_call **out_call, dosai_error **out_error) {
  if (kind == GO_GET) return dosai_loop_submit_get(loop, client, path, options, tag, out_call, out_error);
  if (kind == GO_POST || kind == GO_STREAM_POST)
    return (kind == GO_POST ? dosai_loop_submit_post : dosai_loop_submit_stream_post)(
        loop, client, path, body, length, options, tag, out_call, out_error);
  dosai_request *request = NULL;
  dosai_status status = dosai_request_parse(body, length, &request, out_error);
  if (status == DOSAI_OK)
    status = (kind == GO_CHAT ? dosai_loop_submit_chat : dosai_loop_submit_stream)(
        loop, client, request, options, tag, out_call, out_error);
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
