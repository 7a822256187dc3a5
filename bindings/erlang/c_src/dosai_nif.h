/* Answers as terms, and options from them.   SPDX-License-Identifier: MIT */
#ifndef DOSAI_NIF_H
#define DOSAI_NIF_H

#include <dosai.h>
#include <erl_nif.h>

enum {
  FIELD_TEXT,
  FIELD_INT32,
  FIELD_INT64, /* infinity: -1 */
  FIELD_COUNT, /* 32 bits; infinity: 0 */
  FIELD_FLAG   /* 32 bits; true or false, 1 or 0 */
};

/* A field of a struct of options that a term can set. */
typedef struct field {
  const char *name;
  int type;
  size_t offset;
} field;

/* A struct of options; what it points to are binaries of the function that is called. */
typedef struct settings {
  char *base;
  const field *fields;
  const char ***headers; /* NULL: it has none */
  size_t *header_count;
  const char *wrong; /* the option that is unknown, or has a value of another type */
  char wrong_name[64];
} settings;

/* A text with a NUL at its end, and nowhere else; NULL: it is none. */
const char *text_of(ErlNifEnv *env, ERL_NIF_TERM term);
/* From a list of {name, value}: an integer, true, false, infinity, a text with a NUL behind it, or a list of such texts. */
int read_settings(ErlNifEnv *env, ERL_NIF_TERM list, settings *settings);

int client_settings(ErlNifEnv *env, ERL_NIF_TERM list, dosai_client_options *options, settings *settings);
int call_settings(ErlNifEnv *env, ERL_NIF_TERM list, dosai_call_options *options, settings *settings);
int loop_settings(ErlNifEnv *env, ERL_NIF_TERM list, dosai_loop_options *options, settings *settings);
void free_settings(settings *settings);

/* A binary that the texts of several chunks share, so that not each is allocated. It is small, for each text keeps all
 * of it. */
typedef struct block {
  ERL_NIF_TERM term;
  unsigned char *bytes;
  size_t used, size, sum; /* sum: the sizes of this block and of those before it */
} block;

/* Of the chunks in one environment. */
typedef struct blocks {
  block text, json;
} blocks;

void load_answers(ErlNifEnv *env);
ERL_NIF_TERM binary_of(ErlNifEnv *env, const char *text, size_t length);
ERL_NIF_TERM term_of_chunk(ErlNifEnv *env, const dosai_chunk *chunk, blocks *blocks);
ERL_NIF_TERM term_of_completion(ErlNifEnv *env, const dosai_completion *completion);
ERL_NIF_TERM term_of_response(ErlNifEnv *env, const dosai_response *response);
/* Of an error that has no object: the status, and a message, if it is not NULL. */
ERL_NIF_TERM term_of_error(ErlNifEnv *env, dosai_status status, const dosai_error *error,
                           const char *message);

#endif
