/* Node's libuv watches a descriptor; in Deno and Bun, which have none, a thread does.   SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <uv.h>

#include "watch.h"

struct watch {
  napi_env env;
  void (*on_readable)(void *data);
  void (*on_end)(void *data);
  void *data;
  uv_poll_t *poll; /* NULL: a thread waits */
  napi_async_cleanup_hook_handle hook;
  int fd, stop;
  pthread_t thread;
  sem_t is_read; /* JavaScript's thread has done what there was to do */
  napi_threadsafe_function call;
};

/* ---- libuv, looked up at load: other hosts have none */

static struct {
  size_t (*handle_size)(uv_handle_type type);
  int (*poll_init)(uv_loop_t *loop, uv_poll_t *handle, int fd);
  int (*poll_start)(uv_poll_t *handle, int events, uv_poll_cb callback);
  int (*poll_stop)(uv_poll_t *handle);
  void (*ref)(uv_handle_t *handle);
  void (*unref)(uv_handle_t *handle);
  void (*close)(uv_handle_t *handle, uv_close_cb callback);
} uv;

int watch_has_uv(void) {
  *(void **)&uv.handle_size = dlsym(RTLD_DEFAULT, "uv_handle_size");
  *(void **)&uv.poll_init = dlsym(RTLD_DEFAULT, "uv_poll_init");
  *(void **)&uv.poll_start = dlsym(RTLD_DEFAULT, "uv_poll_start");
  *(void **)&uv.poll_stop = dlsym(RTLD_DEFAULT, "uv_poll_stop");
  *(void **)&uv.ref = dlsym(RTLD_DEFAULT, "uv_ref");
  *(void **)&uv.unref = dlsym(RTLD_DEFAULT, "uv_unref");
  *(void **)&uv.close = dlsym(RTLD_DEFAULT, "uv_close");
  return uv.handle_size && uv.poll_init && uv.poll_start && uv.poll_stop && uv.ref && uv.unref && uv.close;
}

static void on_polled(uv_poll_t *poll, int status, int events) {
  watch *watch = poll->data;
  (void)status;
  (void)events;
  watch->on_readable(watch->data);
}

static void on_closed(uv_handle_t *handle) {
  watch *watch = handle->data;
  napi_async_cleanup_hook_handle hook = watch->hook;
  free(handle);
  free(watch);
  napi_remove_async_cleanup_hook(hook);
}

static void end_poll(napi_async_cleanup_hook_handle hook, void *data) {
  watch *watch = data;
  (void)hook;
  uv.poll_stop(watch->poll);
  watch->on_end(watch->data);
  uv.close((uv_handle_t *)watch->poll, on_closed);
}

static int open_poll(watch *watch) {
  uv_loop_t *loop = NULL;
  if (napi_get_uv_event_loop(watch->env, (struct uv_loop_s **)&loop) != napi_ok) return 0;
  uv_poll_t *poll = calloc(1, uv.handle_size(UV_POLL));
  if (!poll || uv.poll_init(loop, poll, watch->fd) != 0) {
    free(poll);
    return 0;
  }
  poll->data = watch;
  watch->poll = poll;
  uv.poll_start(poll, UV_READABLE, on_polled);
  uv.unref((uv_handle_t *)poll);
  napi_add_async_cleanup_hook(watch->env, end_poll, watch, &watch->hook);
  return 1;
}

/* ---- a thread */

static void *wait_readable(void *data) {
  watch *watch = data;
  struct pollfd both[2] = {{watch->fd, POLLIN, 0}, {watch->stop, POLLIN, 0}};
  for (;;) {
    int count = poll(both, 2, -1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 || both[1].revents) break;
    if (napi_call_threadsafe_function(watch->call, NULL, napi_tsfn_blocking) != napi_ok) break;
    while (sem_wait(&watch->is_read) != 0) {
    }
  }
  return NULL;
}

static void on_called(napi_env env, napi_value function, void *context, void *data) {
  watch *watch = context;
  (void)function;
  (void)data;
  if (env) watch->on_readable(watch->data);
  sem_post(&watch->is_read);
}

static void end_thread(void *data) {
  watch *watch = data;
  uint64_t one = 1;
  ssize_t written = write(watch->stop, &one, sizeof one);
  (void)written;
  sem_post(&watch->is_read);
  pthread_join(watch->thread, NULL);
  watch->on_end(watch->data);
  close(watch->stop);
  sem_destroy(&watch->is_read);
  napi_release_threadsafe_function(watch->call, napi_tsfn_abort);
  free(watch);
}

static int open_thread(watch *watch) {
  napi_value name;
  watch->stop = eventfd(0, EFD_CLOEXEC);
  if (watch->stop < 0) return 0;
  sem_init(&watch->is_read, 0, 0);
  if (napi_create_string_utf8(watch->env, "dosai", NAPI_AUTO_LENGTH, &name) == napi_ok &&
      napi_create_threadsafe_function(watch->env, NULL, NULL, name, 0, 1, NULL, NULL, watch, on_called,
                                      &watch->call) == napi_ok) {
    napi_unref_threadsafe_function(watch->env, watch->call);
    if (pthread_create(&watch->thread, NULL, wait_readable, watch) == 0) {
      napi_add_env_cleanup_hook(watch->env, end_thread, watch);
      return 1;
    }
    napi_release_threadsafe_function(watch->call, napi_tsfn_abort);
  }
  close(watch->stop);
  return 0;
}

/* ---- either */

watch *watch_open(napi_env env, int fd, int uses_thread, void (*on_readable)(void *data),
                  void (*on_end)(void *data), void *data) {
  watch *made = calloc(1, sizeof *made);
  if (!made) return NULL;
  *made = (watch){.env = env, .fd = fd, .on_readable = on_readable, .on_end = on_end, .data = data};
  if (uses_thread ? open_thread(made) : open_poll(made)) return made;
  free(made);
  return NULL;
}

void watch_hold(watch *watch, int holds) {
  if (watch->poll && holds) {
    uv.ref((uv_handle_t *)watch->poll);
  } else if (watch->poll) {
    uv.unref((uv_handle_t *)watch->poll);
  } else if (holds) {
    napi_ref_threadsafe_function(watch->env, watch->call);
  } else {
    napi_unref_threadsafe_function(watch->env, watch->call);
  }
}
