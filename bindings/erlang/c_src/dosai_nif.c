/* libdosai's loop inside Erlang's VM.   SPDX-License-Identifier: MIT
 *
 * A client is a loop and the process that steps it, when the VM says that the loop's descriptor is readable. What
 * happens to a call goes to the process that made it, as messages: all chunks of a step are one. */
#include "dosai_nif.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
  EVENTS_FAST = 8,         /* of each call in one step; then more is likely to be there */
  CALLS_MANY = 16,         /* of which something comes so often that the VM need not tell each time: */
  SOON_US = 2500,          /* from one step to the next */
  KEPT_US = 1000 * 1000,   /* from a step to a call that finds its connection open */
  EVENTS_MAX = 512,        /* of one step, so that the scheduler gets back to others */
  BATCH_BYTES = 64 * 1024, /* of one message */
  UNREAD_MAX = 16,         /* messages that a process has not taken; then its call is paused */
  SLOW_US = 1000,          /* a step that takes longer leaves the next one to a dirty scheduler */
  LARGE_BYTES = 64 * 1024  /* so does a request whose JSON is longer */
};
enum { CHAT, STREAM, GET, POST, POST_STREAM };
enum { IS_OVER = 1, IS_CANCELLED = 2, IS_LEFT = 4 };

typedef struct client {
  atomic_int users; /* 1 for its being open, and 1 for each function at work; the last one ends it */
  atomic_int is_closing;
  pthread_mutex_t lock; /* one function at a time */
  dosai_client *handle;
  dosai_loop *loop; /* NULL: it is closed */
  ErlNifPid process;
  ErlNifMonitor monitor;
  int is_owned, is_slow, is_connected; /* its last event was no error */
  ErlNifTime stepped;
  size_t running; /* calls without their last event */
  size_t waiting; /* those without any, which may do a TLS handshake, or parse an answer as a whole */
  struct call *pending, *kept;
} client;

/* Held by the loop until its last event, and by the resource, which is with the process. */
typedef struct call {
  atomic_int holders, state;
  pthread_mutex_t lock; /* of the next four */
  dosai_call *handle;   /* NULL after its last event */
  int is_left, is_paused, unread;
  ErlNifPid process;
  ErlNifEnv *reference_env;
  ERL_NIF_TERM reference;
  int is_waiting, is_pending, is_torn; /* of the loop's alone, as what follows; is_torn: chunks were lost */
  struct call *next;
  ErlNifEnv *env;
  ERL_NIF_TERM chunks; /* in it, backwards */
  size_t bytes;
  blocks blocks;     /* in it */
  ERL_NIF_TERM kept; /* in it: the last message, which is not sent yet; 0: none */
} call;

typedef struct call_resource {
  call *call;
  ErlNifMonitor monitor;
} call_resource;

static ErlNifResourceType *client_type, *call_type;
static ERL_NIF_TERM atom_ok, atom_error, atom_dosai, atom_chunks, atom_again, atom_later, atom_closed,
    atom_undefined, atom_true, atom_false;

static ERL_NIF_TERM failed(ErlNifEnv *env, dosai_status status, dosai_error *error, const char *message) {
  ERL_NIF_TERM term = term_of_error(env, status, error, message);
  dosai_error_free(error);
  return enif_make_tuple2(env, atom_error, term);
}

static ERL_NIF_TERM wrong_option(ErlNifEnv *env, const settings *settings) {
  char message[128] = "unknown option, or a value of the wrong type: ";
  strcat(message, settings->wrong);
  return failed(env, DOSAI_INVALID_ARGUMENT, NULL, message);
}

/* ---- calls */

static call *new_call(const ErlNifPid *process, ERL_NIF_TERM reference) {
  call *made = calloc(1, sizeof *made);
  if (!made) return NULL;
  pthread_mutex_init(&made->lock, NULL);
  atomic_init(&made->holders, 2);
  made->process = *process;
  made->reference_env = enif_alloc_env();
  made->reference = enif_make_copy(made->reference_env, reference);
  made->env = enif_alloc_env();
  made->chunks = enif_make_list(made->env, 0);
  return made;
}

static void release(call *call) {
  if (atomic_fetch_sub(&call->holders, 1) != 1) return;
  dosai_call_free(call->handle);
  enif_free_env(call->reference_env);
  enif_free_env(call->env);
  pthread_mutex_destroy(&call->lock);
  free(call);
}

