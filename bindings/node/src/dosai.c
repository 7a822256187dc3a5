/* The addon: libdosai's loop inside Node's.   SPDX-License-Identifier: MIT
 *
 * JavaScript submits calls, each under a number that it chooses, its slot. When the loop's descriptor is readable,
 * libuv runs on_readable: it steps the loop, gathers what happened, and hands all of it to one JavaScript function:
 * the texts as one string, the events' JSON as another, and for each chunk a row of numbers that says where its parts
 * are. So a chunk costs no N-API call of its own. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <node_api.h>

#include "facts.h"
#include "gather.h"

enum { BATCHES_MAX = 8 }; /* in one turn of libuv's loop, so that others get theirs */

/* Looked up at load: a host that is not Node has none of them. */
static struct {
  size_t (*handle_size)(uv_handle_type type);
  int (*poll_init)(uv_loop_t *loop, uv_poll_t *handle, int fd);
  int (*poll_start)(uv_poll_t *handle, int events, uv_poll_cb callback);
  int (*poll_stop)(uv_poll_t *handle);
  void (*ref)(uv_handle_t *handle);
  void (*unref)(uv_handle_t *handle);
  void (*close)(uv_handle_t *handle, uv_close_cb callback);
} uv;

typedef struct call {
  dosai_call *handle;
  template *template;
  int is_paused;
  int keeps_answer;
} call;

typedef struct binding {
  napi_env env;
  dosai_loop *loop;
  uv_poll_t *poll;
  napi_ref deliver;
  napi_async_context context;
  napi_async_cleanup_hook_handle hook;
  batch batch;
  call **calls; /* by slot */
  size_t capacity;
  size_t running; /* calls that have not ended and are not paused: while there are some, Node does not exit */
  int is_closed;
} binding;

static int load_uv(void) {
  *(void **)&uv.handle_size = dlsym(RTLD_DEFAULT, "uv_handle_size");
  *(void **)&uv.poll_init = dlsym(RTLD_DEFAULT, "uv_poll_init");
  *(void **)&uv.poll_start = dlsym(RTLD_DEFAULT, "uv_poll_start");
  *(void **)&uv.poll_stop = dlsym(RTLD_DEFAULT, "uv_poll_stop");
  *(void **)&uv.ref = dlsym(RTLD_DEFAULT, "uv_ref");
  *(void **)&uv.unref = dlsym(RTLD_DEFAULT, "uv_unref");
  *(void **)&uv.close = dlsym(RTLD_DEFAULT, "uv_close");
  return uv.handle_size && uv.poll_init && uv.poll_start && uv.poll_stop && uv.ref && uv.unref && uv.close;
}

static void count_running(binding *binding, int change) {
  binding->running += (size_t)change;
  if (!binding->poll) return;
  if (binding->running > 0) {
    uv.ref((uv_handle_t *)binding->poll);
  } else {
    uv.unref((uv_handle_t *)binding->poll);
  }
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
  napi_value arguments[4], receiver, deliver, thrown;
  if (!batch_values(env, &binding->batch, arguments)) return 0;
  if (napi_get_reference_value(env, binding->deliver, &deliver) != napi_ok) return 0;
  if (napi_get_global(env, &receiver) != napi_ok) return 0;
  napi_status status = napi_make_callback(env, binding->context, receiver, deliver, 4, arguments, NULL);
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

static void on_readable(uv_poll_t *poll, int status, int events) {
  (void)status;
  (void)events;
  drain(poll->data);
}

static void on_closed(uv_handle_t *handle) {
  binding *binding = handle->data;
  napi_async_cleanup_hook_handle hook = binding->hook;
  free(handle);
  napi_remove_async_cleanup_hook(hook);
}

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
static void on_cleanup(napi_async_cleanup_hook_handle hook, void *data) {
  binding *binding = data;
  (void)hook;
  binding->is_closed = 1;
  uv.poll_stop(binding->poll);
  dosai_loop_close(binding->loop, NULL, NULL, NULL);
  for (size_t slot = 0; slot < binding->capacity; slot++) call_free(binding->calls[slot]);
  uv.close((uv_handle_t *)binding->poll, on_closed);
}

/* The loop, and the handle that watches it, once there is a call. */
static dosai_status open_loop(binding *binding, dosai_error **out_error) {
  uv_loop_t *loop = NULL;
  dosai_loop *made = NULL;
  uv_poll_t *poll = NULL;
  if (binding->loop) return DOSAI_OK;
  if (binding->is_closed || napi_get_uv_event_loop(binding->env, (struct uv_loop_s **)&loop) != napi_ok) {
    return DOSAI_BUSY;
  }
  dosai_status status = dosai_loop_new(NULL, &made, out_error);
  if (status != DOSAI_OK) return status;
  poll = calloc(1, uv.handle_size(UV_POLL));
  if (!poll || uv.poll_init(loop, poll, dosai_loop_fd(made)) != 0) {
    free(poll);
    dosai_loop_close(made, NULL, NULL, NULL);
    return poll ? DOSAI_RESOURCE : DOSAI_OUT_OF_MEMORY;
  }
  poll->data = binding;
  binding->poll = poll;
  binding->loop = made;
  uv.poll_start(poll, UV_READABLE, on_readable);
  uv.unref((uv_handle_t *)poll);
  napi_add_async_cleanup_hook(binding->env, on_cleanup, binding, &binding->hook);
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
    if (call->is_paused) count_running(binding, 1);
    call->is_paused = 0;
    dosai_call_cancel(call->handle);
    break;
  case PAUSE:
    if (!call->is_paused) count_running(binding, -1);
    call->is_paused = 1;
    dosai_call_pause(call->handle);
    break;
  case RESUME:
    if (call->is_paused) count_running(binding, 1);
    call->is_paused = 0;
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

/* start(deliver): the numbers of the rows. */
static napi_value start(napi_env env, napi_callback_info info) {
  napi_value deliver, name, numbers = NULL;
  binding *binding = begin(env, info, 1, &deliver);
  if (napi_create_reference(env, deliver, 1, &binding->deliver) != napi_ok) return NULL;
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
  binding *binding = load_uv() ? calloc(1, sizeof *binding) : NULL;
  if (!binding) {
    napi_throw_error(env, NULL, "dosai needs Node.js: this runtime has no libuv");
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
