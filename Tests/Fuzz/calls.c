/* A program of bytes calls the functions in any order, with handles of any kind: nothing breaks, each accepted call has
 * one last event, no clock runs out before its time or never, and all memory and descriptors come back. The time is
 * that of clock.c: an input is played the same each time, and hours cost nothing. */
#include "fuzz.h"

enum { KINDS = 8, SLOTS = 3, CALLS = 64 };
enum { CLIENT, REQUEST, LOOP, CALL, CANCEL, STREAM, COMPLETION, ERROR };

/* A call's times, from its start. */
typedef struct {
  int64_t began;
  int64_t most[DOSAI_CLOCK_TOTAL + 1]; /* of each clock, in ms */
} times;

typedef struct {
  fuzz_input input;
  fuzz_server server;
  void *slots[KINDS][SLOTS]; /* a handle that was freed is gone from here */
  struct {
    dosai_loop *loop;
    times times;
    int is_open;
  } calls[CALLS]; /* by tag */
  size_t call_count;
  int depth;       /* of callbacks */
  int waits;       /* of the blocking call */
  int has_paused;  /* a call may stand still for ever */
  uint64_t digest; /* of all that was seen, and when */
} world;

static void act(world *world);

/* A handle of this kind; now and then of another, or NULL. */
static void *pick(world *world, int kind) {
  uint8_t which = fuzz_byte(&world->input);
  if (which >= 250) return NULL;
  if (which >= 240) kind = (kind + 1 + which % (KINDS - 1)) % KINDS;
  return world->slots[kind][which % SLOTS];
}

/* A handle of another kind, and NULL, are left alone. */
static void drop(int kind, void *handle) {
  if (kind == CLIENT) dosai_client_free(handle);
  if (kind == REQUEST) dosai_request_free(handle);
  if (kind == CALL) dosai_call_free(handle);
  if (kind == CANCEL) dosai_cancel_free(handle);
  if (kind == STREAM) dosai_stream_free(handle);
  if (kind == COMPLETION) dosai_completion_free(handle);
  if (kind == ERROR) dosai_error_free(handle);
}

static void keep(world *world, int kind, void *handle) {
  void **slot = &world->slots[kind][fuzz_below(&world->input, SLOTS)];
  if (!handle) return;
  drop(kind, *slot);
  *slot = handle;
}

static void digest(world *world, int64_t what) {
  world->digest = (world->digest ^ (uint64_t)what ^ (uint64_t)fuzz_clock_now()) * 1099511628211u;
}

/* Checks the status and its error, and keeps the error. */
static void note(world *world, dosai_status status, dosai_error *error) {
  fuzz_check_error(error, status);
  digest(world, status);
  keep(world, ERROR, error);
}

/* ---- time ---- */

enum { MINUTE = 60000, LATE = 10 /* ms: an answer's end may take 5 */ };

/* How often what took time was reached, in all runs: run.py wants each in the corpus. */
static struct {
  const char *name;
  long blocking, loop;
} reached[] = {{"retry after a minute", 0, 0},
               {"connect clock", 0, 0},
               {"first token clock", 0, 0},
               {"idle clock", 0, 0},
               {"total clock", 0, 0}};
/* Coverage to libFuzzer: what first reaches one of them is kept. */
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t is_reached[2][5];

static void print_reached(void) {
  for (size_t i = 0; i < sizeof reached / sizeof *reached; i++)
    fprintf(stderr, "reached: %s: %ld blocking, %ld in a loop\n", reached[i].name, reached[i].blocking,
            reached[i].loop);
}

static void reach(int which, int is_loop) {
  is_reached[is_loop][which] = 1;
  if (is_loop) reached[which].loop++;
  else reached[which].blocking++;
}

static int64_t passed(int64_t since) { return (fuzz_clock_now() - since) / 1000000; }

/* At a call's end: a clock ran out not before its time, and each wait before a retry was waited. */
static void check_times(const times *times, const dosai_error *error, const dosai_completion *completion,
                        const dosai_response *response, int is_loop) {
  dosai_attempt attempt = {.struct_size = sizeof attempt};
  dosai_clock clock = dosai_error_clock(error);
  int64_t took = passed(times->began), waited = 0;
  for (int32_t i = 0; (error      ? dosai_error_attempt(error, i, &attempt)
                       : response ? dosai_response_attempt(response, i, &attempt)
                                  : dosai_completion_attempt(completion, i, &attempt)) == DOSAI_OK;
       i++)
    waited += attempt.delay_ms;
  if (error && (dosai_error_status(error) == DOSAI_CANCELLED || clock == DOSAI_CLOCK_TOTAL)) waited = 0;
  if (waited >= MINUTE) reach(0, is_loop);
  if (clock != DOSAI_CLOCK_NONE) {
    reach(clock, is_loop);
    if (clock != DOSAI_CLOCK_TOTAL) waited += times->most[clock];
    else waited = times->most[clock];
  }
  CHECK(took >= waited);
}

