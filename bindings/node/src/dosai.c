/* The addon: libdosai's loop inside Node's.   SPDX-License-Identifier: MIT
 *
 * JavaScript submits calls, each under a number that it chooses, its slot. When the loop's descriptor is readable,
 * on_readable runs: it steps the loop, gathers what happened, and hands all of it to one JavaScript function:
 * the texts as one string, the events' JSON as another, and for each chunk a row of numbers that says where its parts
 * are. So a chunk costs no N-API call of its own. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <node_api.h>

#include "facts.h"
#include "gather.h"
#include "watch.h"

enum { BATCHES_MAX = 8 }; /* in one turn of the host's loop, so that others get theirs */

typedef struct call {
  dosai_call *handle;
  template *template;
  int is_paused;
  int keeps_answer;
} call;

typedef struct binding {
  napi_env env;
  dosai_loop *loop;
  watch *watch;
  int uses_thread;
  napi_ref deliver;
  napi_async_context context;
  batch batch;
  call **calls; /* by slot */
  size_t capacity;
  size_t running; /* calls that have not ended and are not paused: while there are some, Node does not exit */
  int is_closed;
} binding;

static void count_running(binding *binding, int change) {
  binding->running += (size_t)change;
  if (binding->watch) watch_hold(binding->watch, binding->running > 0);
}

static void call_free(call *call) {
  if (!call) return;
  dosai_call_free(call->handle);
  template_free(call->template);
  free(call);
}

/* Gives the batch to JavaScript. Whatever it throws is an uncaught exception. */
static int flush(binding *binding) {
  napi_env env = binding->env;
  napi_value arguments[4], receiver, deliver, thrown, nothing; /* Deno wants a place for it */
  if (!batch_values(env, &binding->batch, arguments)) return 0;
  if (napi_get_reference_value(env, binding->deliver, &deliver) != napi_ok) return 0;
  if (napi_get_global(env, &receiver) != napi_ok) return 0;
  napi_status status = napi_make_callback(env, binding->context, receiver, deliver, 4, arguments, &nothing);
  if (status == napi_pending_exception && napi_get_and_clear_last_exception(env, &thrown) == napi_ok) {
    napi_fatal_exception(env, thrown);
  }
  return status == napi_ok && !binding->is_closed;
}

static void take_last(binding *binding, const dosai_event *event, size_t slot, call *call) {
  napi_value facts = NULL;
  if (event->kind == DOSAI_EVENT_COMPLETION) {
    facts = facts_of_completion(binding->env, event->completion, call->keeps_answer);
  } else if (event->kind == DOSAI_EVENT_RESPONSE) {
    facts = facts_of_response(binding->env, event->response);
  } else {
    facts = facts_of_error(binding->env, dosai_error_status(event->error), event->error);
  }
  batch_add_last(binding->env, &binding->batch, slot, facts);
  binding->calls[slot] = NULL;
  if (!call->is_paused) count_running(binding, -1);
  call_free(call);
}

static void drain(binding *binding) {
  const dosai_event *event = NULL;
  if (dosai_loop_step(binding->loop, 0, NULL, NULL, NULL, NULL) != DOSAI_OK) return;
  for (int batches = 0; batches < BATCHES_MAX; batches++) {
    napi_handle_scope scope;
    if (napi_open_handle_scope(binding->env, &scope) != napi_ok) return;
    int is_more = batch_begin(binding->env, &binding->batch);
    while (is_more && !batch_is_full(&binding->batch)) {
      is_more = dosai_loop_next(binding->loop, &event, NULL) == DOSAI_OK && event;
      if (!is_more) break;
      call *call = binding->calls[event->tag];
      if (event->kind != DOSAI_EVENT_CHUNK) {
        take_last(binding, event, event->tag, call);
      } else if (!batch_add_chunk(&binding->batch, event->tag, event->chunk, &call->template)) {
        dosai_call_cancel(call->handle); /* no memory for the chunk */
      }
    }
    int is_good = binding->batch.count == 0 || flush(binding);
    napi_close_handle_scope(binding->env, scope);
    if (!is_good || !is_more) return;
  }
}

static void on_readable(void *data) { drain(data); }

