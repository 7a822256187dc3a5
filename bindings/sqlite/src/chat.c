/* chat and chat_json, and what chat_stream has in common with them.   SPDX-License-Identifier: MIT */
#include "dosai_sqlite.h"
#include <string.h>

SQLITE_EXTENSION_INIT3

int fail(dosai_status status, dosai_error *error, char **message) {
  int code = status == DOSAI_CANCELLED       ? SQLITE_INTERRUPT
             : status == DOSAI_OUT_OF_MEMORY ? SQLITE_NOMEM
                                             : SQLITE_ERROR;
  if (code == SQLITE_ERROR)
    *message = sqlite3_mprintf("dosai: %s: %s", dosai_status_name(status), dosai_error_message(error, NULL));
  dosai_error_free(error);
  return code;
}

void raise_failure(sqlite3_context *context, int code, char *message) {
  if (message && code != SQLITE_INTERRUPT) sqlite3_result_error(context, message, -1);
  else sqlite3_result_error_code(context, code);
  sqlite3_free(message);
}

/* SQLite refuses what is DIRECTONLY in views and triggers. But before 3.50, a CHECK constraint of the file may call it;
 * and so may any schema that was read before the functions were there. A statement that runs must have their name. */
int is_called(sqlite3_context *context, const char *name) {
  size_t length = strlen(name);
  for (sqlite3_stmt *at = NULL; (at = sqlite3_next_stmt(sqlite3_context_db_handle(context), at));)
    for (const char *sql = sqlite3_stmt_busy(at) ? sqlite3_sql(at) : NULL; sql && *sql; sql++)
      if (sqlite3_strnicmp(sql, name, (int)length) == 0 &&
          sql[length + strspn(sql + length, " \t\r\n\f\"`]")] == '(')
        return 1;
  return raise_failure(context, SQLITE_ERROR, sqlite3_mprintf("unsafe use of %s()", name)), 0;
}

/* Gives the first column of SQL with one parameter, to be freed. NULL is a failure: an authorizer hides results so. */
static int ask(sqlite3 *db, const char *sql, const char *text, size_t length, sqlite3_value **out) {
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
  if (code != SQLITE_OK) return code;
  sqlite3_bind_text64(statement, 1, text, length, SQLITE_STATIC, SQLITE_UTF8);
  if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
    *out = sqlite3_value_dup(sqlite3_column_value(statement, 0));
  code = sqlite3_finalize(statement);
  return *out ? SQLITE_OK : code ? code : SQLITE_ERROR;
}

/* A statement that begins while an interrupted one runs is interrupted, too. (sqlite3_is_interrupted came with 3.41.) */
static int32_t is_interrupted(void *db) {
  sqlite3_value *probe = NULL;
  int code = ask(db, "SELECT ?1", "", 0, &probe);
  return sqlite3_value_free(probe), code == SQLITE_INTERRUPT;
}

/* The options are the request; what they lack is its last message, and maybe the model. */
int begin_call(connection *here, sqlite3_value *prompt, sqlite3_value *options, dosai_call_options *call,
               dosai_request **out, char **message) {
  static const char has_model[] = "SELECT json_extract(?1, '$.model', '$.model') <> '[null,null]'";
  dosai_error *error = NULL;
  sqlite3_value *answer = NULL;
  const char *json = options ? (const char *)sqlite3_value_text(options) : NULL;
  const char *text = (const char *)sqlite3_value_text(prompt);
  size_t length = json ? (size_t)sqlite3_value_bytes(options) : 2,
         text_length = (size_t)sqlite3_value_bytes(prompt);
  int code = here->client ? SQLITE_OK : set_client(here, NULL, message);
  if (code != SQLITE_OK) return code;
  dosai_status status = dosai_request_parse(json ? json : "{}", length, out, &error);
  if (json && !status) code = ask(here->db, has_model, json, length, &answer);
  if (code != SQLITE_OK) return *message = sqlite3_mprintf("dosai: json_extract is denied, or failed"), code;
  if (!status && !(answer && sqlite3_value_int(answer)))
    status = dosai_request_set_text(*out, "model", here->model, DOSAI_NUL_TERMINATED, &error);
  if (!status) status = dosai_request_add_message(*out, "user", text, text_length, &error);
  sqlite3_value_free(answer);
  dosai_call_options_init(call, sizeof *call);
  call->on_wait = is_interrupted;
  call->wait_user_data = here->db;
  call->wait_interval_ms = 20;
  return status ? fail(status, error, message) : SQLITE_OK;
}

/* The result, as SQLite's json() writes it if it must be JSON. Gives a message if there is none. */
static char *say(sqlite3_context *context, const dosai_completion *answer, int is_json, int *code) {
  size_t length;
  const char *text = dosai_completion_content(answer, 0, &length);
  const char *refusal = dosai_completion_refusal(answer, 0, NULL);
  if (is_json && dosai_completion_finish_reason(answer, 0) == DOSAI_FINISH_LENGTH)
    return sqlite3_mprintf("dosai: the answer was cut by max_tokens");
  if (!text) return refusal ? sqlite3_mprintf("dosai: the model refused: %s", refusal) : NULL;
  if (!is_json) return sqlite3_result_text64(context, text, length, SQLITE_TRANSIENT, SQLITE_UTF8), NULL;
  sqlite3_value *json = NULL;
  *code = ask(sqlite3_context_db_handle(context), "SELECT json(?1)", text, length, &json);
  if (*code) return sqlite3_mprintf("dosai: the answer is not JSON, or json is denied: %s", text);
  sqlite3_result_value(context, json);
  sqlite3_result_subtype(context, 'J');
  sqlite3_value_free(json);
  return NULL;
}

/* schema: NULL for chat. */
static void run(sqlite3_context *context, sqlite3_value *prompt, sqlite3_value *schema,
                sqlite3_value *options) {
  connection *here = sqlite3_user_data(context);
  dosai_request *request = NULL;
  dosai_completion *answer = NULL;
  dosai_error *error = NULL;
  dosai_call_options call;
  char *message = NULL;
  if (!is_called(context, schema ? "chat_json" : "chat") || sqlite3_value_type(prompt) == SQLITE_NULL) return;
  int code = begin_call(here, prompt, options, &call, &request, &message);
  dosai_status status = DOSAI_OK;
  if (code == SQLITE_OK && schema)
    status = dosai_request_set_json_schema(request, "answer", (const char *)sqlite3_value_text(schema),
                                           (size_t)sqlite3_value_bytes(schema), 1, &error);
  if (code == SQLITE_OK && !status) status = dosai_chat(here->client, request, &call, &answer, &error);
  if (status) code = fail(status, error, &message);
  if (code == SQLITE_OK) message = say(context, answer, schema != NULL, &code);
  if (code != SQLITE_OK || message) raise_failure(context, code, message);
  dosai_completion_free(answer);
  dosai_request_free(request);
}

void chat(sqlite3_context *context, int count, sqlite3_value **values) {
  run(context, values[0], NULL, count > 1 ? values[1] : NULL);
}

void chat_json(sqlite3_context *context, int count, sqlite3_value **values) {
  run(context, values[0], values[1], count > 2 ? values[2] : NULL);
}
