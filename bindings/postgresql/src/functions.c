/* dosai.chat, dosai.stream and dosai.map.   SPDX-License-Identifier: MIT */
#include "dosai_postgresql.h"
#include <executor/spi.h>
#include <funcapi.h>
#include <utils/builtins.h>
#include <utils/memutils.h>

PG_FUNCTION_INFO_V1(dosai_sql_chat);
PG_FUNCTION_INFO_V1(dosai_sql_stream);
PG_FUNCTION_INFO_V1(dosai_sql_map);

enum { MOST_IN_FLIGHT = 256 };

static Jsonb *options_of(FunctionCallInfo fcinfo) { return PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1); }

Datum dosai_sql_chat(PG_FUNCTION_ARGS) {
  size_t length;
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  exchange *of = begin(CurrentMemoryContext);
  submit(of, WHOLE, PG_GETARG_TEXT_PP(0), options_of(fcinfo), 0);
  const dosai_event *event = wait_for_event(of);
  finish(of); /* the event stays until the loop is used again */
  if (event->kind == DOSAI_EVENT_ERROR) raise_error(event->error);
  const char *text = dosai_completion_content(event->completion, 0, &length);
  if (text) PG_RETURN_DATUM(text_datum(text, length));
  text = dosai_completion_refusal(event->completion, 0, &length);
  if (text)
    ereport(ERROR, errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
            errmsg("dosai: the model refused: %s", storable(text, length)));
  PG_RETURN_NULL();
}

static Datum chunk_datum(const dosai_chunk *chunk, TupleDesc description) {
  static const char *const kinds[] = {"other",     "content", "reasoning", "refusal",
                                      "tool_call", "finish",  "usage"};
  Datum values[4] = {0};
  bool nulls[4] = {false, !chunk->text, chunk->choice < 0, false};
  values[0] = CStringGetTextDatum((size_t)chunk->kind < lengthof(kinds) ? kinds[chunk->kind] : "other");
  if (chunk->text) values[1] = text_datum(chunk->text, chunk->text_length);
  values[2] = Int32GetDatum(chunk->choice);
  values[3] = text_datum(chunk->json, chunk->json_length); /* json is text */
  return HeapTupleGetDatum(heap_form_tuple(description, values, nulls));
}

/* A row for each call of it: in a select list or a cursor, rows are there as they come. */
Datum dosai_sql_stream(PG_FUNCTION_ARGS) {
  FuncCallContext *context;
  if (SRF_IS_FIRSTCALL()) {
    TupleDesc description;
    context = SRF_FIRSTCALL_INIT();
    if (PG_ARGISNULL(0)) SRF_RETURN_DONE(context);
    MemoryContext before = MemoryContextSwitchTo(context->multi_call_memory_ctx);
    get_call_result_type(fcinfo, NULL, &description);
    context->tuple_desc = BlessTupleDesc(description);
    context->user_fctx = begin(CurrentMemoryContext);
    submit(context->user_fctx, STREAM, PG_GETARG_TEXT_PP(0), options_of(fcinfo), 0);
    MemoryContextSwitchTo(before);
  }
  context = SRF_PERCALL_SETUP();
  const dosai_event *event = wait_for_event(context->user_fctx);
  if (event->kind == DOSAI_EVENT_CHUNK)
    SRF_RETURN_NEXT(context, chunk_datum(event->chunk, context->tuple_desc));
  finish(context->user_fctx);
  if (event->kind == DOSAI_EVENT_ERROR) raise_error(event->error);
  SRF_RETURN_DONE(context);
}

static const char not_storable[] = "a character is U+0000, or not in the database's encoding";