static int32_t on_event(const dosai_event *event, void *user_data) {
  world *world = user_data;
  CHECK(event->tag < world->call_count && world->calls[event->tag].is_open);
  digest(world, event->kind + 4 * (int64_t)event->tag);
  if (event->kind == DOSAI_EVENT_CHUNK) fuzz_check_chunk(event->chunk);
  else world->calls[event->tag].is_open = 0;
  if (event->kind == DOSAI_EVENT_COMPLETION) fuzz_check_completion(event->completion);
  if (event->kind == DOSAI_EVENT_RESPONSE) fuzz_check_response(event->response);
  if (event->kind == DOSAI_EVENT_ERROR) fuzz_check_error(event->error, dosai_error_status(event->error));
  if (event->kind != DOSAI_EVENT_CHUNK)
    check_times(&world->calls[event->tag].times, event->error, event->completion, event->response, 1);
  world->depth++;
  if (world->depth < 3 && fuzz_byte(&world->input) & 1) act(world);
  world->depth--;
  return fuzz_byte(&world->input) > 250;
}

static void close_loop(world *world, int slot) {
  dosai_loop *loop = world->slots[LOOP][slot];
  dosai_error *error = NULL;
  dosai_status status = dosai_loop_close(loop, on_event, world, &error);
  CHECK(loop ? status == DOSAI_OK || (status == DOSAI_BUSY && world->depth)
             : status == DOSAI_INVALID_ARGUMENT);
  note(world, status, error);
  if (status) return;
  world->slots[LOOP][slot] = NULL;
  for (size_t i = 0; i < world->call_count; i++)
    CHECK(world->calls[i].loop != loop || !world->calls[i].is_open);
}

/* ---- the server ---- */

static const char *const pieces[] = {
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n\n",
    "data: [DONE]\n\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 74\r\n\r\n",
    "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}",
    "HTTP/1.1 500 No\r\nretry-after-ms: 1\r\nContent-Length: 2\r\n\r\n{}",
    "data: {\"error\":{\"message\":\"no\"}}\n\n",
    "HTTP/1.1 307 Away\r\nLocation: /v1/y\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 401 No\r\nContent-Length: 20\r\n\r\n{\"error\":{\"code\":\"c\"}",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "E\r\ndata: [DONE]\n\n\r\n0\r\n\r\n",
    "HTTP/1.1 429 Slow\r\nRetry-After: 60\r\nContent-Length: 2\r\n\r\n{}",
    "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",
    ": comment\n\ndata:\n\n",
};

static void serve(world *world) {
  fuzz_server_take(&world->server);
  uint8_t which = fuzz_byte(&world->input);
  const char *piece = pieces[which % (sizeof pieces / sizeof *pieces)];
  if (which >= 220) fuzz_server_cut(&world->server);
  else fuzz_server_send(&world->server, piece, strlen(piece));
}

/* A wait is the server's turn, somewhere in its time. */
static int64_t on_turn(void *context, int64_t until) {
  world *world = context;
  int64_t now = fuzz_clock_now(), part = fuzz_byte(&world->input);
  if (part < 128) return until;
  serve(world);
  return now + (until - now) / 128 * (part - 128);
}

static int32_t on_wait(void *user_data) {
  world *world = user_data;
  serve(world);
  return ++world->waits >= 16;
}

/* ---- steps ---- */

/* In ms. */
static int64_t span(world *world) {
  static const int64_t spans[] = {1, 40, 1000, MINUTE, 10 * MINUTE};
  return spans[fuzz_below(&world->input, sizeof spans / sizeof *spans)];
}

