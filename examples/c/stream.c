/* The answer as it comes: first pushed to a callback, then pulled chunk by chunk.
 * SPDX-License-Identifier: MIT
 *
 *   make
 *   cc -Iinclude examples/c/stream.c -o build/stream -Lbuild/lib -Wl,-rpath,build/lib -ldosai
 *   build/stream
 *
 * DOSAI_API_KEY is the key; DOSAI_BASE_URL and DOSAI_MODEL name another server and model. */
#include <dosai.h>
#include <stdio.h>
#include <stdlib.h>

/* A chunk is lent: it is gone when this returns. Anything but 0 stops the stream. */
static int32_t show(const dosai_chunk *chunk, void *user_data) {
  size_t *bytes = user_data;
  if (chunk->kind != DOSAI_CHUNK_CONTENT) return 0;
  *bytes += chunk->text_length;
  fwrite(chunk->text, 1, chunk->text_length, stdout);
  return fflush(stdout);
}

static dosai_status push(dosai_client *client, const dosai_request *request, dosai_error **out_error) {
  size_t bytes = 0;
  dosai_status status = dosai_chat_stream(client, request, NULL, show, &bytes, NULL, out_error);
  if (status == DOSAI_OK) printf("\n(%zu bytes, pushed)\n\n", bytes);
  return status;
}

/* The same without a callback: for languages and loops that cannot have one. */
static dosai_status pull(dosai_client *client, const dosai_request *request, dosai_error **out_error) {
  dosai_stream *stream = NULL;
  const dosai_chunk *chunk = NULL;
  size_t bytes = 0;
  dosai_status status = dosai_stream_open(client, request, NULL, &stream, out_error);
  while (status == DOSAI_OK) {
    status = dosai_stream_next(stream, -1, &chunk, out_error);
    if (!chunk) break; /* the end, or a failure */
    show(chunk, &bytes);
  }
  if (status == DOSAI_OK) printf("\n(%zu bytes, pulled)\n", bytes);
  dosai_stream_free(stream);
  return status;
}

int main(void) {
  dosai_client *client = NULL;
  dosai_request *request = NULL;
  dosai_error *error = NULL;
  const char *model = getenv("DOSAI_MODEL");
  int exit_status = EXIT_FAILURE;

  dosai_client_options options;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = getenv("DOSAI_BASE_URL");
  options.api_key = getenv("DOSAI_API_KEY");
  if (dosai_client_new(&options, &client, &error)) goto done;

  if (dosai_request_new(model ? model : "dos-ai", DOSAI_NUL_TERMINATED, &request, &error)) goto done;
  if (dosai_request_add_message(request, "user", "Write two sentences about the sea.", DOSAI_NUL_TERMINATED,
                                &error))
    goto done;
  if (dosai_request_set_integer(request, "max_tokens", 80, &error)) goto done;

  /* A request may be sent as often as you like. */
  if (push(client, request, &error)) goto done;
  if (pull(client, request, &error)) goto done;
  exit_status = EXIT_SUCCESS;

done:
  if (error)
    fprintf(stderr, "%s: %s\n", dosai_status_name(dosai_error_status(error)),
            dosai_error_message(error, NULL));
  dosai_error_free(error);
  dosai_request_free(request);
  dosai_client_free(client);
  return exit_status;
}
