/* The request that the command line describes.   SPDX-License-Identifier: MIT */
#include "talk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void read_text(FILE *file, text *text, outcome *outcome) {
  size_t capacity = 0;
  do {
    capacity = capacity ? capacity * 2 : 65536;
    char *bytes = realloc(text->bytes, capacity);
    if (!bytes) {
      outcome_fail(outcome, DOSAI_OUT_OF_MEMORY, "out of memory");
      return;
    }
    text->bytes = bytes;
    text->length += fread(bytes + text->length, 1, capacity - text->length, file);
  } while (text->length == capacity);
}

void file_read(const char *path, text *text, outcome *outcome) {
  FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
  if (file) read_text(file, text, outcome);
  if (!file || ferror(file)) outcome_fail(outcome, DOSAI_INVALID_ARGUMENT, "%s: %s", path, strerror(errno));
  if (file && file != stdin) fclose(file);
}

static int is_standard_input(const char *path) { return path && strcmp(path, "-") == 0; }

/* PROMPT, the file, or both with a blank line between. */
void prompt_read(const options *options, text *prompt, outcome *outcome) {
  const char *file = options->file;
  int is_bare = !file && !options->prompt && !options->request_file && !options->is_talk;
  if (is_bare && !isatty(STDIN_FILENO)) file = "-";
  if (file) {
    if (is_standard_input(file) && is_standard_input(options->request_file)) {
      outcome_fail(outcome, DOSAI_INVALID_ARGUMENT, "--file and --request cannot both read standard input");
      return;
    }
    file_read(file, prompt, outcome);
  }
  if (!outcome_is_ok(outcome) || !options->prompt) return;
  size_t length = strlen(options->prompt);
  size_t blank = file ? 2 : 0;
  char *bytes = malloc(length + blank + prompt->length + 1);
  if (!bytes) {
    outcome_fail(outcome, DOSAI_OUT_OF_MEMORY, "out of memory");
    return;
  }
  memcpy(bytes, options->prompt, length);
  memcpy(bytes + length, "\n\n", blank);
  if (prompt->length) memcpy(bytes + length + blank, prompt->bytes, prompt->length);
  free(prompt->bytes);
  prompt->bytes = bytes;
  prompt->length += length + blank;
}

static void start(const options *options, dosai_request **out_request, outcome *outcome) {
  if (!options->request_file) {
    outcome->status = dosai_request_new(options->model ? options->model : DEFAULT_MODEL, DOSAI_NUL_TERMINATED,
                                        out_request, &outcome->error);
    return;
  }
  text json = {0};
  file_read(options->request_file, &json, outcome);
  if (outcome_is_ok(outcome)) {
    outcome->status = dosai_request_parse(json.bytes, json.length, out_request, &outcome->error);
  }
  if (outcome_is_ok(outcome) && options->model) {
    outcome->status =
        dosai_request_set_text(*out_request, "model", options->model, DOSAI_NUL_TERMINATED, &outcome->error);
  }
  free(json.bytes);
}

static void add_message(dosai_request *request, const char *role, const char *content, size_t length,
                        outcome *outcome) {
  if (!content || !outcome_is_ok(outcome)) return;
  outcome->status = dosai_request_add_message(request, role, content, length, &outcome->error);
}

static void set(dosai_request *request, const char *setting, outcome *outcome) {
  size_t length = strcspn(setting, "=");
  char *key = strndup(setting, length);
  if (!key) {
    outcome_fail(outcome, DOSAI_OUT_OF_MEMORY, "out of memory");
  } else if (length == 0 || !setting[length]) {
    outcome_fail(outcome, DOSAI_INVALID_ARGUMENT, "--set %s: not KEY=JSON", setting);
  } else {
    const char *json = setting + length + 1;
    outcome->status = dosai_request_set_json(request, key, json, DOSAI_NUL_TERMINATED, &outcome->error);
    if (outcome->status == DOSAI_INVALID_ARGUMENT) {
      outcome_fail(outcome, outcome->status, "--set %s: not JSON: %s (put text in \"quotes\")", key, json);
    }
  }
  free(key);
}

void request_build(const options *options, dosai_request **out_request, outcome *outcome) {
  text prompt = {0};
  if (!options->is_talk) {
    prompt_read(options, &prompt, outcome);
    if (outcome_is_ok(outcome) && prompt.length == 0 && !options->request_file) {
      outcome_fail(outcome, DOSAI_INVALID_ARGUMENT, "there is no prompt");
    }
  }
  if (outcome_is_ok(outcome)) start(options, out_request, outcome);
  add_message(*out_request, "system", options->system, DOSAI_NUL_TERMINATED, outcome);
  add_message(*out_request, "user", prompt.bytes, prompt.length, outcome);
  for (size_t index = 0; index < options->settings.count && outcome_is_ok(outcome); index++) {
    set(*out_request, options->settings.items[index], outcome);
  }
  free(prompt.bytes);
}
