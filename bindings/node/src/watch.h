/* Waits for a descriptor, beside JavaScript.   SPDX-License-Identifier: MIT */
#ifndef WATCH_H
#define WATCH_H

#include <node_api.h>

typedef struct watch watch;

/* Whether libuv's functions are there. Bun has some that abort, so it must not be asked. */
int watch_has_uv(void);
/* Calls on_readable, on JavaScript's thread, whenever the descriptor is readable, and on_end when the environment ends.
 * uses_thread: a thread of its own waits, else libuv. NULL: it cannot. */
watch *watch_open(napi_env env, int fd, int uses_thread, void (*on_readable)(void *data),
                  void (*on_end)(void *data), void *data);
/* Whether the process is to go on because of it. At first, it is not. */
void watch_hold(watch *watch, int holds);

#endif