static void call_options(world *world, dosai_call_options *options) {
  uint8_t which = fuzz_byte(&world->input);
  dosai_call_options_init(options, sizeof *options);
  options->max_retries = which & 1 ? 1 : -1;
  if (which & 2) options->total_timeout_ms = span(world);
  if (which & 4) options->cancel = pick(world, CANCEL);
  if (which & 8) options->connect_timeout_ms = span(world);
  if (which & 16) options->first_token_timeout_ms = span(world);
  if (which & 32) options->idle_timeout_ms = span(world);
  if (which & 64) options->on_wait = on_wait;
  if (which & 64) options->wait_interval_ms = span(world);
  options->wait_user_data = world;
  world->waits = 0;
}

/* As the header has it where the options say nothing. */
static times times_from_now(const dosai_call_options *options, int is_stream) {
  int64_t total = options->total_timeout_ms, connect = options->connect_timeout_ms;
  int64_t first_token = options->first_token_timeout_ms, idle = options->idle_timeout_ms;
  return (times){fuzz_clock_now(),
                 {0, connect ? connect : MINUTE / 6, first_token ? first_token : 10 * MINUTE,
                  idle ? idle : 5 * MINUTE,
                  total       ? total
                  : is_stream ? INT64_MAX
                              : 10 * MINUTE}};
}

/* Any: else libcurl reads all those of the system. */
static const char certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBbjCCARWgAwIBAgIUWLhZJTCiOasl3zqqbP/DMUxGi7wwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBeDAgFw0yNjExMjMx"
    "ODI5MDdaGA8yMTI2MTAzMDE4MjkwN1owDDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABByITlasb06V"
    "MbEsO9KApXcssTk2+LtNABnaqBtyYg7prNj7rRp0PXl/8D1Z+Pwqf57HRA5lpdGBiL1XxjmorM2jUzBRMB0GA1UdDgQWBBSV"
    "d8E5V3Sit9c1yaF8vKxQTnXnTTAfBgNVHSMEGDAWgBSVd8E5V3Sit9c1yaF8vKxQTnXnTTAPBgNVHRMBAf8EBTADAQH/MAoG"
    "CCqGSM49BAMCA0cAMEQCICjmL2NoT13j7JOtARny6322tJa8679zt9Pb143GCRt/AiBquF/ybR/D6v3sZPoHlabhbcm8R2Nv"
    "f0ebPSUUbEnHWA==\n"
    "-----END CERTIFICATE-----\n";

static void make_client(world *world) {
  dosai_client_options options;
  dosai_client *client = NULL;
  dosai_error *error = NULL;
  uint8_t which = fuzz_byte(&world->input);
  dosai_client_options_init(&options, sizeof options);
  options.base_url = which & 8 ? "https://localhost/v1" : "http://localhost/v1"; /* TLS never gets far */
  options.ca_pem = certificate;
  options.ca_pem_length = strlen(certificate);
  options.unix_socket = fuzz_server_path();
  options.api_key = which & 1 ? "sk-0123456789abcdef" : NULL;
  options.max_redirects = which & 2 ? 1 : 0;
  options.max_text_bytes = which & 4 ? 1 : 0;
  options.max_retries = -1;
  dosai_status status = dosai_client_new(&options, &client, &error);
  CHECK(status == DOSAI_OK);
  keep(world, CLIENT, client);
}

static void change_request(world *world) {
  dosai_request *made = NULL, *request = pick(world, REQUEST);
  dosai_error *error = NULL;
  dosai_status status;
  uint8_t which = fuzz_byte(&world->input);
  if (which % 4 == 0) status = dosai_request_new("m", 1, &made, &error);
  else if (which % 4 == 1) status = dosai_request_copy(request, &made, &error);
  else if (which % 4 == 2) status = dosai_request_add_message(request, "user", "text", 4, &error);
  else status = dosai_request_add_completion(request, pick(world, COMPLETION), which % 3, &error);
  note(world, status, error);
  keep(world, REQUEST, made);
}

static void make_loop(world *world) {
  dosai_loop_options options;
  dosai_loop *loop = NULL;
  size_t slot = fuzz_below(&world->input, SLOTS);
  if (world->slots[LOOP][slot]) return;
  dosai_loop_options_init(&options, sizeof options);
  options.max_in_flight = (int32_t)fuzz_below(&world->input, 3);
  options.max_connections_per_host = (int32_t)fuzz_below(&world->input, 3);
  CHECK(dosai_loop_new(&options, &loop, NULL) == DOSAI_OK);
  world->slots[LOOP][slot] = loop;
}

