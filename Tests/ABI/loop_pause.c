/* Backpressure: a call that is paused, or whose events nobody takes, holds little and costs nothing, while the others
 * go on; and what it held comes without loss. */
#include "loop.h"

enum { BLAST = 8 << 20, ROOM = 3 << 20 };

static dosai_loop *loop;

/* What a blast that nobody takes may hold: over HTTP/2 all of it, for it is within libcurl's window of a stream. */
static int room(test_transport transport) { return ROOM + (transport == TEST_H2 ? BLAST : 0); }

static long resident(void) {
  long pages = 0, ignored;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file && fscanf(file, "%ld %ld", &ignored, &pages) == 2);
  if (file) fclose(file);
  return pages * sysconf(_SC_PAGESIZE);
}

static void one_of_many(test_transport transport) {
  loop = new_loop(0, 0);
  dosai_call *call = submit(loop, transport, "blast", STREAM, 0, NULL);
  RUN_UNTIL(loop, book[0].chunks > 3);
  dosai_call_pause(call);
  step(loop, 0);
  int chunks = book[0].chunks;
  for (uintptr_t i = 1; i < 10; i++) start(loop, transport, "paced", STREAM, i, NULL);
  long before = resident();
  RUN_UNTIL(loop, step(loop, 0) == 1);
  for (int i = 1; i < 10; i++) CHECK_END(i, DOSAI_OK);
  if (!getenv("DOSAI_TEST_SLOW")) CHECK_BETWEEN(resident() - before, -BLAST, room(transport));
  idle_for(loop, 300);
  CHECK_INT(book[0].chunks, chunks);
  for (int i = 0; i < 20; i++) { /* a slow reader: a little at a time */
    dosai_call_resume(call);
    RUN_UNTIL(loop, book[0].chunks > chunks || book[0].ends);
    dosai_call_pause(call);
    step(loop, 0);
    chunks = book[0].chunks;
  }
  dosai_call_resume(call);
  run(loop);
  CHECK_END(0, DOSAI_OK);
  CHECK_INT(book[0].bytes, BLAST + 5);
  dosai_call_free(call);
  close_loop(loop);
}

/* Steps, and never next: as if it were paused. */
static void nobody_takes(test_transport transport) {
  dosai_error *error = NULL;
  const dosai_event *event = NULL;
  loop = new_loop(0, 0);
  start(loop, transport, "blast", STREAM, 0, NULL);
  long before = resident();
  for (double end = test_now() + test_bound(500); test_now() < end; test_sleep(1))
    CHECK_CALL(dosai_loop_step(loop, 1, NULL, NULL, NULL, &error), DOSAI_OK);
  if (!getenv("DOSAI_TEST_SLOW")) CHECK_BETWEEN(resident() - before, -BLAST, room(transport));
  while (!book[0].ends) {
    CHECK_CALL(dosai_loop_next(loop, &event, &error), DOSAI_OK);
    if (event) note(event, NULL);
    else CHECK_CALL(dosai_loop_step(loop, test_bound(5000), NULL, NULL, NULL, &error), DOSAI_OK);
  }
  CHECK_END(0, DOSAI_OK);
  CHECK_INT(book[0].bytes, BLAST + 5);
  close_loop(loop);
}

/* Paused at once, before it has started; each kind. */
static void from_the_start(int kind, const char *script, int32_t max_in_flight) {
  loop = new_loop(max_in_flight, 0);
  if (max_in_flight) start(loop, TEST_PLAIN, "paced", STREAM, 1, NULL);
  dosai_call *call = submit(loop, TEST_PLAIN, script, kind, 0, NULL);
  dosai_call_pause(call);
  dosai_call_pause(call);
  long before = resident();
  if (max_in_flight) RUN_UNTIL(loop, book[1].ends);
  run_for(loop, test_bound(200));
  CHECK_INT(book[0].chunks + book[0].ends, 0);
  if (kind == STREAM && !getenv("DOSAI_TEST_SLOW")) CHECK_BETWEEN(resident() - before, -BLAST, ROOM);
  idle_for(loop, 300);
  dosai_call_resume(call);
  dosai_call_resume(call);
  run(loop);
  CHECK_END(0, DOSAI_OK);
  if (kind == STREAM) CHECK_INT(book[0].bytes, BLAST + 5);
  else CHECK(book[0].answer[0] != 0);
  dosai_call_free(call);
  close_loop(loop);
}

