/* What happened in a step of the loop, on its way to JavaScript.   SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "gather.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_BYTES = 1 << 18, TEMPLATE_BYTES = 1 << 14, TEXT_BYTES = 4096, KEPT_BYTES = 1 << 20 };

int batch_start(napi_env env, batch *batch, napi_value *out_numbers) {
  void *rows = NULL;
  napi_value buffer;
  const size_t count = (size_t)ROWS_MAX * COLUMNS;
  if (napi_create_arraybuffer(env, count * sizeof *batch->rows, &rows, &buffer) != napi_ok) return 0;
  if (napi_create_typedarray(env, napi_int32_array, count, buffer, 0, out_numbers) != napi_ok) return 0;
  batch->rows = rows;
  return napi_create_reference(env, *out_numbers, 1, &batch->numbers) == napi_ok;
}

/* A long answer's memory is not kept for the short ones after it. */
static void string_empty(string *string) {
  if (string->capacity > KEPT_BYTES) {
    free(string->bytes);
    string->bytes = NULL;
    string->capacity = 0;
  }
  string->length = string->units = 0;
}

int batch_begin(napi_env env, batch *batch) {
  batch->count = 0;
  batch->end_count = 0;
  string_empty(&batch->text);
  string_empty(&batch->json);
  return napi_create_array(env, &batch->ends) == napi_ok;
}

int batch_is_full(const batch *batch) {
  return batch->count == ROWS_MAX || batch->text.length + batch->json.length > BATCH_BYTES;
}

/* The next code point of UTF-8, which the library has checked. */
static uint32_t decode(const unsigned char **inout_bytes) {
  const unsigned char *bytes = *inout_bytes;
  uint32_t first = bytes[0];
  int more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  uint32_t point = more == 0 ? first : first & (0x3Fu >> more);
  for (int at = 1; at <= more; at++) point = point << 6 | (bytes[at] & 0x3Fu);
  *inout_bytes = bytes + more + 1;
  return point;
}

static size_t units_of(const char *bytes, size_t length) {
  const uint64_t high = 0x8080808080808080u;
  size_t at = 0;
  for (uint64_t eight; length - at >= sizeof eight; at += sizeof eight) {
    memcpy(&eight, bytes + at, sizeof eight);
    if (eight & high) break;
  }
  size_t units = at;
  for (; at < length; at++) {
    unsigned char byte = (unsigned char)bytes[at];
    units += (byte & 0xC0) != 0x80;
    units += byte >= 0xF0;
  }
  return units;
}

static int string_add(string *string, const char *bytes, size_t length) {
  if (string->length + length > string->capacity) {
    size_t capacity = (string->length + length) * 2 + 4096;
    char *grown = realloc(string->bytes, capacity);
    if (!grown) return 0;
    string->bytes = grown;
    string->capacity = capacity;
  }
  if (length) memcpy(string->bytes + string->length, bytes, length);
  string->length += length;
  string->units += units_of(bytes, length);
  return 1;
}

/* What consists of one-byte characters is so in JavaScript, too. */
static int string_value(napi_env env, const string *string, napi_value *out_value) {
  const unsigned char *next = (const unsigned char *)string->bytes;
  if (string->units == string->length) {
    return napi_create_string_latin1(env, string->length ? string->bytes : "", string->length, out_value) ==
           napi_ok;
  }
  uint16_t *units = malloc((string->units + 1) * sizeof *units);
  if (!units) return 0;
  for (size_t at = 0; at < string->units;) {
    uint32_t point = decode(&next);
    if (point > 0xFFFF) {
      units[at++] = (uint16_t)(0xD7C0 + (point >> 10));
      point = 0xDC00 + (point & 0x3FF);
    }
    units[at++] = (uint16_t)point;
  }
  int is_made = napi_create_string_utf16(env, units, string->units, out_value) == napi_ok;
  free(units);
  return is_made;
}

/* Whether the JSON string's inside is this text, whose escapes are simple ones. */
static int is_string_of(const char *inside, size_t length, const char *text, size_t text_length) {
  const char *end = inside + length;
  size_t at = 0;
  if (length == text_length && memcmp(inside, text, length) == 0 && !memchr(text, '"', length))
    return !memchr(text, '\\', length);
  for (; inside < end; inside++, at++) {
    char byte = *inside;
    if (byte == '\\') {
      static const char *const escapes = "\"\"\\\\//b\bf\fn\nr\rt\t";
      const char *escape = ++inside < end && *inside ? strchr(escapes, *inside) : NULL;
      while (escape && (escape - escapes) % 2) escape = strchr(escape + 1, *inside);
      if (!escape) return 0;
      byte = escape[1];
    } else if (byte == '"') {
      return 0;
    }
    if (at >= text_length || byte != text[at]) return 0;
  }
  return at == text_length;
}

/* Whether the event is the template but for its text, and the text is what the library read there. */
static int is_like(const template *template, const dosai_chunk *chunk) {
  if (!template || template->prefix == 0 || template->kind != chunk->kind ||
      template->choice != chunk->choice || template->tool_call != chunk->tool_call)
    return 0;
  size_t fixed = template->prefix + template->suffix;
  if (chunk->json_length < fixed) return 0;
  const char *suffix = chunk->json + chunk->json_length - template->suffix;
  return memcmp(chunk->json, template->json, template->prefix) == 0 &&
         memcmp(suffix, template->json + template->length - template->suffix, template->suffix) == 0 &&
         is_string_of(chunk->json + template->prefix, chunk->json_length - fixed, chunk->text,
                      chunk->text_length);
}

