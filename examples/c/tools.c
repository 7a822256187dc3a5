/* Tool calling: the model calls a function, we run it, and the model answers with what it gave.
 * SPDX-License-Identifier: MIT
 *
 *   make
 *   cc -Iinclude examples/c/tools.c -o build/tools -Lbuild/lib -Wl,-rpath,build/lib -ldosai
 *   build/tools
 *
 * DOSAI_API_KEY is the key; DOSAI_BASE_URL and DOSAI_MODEL name another server and model. */
#include <dosai.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DESCRIPTION "Get the current weather for a location"
#define PARAMETERS                                                                                          \
  "{\"type\":\"object\",\"properties\":{\"location\":{\"type\":\"string\",\"description\":\"City name\"}}," \
  "\"required\":[\"location\"]}"

/* The function itself; a real one would parse the arguments and look. What the model wrote may be anything:
 * it is told what is wrong, so that it can do better. */
static const char *call(const char *name, const char *arguments) {
  if (!name || strcmp(name, "get_weather") != 0) return "{\"error\": \"there is no such function\"}";
  if (!arguments || !strstr(arguments, "location")) return "{\"error\": \"location is missing\"}";
  return "{\"temperature_celsius\": 18, \"sky\": \"light rain\"}";
}

/* The model's message goes back as it came, and after it one result for each call. */
static dosai_status answer_calls(dosai_request *request, const dosai_completion *completion,
                                 dosai_error **out_error) {
  dosai_status status = dosai_request_add_completion(request, completion, 0, out_error);
  int32_t count = dosai_completion_tool_call_count(completion, 0);
  for (int32_t index = 0; index < count && status == DOSAI_OK; index++) {
    const char *id = dosai_completion_tool_call_id(completion, 0, index, NULL);
    const char *name = dosai_completion_tool_call_name(completion, 0, index, NULL);
    const char *arguments = dosai_completion_tool_call_arguments(completion, 0, index, NULL);
    const char *result = call(name, arguments);
    printf("call:   %s %s\nresult: %s\n", name ? name : "", arguments ? arguments : "", result);
    status = dosai_request_add_tool_result(request, id ? id : "", result, DOSAI_NUL_TERMINATED, out_error);
  }
  return status;
}

static int32_t show(const dosai_chunk *chunk, void *user_data) {
  (void)user_data;
  if (chunk->kind == DOSAI_CHUNK_CONTENT) fwrite(chunk->text, 1, chunk->text_length, stdout);
  return fflush(stdout);
}

int main(void) {
  dosai_client *client = NULL;
  dosai_request *request = NULL;
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  const char *model = getenv("DOSAI_MODEL");
  const char *question = "What is the weather in Tokyo?";
  int exit_status = EXIT_FAILURE;

  dosai_client_options options;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = getenv("DOSAI_BASE_URL");
  options.api_key = getenv("DOSAI_API_KEY");
  if (dosai_client_new(&options, &client, &error)) goto done;

  if (dosai_request_new(model ? model : "dos-ai", DOSAI_NUL_TERMINATED, &request, &error)) goto done;
  if (dosai_request_add_message(request, "user", question, DOSAI_NUL_TERMINATED, &error)) goto done;
  if (dosai_request_add_tool(request, "get_weather", DESCRIPTION, PARAMETERS, DOSAI_NUL_TERMINATED, &error))
    goto done;
  if (dosai_request_set_number(request, "temperature", 0, &error)) goto done;
  if (dosai_request_set_integer(request, "max_tokens", 200, &error)) goto done;
  if (dosai_chat(client, request, NULL, &completion, &error)) goto done;

  printf("user:   %s\n", question);
  dosai_finish_reason reason = dosai_completion_finish_reason(completion, 0);
  if (dosai_completion_tool_call_count(completion, 0) == 0) { /* the model may well answer by itself */
    const char *content = dosai_completion_content(completion, 0, NULL);
    printf("answer: %s\n", content ? content : "(no text)");
  } else if (reason == DOSAI_FINISH_LENGTH || reason == DOSAI_FINISH_CONTENT_FILTER) {
    printf("the answer was cut: its calls did not run\n");
  } else {
    if (answer_calls(request, completion, &error)) goto done;
    printf("answer: ");
    if (dosai_chat_stream(client, request, NULL, show, NULL, NULL, &error)) goto done;
    printf("\n");
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