/* From any thread. is_left: nobody reads what comes. */
static void cancel_call(call *call, int is_left) {
  pthread_mutex_lock(&call->lock);
  atomic_fetch_or(&call->state, is_left ? IS_CANCELLED | IS_LEFT : IS_CANCELLED);
  if (is_left) call->is_left = 1;
  if (call->handle) dosai_call_cancel(call->handle);
  pthread_mutex_unlock(&call->lock);
}

/* Empties the call's own environment, whose terms have been sent. */
static void clear(call *call, int is_last) {
  enif_clear_env(call->env);
  call->chunks = enif_make_list(call->env, 0);
  call->bytes = 0;
  call->blocks = (blocks){0};
  if (is_last) atomic_fetch_or(&call->state, IS_OVER);
}

/* Sends what is in the call's own environment. It fails in a dirty step of a process that was killed meanwhile: chunks
 * are then lost, and the last message is kept for the end of the client, which follows. */
static void send(ErlNifEnv *env, call *call, ERL_NIF_TERM what, int is_last) {
  pthread_mutex_lock(&call->lock);
  ERL_NIF_TERM message =
      enif_make_tuple3(call->env, atom_dosai, enif_make_copy(call->env, call->reference), what);
  int is_lost = !call->is_left && !enif_send(env, &call->process, call->env, message) &&
                enif_is_process_alive(env, &call->process);
  int is_kept = is_lost && is_last;
  if (is_lost) call->is_torn = 1;
  if (!is_last && ++call->unread >= UNREAD_MAX && !call->is_paused) {
    call->is_paused = 1;
    dosai_call_pause(call->handle);
  }
  if (is_last) {
    dosai_call_free(call->handle);
    call->handle = NULL;
  }
  if (is_kept) {
    call->kept = message;
    call->chunks = enif_make_list(call->env, 0);
  } else {
    clear(call, is_last);
  }
  pthread_mutex_unlock(&call->lock);
}

static void flush(ErlNifEnv *env, call *call) {
  ERL_NIF_TERM chunks;
  if (enif_is_empty_list(call->env, call->chunks)) return;
  enif_make_reverse_list(call->env, call->chunks, &chunks);
  send(env, call, enif_make_tuple2(call->env, atom_chunks, chunks), 0);
}

/* ---- the loop */

/* Of a call whose chunks did not all arrive, an answer is not one that was streamed. */
static ERL_NIF_TERM torn(ErlNifEnv *env, ERL_NIF_TERM completion) {
  ERL_NIF_TERM error =
      term_of_error(env, DOSAI_CANCELLED, NULL, "the client was killed, and chunks were lost");
  enif_make_map_put(env, error, enif_make_atom(env, "completion"), completion, &error);
  return error;
}

static void take(ErlNifEnv *env, client *client, const dosai_event *event) {
  call *call = (struct call *)event->tag;
  if (!call->is_pending) {
    call->is_pending = 1;
    call->next = client->pending;
    client->pending = call;
  }
  if (call->is_waiting) {
    call->is_waiting = 0;
    client->waiting--;
  }
  client->is_connected = event->kind != DOSAI_EVENT_ERROR;
  if (event->kind == DOSAI_EVENT_CHUNK) {
    if (atomic_load(&call->state)) return; /* cancelled */
    call->chunks =
        enif_make_list_cell(call->env, term_of_chunk(call->env, event->chunk, &call->blocks), call->chunks);
    call->bytes += event->chunk->json_length + event->chunk->text_length;
    if (call->bytes >= BATCH_BYTES) flush(env, call);
    return;
  }
  flush(env, call);
  client->running--;
  ERL_NIF_TERM outcome = atom_ok, last;
  if (event->kind == DOSAI_EVENT_COMPLETION) {
    last = term_of_completion(call->env, event->completion);
    if (call->is_torn) {
      outcome = atom_error;
      last = torn(call->env, last);
    }
  } else if (event->kind == DOSAI_EVENT_RESPONSE) {
    last = term_of_response(call->env, event->response);
  } else {
    outcome = atom_error;
    last = term_of_error(call->env, dosai_error_status(event->error), event->error, NULL);
  }
  send(env, call, enif_make_tuple2(call->env, outcome, last), 1);
}

