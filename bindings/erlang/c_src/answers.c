/* Answers as maps. What the server has not sent is not in them.   SPDX-License-Identifier: MIT */
#include "dosai_nif.h"

#include <ctype.h>
#include <string.h>

#include "declarations.h"

enum { CHUNK_KEYS_MAX = 12, SMALL_MAX = 64, BLOCK_MAX = 16 * 1024 };

/* Atoms that each chunk needs; in a chunk's map they stand in this order, which is that of their names. */
static ERL_NIF_TERM atom_choice, atom_content, atom_event_id, atom_event_type, atom_is_last, atom_json,
    atom_kind, atom_text, atom_tool_call, atom_tool_call_id, atom_tool_call_name, atom_usage, atom_true,
    atom_false;
static ERL_NIF_TERM kind_atoms[sizeof chunk_kinds / sizeof *chunk_kinds];

void load_answers(ErlNifEnv *env) {
  struct {
    ERL_NIF_TERM *atom;
    const char *name;
  } atoms[] = {{&atom_choice, "choice"},
               {&atom_content, "content"},
               {&atom_event_id, "event_id"},
               {&atom_event_type, "event_type"},
               {&atom_is_last, "is_last_in_event"},
               {&atom_json, "json"},
               {&atom_kind, "kind"},
               {&atom_text, "text"},
               {&atom_tool_call, "tool_call"},
               {&atom_tool_call_id, "tool_call_id"},
               {&atom_tool_call_name, "tool_call_name"},
               {&atom_usage, "usage"},
               {&atom_true, "true"},
               {&atom_false, "false"}};
  for (size_t at = 0; at < sizeof atoms / sizeof *atoms; at++)
    *atoms[at].atom = enif_make_atom(env, atoms[at].name);
  for (size_t at = 0; at < sizeof kind_atoms / sizeof *kind_atoms; at++) {
    kind_atoms[at] = enif_make_atom(env, chunk_kinds[at]);
  }
}

ERL_NIF_TERM binary_of(ErlNifEnv *env, const char *text, size_t length) {
  ERL_NIF_TERM term;
  unsigned char *bytes = enif_make_new_binary(env, length, &term);
  if (length) memcpy(bytes, text, length);
  return term;
}

/* What is small needs no block. A new one is as large as all before it, so that little of it stays unused. */
static ERL_NIF_TERM part_of(ErlNifEnv *env, block *block, const char *text, size_t length) {
  if (length <= SMALL_MAX) return binary_of(env, text, length);
  if (block->size - block->used < length) {
    block->size = block->sum < BLOCK_MAX ? block->sum : BLOCK_MAX;
    if (block->size < length) block->size = length;
    block->bytes = enif_make_new_binary(env, block->size, &block->term);
    block->used = 0;
    block->sum += block->size;
  }
  size_t start = block->used;
  memcpy(block->bytes + start, text, length);
  block->used += length;
  return length == block->size ? block->term : enif_make_sub_binary(env, block->term, start, length);
}

/* The library's names are upper case. */
static ERL_NIF_TERM atom_of(ErlNifEnv *env, const char *name) {
  char lower[64];
  size_t at = 0;
  for (; name[at] && at < sizeof lower - 1; at++) lower[at] = (char)tolower((unsigned char)name[at]);
  return enif_make_atom_len(env, lower, at);
}

static void put(ErlNifEnv *env, ERL_NIF_TERM *map, const char *key, ERL_NIF_TERM value) {
  enif_make_map_put(env, *map, enif_make_atom(env, key), value, map);
}

static void put_text(ErlNifEnv *env, ERL_NIF_TERM *map, const char *key, const char *text, size_t length) {
  if (text) put(env, map, key, binary_of(env, text, length));
}

/* -1: the server has not said it. */
static void put_count(ErlNifEnv *env, ERL_NIF_TERM *map, const char *key, int64_t count) {
  if (count >= 0) put(env, map, key, enif_make_int64(env, count));
}

/* A text that a getter returns. */
#define PUT(map, key, getter, ...)                   \
  do {                                               \
    size_t length = 0;                               \
    const char *text = getter(__VA_ARGS__, &length); \
    put_text(env, &map, key, text, length);          \
  } while (0)

static ERL_NIF_TERM usage_of(ErlNifEnv *env, const dosai_usage *usage) {
  ERL_NIF_TERM map = enif_make_new_map(env);
  put_count(env, &map, "prompt_tokens", usage->prompt_tokens);
  put_count(env, &map, "completion_tokens", usage->completion_tokens);
  put_count(env, &map, "total_tokens", usage->total_tokens);
  put_count(env, &map, "cached_tokens", usage->cached_tokens);
  put_count(env, &map, "reasoning_tokens", usage->reasoning_tokens);
  return map;
}

