/* An answer that is JSON of a given shape.
 * SPDX-License-Identifier: MIT
 *
 *   make
 *   cc -Iinclude examples/c/json_mode.c -o build/json_mode -Lbuild/lib -Wl,-rpath,build/lib -ldosai
 *   build/json_mode
 *
 * DOSAI_API_KEY is the key; DOSAI_BASE_URL and DOSAI_MODEL name another server and model. */
#include <dosai.h>
#include <stdio.h>
#include <stdlib.h>

static const char schema[] =
    "{\"type\":\"object\",\"properties\":{"
    "\"name\":{\"type\":\"string\"},\"country\":{\"type\":\"string\"},\"is_capital\":{\"type\":\"boolean\"}},"
    "\"required\":[\"name\",\"country\",\"is_capital\"],\"additionalProperties\":false}";

int main(void) {
  dosai_client *client = NULL;
  dosai_request *request = NULL;
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  const char *model = getenv("DOSAI_MODEL");
  int exit_status = EXIT_FAILURE;

  dosai_client_options options;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = getenv("DOSAI_BASE_URL");
  options.api_key = getenv("DOSAI_API_KEY");
  if (dosai_client_new(&options, &client, &error)) goto done;

  if (dosai_request_new(model ? model : "dos-ai", DOSAI_NUL_TERMINATED, &request, &error)) goto done;
  if (dosai_request_add_message(request, "system", "Respond in JSON format.", DOSAI_NUL_TERMINATED, &error))
    goto done;
  if (dosai_request_add_message(request, "user", "Describe the city of Paris.", DOSAI_NUL_TERMINATED, &error))
    goto done;
  if (dosai_request_set_json_schema(request, "city", schema, DOSAI_NUL_TERMINATED, 1, &error)) goto done;
  if (dosai_request_set_integer(request, "max_tokens", 200, &error)) goto done;
  if (dosai_chat(client, request, NULL, &completion, &error)) goto done;

  /* An answer cut by max_tokens is no whole JSON: look at the reason before parsing. */
  const char *content = dosai_completion_content(completion, 0, NULL);
  printf("%s\n", content ? content : "(no text)");
  if (dosai_completion_finish_reason(completion, 0) == DOSAI_FINISH_LENGTH) {
    fprintf(stderr, "the answer was cut by max_tokens\n");
    goto done;
  }
  exit_status = EXIT_SUCCESS;

done:
  if (error)
    fprintf(stderr, "%s: %s\n", dosai_status_name(dosai_error_status(error)),
            dosai_error_message(error, NULL));
  dosai_error_free(error);
  dosai_completion_free(completion);
  dosai_request_free(request);
  dosai_client_free(client);
  return exit_status;
}