/* Gives the number of calls to which something has happened. */
static int flush_pending(ErlNifEnv *env, client *client) {
  int count = 0;
  for (; client->pending; count++) {
    call *call = client->pending;
    client->pending = call->next;
    call->is_pending = 0;
    flush(env, call);
    if (call->kept) {
      call->next = client->kept;
      client->kept = call;
    } else if (atomic_load(&call->state) & IS_OVER) {
      release(call);
    }
  }
  return count;
}

static int wait_for_loop(ErlNifEnv *env, client *client) {
  return enif_select(env, dosai_loop_fd(client->loop), ERL_NIF_SELECT_READ, client, &client->process,
                     atom_undefined) >= 0;
}

/* A step of a dirty scheduler may take long. The end of its client does not wait for it: it then ends the client. */
static int enter(client *client) {
  int users = atomic_load(&client->users);
  do {
    if (users == 0 || atomic_load(&client->is_closing)) return 0;
  } while (!atomic_compare_exchange_weak(&client->users, &users, users + 1));
  pthread_mutex_lock(&client->lock);
  return 1;
}

static void drop_user(ErlNifEnv *env, client *client) {
  if (atomic_fetch_sub(&client->users, 1) != 1) return;
  enif_select(env, dosai_loop_fd(client->loop), ERL_NIF_SELECT_STOP, client, NULL, atom_undefined);
}

static void leave_client(ErlNifEnv *env, client *client) {
  pthread_mutex_unlock(&client->lock);
  drop_user(env, client);
}

static ERL_NIF_TERM step_and_take(ErlNifEnv *env, client *client, ErlNifTime now) {
  const dosai_event *event = NULL;
  dosai_error *error = NULL;
  size_t active = 0;
  int count = 0, is_soon = now - client->stepped < SOON_US;
  client->stepped = now;
  dosai_status status = dosai_loop_step(client->loop, 0, NULL, NULL, &active, &error);
  while (status == DOSAI_OK && count < EVENTS_MAX) {
    status = dosai_loop_next(client->loop, &event, &error);
    if (status != DOSAI_OK || !event) break;
    take(env, client, event);
    count++;
  }
  int calls = flush_pending(env, client);
  if (status != DOSAI_OK) return failed(env, status, error, NULL);
  if (count > 0 && (count == EVENTS_MAX || count >= EVENTS_FAST * calls)) return atom_again;
  if (count > 0 && is_soon && active >= CALLS_MANY) return atom_later;
  return wait_for_loop(env, client) ? atom_ok : atom_closed;
}

static ERL_NIF_TERM step_now(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  client *client;
  if (argc != 1 || !enif_get_resource(env, argv[0], client_type, (void **)&client))
    return enif_make_badarg(env);
  ErlNifTime started = enif_monotonic_time(ERL_NIF_USEC);
  if (!enter(client)) return atom_closed;
  ERL_NIF_TERM result = step_and_take(env, client, started);
  ErlNifTime spent = enif_monotonic_time(ERL_NIF_USEC) - started;
  client->is_slow = spent > SLOW_US;
  leave_client(env, client);
  int percent = (int)(spent / (SLOW_US / 100));
  enif_consume_timeslice(env, percent < 1 ? 1 : percent > 100 ? 100 : percent);
  return result;
}

/* step(Client): ok, the VM will tell; again: there is more; later: in a millisecond, for much comes from many calls, and
 * each wake costs more than a chunk; closed; {error, Error}: the loop itself fails. */
static ERL_NIF_TERM step(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  client *client;
  if (!enif_get_resource(env, argv[0], client_type, (void **)&client)) return enif_make_badarg(env);
  if (client->is_slow || client->waiting > 0) {
    return enif_schedule_nif(env, "step", ERL_NIF_DIRTY_JOB_CPU_BOUND, step_now, argc, argv);
  }
  return step_now(env, argc, argv);
}

/* ---- clients */

typedef struct closing {
  ErlNifEnv *env;
  client *client;
} closing;

static int32_t on_last_event(const dosai_event *event, void *data) {
  const closing *closing = data;
  if (event->kind != DOSAI_EVENT_CHUNK) take(closing->env, closing->client, event);
  return 0;
}

