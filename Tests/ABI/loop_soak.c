/* Random submits, cancels, pauses, resumes, frees and wakes from several threads, for DOSAI_SOAK_SECONDS: each accepted
 * call ends in one event, a refused one in none, and all descriptors and memory are back at the end. DOSAI_SOAK_SEED
 * plays the same choices again. */
#include "loop.h"
#include <malloc.h>
#include <poll.h>

enum { CALLERS = 3, MOST = 48, GROWTH = 192 << 10 };

static const char *const streams[] = {
    "hello",     "fast",     "paced",           "rich",
    "late-end",  "blast",    "mid-error",       "stall-mid",
    "silent",    "endless",  "keepalive",       "error-503",
    "error-429", "redirect", "after-done-hold",
#ifndef SERVER_ENDS_WELL
    "eof-done",  "mid-rst",  "mid-garbage",     "mid-fin-chunked",
    "in-chunk",  "close-0",  "rst-0",           "fail-then-hello",
#endif
};
static const char *const wholes[] = {
    "hello",     "rich",      "big",         "slow",      "gzip",
    "error-401", "error-503", "whole-stall", "silent",
#ifndef SERVER_ENDS_WELL
    "close-0",   "whole-rst", "whole-short", "drop-warm", "not-http",
#endif
};
static const char *const places[] = {"DOSAI_TEST_STALL", "DOSAI_TEST_TLS_RESET", "DOSAI_TEST_REFUSED",
                                     "DOSAI_TEST_BLACKHOLE"};
enum {
  STREAMS = sizeof streams / sizeof *streams,
  WHOLES = sizeof wholes / sizeof *wholes,
  PLACES = sizeof places / sizeof *places,
  CLIENTS = STREAMS + WHOLES + PLACES
};

/* A call that is not over has a slot; its tag is the slot's number and how many had it before. */
typedef struct {
  dosai_call *call; /* under the lock, as is its use by other threads */
  int rests;        /* paused for good: its total clock ends it, or the round */
  uintptr_t turn;
  int is_open;
} slot;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static slot slots[MOST];
static dosai_loop *loop; /* the same: wake must not meet close */
static atomic_int is_over;
static long submitted, ended, well, pulled, rested, refused;
static atomic_long done; /* by the other threads */
static dosai_client *clients[CLIENTS];
static dosai_cancel *token; /* under the lock, too */
static dosai_request *request;

static uint32_t next_random(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 33);
}

static uint32_t below(uint64_t *state, uint32_t count) { return next_random(state) % count; }

static uint64_t loop_random;

/* One thing done to one call, or to the loop. */
static void act(uint64_t *state) {
  pthread_mutex_lock(&lock);
  slot *given = &slots[below(state, MOST)];
  dosai_call **call = &given->call;
  switch (below(state, 8)) {
  case 0:
    dosai_call_cancel(*call);
    break;
  case 1:
  case 2:
    dosai_call_pause(*call);
    break;
  case 3:
  case 4:
  case 5:
    if (!given->rests) dosai_call_resume(*call);
    break;
  case 6: /* only what runs to its end by itself may be out of reach */
    if (below(state, 4) == 0) {
      dosai_call_resume(*call);
      given->rests = 0;
      dosai_call_free(*call);
      *call = NULL;
    }
    break;
  default:
    if (below(state, 200) == 0) dosai_cancel_trigger(token);
    dosai_loop_wake(loop);
  }
  pthread_mutex_unlock(&lock);
}

static dosai_client *new_client(uint32_t which) {
  char url[256];
  dosai_client_options options;
  const char *script = which < STREAMS            ? streams[which]
                       : which < STREAMS + WHOLES ? wholes[which - STREAMS]
                                                  : "";
  if (*script) return test_client((test_transport)below(&loop_random, TEST_H2 + 1), script);
  test_options(&options, url, TEST_TLS, script);
  options.base_url = test_env(places[which - STREAMS - WHOLES]);
  return test_client_with(&options);
}

