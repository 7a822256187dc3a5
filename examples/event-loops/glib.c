/* Three streams in a GLib main loop that has a timer of its own: the loop of GTK and GNOME programs.
 * SPDX-License-Identifier: MIT
 *
 *   make
 *   cc -Iinclude examples/event-loops/glib.c -o build/glib $(pkg-config --cflags --libs glib-2.0) \
 *     -Lbuild/lib -Wl,-rpath,build/lib -ldosai
 *   build/glib
 *
 * DOSAI_API_KEY is the key; DOSAI_BASE_URL and DOSAI_MODEL name another server and model. */
#include <dosai.h>
#include <glib-unix.h>
#include <stdlib.h>

static const char *const prompts[] = {"Write a line about the sea.", "Write a line about the sky.",
                                      "Write a line about the road."};
enum { PROMPT_COUNT = sizeof prompts / sizeof *prompts, TICK_MS = 100 };

typedef struct host {
  dosai_client *client;
  dosai_loop *loop;
  GMainLoop *main_loop;
  int ticks;
  int failed;
} host;

/* What is in the event is lent: it is gone when this returns. Anything but 0 cancels the call. */
static int32_t on_event(const dosai_event *event, void *user_data) {
  host *host = user_data;
  if (event->kind == DOSAI_EVENT_CHUNK && event->chunk->kind == DOSAI_CHUNK_CONTENT) {
    g_print("%d: %s\n", (int)event->tag, event->chunk->text);
  } else if (event->kind == DOSAI_EVENT_COMPLETION) {
    g_print("%d is whole\n", (int)event->tag);
  } else if (event->kind == DOSAI_EVENT_ERROR) {
    g_print("%d failed: %s\n", (int)event->tag, dosai_error_message(event->error, NULL));
    host->failed++;
  }
  return 0;
}

static gboolean on_tick(gpointer data) {
  host *host = data;
  g_print("tick %d\n", ++host->ticks);
  return G_SOURCE_CONTINUE;
}

static gboolean on_readable(gint descriptor, GIOCondition condition, gpointer data) {
  host *host = data;
  dosai_error *error = NULL;
  size_t active = 0;
  (void)descriptor;
  (void)condition;
  if (dosai_loop_step(host->loop, 0, on_event, host, &active, &error)) {
    g_printerr("%s\n", dosai_error_message(error, NULL));
    host->failed++;
  }
  dosai_error_free(error);
  if (active == 0) g_main_loop_quit(host->main_loop);
  return G_SOURCE_CONTINUE;
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

static void run(host *host) {
  host->main_loop = g_main_loop_new(NULL, FALSE);
  guint poll = g_unix_fd_add(dosai_loop_fd(host->loop), G_IO_IN, on_readable, host);
  guint timer = g_timeout_add(TICK_MS, on_tick, host);
  g_main_loop_run(host->main_loop);
  g_source_remove(timer);
  g_source_remove(poll); /* before the loop closes the descriptor */
  g_main_loop_unref(host->main_loop);
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
  if (!status) run(&host);

  if (status) g_printerr("%s: %s\n", dosai_status_name(status), dosai_error_message(error, NULL));
  dosai_error_free(error);
  dosai_loop_close(host.loop, NULL, NULL, NULL);
  dosai_client_free(host.client);
  return status || host.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