/* Before the next event, which may have come already. */
static dosai_call *paused;

static int32_t pause_at_first(const dosai_event *event) {
  if (event->chunk && book[0].chunks == 1) dosai_call_pause(paused);
  return 0;
}

/* The server goes away in the meantime: it is told when the call is resumed, with all that had come. */
static void server_gone(test_transport transport) {
  loop = new_loop(0, 0);
  then_do = pause_at_first;
  paused = submit(loop, transport, "reset-soon", STREAM, 0, NULL);
  RUN_UNTIL(loop, book[0].chunks);
  run_for(loop, test_bound(150));
  idle_for(loop, 300);
  CHECK_INT(book[0].ends, 0);
  dosai_call_resume(paused);
  run(loop);
  CHECK_END(0, DOSAI_TRUNCATED);
  CHECK_TEXT(book[0].answer, "Hello");
  dosai_call_free(paused);
  close_loop(loop);
}

/* Paused in back-off: no event until it is resumed, and no spinning. */
static void back_off(void) {
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.max_retries = 1;
  loop = new_loop(0, 0);
  dosai_call *call = submit(loop, TEST_PLAIN, "much-later-hello", CHAT, 0, &options);
  run_for(loop, 100); /* of the 1.5 s that the server asks for */
  dosai_call_pause(call);
  idle_for(loop, 1700);
  CHECK_INT(test_count(TEST_PLAIN, "much-later-hello", "requests"), 1);
  CHECK_INT(book[0].ends, 0);
  dosai_call_resume(call);
  run(loop);
  CHECK_END(0, DOSAI_OK);
  CHECK_INT(book[0].attempts, 2);
  dosai_call_free(call);
  close_loop(loop);
}

/* An answer that came whole to a stream is told in chunks: a pause holds these too. */
static void whole_answer(int closes) {
  loop = new_loop(0, 0);
  then_do = pause_at_first;
  paused = submit(loop, TEST_PLAIN, "whole-eof-good", STREAM, 0, NULL);
  RUN_UNTIL(loop, book[0].chunks);
  idle_for(loop, 100);
  CHECK_INT(book[0].chunks, 1);
  CHECK_INT(book[0].ends, 0);
  if (!closes) {
    dosai_call_resume(paused);
    run(loop);
  }
  close_loop(loop);
  CHECK_END(0, closes ? DOSAI_CANCELLED : DOSAI_OK);
  CHECK_TEXT(book[0].answer, "Hello! How can I help you today?");
  CHECK_INT(book[0].chunks, closes ? 1 : 3);
  dosai_call_free(paused);
}

static char json[512]; /* of an event of whose two chunks one was told */

static int32_t pause_between(const dosai_event *event) {
  if (!event->chunk || event->chunk->kind == DOSAI_CHUNK_FINISH) return 0;
  if (*json) CHECK_TEXT(event->chunk->json, json);
  *json = 0;
  if (event->chunk->last_in_event || book[0].chunks % 32) return 0;
  snprintf(json, sizeof json, "%s", event->chunk->json);
  dosai_call_pause(paused);
  return 0;
}

/* Paused between two chunks of one event, while more comes. */
static void inside_an_event(void) {
  int pauses = 0;
  loop = new_loop(0, 0);
  then_do = pause_between;
  paused = submit(loop, TEST_PLAIN, "steady-usage", STREAM, 0, NULL);
  for (double end = test_now() + test_bound(10000); !book[0].ends && test_now() < end; step(loop, 10))
    if (*json) {
      pauses++;
      dosai_call_resume(paused);
    }
  CHECK(pauses > 100);
  CHECK_END(0, DOSAI_OK);
  dosai_call_free(paused);
  close_loop(loop);
}

int main(void) {
  int descriptors = first_descriptors();
  for (int i = 0; i < OVER_TCP; i++) {
    one_of_many(over_tcp[i]);
    nobody_takes(over_tcp[i]);
    server_gone(over_tcp[i]);
  }
  from_the_start(STREAM, "blast", 0);
  from_the_start(STREAM, "blast", 1);
  from_the_start(CHAT, "big", 0);
  back_off();
  whole_answer(0);
  whole_answer(1);
  inside_an_event();
  check_descriptors(descriptors);
  return test_end();
}