static void send_kept(ErlNifEnv *env, client *client) {
  while (client->kept) {
    call *call = client->kept;
    client->kept = call->next;
    pthread_mutex_lock(&call->lock);
    if (!call->is_left) enif_send(env, &call->process, call->env, call->kept);
    clear(call, 1);
    pthread_mutex_unlock(&call->lock);
    release(call);
  }
}

/* When it has no users. */
static void close_loop(ErlNifEnv *env, client *client) {
  closing closing = {env, client};
  if (client->loop) dosai_loop_close(client->loop, on_last_event, &closing, NULL);
  flush_pending(env, client);
  send_kept(env, client);
  dosai_client_free(client->handle);
  client->loop = NULL;
  client->handle = NULL;
}

/* The VM no longer watches the descriptor. */
static void on_stop(ErlNifEnv *env, void *object, ErlNifEvent event, int is_direct) {
  (void)event;
  (void)is_direct;
  close_loop(env, object);
}

/* Never waits, for the VM may hold locks that a step needs. */
static void close_client(ErlNifEnv *env, client *client) {
  if (!atomic_exchange(&client->is_closing, 1)) drop_user(env, client);
}

static void on_client_down(ErlNifEnv *env, void *object, ErlNifPid *process, ErlNifMonitor *monitor) {
  (void)process;
  (void)monitor;
  close_client(env, object);
}

static void free_client(ErlNifEnv *env, void *object) {
  client *client = object;
  close_loop(env, client);
  pthread_mutex_destroy(&client->lock);
}

/* client(ClientOptions, LoopOptions): {ok, Client} or {error, Error} */
static ERL_NIF_TERM new_client(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  dosai_client_options options;
  dosai_loop_options loop_options;
  settings settings = {0}, loop_set = {0};
  dosai_error *error = NULL;
  (void)argc;
  int is_good = client_settings(env, argv[0], &options, &settings);
  if (!is_good || !loop_settings(env, argv[1], &loop_options, &loop_set)) {
    free_settings(&settings);
    return wrong_option(env, is_good ? &loop_set : &settings);
  }
  client *client = enif_alloc_resource(client_type, sizeof *client);
  memset(client, 0, sizeof *client);
  pthread_mutex_init(&client->lock, NULL);
  atomic_init(&client->users, 1);
  dosai_status status = dosai_client_new(&options, &client->handle, &error);
  if (status == DOSAI_OK) status = dosai_loop_new(&loop_options, &client->loop, &error);
  free_settings(&settings);
  ERL_NIF_TERM term = status == DOSAI_OK ? enif_make_tuple2(env, atom_ok, enif_make_resource(env, client))
                                         : failed(env, status, error, NULL);
  enif_release_resource(client);
  return term;
}

/* own(Client): the calling process steps it from now on; if that ends, the client is closed. */
static ERL_NIF_TERM own(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  client *client;
  (void)argc;
  if (!enif_get_resource(env, argv[0], client_type, (void **)&client)) return enif_make_badarg(env);
  if (!enter(client)) return enif_make_badarg(env);
  int is_good = !client->is_owned && enif_self(env, &client->process) &&
                enif_monitor_process(env, client, &client->process, &client->monitor) == 0 &&
                wait_for_loop(env, client);
  client->is_owned = 1;
  leave_client(env, client);
  return is_good ? atom_ok : enif_make_badarg(env);
}

/* close(Client): cancels its calls; each ends with an error. */
static ERL_NIF_TERM close_(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  client *client;
  (void)argc;
  if (!enif_get_resource(env, argv[0], client_type, (void **)&client)) return enif_make_badarg(env);
  close_client(env, client);
  return atom_ok;
}

/* ---- from the processes that make calls */

static void on_call_down(ErlNifEnv *env, void *object, ErlNifPid *process, ErlNifMonitor *monitor) {
  (void)env;
  (void)process;
  (void)monitor;
  cancel_call(((call_resource *)object)->call, 1);
}

static void free_call(ErlNifEnv *env, void *object) {
  call_resource *resource = object;
  (void)env;
  if (!resource->call) return;
  cancel_call(resource->call, 1);
  release(resource->call);
}