static void submit(world *world) {
  dosai_call_options options;
  dosai_call *call = NULL;
  dosai_error *error = NULL;
  dosai_loop *loop = pick(world, LOOP);
  dosai_client *client = pick(world, CLIENT);
  dosai_request *request = pick(world, REQUEST);
  uint8_t which = fuzz_byte(&world->input);
  size_t tag = world->call_count;
  dosai_status status;
  if (tag == CALLS) return;
  call_options(world, &options);
  if (which % 4 < 2)
    status =
        dosai_loop_submit_stream(loop, client, request, &options, tag, which & 128 ? NULL : &call, &error);
  else if (which % 4 == 2)
    status = dosai_loop_submit_chat(loop, client, request, &options, tag, &call, &error);
  else if (which & 64)
    status = dosai_loop_submit_post(loop, client, "/x", "{}", 2, &options, tag, &call, &error);
  else status = dosai_loop_submit_get(loop, client, "/x", &options, tag, &call, &error);
  if (!status) {
    world->calls[tag].loop = loop;
    world->calls[tag].times = times_from_now(&options, which % 4 < 2);
    world->calls[tag].is_open = 1;
    world->call_count++;
  }
  note(world, status, error);
  keep(world, CALL, call);
}

static int is_held(const world *world, const dosai_loop *loop) {
  for (int slot = 0; slot < SLOTS; slot++)
    if (world->slots[LOOP][slot] == loop) return 1;
  return 0;
}

static void step(world *world) {
  dosai_error *error = NULL;
  const dosai_event *event = NULL;
  dosai_loop *loop = pick(world, LOOP);
  uint8_t which = fuzz_byte(&world->input);
  int is_pulled = which & 1;
  int64_t timeout = which & 2 ? span(world) : 0, began = fuzz_clock_now();
  world->depth += !is_pulled;
  dosai_status status = dosai_loop_step(loop, timeout, is_pulled ? NULL : on_event, world, NULL, &error);
  world->depth -= !is_pulled;
  CHECK(!is_pulled || passed(began) <= timeout);
  note(world, status, error);
  for (int i = 0; is_pulled && !status && i < 4; i++) {
    error = NULL;
    status = dosai_loop_next(loop, &event, &error);
    note(world, status, error);
    if (!event) break;
    on_event(event, world);
    if (!is_held(world, loop)) break; /* closed in there */
  }
}

static void handle_call(world *world) {
  dosai_call *call = pick(world, CALL);
  dosai_loop *loop = pick(world, LOOP);
  size_t which = fuzz_below(&world->input, 5);
  if (which == 0) dosai_call_cancel(call);
  if (which == 1) dosai_call_pause(call);
  world->has_paused |= which == 1;
  if (which == 2) dosai_call_resume(call);
  if (which == 3) dosai_loop_wake(loop);
  if (which == 4) CHECK(dosai_loop_timeout_ms(loop) >= -1 && dosai_loop_fd(loop) >= -1);
}

static void cancel(world *world) {
  dosai_cancel *token = pick(world, CANCEL), *made = NULL;
  if (fuzz_byte(&world->input) & 1) {
    CHECK(dosai_cancel_new(&made, NULL) == DOSAI_OK && dosai_cancel_is_triggered(made) == 0);
    keep(world, CANCEL, made);
  } else {
    dosai_cancel_trigger(token);
  }
}

static int32_t on_chunk(const dosai_chunk *chunk, void *user_data) {
  fuzz_check_chunk(chunk);
  return fuzz_byte(&((world *)user_data)->input) > 250;
}

/* A blocking call; the pull face's stream is kept. */
static void block(world *world) {
  dosai_call_options options;
  dosai_error *error = NULL;
  dosai_stream *stream = NULL;
  dosai_completion *completion = NULL;
  dosai_client *client = pick(world, CLIENT);
  dosai_request *request = pick(world, REQUEST);
  dosai_status status;
  size_t which = fuzz_below(&world->input, 4);
  call_options(world, &options);
  times times = times_from_now(&options, which > 0);
  if (which == 0) status = dosai_chat(client, request, &options, &completion, &error);
  else if (which == 1)
    status = dosai_chat_stream(client, request, &options, on_chunk, world, &completion, &error);
  else status = dosai_stream_open(client, request, &options, &stream, &error);
  CHECK(status ? !completion && !stream : which < 2 ? completion != NULL : stream != NULL);
  if (status != DOSAI_INVALID_ARGUMENT && status != DOSAI_BUSY)
    check_times(&times, error, completion, NULL, 0);
  CHECK(passed(times.began) - LATE <= times.most[DOSAI_CLOCK_TOTAL]);
  note(world, status, error);
  keep(world, STREAM, stream);
  keep(world, COMPLETION, completion);
}

