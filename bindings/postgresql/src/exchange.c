/* Calls on a loop of the library that PostgreSQL waits for: its latch, the loop's descriptor, nothing else.
 * SPDX-License-Identifier: MIT */
#include "dosai_postgresql.h"
#include <signal.h>
#include <catalog/namespace.h>
#include <mb/pg_wchar.h>
#include <miscadmin.h>
#include <pgstat.h>
#include <storage/fd.h>
#include <storage/latch.h>
#include <utils/builtins.h>
#include <utils/memutils.h>

enum { MOST_KEPT = 16 };

static dosai_loop *idle; /* no function uses it */
static int idle_sockets;

/* Runs when the context is reset, even while an error is raised: it must not raise another one. */
static void let_go(void *pointer) {
  exchange *of = pointer;
  dosai_request_free(of->request);
  dosai_error_free(of->error);
  if (of->loop) dosai_loop_close(of->loop, NULL, NULL, NULL);
  for (; of->sockets > 0; of->sockets--) ReleaseExternalFD();
}

exchange *begin(MemoryContext context) {
  exchange *of = MemoryContextAlloc(context, sizeof *of);
  *of = (exchange){.callback = {.func = let_go, .arg = of}, .loop = idle, .sockets = idle_sockets};
  MemoryContextRegisterResetCallback(context, &of->callback);
  idle = NULL;
  idle_sockets = 0;
  if (!of->loop) check(of, dosai_loop_new(NULL, &of->loop, &of->error));
  return of;
}

void finish(exchange *of) {
  if (idle || of->sockets > MOST_KEPT) return; /* its own is closed with its context */
  idle = of->loop;
  idle_sockets = of->sockets;
  of->loop = NULL;
  of->sockets = 0;
}

bool reserve(exchange *of) {
  if (of->in_flight < of->sockets) return true;
  if (!AcquireExternalFD()) return false;
  bool is_more = AcquireExternalFD(); /* PostgreSQL waits with one */
  ReleaseExternalFD();
  if (is_more) of->sockets++;
  return is_more;
}

/* A thread that libcurl starts for a lookup has the mask of its starter: PostgreSQL's handlers must not run in it. */
static sigset_t block_signals(void) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  return before;
}

static int sqlstate(dosai_status status) {
  switch (status) {
  case DOSAI_INVALID_ARGUMENT:
    return ERRCODE_INVALID_PARAMETER_VALUE;
  case DOSAI_OUT_OF_MEMORY:
    return ERRCODE_OUT_OF_MEMORY;
  case DOSAI_RESOURCE:
    return ERRCODE_INSUFFICIENT_RESOURCES;
  case DOSAI_TIMEOUT:
  case DOSAI_CONNECTION:
  case DOSAI_TLS:
  case DOSAI_PROXY:
    return ERRCODE_CONNECTION_FAILURE;
  default:
    return ERRCODE_EXTERNAL_ROUTINE_EXCEPTION;
  }
}

static char *to_server(const char *text, size_t length) { return pg_any_to_server(text, length, PG_UTF8); }

bool is_storable(const char *text, size_t length) {
  int encoding = GetDatabaseEncoding(), room = length * MAX_CONVERSION_GROWTH + 1;
  if (!pg_verify_mbstr(PG_UTF8, text, length, true)) return false;
  if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII) return true;
  Oid conversion = FindDefaultConversionProc(PG_UTF8, encoding);
  return OidIsValid(conversion) &&
         pg_do_encoding_conversion_buf(conversion, PG_UTF8, encoding, (unsigned char *)text, length,
                                       palloc(room), room, true) == length;
}

char *storable(const char *text, size_t length) {
  StringInfo made = makeStringInfo();
  for (size_t at = 0, size; at < length; at += size) {
    size = pg_encoding_mblen(PG_UTF8, text + at); /* it is whole: the library gives UTF-8 */
    bool is_good = is_storable(text + at, size);
    appendStringInfoString(made, is_good ? to_server(pnstrdup(text + at, size), size) : "?");
  }
  return made->data;
}

void raise_error(const dosai_error *error) {
  size_t length;
  const char *message = dosai_error_message(error, &length);
  dosai_status status = dosai_error_status(error);
  if (status == DOSAI_CANCELLED && key_errno) {
    errno = key_errno;
    ereport(ERROR, errcode_for_file_access(), errmsg("could not read the file of dosai.key_file: %m"),
            key_errno == EPERM ? errhint("It must be a file to which others have no access.") : 0);
  }
  ereport(ERROR, errcode(sqlstate(status)), errmsg("dosai: %s", storable(message, length)),
          errdetail("status %s, HTTP status %d", dosai_status_name(status), dosai_error_http_status(error)));
}

void check(exchange *of, dosai_status status) {
  if (status != DOSAI_OK) raise_error(of->error);
}

Datum text_datum(const char *text, size_t length) { return CStringGetTextDatum(to_server(text, length)); }

/* The options are the request; what they lack is its last message, and maybe the model. */
void submit(exchange *of, exchange_kind kind, const text *prompt, const Jsonb *options, uintptr_t tag) {
  Jsonb *whole = unconstify(Jsonb *, options);
  char *json = options ? JsonbToCString(NULL, &whole->root, VARSIZE(whole)) : pstrdup("{}");
  bool has_model =
      options && JB_ROOT_IS_OBJECT(options) && getKeyJsonValueFromContainer(&whole->root, "model", 5, NULL);
  int length = VARSIZE_ANY_EXHDR(prompt);
  char *content = pg_server_to_any(VARDATA_ANY(prompt), length, PG_UTF8);
  if (content != VARDATA_ANY(prompt)) length = strlen(content);
  json = pg_server_to_any(json, strlen(json), PG_UTF8);
  char *model = pg_server_to_any(default_model(), strlen(default_model()), PG_UTF8);
  dosai_client *client = get_client(of);
  dosai_status status = dosai_request_parse(json, DOSAI_NUL_TERMINATED, &of->request, &of->error);
  if (!status && !has_model)
    status = dosai_request_set_text(of->request, "model", model, DOSAI_NUL_TERMINATED, &of->error);
  if (!status) status = dosai_request_add_message(of->request, "user", content, length, &of->error);
  key_errno = 0;
  if (!reserve(of))
    ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_RESOURCES), errmsg("dosai: too many files are open"));
  sigset_t before = block_signals();
  if (!status)
    status = (kind == STREAM ? dosai_loop_submit_stream : dosai_loop_submit_chat)(
        of->loop, client, of->request, NULL, tag, NULL, &of->error);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  check(of, status);
  of->in_flight++;
  dosai_request_free(of->request);
  of->request = NULL;
}

/* The next event; NULL if there is none yet. */
static const dosai_event *work(exchange *of) {
  const dosai_event *event = NULL;
  sigset_t before = block_signals();
  dosai_status status = dosai_loop_next(of->loop, &event, &of->error);
  if (!status && !event) status = dosai_loop_step(of->loop, 0, NULL, NULL, NULL, &of->error);
  if (!status && !event) status = dosai_loop_next(of->loop, &event, &of->error);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  check(of, status);
  if (event && event->kind != DOSAI_EVENT_CHUNK) of->in_flight--;
  return event;
}

const dosai_event *wait_for_event(exchange *of) {
  for (;;) {
    CHECK_FOR_INTERRUPTS();
    const dosai_event *event = work(of);
    if (event) return event;
    WaitLatchOrSocket(MyLatch, WL_LATCH_SET | WL_SOCKET_READABLE | WL_EXIT_ON_PM_DEATH,
                      dosai_loop_fd(of->loop), -1, PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
  }
}