static dosai_status submit_to(client *client, int kind, const char *path, const ErlNifBinary *body,
                              const dosai_call_options *options, call *call, dosai_error **error) {
  const char *json = (const char *)body->data;
  dosai_request *request = NULL;
  uintptr_t tag = (uintptr_t)call;
  if (kind == GET) {
    return dosai_loop_submit_get(client->loop, client->handle, path, options, tag, &call->handle, error);
  }
  if (kind == POST || kind == POST_STREAM) {
    return (kind == POST ? dosai_loop_submit_post : dosai_loop_submit_stream_post)(
        client->loop, client->handle, path, json, body->size, options, tag, &call->handle, error);
  }
  dosai_status status = dosai_request_parse(json, body->size, &request, error);
  if (status == DOSAI_OK) {
    status = (kind == CHAT ? dosai_loop_submit_chat : dosai_loop_submit_stream)(
        client->loop, client->handle, request, options, tag, &call->handle, error);
  }
  dosai_request_free(request);
  return status;
}

/* A stream that is alone goes on the connection of the call before it, and its answer comes in parts. */
static void begin(client *client, call *call, int is_stream) {
  int is_kept = client->is_connected && enif_monotonic_time(ERL_NIF_USEC) - client->stepped < KEPT_US;
  call->is_waiting = !is_stream || client->running > 0 || !is_kept;
  client->waiting += (size_t)call->is_waiting;
  client->running++;
}

static ERL_NIF_TERM submit_now(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  client *client;
  int kind = 0;
  ErlNifPid process;
  ErlNifBinary body;
  dosai_call_options options;
  settings settings;
  dosai_error *error = NULL;
  if (argc != 7 || !enif_get_resource(env, argv[0], client_type, (void **)&client) ||
      !enif_get_int(env, argv[1], &kind) || !enif_get_local_pid(env, argv[2], &process) ||
      !enif_inspect_binary(env, argv[5], &body)) {
    return failed(env, DOSAI_INVALID_ARGUMENT, NULL,
                  "a call is made on the client's own node, with a JSON text");
  }
  const char *path = text_of(env, argv[4]);
  if (!path) return failed(env, DOSAI_INVALID_ARGUMENT, NULL, "the path is no text, or has a NUL in it");
  if (!call_settings(env, argv[6], &options, &settings)) {
    free_settings(&settings);
    return wrong_option(env, &settings);
  }
  call *call = new_call(&process, argv[3]);
  call_resource *resource = enif_alloc_resource(call_type, sizeof *resource);
  resource->call = NULL;
  dosai_status status = call ? DOSAI_CANCELLED : DOSAI_OUT_OF_MEMORY;
  if (call && enter(client)) {
    status = submit_to(client, kind, path, &body, &options, call, &error);
    if (status == DOSAI_OK) begin(client, call, kind == STREAM || kind == POST_STREAM);
    leave_client(env, client);
  }
  free_settings(&settings);
  ERL_NIF_TERM term;
  if (status == DOSAI_OK) {
    resource->call = call;
    term = enif_make_tuple2(env, atom_ok, enif_make_resource(env, resource));
    if (enif_monitor_process(env, resource, &process, &resource->monitor) != 0) cancel_call(call, 1);
  } else {
    if (call) atomic_store(&call->holders, 1), release(call);
    term = failed(env, status, error, NULL);
  }
  enif_release_resource(resource);
  return term;
}

/* submit(Client, Kind, Process, Reference, Path, Body, Options): {ok, Call} or {error, Error} */
static ERL_NIF_TERM submit(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  ErlNifBinary body;
  if (enif_inspect_binary(env, argv[5], &body) && body.size > LARGE_BYTES) {
    return enif_schedule_nif(env, "submit", ERL_NIF_DIRTY_JOB_CPU_BOUND, submit_now, argc, argv);
  }
  return submit_now(env, argc, argv);
}

static call *call_of(ErlNifEnv *env, ERL_NIF_TERM term) {
  call_resource *resource;
  return enif_get_resource(env, term, call_type, (void **)&resource) ? resource->call : NULL;
}

/* cancel(Call), and leave(Call): nothing more comes of it. */
static ERL_NIF_TERM cancel(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  call *call = call_of(env, argv[0]);
  (void)argc;
  if (!call) return enif_make_badarg(env);
  cancel_call(call, 0);
  return atom_ok;
}

