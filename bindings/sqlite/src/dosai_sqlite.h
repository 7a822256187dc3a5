/* What the files of the SQLite extension share.   SPDX-License-Identifier: MIT */
#ifndef DOSAI_SQLITE_H
#define DOSAI_SQLITE_H

#include <dosai.h>
#include <sqlite3ext.h>

/* What the functions of one connection to a database share: one client, made when it is first needed. */
typedef struct connection {
  sqlite3 *db;
  int references; /* the functions and the table that are registered */
  dosai_client *client;
  char *model; /* for options that name none */
} connection;

extern const sqlite3_module chat_stream_module;

void chat(sqlite3_context *context, int count, sqlite3_value **values);
void chat_json(sqlite3_context *context, int count, sqlite3_value **values);

/* These give a code of SQLite's, and a message of its memory if they fail. */
int set_client(connection *here, sqlite3_value *options, char **message);
/* The client, the options of a call, and a request with the prompt as its last message, which the caller frees. */
int begin_call(connection *here, sqlite3_value *prompt, sqlite3_value *options, dosai_call_options *call,
               dosai_request **out, char **message);
int fail(dosai_status status, dosai_error *error, char **message); /* frees the error */
void raise_failure(sqlite3_context *context, int code, char *message);
int is_called(sqlite3_context *context, const char *name); /* by the program; otherwise it raises an error */

#endif
