/* Three streams in a libuv loop that has a timer of its own.
 * SPDX-License-Identifier: MIT
 *
 *   make
 *   cc -Iinclude examples/event-loops/libuv.c -o build/libuv $(pkg-config --cflags --libs libuv) \
 *     -Lbuild/lib -Wl,-rpath,build/lib -ldosai
 *   build/libuv
 *
 * DOSAI_API_KEY is the key; DOSAI_BASE_URL and DOSAI_MODEL name another server and model. */
#include <dosai.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static const char *const prompts[] = {"Write a line about the sea.", "Write a line about the sky.",
                                      "Write a line about the road."};
enum { PROMPT_COUNT = sizeof prompts / sizeof *prompts, TICK_MS = 100 };

typedef struct host {
  dosai_client *client;
  dosai_loop *loop;
  uv_poll_t poll; /* of the loop's descriptor */
  uv_timer_t timer;
  int ticks;
  int failed;
} host;

/* What is in the event is lent: it is gone when this returns. Anything but 0 cancels the call. */
static int32_t on_event(const dosai_event *event, void *user_data) {
  host *host = user_data;
  if (event->kind == DOSAI_EVENT_CHUNK && event->chunk->kind == DOSAI_CHUNK_CONTENT) {
    printf("%d: %s\n", (int)event->tag, event->chunk->text);
  } else if (event->kind == DOSAI_EVENT_COMPLETION) {
    printf("%d is whole\n", (int)event->tag);
  } else if (event->kind == DOSAI_EVENT_ERROR) {
    printf("%d failed: %s\n", (int)event->tag, dosai_error_message(event->error, NULL));
    host->failed++;
  }
  return 0;
}

static void on_tick(uv_timer_t *timer) {
  host *host = timer->data;
  printf("tick %d\n", ++host->ticks);
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  host *host = poll->data;
  dosai_error *error = NULL;
  size_t active = 0;
  (void)status; /* a step says what is wrong */
  (void)events;
  if (dosai_loop_step(host->loop, 0, on_event, host, &active, &error)) {
    fprintf(stderr, "%s\n", dosai_error_message(error, NULL));
    host->failed++;
  }
  dosai_error_free(error);
  if (active > 0) return;
  uv_close((uv_handle_t *)&host->poll, NULL); /* with nothing left to wait for, uv_run returns */
  uv_close((uv_handle_t *)&host->timer, NULL);
}

static dosai_status submit(host *host, int tag, dosai_error **out_error) {
  const char *model = getenv("DOSAI_MODEL");
  dosai_request *request = NULL;
  dosai_status status =
      dosai_request_new(model ? model : "dos-ai", DOSAI_NUL_TERMINATED, &request, out_error);
  if (!status)
    status = dosai_request_add_message(request, "user", prompts[tag], DOSAI_NUL_TERMINATED, out_error);
  if (!status)
    status =
        dosai_loop_submit_stream(host->loop, host->client, request, NULL, (uintptr_t)tag, NULL, out_error);
  dosai_request_free(request);
  return status;
}

static int run(host *host) {
  uv_loop_t *uv = uv_default_loop();
  uv_poll_init(uv, &host->poll, dosai_loop_fd(host->loop));
  uv_timer_init(uv, &host->timer);
  host->poll.data = host->timer.data = host;
  uv_poll_start(&host->poll, UV_READABLE, on_readable);
  uv_timer_start(&host->timer, on_tick, TICK_MS, TICK_MS);
  uv_run(uv, UV_RUN_DEFAULT);
  return uv_loop_close(uv);
}

int main(void) {
  host host = {0};
  dosai_error *error = NULL;

  dosai_client_options options;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = getenv("DOSAI_BASE_URL");
  options.api_key = getenv("DOSAI_API_KEY");
  dosai_status status = dosai_client_new(&options, &host.client, &error);
  if (!status) status = dosai_loop_new(NULL, &host.loop, &error);
  for (int tag = 0; !status && tag < PROMPT_COUNT; tag++) status = submit(&host, tag, &error);
  if (!status && run(&host)) host.failed++;

  if (status) fprintf(stderr, "%s: %s\n", dosai_status_name(status), dosai_error_message(error, NULL));
  dosai_error_free(error);
  dosai_loop_close(host.loop, NULL, NULL, NULL);
  dosai_client_free(host.client);
  return status || host.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
