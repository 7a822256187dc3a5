/* What happened in a step of the loop, on its way to JavaScript.   SPDX-License-Identifier: MIT */
#ifndef GATHER_H
#define GATHER_H

#include <dosai.h>
#include <node_api.h>

/* One row of numbers for each chunk and each last event. Lengths are those of JavaScript; -1: there is no text. The
 * texts of a row follow each other: text, id, name. */
enum {
  SLOT,
  KIND,
  FLAGS,
  CHOICE,
  TOOL_CALL,
  TEXT,
  TEXT_LENGTH,
  ID_LENGTH,
  NAME_LENGTH,
  JSON,
  JSON_LENGTH,
  COLUMNS
};
enum { IS_LAST = 1, IS_LIKE_TEMPLATE = 2, IS_TEMPLATE = 4 };
enum { LAST_EVENT = 100, ROWS_MAX = 1024 };

/* A string of JavaScript in the making. */
typedef struct string {
  char *bytes; /* UTF-8 */
  size_t length, capacity;
  size_t units; /* of UTF-16 */
} string;

/* An event of which the next ones may differ only in their text. Of their
 * JSON only the text is told, with its escapes, if there are any. */
typedef struct template {
  char *json;
  size_t length, capacity;
  size_t prefix, suffix; /* bytes before and after the text; 0: there is no event yet */
  int32_t kind, choice, tool_call;
}
template;

typedef struct batch {
  int32_t *rows;
  size_t count;
  string text, json;
  napi_value ends; /* the facts of the last events */
  uint32_t end_count;
  napi_ref numbers;
} batch;

int batch_start(napi_env env, batch *batch, napi_value *out_numbers);
int batch_begin(napi_env env, batch *batch);
int batch_is_full(const batch *batch);
int batch_add_chunk(batch *batch, size_t slot, const dosai_chunk *chunk, template **inout_template);
void batch_add_last(napi_env env, batch *batch, size_t slot, napi_value facts);
/* count, text, json, ends */
int batch_values(napi_env env, batch *batch, napi_value values[4]);
void batch_free(batch *batch);
void template_free(template *template);

#endif