static ERL_NIF_TERM leave(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  call *call = call_of(env, argv[0]);
  (void)argc;
  if (!call) return enif_make_badarg(env);
  cancel_call(call, 1);
  return atom_ok;
}

/* taken(Call): its process has taken a message. */
static ERL_NIF_TERM taken(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  call *call = call_of(env, argv[0]);
  (void)argc;
  if (!call) return enif_make_badarg(env);
  pthread_mutex_lock(&call->lock);
  if (call->unread > 0) call->unread--;
  if (call->is_paused && call->unread <= UNREAD_MAX / 2) {
    call->is_paused = 0;
    if (call->handle) dosai_call_resume(call->handle);
  }
  pthread_mutex_unlock(&call->lock);
  return atom_ok;
}

/* is_cancelled(Call): asked before each chunk, so without the lock. */
static ERL_NIF_TERM is_cancelled(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  call *call = call_of(env, argv[0]);
  (void)argc;
  if (!call) return enif_make_badarg(env);
  return atomic_load(&call->state) & IS_CANCELLED ? atom_true : atom_false;
}

/* state(Call): 1: its last message is sent. 2: it is cancelled. 4: nobody is sent anything any more. */
static ERL_NIF_TERM state(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  call *call = call_of(env, argv[0]);
  (void)argc;
  if (!call) return enif_make_badarg(env);
  pthread_mutex_lock(&call->lock); /* what is being sent, its process may have read already */
  int state = atomic_load(&call->state);
  pthread_mutex_unlock(&call->lock);
  return enif_make_int(env, state);
}

/* failure(Status, Message): the map of an error that the binding itself has found. */
static ERL_NIF_TERM failure(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  int status = 0;
  ErlNifBinary message;
  (void)argc;
  if (!enif_get_int(env, argv[0], &status) || !enif_inspect_binary(env, argv[1], &message)) {
    return enif_make_badarg(env);
  }
  ERL_NIF_TERM term = term_of_error(env, status, NULL, NULL);
  enif_make_map_put(env, term, enif_make_atom(env, "message"), argv[1], &term);
  return term;
}

static ERL_NIF_TERM version(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  (void)argc;
  (void)argv;
  return binary_of(env, dosai_version(), strlen(dosai_version()));
}

static int load(ErlNifEnv *env, void **data, ERL_NIF_TERM info) {
  ErlNifResourceTypeInit of_client = {.dtor = free_client, .stop = on_stop, .down = on_client_down};
  ErlNifResourceTypeInit of_call = {.dtor = free_call, .down = on_call_down};
  (void)data;
  (void)info;
  int version = dosai_version_number();
  if (version < DOSAI_VERSION_NUMBER || version / 10000 != DOSAI_VERSION_NUMBER / 10000) return 1;
  client_type = enif_open_resource_type_x(env, "client", &of_client, ERL_NIF_RT_CREATE, NULL);
  call_type = enif_open_resource_type_x(env, "call", &of_call, ERL_NIF_RT_CREATE, NULL);
  atom_ok = enif_make_atom(env, "ok");
  atom_error = enif_make_atom(env, "error");
  atom_dosai = enif_make_atom(env, "dosai");
  atom_chunks = enif_make_atom(env, "chunks");
  atom_again = enif_make_atom(env, "again");
  atom_later = enif_make_atom(env, "later");
  atom_closed = enif_make_atom(env, "closed");
  atom_undefined = enif_make_atom(env, "undefined");
  atom_true = enif_make_atom(env, "true");
  atom_false = enif_make_atom(env, "false");
  load_answers(env);
  return !client_type || !call_type;
}

static ErlNifFunc functions[] = {{"client", 2, new_client, 0}, {"own", 1, own, 0},
                                 {"close", 1, close_, 0},      {"step", 1, step, 0},
                                 {"submit", 7, submit, 0},     {"cancel", 1, cancel, 0},
                                 {"leave", 1, leave, 0},       {"taken", 1, taken, 0},
                                 {"state", 1, state, 0},       {"is_cancelled", 1, is_cancelled, 0},
                                 {"failure", 2, failure, 0},   {"version", 0, version, 0}};

ERL_NIF_INIT(dosai_nif, functions, load, NULL, NULL, NULL)