/* The text as JSON, with its quotes; gives its length, or 0 if it has unusual escapes. */
static size_t quote(const char *text, size_t length, char *out) {
  static const char escapes[][2] = {{'"', '"'},  {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'},
                                    {'\n', 'n'}, {'\r', 'r'},  {'\t', 't'}};
  size_t count = 0;
  out[count++] = '"';
  for (size_t at = 0; at < length; at++) {
    unsigned char byte = (unsigned char)text[at];
    size_t escape = 0;
    while (escape < sizeof escapes / 2 && escapes[escape][0] != text[at]) escape++;
    if (escape < sizeof escapes / 2) out[count++] = '\\';
    else if (byte < 0x20) return 0;
    out[count++] = escape < sizeof escapes / 2 ? escapes[escape][1] : text[at];
  }
  out[count++] = '"';
  return count;
}

/* Makes the event a template, if its text is there just once. */
static int become(template **inout_template, const dosai_chunk *chunk) {
  template *template = *inout_template;
  char quoted[2 * TEXT_BYTES + 2];
  if (chunk->text_length == 0 || chunk->text_length > TEXT_BYTES || chunk->json_length > TEMPLATE_BYTES)
    return 0;
  size_t length = quote(chunk->text, chunk->text_length, quoted);
  if (length == 0) return 0;
  const char *place = memmem(chunk->json, chunk->json_length, quoted, length);
  const char *after = place ? place + 1 : NULL;
  if (!place || memmem(after, (size_t)(chunk->json + chunk->json_length - after), quoted, length)) return 0;
  if (!template) template = *inout_template = calloc(1, sizeof *template);
  if (!template) return 0;
  template->prefix = 0;
  if (template->capacity < chunk->json_length) {
    char *grown = realloc(template->json, chunk->json_length);
    if (!grown) return 0;
    template->json = grown;
    template->capacity = chunk->json_length;
  }
  memcpy(template->json, chunk->json, chunk->json_length);
  template->length = chunk->json_length;
  template->kind = chunk->kind;
  template->choice = chunk->choice;
  template->tool_call = chunk->tool_call;
  template->prefix = (size_t)(place + 1 - chunk->json);
  template->suffix = chunk->json_length - template->prefix - (length - 2);
  return 1;
}

static int32_t *new_row(batch *batch, size_t slot, int32_t kind) {
  int32_t *row = batch->rows + batch->count * COLUMNS;
  memset(row, 0, COLUMNS * sizeof *row);
  row[SLOT] = (int32_t)slot;
  row[KIND] = kind;
  return row;
}

static int add_text(batch *batch, const char *text, size_t length, int32_t *out_length) {
  size_t before = batch->text.units;
  *out_length = -1;
  if (!text) return 1;
  int is_added = string_add(&batch->text, text, length);
  *out_length = (int32_t)(batch->text.units - before);
  return is_added;
}

int batch_add_chunk(batch *batch, size_t slot, const dosai_chunk *chunk, template **inout_template) {
  int32_t *row = new_row(batch, slot, chunk->kind);
  int is_event = chunk->kind == DOSAI_CHUNK_EVENT;
  int needs_json = chunk->last_in_event && !is_event;
  char usage[160];
  const char *json = chunk->json;
  size_t json_length = chunk->json_length;
  const char *text = chunk->text;
  size_t length = chunk->text_length;
  if (chunk->usage) {
    const dosai_usage *counts = chunk->usage;
    length =
        (size_t)snprintf(usage, sizeof usage, "[%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "]",
                         counts->prompt_tokens, counts->completion_tokens, counts->total_tokens,
                         counts->cached_tokens, counts->reasoning_tokens);
    text = usage;
  }
  row[FLAGS] = chunk->last_in_event ? IS_LAST : 0;
  if (chunk->text_only && is_like(*inout_template, chunk)) {
    row[FLAGS] |= IS_LIKE_TEMPLATE;
    json += (*inout_template)->prefix;
    json_length -= (*inout_template)->prefix + (*inout_template)->suffix;
    needs_json = json_length != chunk->text_length; /* it has escapes */
  } else if (chunk->text_only && become(inout_template, chunk)) {
    row[FLAGS] |= IS_TEMPLATE;
  }
  row[CHOICE] = chunk->choice;
  row[TOOL_CALL] = chunk->tool_call;
  row[TEXT] = (int32_t)batch->text.units;
  row[JSON] = (int32_t)batch->json.units;
  if (!add_text(batch, text, length, &row[TEXT_LENGTH]) ||
      !add_text(batch, is_event ? chunk->event_id : chunk->tool_call_id,
                is_event ? chunk->event_id_length : chunk->tool_call_id_length, &row[ID_LENGTH]) ||
      !add_text(batch, is_event ? chunk->event_type : chunk->tool_call_name,
                is_event ? chunk->event_type_length : chunk->tool_call_name_length, &row[NAME_LENGTH])) {
    return 0;
  }
  if (needs_json) {
    if (!string_add(&batch->json, json, json_length)) return 0;
    row[JSON_LENGTH] = (int32_t)(batch->json.units - (size_t)row[JSON]);
  }
  batch->count++;
  return 1;
}

void batch_add_last(napi_env env, batch *batch, size_t slot, napi_value facts) {
  int32_t *row = new_row(batch, slot, LAST_EVENT);
  row[CHOICE] = (int32_t)batch->end_count;
  napi_set_element(env, batch->ends, batch->end_count++, facts);
  batch->count++;
}

int batch_values(napi_env env, batch *batch, napi_value values[4]) {
  values[3] = batch->ends;
  return napi_create_uint32(env, (uint32_t)batch->count, &values[0]) == napi_ok &&
         string_value(env, &batch->text, &values[1]) && string_value(env, &batch->json, &values[2]);
}

void batch_free(batch *batch) {
  free(batch->text.bytes);
  free(batch->json.bytes);
}

void template_free(template *template) {
  if (template) free(template->json);
  free(template);
}