/* Once nothing of the environment runs any more. */
static void free_binding(napi_env env, void *data, void *hint) {
  binding *binding = data;
  (void)env;
  (void)hint;
  batch_free(&binding->batch);
  free(binding->calls);
  free(binding);
}

/* The environment ends: a process, or a worker thread. */
static void on_end(void *data) {
  binding *binding = data;
  binding->is_closed = 1;
  binding->watch = NULL;
  dosai_loop_close(binding->loop, NULL, NULL, NULL);
  for (size_t slot = 0; slot < binding->capacity; slot++) call_free(binding->calls[slot]);
}

/* The loop, and what watches it, once there is a call. */
static dosai_status open_loop(binding *binding, dosai_error **out_error) {
  if (binding->loop) return DOSAI_OK;
  if (binding->is_closed) return DOSAI_BUSY;
  dosai_loop *made = NULL;
  dosai_status status = dosai_loop_new(NULL, &made, out_error);
  if (status != DOSAI_OK) return status;
  binding->watch =
      watch_open(binding->env, dosai_loop_fd(made), binding->uses_thread, on_readable, on_end, binding);
  if (!binding->watch) {
    dosai_loop_close(made, NULL, NULL, NULL);
    return DOSAI_RESOURCE;
  }
  binding->loop = made;
  return DOSAI_OK;
}

static binding *begin(napi_env env, napi_callback_info info, size_t count, napi_value *arguments) {
  binding *binding = NULL;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_instance_data(env, (void **)&binding);
  return binding;
}

static void free_client(napi_env env, void *client, void *hint) {
  (void)env;
  (void)hint;
  dosai_client_free(client);
}

/* createClient(options): the client, or the facts of an error. */
static napi_value create_client(napi_env env, napi_callback_info info) {
  napi_value options, result = NULL;
  dosai_client *client = NULL;
  dosai_error *error = NULL;
  begin(env, info, 1, &options);
  dosai_status status = client_from_options(env, options, &client, &error);
  if (status != DOSAI_OK) {
    result = facts_of_error(env, status, error);
    dosai_error_free(error);
  } else if (napi_create_external(env, client, free_client, NULL, &result) != napi_ok) {
    dosai_client_free(client);
  }
  return result;
}

static int has_slot(binding *binding, size_t slot) {
  if (slot < binding->capacity) return 1;
  size_t capacity = slot < 32 ? 64 : slot * 2;
  call **calls = realloc(binding->calls, capacity * sizeof *calls);
  if (!calls) return 0;
  memset(calls + binding->capacity, 0, (capacity - binding->capacity) * sizeof *calls);
  binding->calls = calls;
  binding->capacity = capacity;
  return 1;
}

enum { CHAT, STREAM, GET, POST, STREAM_POST };

static dosai_status submit_to(dosai_loop *loop, dosai_client *client, int32_t kind, const text *path,
                              const text *json, const dosai_call_options *options, uint32_t slot,
                              dosai_call **out_call, dosai_error **error) {
  dosai_request *request = NULL;
  dosai_status status = DOSAI_OK;
  switch (kind) {
  case GET:
    return dosai_loop_submit_get(loop, client, path->bytes, options, slot, out_call, error);
  case POST:
    return dosai_loop_submit_post(loop, client, path->bytes, json->bytes, json->length, options, slot,
                                  out_call, error);
  case STREAM_POST:
    return dosai_loop_submit_stream_post(loop, client, path->bytes, json->bytes, json->length, options, slot,
                                         out_call, error);
  default:
    status = dosai_request_parse(json->bytes, json->length, &request, error);
    if (status == DOSAI_OK) {
      status = (kind == CHAT ? dosai_loop_submit_chat : dosai_loop_submit_stream)(
          loop, client, request, options, slot, out_call, error);
    }
    dosai_request_free(request);
    return status;
  }
}

