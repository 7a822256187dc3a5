/* Many streams by the library's loop. */
#include "many.h"
#include <dosai.h>
#include <stdio.h>
#include <stdlib.h>

static dosai_loop *loop;
static dosai_client *client;

static void check(dosai_status status, const dosai_error *error) {
  if (!status) return;
  fprintf(stderr, "%s: %s\n", dosai_status_name(status), dosai_error_message(error, NULL));
  exit(1);
}

static int32_t on_event(const dosai_event *event, void *user_data) {
  (void)user_data;
  if (event->kind == DOSAI_EVENT_COMPLETION) many_ended(NULL);
  else if (event->kind == DOSAI_EVENT_ERROR) many_ended(dosai_error_message(event->error, NULL));
  else if (event->chunk->kind == DOSAI_CHUNK_CONTENT) many_took(event->tag, event->chunk->text);
  return 0;
}

void loop_start(const char *base, const char *ca) {
  dosai_client_options options;
  dosai_error *error = NULL;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = base;
  options.ca_file = ca;
  options.max_retries = -1;
  options.connect_timeout_ms = 120000; /* ten thousand TLS handshakes on one thread can take more than 10 s */
  check(dosai_client_new(&options, &client, &error), error);
  check(dosai_loop_new(NULL, &loop, &error), error);
}

void loop_run(const char *model, size_t count) {
  dosai_request *request = NULL;
  dosai_error *error = NULL;
  size_t active = count;
  check(dosai_request_new(model, DOSAI_NUL_TERMINATED, &request, &error), error);
  check(dosai_request_add_message(request, "user", "Hello!", DOSAI_NUL_TERMINATED, &error), error);
  for (size_t i = 0; i < count; i++)
    check(dosai_loop_submit_stream(loop, client, request, NULL, i, NULL, &error), error);
  while (active > 0) check(dosai_loop_step(loop, -1, on_event, NULL, &active, &error), error);
  dosai_request_free(request);
}