static void pull(world *world) {
  dosai_error *error = NULL;
  dosai_stream *stream = pick(world, STREAM);
  const dosai_chunk *chunk = NULL;
  dosai_completion *completion = NULL;
  uint8_t which = fuzz_byte(&world->input);
  int is_completion = which & 1;
  int64_t timeout = which & 2 ? span(world) : 0, began = fuzz_clock_now();
  dosai_status status = is_completion ? dosai_stream_completion(stream, &completion, &error)
                                      : dosai_stream_next(stream, which & 4 ? -1 : timeout, &chunk, &error);
  CHECK(which & 4 || passed(began) - LATE <= timeout);
  CHECK(status != DOSAI_WOULD_BLOCK || (!(which & 4) && passed(began) >= timeout));
  if (chunk) fuzz_check_chunk(chunk);
  if (completion) fuzz_check_completion(completion);
  note(world, status, error);
  keep(world, COMPLETION, completion);
}

static void look(world *world) {
  dosai_completion *copy = NULL;
  dosai_error *error = pick(world, ERROR), *refusal = NULL;
  const dosai_completion *completion = dosai_error_completion(error);
  if (!completion) completion = pick(world, COMPLETION);
  if (dosai_completion_json(completion, NULL)) fuzz_check_completion(completion);
  dosai_status status = dosai_completion_copy(completion, &copy, &refusal);
  note(world, status, refusal);
  keep(world, COMPLETION, copy);
}

static void free_one(world *world) {
  int kind = (int)fuzz_below(&world->input, KINDS), slot = (int)fuzz_below(&world->input, SLOTS);
  int as = (int)fuzz_below(&world->input, 2 * KINDS);
  int is_its_own = as == kind || as >= KINDS;
  if (kind == LOOP) {
    close_loop(world, slot);
  } else if (is_its_own) {
    drop(kind, world->slots[kind][slot]);
    world->slots[kind][slot] = NULL;
  } else {
    drop(as, world->slots[kind][slot]); /* of another kind: nothing happens */
  }
}

static void (*const steps[])(world *) = {make_client, change_request, make_loop, submit, submit, step,
                                         step,        step,           serve,     serve,  serve,  handle_call,
                                         cancel,      block,          pull,      pull,   look,   free_one};

static void act(world *world) { steps[fuzz_below(&world->input, sizeof steps / sizeof *steps)](world); }

/* Where nothing stands still, and the server is silent from now on, all calls end. */
static void drain(world *world) {
  for (int i = 0; i < 4096 && !world->has_paused; i++) {
    size_t active = 0, left = 0;
    for (int slot = 0; slot < SLOTS; slot++)
      if (world->slots[LOOP][slot]) {
        CHECK(dosai_loop_step(world->slots[LOOP][slot], 0, on_event, world, &active, NULL) == DOSAI_OK);
        if (active > 0)
          CHECK(dosai_loop_step(world->slots[LOOP][slot], 60 * MINUTE, on_event, world, &active, NULL) ==
                DOSAI_OK);
        left += active;
      }
    if (left == 0) return;
  }
  CHECK(world->has_paused);
}

static uint64_t play(const uint8_t *bytes, size_t count) {
  world world = {.input = {bytes, bytes + count}};
  int before = fuzz_descriptor();
  fuzz_server_start(&world.server);
  fuzz_clock_start(on_turn, &world);
  for (int i = 0; i < 256 && world.input.at < world.input.end; i++) act(&world);
  world.depth = 3; /* no more acts */
  drain(&world);
  for (int slot = 0; slot < SLOTS; slot++)
    if (world.slots[LOOP][slot]) close_loop(&world, slot);
  for (size_t i = 0; i < world.call_count; i++) CHECK(!world.calls[i].is_open);
  for (int kind = 0; kind < KINDS; kind++)
    for (int slot = 0; slot < SLOTS; slot++) drop(kind, world.slots[kind][slot]);
  fuzz_clock_end();
  fuzz_server_end(&world.server);
  CHECK(fuzz_descriptor() == before);
  return world.digest;
}

void fuzz_calls(const uint8_t *bytes, size_t count) {
  static int is_known;
  if (!is_known++) atexit(print_reached);
  uint64_t digest = play(bytes, count);
  if (getenv("DOSAI_FUZZ_TWICE")) CHECK(play(bytes, count) == digest);
}