/* submit(kind, client, slot, path, json, options): null, or the facts of an error; then there is no call. */
static napi_value submit(napi_env env, napi_callback_info info) {
  napi_value arguments[6], result = NULL;
  binding *binding = begin(env, info, 6, arguments);
  int32_t kind = 0;
  uint32_t slot = 0;
  void *client = NULL;
  text path = {0}, json = {0};
  call_settings settings;
  dosai_error *error = NULL;
  napi_get_value_int32(env, arguments[0], &kind);
  napi_get_value_external(env, arguments[1], &client);
  napi_get_value_uint32(env, arguments[2], &slot);
  call *call = calloc(1, sizeof *call);
  dosai_status status = DOSAI_OUT_OF_MEMORY;
  if (call && has_slot(binding, slot) && text_read(env, arguments[3], &path) &&
      text_read(env, arguments[4], &json) && call_settings_read(env, arguments[5], &settings)) {
    status = open_loop(binding, &error);
    if (status == DOSAI_OK) {
      status = submit_to(binding->loop, client, kind, &path, &json, &settings.options, slot, &call->handle,
                         &error);
    }
    call_settings_free(&settings);
  }
  text_free(&path);
  text_free(&json);
  if (status == DOSAI_OK) {
    binding->calls[slot] = call;
    count_running(binding, 1);
    napi_get_null(env, &result);
  } else {
    call_free(call);
    result = facts_of_error(env, status, error);
    dosai_error_free(error);
  }
  return result;
}

static void set_paused(binding *binding, call *call, int is_paused) {
  count_running(binding, call->is_paused - is_paused);
  call->is_paused = is_paused;
}

enum { CANCEL, PAUSE, RESUME, KEEP, SNAPSHOT };

/* control(slot, what): of a running call. */
static napi_value control(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result = NULL;
  binding *binding = begin(env, info, 2, arguments);
  uint32_t slot = 0;
  int32_t what = 0;
  dosai_completion *completion = NULL;
  napi_get_value_uint32(env, arguments[0], &slot);
  napi_get_value_int32(env, arguments[1], &what);
  call *call = slot < binding->capacity && !binding->is_closed ? binding->calls[slot] : NULL;
  if (!call) return NULL;
  switch (what) {
  case CANCEL:
    set_paused(binding, call, 0);
    dosai_call_cancel(call->handle);
    break;
  case PAUSE:
    set_paused(binding, call, 1);
    dosai_call_pause(call->handle);
    break;
  case RESUME:
    set_paused(binding, call, 0);
    dosai_call_resume(call->handle);
    break;
  case KEEP:
    call->keeps_answer = 1;
    break;
  default:
    if (dosai_call_completion(call->handle, &completion, NULL) != DOSAI_OK) return NULL;
    result = facts_of_completion(env, completion, 1);
    dosai_completion_free(completion);
  }
  return result;
}

/* start(deliver, usesThread): the numbers of the rows. */
static napi_value start(napi_env env, napi_callback_info info) {
  napi_value arguments[2], name, numbers = NULL;
  binding *binding = begin(env, info, 2, arguments);
  bool uses_thread = false;
  napi_get_value_bool(env, arguments[1], &uses_thread);
  if (!uses_thread && !watch_has_uv()) {
    napi_throw_error(env, NULL, "dosai needs Node.js, Deno or Bun: this runtime has no libuv");
    return NULL;
  }
  binding->uses_thread = uses_thread;
  if (napi_create_reference(env, arguments[0], 1, &binding->deliver) != napi_ok) return NULL;
  if (napi_create_string_utf8(env, "dosai", NAPI_AUTO_LENGTH, &name) != napi_ok) return NULL;
  if (napi_async_init(env, NULL, name, &binding->context) != napi_ok) return NULL;
  return batch_start(env, &binding->batch, &numbers) ? numbers : NULL;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {{"start", start},   {"createClient", create_client},
                   {"submit", submit}, {"control", control},
                   {"header", header}, {"version", version}};
  binding *binding = calloc(1, sizeof *binding);
  if (!binding) {
    napi_throw_error(env, NULL, "dosai: there is no memory");
    return NULL;
  }
  binding->env = env;
  napi_set_instance_data(env, binding, free_binding, NULL);
  for (size_t index = 0; index < sizeof functions / sizeof *functions; index++) {
    napi_value function;
    napi_create_function(env, functions[index].name, NAPI_AUTO_LENGTH, functions[index].function, NULL,
                         &function);
    napi_set_named_property(env, exports, functions[index].name, function);
  }
  return exports;
}