/* One that is not accepted; its tag is nobody's. */
static void submit_wrongly(dosai_client *client) {
  dosai_error *error = NULL;
  dosai_call *call = NULL;
  CHECK_CALL(dosai_loop_submit_chat(loop, client, NULL, NULL, 0, &call, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_loop_submit_post(loop, client, "/x", "{", 1, NULL, 0, &call, &error),
             DOSAI_INVALID_ARGUMENT);
  CHECK(!call);
  refused += 2;
}

static void *caller(void *seed) {
  uint64_t state = *(uint64_t *)seed;
  while (!is_over) {
    act(&state);
    done++;
    usleep(below(&state, 2000));
  }
  return NULL;
}

static void submit_one(void) {
  dosai_call_options options;
  dosai_error *error = NULL;
  dosai_call *call = NULL;
  uint32_t place = below(&loop_random, MOST), which = below(&loop_random, CLIENTS);
  slot *given = &slots[place];
  if (given->is_open) return;
  if (below(&loop_random, 20) == 0) submit_wrongly(clients[which]);
  if (below(&loop_random, 20) == 0) { /* a client lives on in its calls */
    dosai_client_free(clients[which]);
    clients[which] = new_client(which);
  }
  dosai_call_options_init(&options, sizeof options);
  options.max_retries = below(&loop_random, 2) ? -1 : 2;
  options.total_timeout_ms = 50 + below(&loop_random, 1500); /* so that each comes to an end */
  options.idle_timeout_ms = below(&loop_random, 3) ? 0 : 30;
  options.connect_timeout_ms = below(&loop_random, 3) ? 0 : 30;
  options.cancel = below(&loop_random, 4) ? NULL : token;
  uintptr_t tag = ++given->turn * MOST + place;
  if (which < STREAMS)
    CHECK_CALL(dosai_loop_submit_stream(loop, clients[which], request, &options, tag, &call, &error),
               DOSAI_OK);
  else if (below(&loop_random, 3))
    CHECK_CALL(dosai_loop_submit_chat(loop, clients[which], request, &options, tag, &call, &error), DOSAI_OK);
  else
    CHECK_CALL(dosai_loop_submit_post(loop, clients[which], "/x", "{}", 2, &options, tag, &call, &error),
               DOSAI_OK);
  given->is_open = 1;
  submitted++;
  pthread_mutex_lock(&lock);
  dosai_call_free(given->call);
  given->call = call;
  given->rests = below(&loop_random, 6) == 0;
  if (given->rests) dosai_call_pause(call);
  rested += given->rests;
  pthread_mutex_unlock(&lock);
}

static int32_t on_event(const dosai_event *event, void *is_closing) {
  slot *given = &slots[event->tag % MOST];
  CHECK(given->is_open && event->tag / MOST == given->turn); /* accepted, and not over */
  if (event->kind == DOSAI_EVENT_CHUNK) {
    pthread_mutex_lock(&lock);
    CHECK(event->chunk && !event->completion && !event->error && !given->rests);
    pthread_mutex_unlock(&lock);
  } else {
    CHECK((event->kind == DOSAI_EVENT_COMPLETION) == (event->completion != NULL));
    CHECK((event->kind == DOSAI_EVENT_ERROR) == (event->error != NULL));
    ended++;
    well += event->kind == DOSAI_EVENT_COMPLETION;
    given->is_open = 0;
    if (below(&loop_random, 2)) { /* else the handle of a call that is over goes on being used */
      pthread_mutex_lock(&lock);
      dosai_call_free(given->call);
      given->call = NULL;
      pthread_mutex_unlock(&lock);
    }
  }
  if (is_closing) return 0;
  if (below(&loop_random, 8) == 0) submit_one();
  if (below(&loop_random, 8) == 0) act(&loop_random);
  return below(&loop_random, 50) == 0;
}

static void step_once(void) {
  dosai_error *error = NULL;
  const dosai_event *event = NULL;
  size_t active = 0;
  int pulls = below(&loop_random, 2) == 0;
  CHECK_CALL(dosai_loop_step(loop, below(&loop_random, 20), pulls ? NULL : on_event, NULL, &active, &error),
             DOSAI_OK);
  for (uint32_t most = pulls ? below(&loop_random, 100) : 0; most > 0; most--) {
    CHECK_CALL(dosai_loop_next(loop, &event, &error), DOSAI_OK);
    if (!event) break;
    pulled++;
    if (on_event(event, NULL)) {
      pthread_mutex_lock(&lock);
      dosai_call_cancel(slots[event->tag % MOST].call);
      pthread_mutex_unlock(&lock);
    }
  }
  if (!pulls) CHECK_INT(active, submitted - ended);
}

/* All calls come to their end, if only by their clocks. A host that polls is told of each. */
static void empty(int polls) {
  dosai_error *error = NULL;
  int closing = 1;
  double end = test_now() + test_bound(10000);
  while (ended < submitted && test_now() < end) {
    struct pollfd readable = {dosai_loop_fd(loop), POLLIN, 0};
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MOST; i++) {
      if (!slots[i].rests) dosai_call_resume(slots[i].call);
    }
    pthread_mutex_unlock(&lock);
    if (polls) CHECK_INT(poll(&readable, 1, test_bound(10000)), 1);
    CHECK_CALL(dosai_loop_step(loop, polls ? 0 : 20, on_event, &closing, NULL, &error), DOSAI_OK);
  }
  CHECK_INT(ended, submitted);
}

