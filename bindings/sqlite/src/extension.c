/* The extension's entry, and the client of each connection.   SPDX-License-Identifier: MIT */
#include "dosai_sqlite.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

SQLITE_EXTENSION_INIT1

typedef struct settings {
  dosai_client_options client;
  const char *model;
  int is_elsewhere; /* the environment's key must not go there */
} settings;

/* The options of chat_connect, and where they go. A TARGET or a FLAG decides who gets the key. */
enum { TEXT, TARGET, COUNT, FLAG, INT64, SECONDS };
static const struct option {
  const char *name;
  size_t offset;
  int kind;
} known[] = {
#define FIELD(name, kind) \
  { #name, offsetof(settings, client.name), kind }
#define CLOCK(name) \
  { #name, offsetof(settings, client.name##_ms), SECONDS }
    FIELD(base_url, TARGET),
    FIELD(api_key, TEXT),
    FIELD(api_key_header, TARGET),
    FIELD(ca_file, TARGET),
    FIELD(proxy, TARGET),
    FIELD(max_retries, COUNT),
    FIELD(allow_insecure_http, FLAG),
    FIELD(requests_per_minute, INT64),
    FIELD(tokens_per_minute, INT64),
    CLOCK(connect_timeout),
    CLOCK(first_token_timeout),
    CLOCK(idle_timeout),
    CLOCK(total_timeout),
    {"model", offsetof(settings, model), TEXT}};
enum { KNOWN = sizeof known / sizeof *known };

/* 0 if the value in the column has the wrong type, or is a text with a NUL. A time is rounded up. */
static int set(settings *all, const struct option *option, sqlite3_stmt *row, int column) {
  void *field = (char *)all + option->offset;
  int type = sqlite3_column_type(row, column);
  if (type == SQLITE_NULL) return 1;
  all->is_elsewhere |= option->kind == TARGET || option->kind == FLAG;
  if (option->kind <= TARGET) {
    const char *text = *(const char **)field = (const char *)sqlite3_column_text(row, column);
    int is_json = sqlite3_value_subtype(sqlite3_column_value(row, column)) == 'J'; /* a list or an object */
    int is_whole = text && strlen(text) == (size_t)sqlite3_column_bytes(row, column);
    return type == SQLITE_TEXT && is_whole && !is_json;
  }
  if (option->kind == SECONDS) {
    double ms = sqlite3_column_double(row, column) * 1000;
    *(int64_t *)field = ms < 0 ? -1 : ms < INT32_MAX ? (int64_t)ms + ((int64_t)ms < ms) : INT32_MAX;
    return type != SQLITE_TEXT;
  }
  int64_t number = sqlite3_column_int64(row, column);
  if (option->kind == INT64) *(int64_t *)field = number;
  else if (option->kind == COUNT && number == 0) *(int32_t *)field = -1; /* no retries */
  else *(int32_t *)field = number == (int32_t)number ? (int32_t)number : INT32_MAX;
  return type == SQLITE_INTEGER;
}

/* A row with the values of all options, and the name of one that is not known. The texts live as long as it does. */
static int read_options(sqlite3 *db, sqlite3_value *given, sqlite3_stmt **row) {
  sqlite3_str *text = sqlite3_str_new(db);
  sqlite3_str_appendall(text, "SELECT ");
  for (int i = 0; i < KNOWN; i++) sqlite3_str_appendf(text, "json_extract(?1, '$.%s'), ", known[i].name);
  sqlite3_str_appendall(text, "(SELECT key FROM json_each(?1) WHERE key NOT IN (''");
  for (int i = 0; i < KNOWN; i++) sqlite3_str_appendf(text, ", '%s'", known[i].name);
  sqlite3_str_appendall(text, ") LIMIT 1) WHERE json_extract(1, '$') AND json_type(?1) = 'object' AND NOT ");
  sqlite3_str_appendall(text, "instr(replace(?1, '\\\\', ''), '\\u0000')"); /* there, 3.40 cuts texts */
  char *sql = sqlite3_str_finish(text);
  int code = sql ? sqlite3_prepare_v2(db, sql, -1, row, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (code == SQLITE_OK) code = sqlite3_bind_value(*row, 1, given);
  return code == SQLITE_OK ? sqlite3_step(*row) : code;
}

static int read_settings(sqlite3 *db, sqlite3_value *given, settings *all, sqlite3_stmt **row,
                         char **message) {
  dosai_client_options_init(&all->client, sizeof all->client);
  all->client.base_url = getenv("DOSAI_BASE_URL");
  if (!given || sqlite3_value_type(given) == SQLITE_NULL) return SQLITE_OK;
  if (read_options(db, given, row) != SQLITE_ROW)
    return *message = sqlite3_mprintf("dosai: the options are denied, not a JSON object, or have a \\u0000"),
           SQLITE_ERROR;
  for (int i = 0; i < KNOWN && !*message; i++)
    if (!set(all, &known[i], *row, i)) *message = sqlite3_mprintf("dosai: wrong type: %s", known[i].name);
  if (sqlite3_column_type(*row, KNOWN) != SQLITE_NULL && !*message)
    *message = sqlite3_mprintf("dosai: no such option: %s", sqlite3_column_text(*row, KNOWN));
  return *message ? SQLITE_ERROR : SQLITE_OK;
}

/* Makes the client from the environment and the options, in place of the one that there is. */
int set_client(connection *here, sqlite3_value *given, char **message) {
  settings all = {.model = getenv("DOSAI_MODEL")};
  sqlite3_stmt *row = NULL;
  dosai_client *client = NULL;
  dosai_error *error = NULL;
  char *model = NULL;
  int code = read_settings(here->db, given, &all, &row, message);
  if (code == SQLITE_OK && !(model = sqlite3_mprintf("%s", all.model ? all.model : "dos-ai")))
    code = SQLITE_NOMEM;
  if (!all.client.api_key && !all.is_elsewhere) all.client.api_key = getenv("DOSAI_API_KEY");
  dosai_status status = code == SQLITE_OK ? dosai_client_new(&all.client, &client, &error) : DOSAI_OK;
  if (status) code = fail(status, error, message);
  sqlite3_finalize(row);
  if (code != SQLITE_OK) return sqlite3_free(model), code;
  dosai_client_free(here->client);
  sqlite3_free(here->model);
  here->client = client;
  here->model = model;
  return SQLITE_OK;
}

static void chat_connect(sqlite3_context *context, int count, sqlite3_value **values) {
  char *message = NULL;
  if (!is_called(context, "chat_connect")) return;
  int code = set_client(sqlite3_user_data(context), count ? values[0] : NULL, &message);
  if (code != SQLITE_OK) raise_failure(context, code, message);
}

static void let_go(void *pointer) {
  connection *here = pointer;
  if (--here->references > 0) return;
  dosai_client_free(here->client);
  sqlite3_free(here->model);
  sqlite3_free(here);
}

enum { RESULT_SUBTYPE = 0x001000000 }; /* SQLITE_RESULT_SUBTYPE, which came with 3.45 */

static const struct {
  const char *name;
  int count, flags;
  void (*run)(sqlite3_context *, int, sqlite3_value **);
} functions[] = {{"chat", 1, 0, chat},
                 {"chat", 2, 0, chat},
                 {"chat_json", 2, RESULT_SUBTYPE, chat_json},
                 {"chat_json", 3, RESULT_SUBTYPE, chat_json},
                 {"chat_connect", 1, 0, chat_connect}};

/* Each registration holds the connection, and lets go of it even if it fails. */
__attribute__((visibility("default"))) int sqlite3_dosai_init(sqlite3 *db, char **message,
                                                              const sqlite3_api_routines *api) {
  SQLITE_EXTENSION_INIT2(api)
  (void)message;
  connection *here = sqlite3_malloc(sizeof *here);
  int code = here ? SQLITE_OK : SQLITE_NOMEM;
  if (!here) return code;
  *here = (connection){.db = db, .references = 1};
  for (size_t i = 0; i < sizeof functions / sizeof *functions && code == SQLITE_OK; i++) {
    here->references++;
    code = sqlite3_create_function_v2(db, functions[i].name, functions[i].count,
                                      SQLITE_UTF8 | SQLITE_DIRECTONLY | functions[i].flags, here,
                                      functions[i].run, NULL, NULL, let_go);
  }
  if (code == SQLITE_OK) {
    here->references++;
    code = sqlite3_create_module_v2(db, "chat_stream", &chat_stream_module, here, let_go);
  }
  let_go(here);
  return code;
}
