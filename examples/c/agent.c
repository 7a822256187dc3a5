/* An agent: a model that may call functions, as often as it wants to, until it answers.   SPDX-License-Identifier: MIT
 *
 *   make
 *   cc -Iinclude examples/c/agent.c -o build/agent -Lbuild/lib -Wl,-rpath,build/lib -ldosai
 *   build/agent "How big is the file README.md, and what time is it?"
 *
 * Ctrl-C stops it. DOSAI_API_KEY is the key; DOSAI_BASE_URL and DOSAI_MODEL name another server and model. */
#include <dosai.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_ROUNDS = 10 }; /* a model may call again and again */

static dosai_cancel *cancel;
static void stop(int number) { (void)number, dosai_cancel_trigger(cancel); }

/* Gives the time; it has no parameters. */
static void current_time(const char *arguments, char *result, size_t size) {
  const time_t now = time(NULL);
  (void)arguments;
  strftime(result, size, "%Y-%m-%d %H:%M:%S UTC", gmtime(&now));
}

/* Gives the size of a file. A real program would parse the arguments with a JSON library, and check the path. What is
 * wrong is told to the model, so that it can do better. */
static void file_size(const char *arguments, char *result, size_t size) {
  char name[256] = "";
  const char *path = strstr(arguments, "\"path\"");
  FILE *file = NULL;
  int end = 0;
  if (path) sscanf(path, "\"path\" : \"%255[^\"\\/]\"%n", name, &end);
  if (end && name[0] != '.') file = fopen(name, "rb");
  if (file && fseek(file, 0, SEEK_END) == 0) snprintf(result, size, "%ld bytes", ftell(file));
  else snprintf(result, size, "error: there is no file \"%s\" in this folder", name);
  if (file) fclose(file);
}

static const struct tool {
  const char *name, *description, *parameters;
  void (*run)(const char *arguments, char *result, size_t size);
} tools[] = {
    {"current_time", "The date and time, now", NULL, current_time},
    {"file_size", "The size of a file in this folder",
     "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"}},\"required\":[\"path\"]}",
     file_size},
};
enum { TOOL_COUNT = sizeof tools / sizeof *tools };

/* Runs the calls of an answer, and adds the answer and their results to the conversation. */
static dosai_status run_calls(dosai_request *request, const dosai_completion *answer, dosai_error **error) {
  const int32_t count = dosai_completion_tool_call_count(answer, 0);
  dosai_status status = dosai_request_add_completion(request, answer, 0, error);
  for (int32_t index = 0; !status && index < count && !dosai_cancel_is_triggered(cancel); index++) {
    const char *id = dosai_completion_tool_call_id(answer, 0, index, NULL);
    const char *name = dosai_completion_tool_call_name(answer, 0, index, NULL);
    const char *arguments = dosai_completion_tool_call_arguments(answer, 0, index, NULL);
    char result[512] = "error: there is no such function";
    for (int tool = 0; name && tool < TOOL_COUNT; tool++)
      if (!strcmp(name, tools[tool].name)) tools[tool].run(arguments ? arguments : "", result, sizeof result);
    printf("[%s %s: %s]\n", name ? name : "?", arguments ? arguments : "", result);
    status = dosai_request_add_tool_result(request, id ? id : "", result, DOSAI_NUL_TERMINATED, error);
  }
  return status;
}

static int32_t show(const dosai_chunk *chunk, void *user_data) {
  (void)user_data;
  if (chunk->kind == DOSAI_CHUNK_CONTENT) fwrite(chunk->text, 1, chunk->text_length, stdout);
  return fflush(stdout);
}

int main(int count, char **words) {
  dosai_client *client = NULL;
  dosai_request *request = NULL;
  dosai_completion *answer = NULL;
  dosai_error *error = NULL;
  dosai_client_options options;
  dosai_call_options call;
  const char *model = getenv("DOSAI_MODEL"), *question = count > 1 ? words[1] : "What time is it?";
  dosai_client_options_init(&options, sizeof options);
  dosai_call_options_init(&call, sizeof call);
  options.base_url = getenv("DOSAI_BASE_URL");
  options.api_key = getenv("DOSAI_API_KEY");

  dosai_status status = dosai_cancel_new(&cancel, &error);
  if (!status) status = dosai_client_new(&options, &client, &error);
  if (!status) status = dosai_request_new(model ? model : "dos-ai", DOSAI_NUL_TERMINATED, &request, &error);
  if (!status) status = dosai_request_add_message(request, "user", question, DOSAI_NUL_TERMINATED, &error);
  for (int tool = 0; !status && tool < TOOL_COUNT; tool++)
    status = dosai_request_add_tool(request, tools[tool].name, tools[tool].description,
                                    tools[tool].parameters, DOSAI_NUL_TERMINATED, &error);
  call.cancel = cancel;
  if (cancel) signal(SIGINT, stop);

  int round = 0, has_calls = 1, is_cut = 0; /* half a call is not to run */
  while (!status && has_calls && !is_cut && round++ < MAX_ROUNDS) {
    dosai_completion_free(answer), answer = NULL;
    status = dosai_chat_stream(client, request, &call, show, NULL, &answer, &error);
    has_calls = dosai_completion_tool_call_count(answer, 0) > 0;
    dosai_finish_reason reason = dosai_completion_finish_reason(answer, 0);
    is_cut = reason == DOSAI_FINISH_LENGTH || reason == DOSAI_FINISH_CONTENT_FILTER;
    if (!status && has_calls && !is_cut && round < MAX_ROUNDS) status = run_calls(request, answer, &error);
  }
  putchar('\n');
  if (status) fprintf(stderr, "%s: %s\n", dosai_status_name(status), dosai_error_message(error, NULL));
  else if (has_calls && is_cut) fputs("the answer was cut: its calls did not run\n", stderr);
  else if (has_calls) fprintf(stderr, "the model still calls functions after %d rounds\n", MAX_ROUNDS);
  signal(SIGINT, SIG_DFL);
  dosai_error_free(error);
  dosai_completion_free(answer);
  dosai_request_free(request);
  dosai_client_free(client);
  dosai_cancel_free(cancel);
  return status || has_calls ? EXIT_FAILURE : EXIT_SUCCESS;
}
