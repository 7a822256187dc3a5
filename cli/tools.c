/* Tools tried by hand: their schemas and their results.   SPDX-License-Identifier: MIT */
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tools_are_given(const options *options) {
  return options->tool_schemas.count > 0 || options->tool_results.count > 0;
}

/* A tool, or a bare function. 0: it is neither; below 0: there is no memory. */
static int put_tool(FILE *file, const char *json) {
  int length = (int)(json_value_end(json) - json);
  int is_tool = json_member(json, "function") != NULL;
  if (!is_tool && !json_member(json, "name")) return 0;
  if (ftell(file) > 1 && fputc(',', file) == EOF) return -1;
  return fprintf(file, is_tool ? "%.*s" : "{\"type\":\"function\",\"function\":%.*s}", length, json);
}

static int put_tools(FILE *file, const char *json) {
  if (*json != '[') return put_tool(file, json);
  int is_put = 0;
  for (const char *tool = json_first(json); tool; tool = json_next(tool)) {
    is_put = put_tool(file, tool);
    if (is_put <= 0) break;
  }
  return is_put;
}

/* The request's tools and, read as "tools" of a request of its own, those of the schema. */
static void merge(dosai_request *request, const dosai_request *schema, const char *path, outcome *outcome) {
  char *json = NULL;
  size_t length = 0;
  FILE *file = open_memstream(&json, &length);
  if (!file) {
    outcome_fail(outcome, DOSAI_OUT_OF_MEMORY, "out of memory");
    return;
  }
  const char *there = json_member(dosai_request_json(request, NULL), "tools");
  int is_put = fputc('[', file) == EOF ? -1 : 1;
  for (const char *tool = there ? json_first(there) : NULL; tool && is_put > 0; tool = json_next(tool)) {
    is_put = fprintf(file, "%s%.*s", ftell(file) > 1 ? "," : "", (int)(json_value_end(tool) - tool), tool);
  }
  if (is_put > 0) is_put = put_tools(file, json_member(dosai_request_json(schema, NULL), "tools"));
  if (is_put > 0 && fputc(']', file) == EOF) is_put = -1;
  if (fclose(file) != 0 || is_put < 0) {
    outcome_fail(outcome, DOSAI_OUT_OF_MEMORY, "out of memory");
  } else if (!is_put) {
    outcome_fail(outcome, DOSAI_INVALID_ARGUMENT,
                 "--tool-schema %s: must be {\"name\": ..., \"parameters\": ...}, or a list of these", path);
  } else {
    outcome->status = dosai_request_set_json(request, "tools", json, length, &outcome->error);
  }
  free(json);
}

static void add_schema(dosai_request *request, const char *path, outcome *outcome) {
  text json = {0};
  dosai_request *schema = NULL;
  file_read(path, &json, outcome);
  if (outcome_is_ok(outcome)) outcome->status = dosai_request_new("-", 1, &schema, &outcome->error);
  if (outcome_is_ok(outcome)) {
    outcome->status = dosai_request_set_json(schema, "tools", json.bytes, json.length, &outcome->error);
    if (outcome->status == DOSAI_INVALID_ARGUMENT) {
      outcome_fail(outcome, outcome->status, "--tool-schema %s: not JSON", path);
    }
  }
  if (outcome_is_ok(outcome)) merge(request, schema, path, outcome);
  dosai_request_free(schema);
  free(json.bytes);
}

void tools_add(const options *options, dosai_request *request, outcome *outcome) {
  for (size_t index = 0; index < options->tool_schemas.count && outcome_is_ok(outcome); index++) {
    add_schema(request, options->tool_schemas.items[index], outcome);
  }
  for (size_t index = 0; index < options->tool_results.count && outcome_is_ok(outcome); index++) {
    const char *result = options->tool_results.items[index];
    if (!strchr(result, '=')) {
      outcome_fail(outcome, DOSAI_INVALID_ARGUMENT, "--tool-result %s: not NAME=TEXT", result);
    }
  }
}

/* The first result of that name, in which there may be a NUL, that was not used; NULL: there is none. */
static const char *take_result(const list *results, const char *name, size_t length) {
  for (size_t index = 0; index < results->count; index++) {
    const char *result = results->items[index];
    if (!result || strlen(result) <= length || memcmp(result, name, length) != 0) continue;
    if (result[length] != '=') continue;
    results->items[index] = NULL;
    return result + length + 1;
  }
  return NULL;
}

static int ask_result(const char *name, entry *entry) {
  char prompt[64];
  size_t length = 0;
  for (; name[length] && length < sizeof prompt - 4; length++) {
    prompt[length] = name[length] > ' ' && name[length] < 0x7F ? name[length] : '?';
  }
  strcpy(prompt + length, " = ");
  return lines_read(prompt, entry);
}

int tools_answer(const options *options, const dosai_completion *completion, dosai_request *request,
                 outcome *outcome) {
  int32_t count = dosai_completion_tool_call_count(completion, 0);
  for (int32_t index = 0; index < count && outcome_is_ok(outcome); index++) {
    size_t name_length = 0;
    size_t id_length = 0;
    const char *id = dosai_completion_tool_call_id(completion, 0, index, &id_length);
    const char *name = dosai_completion_tool_call_name(completion, 0, index, &name_length);
    const char *result = take_result(&options->tool_results, name ? name : "", name_length);
    entry entry = {0};
    if (!result) {
      if (!lines_can_ask() || !ask_result(name ? name : "", &entry)) return 0;
    }
    outcome->status =
        dosai_request_add_tool_result(request, id ? id : "", result ? result : entry.text.bytes,
                                      result ? strlen(result) : entry.text.length, &outcome->error);
    if (outcome_is_ok(outcome) && id && strlen(id) < id_length) { /* there is a NUL in it */
      outcome->status =
          dosai_request_set_message_text(request, "tool_call_id", id, id_length, &outcome->error);
    }
    free(entry.text.bytes);
  }
  return outcome_is_ok(outcome);
}

static int is_required(const char *value) { return value && strncmp(value, "\"required\"", 10) == 0; }

void tools_unforce(dosai_request *request, outcome *outcome) {
  const char *choice = json_member(dosai_request_json(request, NULL), "tool_choice");
  const char *allowed = choice ? json_member(choice, "allowed_tools") : NULL;
  const char *mode = allowed ? json_member(allowed, "mode") : NULL;
  const char *part = is_required(choice) ? choice : is_required(mode) ? mode : NULL;
  if (choice && (json_member(choice, "function") || json_member(choice, "custom"))) part = choice;
  if (!part) return;
  const char *rest = json_value_end(part), *end = json_value_end(choice);
  size_t size = (size_t)(end - choice) + sizeof "\"auto\"";
  char *json = malloc(size);
  if (!json) {
    outcome_fail(outcome, DOSAI_OUT_OF_MEMORY, "out of memory");
    return;
  }
  int length =
      snprintf(json, size, "%.*s\"auto\"%.*s", (int)(part - choice), choice, (int)(end - rest), rest);
  outcome->status = dosai_request_set_json(request, "tool_choice", json, (size_t)length, &outcome->error);
  free(json);
}
