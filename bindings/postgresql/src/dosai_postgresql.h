/* What the files of the PostgreSQL extension share.   SPDX-License-Identifier: MIT */
#ifndef DOSAI_POSTGRESQL_H
#define DOSAI_POSTGRESQL_H

#include <postgres.h>
#include <fmgr.h>
#include <utils/jsonb.h>
#include <dosai.h>

#pragma GCC visibility push(hidden) /* PostgreSQL loads all modules into one namespace */

/* What one SQL function holds of the library. A memory context frees it, however the function ends. */
typedef struct exchange {
  MemoryContextCallback callback;
  dosai_loop *loop;
  dosai_request *request;
  dosai_error *error;
  int in_flight; /* calls */
  int sockets;   /* those of the loop that PostgreSQL knows of */
} exchange;

typedef enum { WHOLE, STREAM } exchange_kind;

exchange *begin(MemoryContext context);
/* The loop has no call any more: the next function may use it, with its open connections. */
void finish(exchange *of);
/* Announces the socket of one more call. false: PostgreSQL has no descriptor to spare. */
bool reserve(exchange *of);
void submit(exchange *of, exchange_kind kind, const text *prompt, const Jsonb *options, uintptr_t tag);
/* The next event. Everything that PostgreSQL may raise is raised here, outside of the library. */
const dosai_event *wait_for_event(exchange *of);
void check(exchange *of, dosai_status status); /* raises the exchange's error, unless the status is OK */
void raise_error(const dosai_error *error);

/* UTF-8 as a datum in the database's encoding. */
Datum text_datum(const char *text, size_t length);
bool is_storable(const char *text, size_t length); /* text_datum would not raise an error */
/* The text in the database's encoding, with "?" for each character that is not storable. */
char *storable(const char *text, size_t length);

dosai_client *get_client(exchange *of);
const char *default_model(void);
extern int key_errno; /* why the file with the key could not be read */

#pragma GCC visibility pop

#endif
