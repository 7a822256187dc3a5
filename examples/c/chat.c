/* One question, one answer.
 * SPDX-License-Identifier: MIT
 *
 *   make
 *   cc -Iinclude examples/c/chat.c -o build/chat -Lbuild/lib -Wl,-rpath,build/lib -ldosai
 *   build/chat
 *
 * DOSAI_API_KEY is the key; DOSAI_BASE_URL and DOSAI_MODEL name another server and model. */
#include <dosai.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  dosai_client *client = NULL;
  dosai_request *request = NULL;
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  const char *model = getenv("DOSAI_MODEL");
  int exit_status = EXIT_FAILURE;

  /* A client is made once and serves any number of calls, from any thread. */
  dosai_client_options options;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = getenv("DOSAI_BASE_URL");
  options.api_key = getenv("DOSAI_API_KEY");
  if (dosai_client_new(&options, &client, &error)) goto done;

  /* A request is the JSON that is sent, built piece by piece. */
  if (dosai_request_new(model ? model : "dos-ai", DOSAI_NUL_TERMINATED, &request, &error)) goto done;
  if (dosai_request_add_message(request, "system", "Answer in one sentence.", DOSAI_NUL_TERMINATED, &error))
    goto done;
  if (dosai_request_add_message(request, "user", "What is the capital of France?", DOSAI_NUL_TERMINATED,
                                &error))
    goto done;
  if (dosai_request_set_number(request, "temperature", 0.2, &error)) goto done;
  if (dosai_request_set_integer(request, "max_tokens", 100, &error)) goto done;

  if (dosai_chat(client, request, NULL, &completion, &error)) goto done;
  const char *content = dosai_completion_content(completion, 0, NULL);
  printf("%s\n", content ? content : "(no text)");

  /* A number that the server did not say is -1. */
  dosai_usage usage = {.struct_size = sizeof usage};
  if (dosai_completion_usage(completion, &usage)) goto done;
  printf("(%" PRId64 " tokens in, %" PRId64 " out)\n", usage.prompt_tokens, usage.completion_tokens);
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
