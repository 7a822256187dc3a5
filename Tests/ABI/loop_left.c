/* Calls that are left while bytes of theirs have come and were not taken: cancelled, closed with their loop, or stopped by
 * the callback; paused, with a reader that is slow, or in the midst of it. Nothing of them stays, over HTTP/2 too, where
 * the connection lives on and libcurl has read ahead. valgrind counts what is lost; without it, it must not grow. */
#include "loop.h"
#include <malloc.h>

enum { PAUSED, UNTAKEN, RUNNING, STATES };
enum { BY_CANCEL, BY_CLOSE, BY_CALLBACK, BY_CLIENT, WAYS };
enum { CALLS = 6, WARM = 2, ROUNDS = 6, GROWTH = 256 << 10 };

static dosai_loop *loop;
static int is_stopping;

static int32_t stop(const dosai_event *event) { return is_stopping && event->chunk; }

/* So long that bytes lie in the sockets, and with libcurl. */
static void let_it_come(int state, dosai_call **calls) {
  dosai_error *error = NULL;
  int milliseconds = getenv("DOSAI_TEST_SLOW") ? 60 : 20;
  for (int i = 0; i < CALLS; i++) RUN_UNTIL(loop, book[i].chunks);
  if (state == PAUSED)
    for (int i = 0; i < CALLS; i++) dosai_call_pause(calls[i]);
  if (state == UNTAKEN)
    for (double end = test_now() + milliseconds; test_now() < end;)
      CHECK_CALL(dosai_loop_step(loop, 5, NULL, NULL, NULL, &error), DOSAI_OK);
  else run_for(loop, milliseconds);
}

static void leave(int state, int way, test_transport transport, const char *script) {
  dosai_call *calls[CALLS];
  loop = new_loop(0, 0);
  then_do = stop;
  is_stopping = 0;
  dosai_client *client = test_client(transport, script);
  for (uintptr_t i = 0; i < CALLS; i++) calls[i] = submit_with(loop, client, STREAM, i, NULL);
  if (way == BY_CLIENT) dosai_client_free(client);
  let_it_come(state, calls);
  for (int i = 0; i < CALLS && way == BY_CANCEL; i++) dosai_call_cancel(calls[i]);
  for (int i = 0; i < CALLS && way == BY_CLIENT; i++) dosai_call_free(calls[i]);
  is_stopping = way == BY_CALLBACK;
  for (int i = 0; i < CALLS && is_stopping; i++) dosai_call_resume(calls[i]);
  if (way == BY_CANCEL || way == BY_CALLBACK) run(loop);
  close_loop(loop);
  for (int i = 0; i < CALLS; i++) CHECK_END(i, DOSAI_CANCELLED);
  for (int i = 0; i < CALLS && way != BY_CLIENT; i++) dosai_call_free(calls[i]);
  if (way != BY_CLIENT) dosai_client_free(client);
}

static void all(test_transport transport) {
  for (int state = 0; state < STATES; state++)
    for (int way = 0; way < WAYS; way++)
      leave(state, way, transport, way % 2 ? "endless-blast" : "endless-events");
}

/* A loop keeps nothing of clients whose calls have ended. */
static void clients(int count) {
  size_t before = 0;
  loop = new_loop(0, 0);
  is_stopping = 0;
  for (int i = 0; i < 2 * count; i++) {
    if (i == count) before = mallinfo2().uordblks;
    forget_all();
    start(loop, TEST_PLAIN, "hello", CHAT, 0, NULL);
    run(loop);
    CHECK_END(0, DOSAI_OK);
  }
  CHECK_BETWEEN(mallinfo2().uordblks, 0, before + GROWTH / 4);
  printf("clients: %+zd KB\n", ((ssize_t)mallinfo2().uordblks - (ssize_t)before) / 1024);
  close_loop(loop);
}

int main(void) {
  int descriptors = first_descriptors(), is_slow = getenv("DOSAI_TEST_SLOW") != NULL;
  for (int i = 0; i < OVER_TCP; i++) {
    size_t before = 0, after;
    for (int round = 0; round < (is_slow ? 1 : WARM + ROUNDS); round++) {
      if (round == WARM) before = mallinfo2().uordblks;
      all(over_tcp[i]);
    }
    after = mallinfo2().uordblks;
    if (!is_slow) CHECK_BETWEEN(after, 0, before + GROWTH);
    if (!is_slow) printf("%d: %+zd KB\n", (int)over_tcp[i], ((ssize_t)after - (ssize_t)before) / 1024);
  }
  clients(is_slow ? 1 : 200);
  check_descriptors(descriptors);
  return test_end();
}
