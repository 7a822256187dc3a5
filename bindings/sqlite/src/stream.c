/* chat_stream(prompt, options): a row for each chunk.   SPDX-License-Identifier: MIT */
#include "dosai_sqlite.h"

SQLITE_EXTENSION_INIT3

static const char columns[] = "CREATE TABLE x(kind, text, choice, json, prompt HIDDEN, options HIDDEN)";
enum { KIND, TEXT, CHOICE, JSON, PROMPT, ARGUMENTS = 2 };

typedef struct table {
  sqlite3_vtab base;
  connection *here;
} table;

typedef struct cursor {
  sqlite3_vtab_cursor base;
  dosai_stream *stream;
  const dosai_chunk *chunk; /* NULL: the end */
  sqlite3_int64 row;
  sqlite3_value *arguments[ARGUMENTS];
} cursor;

static int stream_connect(sqlite3 *db, void *here, int count, const char *const *words, sqlite3_vtab **out,
                          char **message) {
  (void)count, (void)words, (void)message;
  int code = sqlite3_declare_vtab(db, columns);
  table *made = code == SQLITE_OK ? sqlite3_malloc(sizeof *made) : NULL;
  if (!made) return code == SQLITE_OK ? SQLITE_NOMEM : code;
  *made = (table){.here = here};
  *out = &made->base;
  return sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
}

static int stream_disconnect(sqlite3_vtab *made) { return sqlite3_free(made), SQLITE_OK; }

/* The arguments of stream_filter are the prompt and maybe the options. What else is said of them, SQLite checks. */
static int stream_best_index(sqlite3_vtab *made, sqlite3_index_info *info) {
  int is_there[ARGUMENTS] = {0}, is_missing[ARGUMENTS] = {0};
  for (int i = 0; i < info->nConstraint; i++) {
    int argument = info->aConstraint[i].iColumn - PROMPT;
    if (argument < 0 || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ || is_there[argument]) continue;
    is_missing[argument] = !info->aConstraint[i].usable;
    if (is_missing[argument]) continue;
    info->aConstraintUsage[i] = (struct sqlite3_index_constraint_usage){argument + 1, 1};
    is_there[argument] = 1;
  }
  info->estimatedCost = 1e6;
  info->estimatedRows = 100;
  if (is_missing[0] || is_missing[1]) return SQLITE_CONSTRAINT;
  if (is_there[0]) return SQLITE_OK;
  sqlite3_free(made->zErrMsg);
  made->zErrMsg = sqlite3_mprintf("dosai: chat_stream needs a prompt");
  return SQLITE_ERROR;
}

static int stream_open(sqlite3_vtab *made, sqlite3_vtab_cursor **out) {
  (void)made;
  cursor *opened = sqlite3_malloc(sizeof *opened);
  if (!opened) return SQLITE_NOMEM;
  *opened = (cursor){.row = 0};
  *out = &opened->base;
  return SQLITE_OK;
}

static void reset(cursor *at) {
  dosai_stream_free(at->stream);
  for (int i = 0; i < ARGUMENTS; i++) sqlite3_value_free(at->arguments[i]);
  *at = (cursor){.base = at->base};
}

static int stream_close(sqlite3_vtab_cursor *opened) {
  reset((cursor *)opened);
  return sqlite3_free(opened), SQLITE_OK;
}

static int stream_next(sqlite3_vtab_cursor *opened) {
  cursor *at = (cursor *)opened;
  dosai_error *error = NULL;
  dosai_status status = dosai_stream_next(at->stream, -1, &at->chunk, &error);
  at->row++;
  if (!status) return SQLITE_OK;
  sqlite3_free(opened->pVtab->zErrMsg);
  return fail(status, error, &opened->pVtab->zErrMsg);
}

static int stream_filter(sqlite3_vtab_cursor *opened, int index, const char *name, int count,
                         sqlite3_value **values) {
  cursor *at = (cursor *)opened;
  connection *here = ((table *)opened->pVtab)->here;
  dosai_call_options call;
  dosai_request *request = NULL;
  dosai_error *error = NULL;
  dosai_status status = DOSAI_OK;
  char **message = &opened->pVtab->zErrMsg;
  (void)index, (void)name;
  sqlite3_free(*message);
  *message = NULL;
  reset(at);
  for (int i = 0; i < count; i++)
    if (!(at->arguments[i] = sqlite3_value_dup(values[i]))) return SQLITE_NOMEM;
  if (sqlite3_value_type(values[0]) == SQLITE_NULL) return SQLITE_OK;
  int code = begin_call(here, values[0], count > 1 ? values[1] : NULL, &call, &request, message);
  if (code == SQLITE_OK) status = dosai_stream_open(here->client, request, &call, &at->stream, &error);
  if (status) code = fail(status, error, message);
  dosai_request_free(request);
  return code == SQLITE_OK ? stream_next(opened) : code;
}

static int stream_eof(sqlite3_vtab_cursor *opened) { return !((cursor *)opened)->chunk; }

static int stream_column(sqlite3_vtab_cursor *opened, sqlite3_context *context, int column) {
  static const char *const kinds[] = {"other",     "content", "reasoning", "refusal",
                                      "tool_call", "finish",  "usage"};
  cursor *at = (cursor *)opened;
  const dosai_chunk *chunk = at->chunk;
  size_t kind = (size_t)chunk->kind < sizeof kinds / sizeof *kinds ? (size_t)chunk->kind : 0;
  if (column == KIND) sqlite3_result_text(context, kinds[kind], -1, SQLITE_STATIC);
  if (column == TEXT && chunk->text)
    sqlite3_result_text64(context, chunk->text, chunk->text_length, SQLITE_TRANSIENT, SQLITE_UTF8);
  if (column == CHOICE && chunk->choice >= 0) sqlite3_result_int(context, chunk->choice);
  if (column == JSON)
    sqlite3_result_text64(context, chunk->json, chunk->json_length, SQLITE_TRANSIENT, SQLITE_UTF8);
  if (column >= PROMPT && at->arguments[column - PROMPT])
    sqlite3_result_value(context, at->arguments[column - PROMPT]);
  return SQLITE_OK;
}

static int stream_rowid(sqlite3_vtab_cursor *opened, sqlite3_int64 *out) {
  return *out = ((cursor *)opened)->row, SQLITE_OK;
}

const sqlite3_module chat_stream_module = {.xConnect = stream_connect,
                                           .xBestIndex = stream_best_index,
                                           .xDisconnect = stream_disconnect,
                                           .xOpen = stream_open,
                                           .xClose = stream_close,
                                           .xFilter = stream_filter,
                                           .xNext = stream_next,
                                           .xEof = stream_eof,
                                           .xColumn = stream_column,
                                           .xRowid = stream_rowid};
