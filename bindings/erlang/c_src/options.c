/* Options from terms.   SPDX-License-Identifier: MIT */
#include "dosai_nif.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS
#include "declarations.h"

const char *text_of(ErlNifEnv *env, ERL_NIF_TERM term) {
  ErlNifBinary binary;
  if (!enif_inspect_binary(env, term, &binary) || binary.size == 0) return NULL;
  return memchr(binary.data, 0, binary.size) == binary.data + binary.size - 1 ? (const char *)binary.data
                                                                              : NULL;
}

static int read_headers(ErlNifEnv *env, ERL_NIF_TERM list, settings *settings) {
  unsigned count = 0, at = 0;
  ERL_NIF_TERM head;
  if (!settings->headers || *settings->headers || !enif_get_list_length(env, list, &count)) return 0;
  const char **lines = calloc(count + 1, sizeof *lines);
  if (!lines) return 0;
  *settings->headers = lines;
  *settings->header_count = count;
  for (; enif_get_list_cell(env, list, &head, &list); at++) {
    lines[at] = text_of(env, head);
    if (!lines[at]) return 0;
  }
  return 1;
}

/* An integer, or the atoms that the field's type knows. */
static int read_number(ErlNifEnv *env, int type, ERL_NIF_TERM value, ErlNifSInt64 *number) {
  char name[16];
  if (enif_get_int64(env, value, number)) return type != FIELD_FLAG || *number == 0 || *number == 1;
  if (enif_get_atom(env, value, name, sizeof name, ERL_NIF_LATIN1) == 0) return 0;
  if (type == FIELD_FLAG) {
    *number = strcmp(name, "true") == 0;
    return *number || strcmp(name, "false") == 0;
  }
  *number = type == FIELD_INT64 ? -1 : 0;
  return type != FIELD_INT32 && strcmp(name, "infinity") == 0;
}

static int read_value(ErlNifEnv *env, const field *field, ERL_NIF_TERM value, char *base) {
  ErlNifSInt64 number = 0;
  if (field->type == FIELD_TEXT) {
    const char *text = text_of(env, value);
    *(const char **)(base + field->offset) = text;
    return text != NULL;
  }
  if (!read_number(env, field->type, value, &number)) return 0;
  if (field->type == FIELD_INT64) {
    *(int64_t *)(base + field->offset) = number;
    return 1;
  }
  *(int32_t *)(base + field->offset) = (int32_t)number;
  return number == (int32_t)number;
}

int read_settings(ErlNifEnv *env, ERL_NIF_TERM list, settings *settings) {
  ERL_NIF_TERM head;
  char *name = settings->wrong_name;
  settings->wrong = NULL;
  while (enif_get_list_cell(env, list, &head, &list)) {
    const ERL_NIF_TERM *pair;
    const field *field = settings->fields;
    int arity = 0, is_good = 0;
    name[0] = 0;
    settings->wrong = name;
    if (!enif_get_tuple(env, head, &arity, &pair) || arity != 2) return 0;
    if (enif_get_atom(env, pair[0], name, sizeof settings->wrong_name, ERL_NIF_LATIN1) == 0) return 0;
    if (strcmp(name, "headers") == 0) {
      is_good = read_headers(env, pair[1], settings);
    } else {
      while (field->name && strcmp(field->name, name) != 0) field++;
      is_good = field->name && read_value(env, field, pair[1], settings->base);
    }
    if (!is_good) return 0;
    settings->wrong = NULL;
  }
  if (enif_is_empty_list(env, list)) return 1;
  settings->wrong = "there is no list";
  return 0;
}

void free_settings(settings *settings) {
  if (settings->headers) free(*settings->headers);
}

int client_settings(ErlNifEnv *env, ERL_NIF_TERM list, dosai_client_options *options, settings *settings) {
  dosai_client_options_init(options, sizeof *options);
  *settings = (struct settings){.base = (char *)options,
                                .fields = client_fields,
                                .headers = (const char ***)&options->headers,
                                .header_count = &options->header_count};
  options->ca_pem_length = DOSAI_NUL_TERMINATED;
  return read_settings(env, list, settings);
}

int call_settings(ErlNifEnv *env, ERL_NIF_TERM list, dosai_call_options *options, settings *settings) {
  dosai_call_options_init(options, sizeof *options);
  *settings = (struct settings){.base = (char *)options,
                                .fields = call_fields,
                                .headers = (const char ***)&options->headers,
                                .header_count = &options->header_count};
  return read_settings(env, list, settings);
}

int loop_settings(ErlNifEnv *env, ERL_NIF_TERM list, dosai_loop_options *options, settings *settings) {
  dosai_loop_options_init(options, sizeof *options);
  *settings = (struct settings){.base = (char *)options, .fields = loop_fields};
  return read_settings(env, list, settings);
}