/* A loop with its own threads around it, for so long. Half of them are emptied before they are closed. */
static void round_of(int milliseconds) {
  pthread_t threads[CALLERS];
  uint64_t seeds[CALLERS];
  dosai_error *error = NULL;
  dosai_loop_options options;
  dosai_loop_options_init(&options, sizeof options);
  options.max_in_flight = (int32_t)below(&loop_random, 3) * 16;
  options.max_connections_per_host = (int32_t)below(&loop_random, 3) * 4;
  CHECK_CALL(dosai_loop_new(&options, &loop, &error), DOSAI_OK);
  CHECK_CALL(dosai_cancel_new(&token, &error), DOSAI_OK);
  is_over = 0;
  for (int i = 0; i < CALLERS; i++) {
    seeds[i] = next_random(&loop_random);
    pthread_create(&threads[i], NULL, caller, &seeds[i]);
  }
  for (double end = test_now() + milliseconds; test_now() < end;) {
    for (uint32_t more = below(&loop_random, 4); more > 0; more--) submit_one();
    step_once();
    pthread_mutex_lock(&lock);
    if (dosai_cancel_is_triggered(token)) {
      dosai_cancel_free(token);
      CHECK_CALL(dosai_cancel_new(&token, &error), DOSAI_OK);
    }
    pthread_mutex_unlock(&lock);
  }
  uint32_t way = below(&loop_random, 4);
  if (way < 2) empty(way == 0);
  is_over = 1;
  for (int i = 0; i < CALLERS; i++) pthread_join(threads[i], NULL);
  CHECK_CALL(dosai_loop_close(loop, on_event, &way, &error), DOSAI_OK);
  CHECK_INT(ended, submitted);
  for (int i = 0; i < MOST; i++) {
    CHECK(!slots[i].is_open);
    dosai_call_free(slots[i].call);
    slots[i].call = NULL;
  }
  dosai_cancel_free(token);
}

int main(void) {
  const char *seconds = getenv("DOSAI_SOAK_SECONDS"), *given = getenv("DOSAI_SOAK_SEED");
  uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32;
  printf("DOSAI_SOAK_SEED=%llu\n", (unsigned long long)seed);
  fflush(stdout);
  loop_random = seed;
  int before = first_descriptors(), rounds = 0;
  size_t kept = 0;
  request = test_request();
  for (uint32_t i = 0; i < CLIENTS; i++) clients[i] = new_client(i);
  double end = test_now() + 1000 * (seconds ? atof(seconds) : 5);
  for (; test_now() < end; rounds++) {
    round_of(test_bound(500 + (int)below(&loop_random, 1500)));
    if (rounds == 0 || submitted < 500) kept = mallinfo2().uordblks;
  }
  size_t most = mallinfo2().uordblks;
  for (int i = 0; i < CLIENTS; i++) dosai_client_free(clients[i]);
  dosai_request_free(request);
  check_descriptors(before);
  CHECK(submitted > rounds);
  if (submitted > 200) CHECK(well > 0 && well < ended && pulled > 0 && rested > 0 && refused > 0 && done > 0);
  if (rounds > 1 && submitted > 1000) CHECK_BETWEEN(most, 0, kept + GROWTH);
  printf("%d rounds, %ld calls, %ld ended well, %ld paused for good, %ld refused, %ld acts of other threads, "
         "%zd KB kept\n",
         rounds, submitted, well, rested, refused, (long)done, ((ssize_t)most - (ssize_t)kept) / 1024);
  return test_end();
}
