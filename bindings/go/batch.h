/* What Go asks of the library in one call instead of many.   SPDX-License-Identifier: MIT */
#ifndef DOSAI_GO_BATCH_H
#define DOSAI_GO_BATCH_H

#include <dosai.h>

/* A chunk. What it has is in its part: the event's JSON; its text, which may be a piece of that; and behind the text id,
 * name and usage. */
typedef struct {
  int32_t kind, choice, tool_call, last_in_event, has_usage;
  size_t at, text_length, id_length, name_length, json_at, json_length;
} dosai_go_chunk;

/* Some chunks of one call with their texts, or its last event. */
typedef struct {
  uintptr_t tag;
  size_t first_chunk, chunk_count, at, length; /* in the batch */
  dosai_completion *completion;                /* owned, as the next two */
  dosai_error *error;
  dosai_response *response;
} dosai_go_part;

typedef struct {
  dosai_go_part *parts;
  dosai_go_chunk *chunks;
  char *bytes;
  size_t part_count, part_capacity, chunk_count, chunk_capacity, length, size;
  const char *json; /* of an event that has more chunks; where it is in the part */
  size_t json_at;
  size_t text_in_json; /* where the last long text was in its event's JSON */
} dosai_go_batch;

/* Does what the loop has to do now, and gathers its events. 1 if there is more to do. */
int dosai_go_step(dosai_loop *loop, dosai_go_batch *batch);
void dosai_go_close(dosai_loop *loop, dosai_go_batch *batch);
void dosai_go_batch_free(dosai_go_batch *batch);

/* Lets dosai_go_tell in Go be told of the calls, with the handle of who wants to know. */
void dosai_go_observe(dosai_client_options *options, uintptr_t handle);

/* Submits a call: a GET has a path alone, a POST also a body, a chat or a stream a body alone. */
enum { GO_CHAT, GO_STREAM, GO_GET, GO_POST, GO_STREAM_POST };
dosai_status dosai_go_submit(dosai_loop *loop, dosai_client *client, int kind, const char *path,
                             const char *body, size_t length, const dosai_call_options *options,
                             uintptr_t tag, dosai_call **out_call, dosai_error **out_error);

typedef struct {
  const char *bytes;
  size_t length;
} dosai_go_text;

enum { GO_ID, GO_OBJECT, GO_MODEL, GO_JSON, GO_REQUEST_ID };
enum { GO_ROLE, GO_CONTENT, GO_REFUSAL, GO_REASONING, GO_FINISH_REASON, GO_MESSAGE_JSON };
enum { GO_CALL_ID, GO_CALL_NAME, GO_CALL_ARGUMENTS };
enum { GO_MESSAGE, GO_CODE, GO_TYPE, GO_PARAM, GO_ERROR_REQUEST_ID, GO_BODY };
dosai_go_text dosai_go_completion_text(const dosai_completion *completion, int which);
dosai_go_text dosai_go_choice_text(const dosai_completion *completion, int32_t choice, int which);
dosai_go_text dosai_go_call_text(const dosai_completion *completion, int32_t choice, int32_t call, int which);
dosai_go_text dosai_go_error_text(const dosai_error *error, int which);

#endif
