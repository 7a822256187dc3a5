/* A program with the extension, for valgrind: each function, an interrupt, failures; memory is freed with the connection.
 *
 *   host EXTENSION BASE_URL       BASE_URL has NAME in it, for the name of a script */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static sqlite3 *db;
static atomic_int rows;

/* Once the statement waits for its second row: an interrupt of what does not run yet is forgotten. */
static void *interrupt(void *unused) {
  (void)unused;
  while (!rows) usleep(10000);
  usleep(300000);
  sqlite3_interrupt(db);
  return NULL;
}

/* Runs the statement to its end, and says how it ended. */
static int run(const char *sql, const char *parameter) {
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
  if (code == SQLITE_OK) sqlite3_bind_text(statement, 1, parameter, -1, SQLITE_STATIC);
  while (code == SQLITE_OK || code == SQLITE_ROW) {
    code = sqlite3_step(statement);
    rows += code == SQLITE_ROW;
  }
  printf("%d %s\n", code, code == SQLITE_DONE ? sql : sqlite3_errmsg(db));
  return sqlite3_finalize(statement);
}

static void use(const char *base, const char *script) {
  const char *at = strstr(base, "NAME");
  char *options = sqlite3_mprintf("{\"base_url\": \"%.*s%s%s\", \"api_key\": \"k\", \"max_retries\": -1}",
                                  (int)(at - base), base, script, at + 4);
  run("SELECT chat_connect(?1)", options);
  sqlite3_free(options);
}

int main(int count, char **words) {
  if (count != 3 || sqlite3_open(":memory:", &db) != SQLITE_OK) return 2;
  sqlite3_enable_load_extension(db, 1);
  if (sqlite3_load_extension(db, words[1], NULL, NULL) != SQLITE_OK) return 2;
  use(words[2], "hello");
  run("SELECT chat('Hi', ?1)", "{\"temperature\": 1}");
  run("SELECT group_concat(text) FROM chat_stream('Hi', ?1)", "{\"model\": \"m\"}");
  run("SELECT text FROM chat_stream(?1) LIMIT 1", "Hi");
  run("SELECT chat_json('Hi', ?1)", "{}");
  run("SELECT chat('Hi', ?1)", "[");
  run("SELECT chat_connect(?1)", "{\"model\": 1}");
  use(words[2], "paris");
  run("SELECT chat_json('Hi', ?1)", "{}");
  use(words[2], "limited");
  run("SELECT chat(?1)", "Hi");
  run("SELECT * FROM chat_stream(?1)", "Hi");
  use(words[2], "silent-chunk");
  pthread_t thread;
  rows = 0;
  pthread_create(&thread, NULL, interrupt, NULL);
  run("SELECT * FROM chat_stream(?1)", "Hi");
  pthread_join(thread, NULL);
  return sqlite3_close(db) != SQLITE_OK;
}