ERL_NIF_TERM term_of_chunk(ErlNifEnv *env, const dosai_chunk *chunk, blocks *blocks) {
  ERL_NIF_TERM keys[CHUNK_KEYS_MAX], values[CHUNK_KEYS_MAX], map, text = 0;
  size_t count = 0;
#define ADD(key, value) (keys[count] = key, values[count++] = value)
#define ADD_TEXT(key, text) \
  if (chunk->text) ADD(key, binary_of(env, chunk->text, chunk->text##_length))
  if (chunk->text) text = part_of(env, &blocks->text, chunk->text, chunk->text_length);
  ADD(atom_choice, enif_make_int(env, chunk->choice));
  ADD(atom_content, text && chunk->kind == DOSAI_CHUNK_CONTENT ? text : binary_of(env, NULL, 0));
  ADD_TEXT(atom_event_id, event_id);
  ADD_TEXT(atom_event_type, event_type);
  ADD(atom_is_last, chunk->last_in_event ? atom_true : atom_false);
  if (chunk->json) ADD(atom_json, part_of(env, &blocks->json, chunk->json, chunk->json_length));
  size_t kind = (size_t)chunk->kind;
  ADD(atom_kind, kind_atoms[kind < sizeof kind_atoms / sizeof *kind_atoms ? kind : 0]);
  if (text) ADD(atom_text, text);
  if (chunk->tool_call >= 0) ADD(atom_tool_call, enif_make_int(env, chunk->tool_call));
  ADD_TEXT(atom_tool_call_id, tool_call_id);
  ADD_TEXT(atom_tool_call_name, tool_call_name);
  if (chunk->usage) ADD(atom_usage, usage_of(env, chunk->usage));
  enif_make_map_from_arrays(env, keys, values, count, &map);
  return map;
}

static ERL_NIF_TERM attempt_of(ErlNifEnv *env, const dosai_attempt *attempt) {
  ERL_NIF_TERM map = enif_make_new_map(env);
  put(env, &map, "status", atom_of(env, dosai_status_name(attempt->status)));
  put(env, &map, "http_status", enif_make_int(env, attempt->http_status));
  put(env, &map, "delay_ms", enif_make_int64(env, attempt->delay_ms));
  return map;
}

static ERL_NIF_TERM timings_of(ErlNifEnv *env, const dosai_timings *timings) {
  ERL_NIF_TERM map = enif_make_new_map(env);
  put_count(env, &map, "connect_us", timings->connect_us);
  put_count(env, &map, "first_byte_us", timings->first_byte_us);
  put_count(env, &map, "first_token_us", timings->first_token_us);
  put_count(env, &map, "total_us", timings->total_us);
  put(env, &map, "reused_connection", timings->reused_connection ? atom_true : atom_false);
  return map;
}

/* Attempts and timings, of whatever has them. */
#define PUT_HISTORY(map, kind, handle)                                                                       \
  do {                                                                                                       \
    ERL_NIF_TERM list = enif_make_list(env, 0);                                                              \
    dosai_timings timings = {.struct_size = sizeof timings};                                                 \
    for (int32_t at = dosai_##kind##_attempt_count(handle) - 1; at >= 0; at--) {                             \
      dosai_attempt attempt = {.struct_size = sizeof attempt};                                               \
      dosai_##kind##_attempt(handle, at, &attempt);                                                          \
      list = enif_make_list_cell(env, attempt_of(env, &attempt), list);                                      \
    }                                                                                                        \
    put(env, &map, "attempts", list);                                                                        \
    if (dosai_##kind##_timings(handle, &timings) == 0) put(env, &map, "timings", timings_of(env, &timings)); \
  } while (0)

static ERL_NIF_TERM message_of(ErlNifEnv *env, const dosai_completion *completion, int32_t choice) {
  ERL_NIF_TERM map = enif_make_new_map(env), calls = enif_make_list(env, 0);
  PUT(map, "role", dosai_completion_role, completion, choice);
  PUT(map, "content", dosai_completion_content, completion, choice);
  PUT(map, "refusal", dosai_completion_refusal, completion, choice);
  PUT(map, "reasoning", dosai_completion_reasoning, completion, choice);
  PUT(map, "json", dosai_completion_message_json, completion, choice);
  for (int32_t at = dosai_completion_tool_call_count(completion, choice) - 1; at >= 0; at--) {
    ERL_NIF_TERM call = enif_make_new_map(env);
    PUT(call, "id", dosai_completion_tool_call_id, completion, choice, at);
    PUT(call, "name", dosai_completion_tool_call_name, completion, choice, at);
    PUT(call, "arguments", dosai_completion_tool_call_arguments, completion, choice, at);
    calls = enif_make_list_cell(env, call, calls);
  }
  put(env, &map, "tool_calls", calls);
  return map;
}

static ERL_NIF_TERM quirks_of(ErlNifEnv *env, uint32_t quirks) {
  ERL_NIF_TERM list = enif_make_list(env, 0);
  for (uint32_t bit = UINT32_C(1) << 31; bit; bit >>= 1) {
    const char *name = quirks & bit ? dosai_quirk_name(bit) : NULL;
    if (name) list = enif_make_list_cell(env, atom_of(env, name), list);
  }
  return list;
}

ERL_NIF_TERM term_of_completion(ErlNifEnv *env, const dosai_completion *completion) {
  ERL_NIF_TERM map = enif_make_new_map(env), choices = enif_make_list(env, 0);
  dosai_usage usage = {.struct_size = sizeof usage};
  size_t length = 0;
  const char *text = dosai_completion_content(completion, 0, &length);
  for (int32_t at = dosai_completion_choice_count(completion) - 1; at >= 0; at--) {
    ERL_NIF_TERM choice = enif_make_new_map(env);
    put(env, &choice, "index", enif_make_int(env, dosai_completion_choice_index(completion, at)));
    put(env, &choice, "message", message_of(env, completion, at));
    PUT(choice, "finish_reason", dosai_completion_finish_reason_text, completion, at);
    choices = enif_make_list_cell(env, choice, choices);
  }
  put(env, &map, "choices", choices);
  put(env, &map, "text", binary_of(env, text, length));
  PUT(map, "json", dosai_completion_json, completion);
  PUT(map, "id", dosai_completion_id, completion);
  PUT(map, "object", dosai_completion_object, completion);
  PUT(map, "model", dosai_completion_model, completion);
  PUT(map, "request_id", dosai_completion_request_id, completion);
  put_count(env, &map, "created", dosai_completion_created(completion));
  put(env, &map, "http_status", enif_make_int(env, dosai_completion_http_status(completion)));
  put(env, &map, "quirks", quirks_of(env, dosai_completion_quirks(completion)));
  if (dosai_completion_usage(completion, &usage) == DOSAI_OK) put(env, &map, "usage", usage_of(env, &usage));
  PUT_HISTORY(map, completion, completion);
  return map;
}

ERL_NIF_TERM term_of_response(ErlNifEnv *env, const dosai_response *response) {
  ERL_NIF_TERM map = enif_make_new_map(env);
  PUT(map, "json", dosai_response_json, response);
  PUT(map, "request_id", dosai_response_request_id, response);
  put(env, &map, "http_status", enif_make_int(env, dosai_response_http_status(response)));
  PUT_HISTORY(map, response, response);
  return map;
}

ERL_NIF_TERM term_of_error(ErlNifEnv *env, dosai_status status, const dosai_error *error,
                           const char *message) {
  ERL_NIF_TERM map = enif_make_new_map(env);
  const char *name = dosai_status_name(status);
  const dosai_completion *completion = dosai_error_completion(error);
  size_t clock = (size_t)dosai_error_clock(error);
  if (!message) message = name;
  put(env, &map, "status", atom_of(env, name));
  put_text(env, &map, "message", message, strlen(message));
  PUT(map, "message", dosai_error_message, error);
  PUT(map, "code", dosai_error_code, error);
  PUT(map, "type", dosai_error_type, error);
  PUT(map, "param", dosai_error_param, error);
  PUT(map, "request_id", dosai_error_request_id, error);
  PUT(map, "body", dosai_error_body, error);
  put(env, &map, "http_status", enif_make_int(env, dosai_error_http_status(error)));
  put(env, &map, "is_retryable", dosai_error_is_retryable(error) == 1 ? atom_true : atom_false);
  put_count(env, &map, "retry_after_ms", dosai_error_retry_after_ms(error));
  if (clock != DOSAI_CLOCK_NONE && clock < sizeof clocks / sizeof *clocks)
    put(env, &map, "clock", enif_make_atom(env, clocks[clock]));
  if (completion) put(env, &map, "completion", term_of_completion(env, completion));
  PUT_HISTORY(map, error, error);
  return map;
}