/* A row of the result: what came of the prompt with this id. */
static void put(ReturnSetInfo *result, const char *id, const dosai_event *event, MemoryContext row) {
  Datum values[5] = {0};
  bool nulls[5] = {!id, true, true, true, true};
  size_t length;
  MemoryContext before = MemoryContextSwitchTo(row);
  if (id) values[0] = CStringGetTextDatum(id);
  if (event) {
    const dosai_completion *answer = event->completion; /* NULL for an error: it has no text */
    const dosai_error *error = event->error;
    dosai_status status = answer ? DOSAI_OK : dosai_error_status(error);
    if (status == DOSAI_CANCELLED) raise_error(error);
    const char *text = dosai_completion_content(answer, 0, &length);
    bool is_lost = text && !is_storable(text, length);
    if (text && !is_lost) nulls[1] = false, values[1] = text_datum(text, length);
    text = answer ? dosai_completion_refusal(answer, 0, &length) : dosai_error_message(error, &length);
    if (is_lost) text = not_storable, length = strlen(text);
    if (text) nulls[4] = false, values[4] = CStringGetTextDatum(storable(text, length));
    nulls[2] = nulls[3] = false;
    values[2] = CStringGetTextDatum(is_lost ? "ENCODING" : dosai_status_name(status));
    values[3] = Int32GetDatum(answer ? dosai_completion_http_status(answer) : dosai_error_http_status(error));
  }
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
  MemoryContextSwitchTo(before);
  MemoryContextReset(row);
}

/* Submits the next row's prompt, with its id as the tag. false if there is no row. */
static bool submit_next(exchange *of, Portal portal, const Jsonb *options, ReturnSetInfo *result,
                        MemoryContext row) {
  SPI_cursor_fetch(portal, true, 1);
  bool is_there = SPI_processed > 0;
  if (is_there) {
    HeapTuple tuple = SPI_tuptable->vals[0];
    MemoryContext before = MemoryContextSwitchTo(row); /* a value may leave a copy behind */
    char *id = SPI_getvalue(tuple, SPI_tuptable->tupdesc, 1);
    char *prompt = SPI_getvalue(tuple, SPI_tuptable->tupdesc, 2);
    if (prompt) {
      uintptr_t tag = (uintptr_t)(id ? MemoryContextStrdup(before, id) : NULL);
      submit(of, WHOLE, cstring_to_text(prompt), options, tag);
    } else {
      put(result, id, NULL, row);
    }
    MemoryContextSwitchTo(before);
    MemoryContextReset(row);
  }
  SPI_freetuptable(SPI_tuptable);
  return is_there;
}

Datum dosai_sql_map(PG_FUNCTION_ARGS) {
  int most = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2);
  if (PG_ARGISNULL(0) || most < 1 || most > MOST_IN_FLIGHT)
    ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
            errmsg("dosai.map needs a query, and a max_in_flight of 1 to %d", MOST_IN_FLIGHT));
  InitMaterializedSRF(fcinfo, 0);
  ReturnSetInfo *result = (ReturnSetInfo *)fcinfo->resultinfo;
  exchange *of = begin(CurrentMemoryContext);
  MemoryContext row = AllocSetContextCreate(CurrentMemoryContext, "dosai row", ALLOCSET_DEFAULT_SIZES);
  char *query = text_to_cstring(PG_GETARG_TEXT_PP(0));
  Jsonb *options = options_of(fcinfo);
  SPI_connect();
  Portal portal = SPI_cursor_open_with_args(NULL, query, 0, NULL, NULL, NULL, true, 0);
  if (!portal->tupDesc || portal->tupDesc->natts != 2)
    ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
            errmsg("dosai.map needs a query of two columns: id, prompt"));
  for (bool is_open = true; is_open || of->in_flight > 0;) {
    while (is_open && of->in_flight < most && (of->in_flight == 0 || reserve(of)))
      is_open = submit_next(of, portal, options, result, row);
    if (of->in_flight == 0) continue;
    const dosai_event *event = wait_for_event(of);
    char *id = (char *)event->tag;
    put(result, id, event, row);
    if (id) pfree(id);
  }
  SPI_cursor_close(portal);
  SPI_finish();
  finish(of);
  return (Datum)0;
}
