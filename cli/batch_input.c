/* The input of a batch.   SPDX-License-Identifier: MIT */
#include "batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COMPLAINTS_MAX 20

static void fail(const char *path, outcome *outcome) {
  dosai_status status = errno == ENOMEM ? DOSAI_OUT_OF_MEMORY : DOSAI_INVALID_ARGUMENT;
  outcome_fail(outcome, status, "%s: %s", path, strerror(errno));
}

static uint64_t hash_of(const char *text, size_t length) {
  uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
  for (size_t index = 0; index < length; index++) hash = (hash ^ (unsigned char)text[index]) * 0x100000001b3;
  return hash;
}

void request_clear(batch_request *request) {
  free(request->custom_id);
  free(request->path);
  memset(request, 0, sizeof *request);
}

int is_object(const char *text, size_t length) {
  dosai_request *request = NULL;
  dosai_status status = dosai_request_parse(text, length, &request, NULL);
  dosai_request_free(request);
  return status == DOSAI_OK;
}

/* "/v1/chat/completions" is "/chat/completions" below the base URL, which has a /v1 of its own, or none. What is no
 * path, such as one with a NUL or a fragment in it, becomes "". */
static char *path_of(const char *url) {
  size_t length = 0, at = 0;
  char *path = json_text(url, &length);
  if (!path) return NULL;
  while (at < length && path[at] > ' ' && path[at] < 0x7F && path[at] != '#') at++;
  if (path[0] != '/' || at < length) {
    path[0] = 0;
  } else if (strncmp(path, "/v1/", 4) == 0) {
    memmove(path, path + 3, length - 3 + 1);
  }
  return path;
}

/* Reads a line into the request; gives what is wrong with it, or NULL. */
static const char *parse(const char *text, size_t length, batch_request *request) {
  if (!is_object(text, length)) return "not a JSON object";
  const char *custom_id = json_member(text, "custom_id");
  const char *method = json_member(text, "method");
  const char *url = json_member(text, "url");
  if (!custom_id) return "custom_id is missing";
  if (*custom_id != '"' || custom_id[1] == '"') return "custom_id is not a string";
  if (!method || strncmp(method, "\"POST\"", 6) != 0) return "method is not \"POST\"";
  if (!url || *url != '"') return "url is not a string";
  request->body = json_member(text, "body");
  if (!request->body || *request->body != '{') return "body is not an object";
  request->body_length = (size_t)(json_value_end(request->body) - request->body);
  request->custom_id = json_text(custom_id, &request->custom_id_length);
  request->path = path_of(url);
  if (!request->custom_id || !request->path) return "out of memory";
  if (strlen(request->path) > 1 << 20) return "url has more than 1 MiB";
  return *request->path ? NULL : "url is not a path, such as \"/v1/chat/completions\"";
}

void input_read(batch_input *input, const batch_line *line, batch_request *request, outcome *outcome) {
  ssize_t length = -1;
  if (input->position == line->offset || fseeko(input->file, (off_t)line->offset, SEEK_SET) == 0) {
    length = getline(&input->text, &input->text_capacity, input->file);
  }
  input->position = length < 0 ? -1 : line->offset + length;
  if (length < 0 && !feof(input->file)) {
    fail(input->path, outcome);
  } else if (length < 0 || parse(input->text, (size_t)length, request) ||
             hash_of(request->custom_id, request->custom_id_length) != line->hash) {
    outcome_fail(outcome, DOSAI_INVALID_ARGUMENT, "%s: line %u has changed in the meantime", input->path,
                 (unsigned)line->number);
  }
}

static void put(batch_input *input, uint32_t index) {
  size_t place = input->lines[index].hash & (input->table_size - 1);
  while (input->table[place]) place = (place + 1) & (input->table_size - 1);
  input->table[place] = index + 1;
}

static int grow(batch_input *input) {
  size_t capacity = input->capacity ? input->capacity * 2 : 1024;
  batch_line *lines = realloc(input->lines, capacity * sizeof *lines);
  if (lines) input->lines = lines;
  uint32_t *table = calloc(capacity * 2, sizeof *table);
  if (!lines || !table || input->count >= UINT32_MAX / 2) {
    free(table);
    return 0;
  }
  free(input->table);
  input->table = table;
  input->table_size = capacity * 2;
  input->capacity = capacity;
  for (size_t index = 0; index < input->count; index++) put(input, (uint32_t)index);
  return 1;
}

/* Equal hashes are settled by the ids themselves. */
batch_line *input_find(batch_input *input, const char *custom_id, size_t length) {
  uint64_t hash = hash_of(custom_id, length);
  if (!input->table_size) return NULL;
  for (size_t place = hash; input->table[place &= input->table_size - 1]; place++) {
    batch_line *line = &input->lines[input->table[place] - 1];
    if (line->hash != hash) continue;
    batch_request other = {0};
    outcome ignored = {0};
    input_read(input, line, &other, &ignored);
    int is_it = outcome_is_ok(&ignored) && other.custom_id_length == length &&
                memcmp(other.custom_id, custom_id, length) == 0;
    request_clear(&other);
    if (is_it) return line;
  }
  return NULL;
}

static void add(batch_input *input, int64_t offset, uint32_t number, const batch_request *request,
                outcome *outcome) {
  if (input->count == input->capacity && !grow(input)) {
    outcome_fail(outcome, DOSAI_OUT_OF_MEMORY, "out of memory");
    return;
  }
  batch_line *line = &input->lines[input->count];
  *line = (batch_line){.offset = offset, .number = number};
  line->hash = hash_of(request->custom_id, request->custom_id_length);
  put(input, (uint32_t)input->count++);
}

static void complain(const batch_input *input, uint32_t number, const char *wrong, const batch_line *twin) {
  fprintf(stderr, "dosai: %s: line %u: ", input->path, (unsigned)number);
  if (twin) {
    fprintf(stderr, "custom_id is already used in line %u\n", (unsigned)twin->number);
  } else {
    fprintf(stderr, "%s\n", wrong);
  }
}

static void check(batch_input *input, FILE *file, outcome *outcome) {
  char *text = NULL;
  size_t capacity = 0, wrong_count = 0;
  int64_t offset = 0;
  ssize_t length = 0;
  for (uint32_t number = 1; outcome_is_ok(outcome); number++, offset += length) {
    length = getline(&text, &capacity, file);
    if (length < 0) break;
    if ((size_t)length == strspn(text, " \t\r\n")) continue;
    batch_request request = {0};
    const char *wrong = parse(text, (size_t)length, &request);
    const batch_line *twin = wrong ? NULL : input_find(input, request.custom_id, request.custom_id_length);
    if (!wrong && !twin) {
      add(input, offset, number, &request, outcome);
    } else if (++wrong_count <= COMPLAINTS_MAX) {
      complain(input, number, wrong, twin);
    }
    request_clear(&request);
  }
  if (length < 0 && !feof(file))
    fail(input->path, outcome); /* where there is no memory, no end and no error is set */
  if (outcome_is_ok(outcome) && wrong_count > 0) {
    outcome_fail(outcome, DOSAI_INVALID_ARGUMENT, "%s: nothing was sent: %zu lines are invalid", input->path,
                 wrong_count);
  }
  free(text);
}

void input_open(batch_input *input, const char *path, outcome *outcome) {
  input->path = path;
  input->file = fopen(path, "rb"); /* for single lines, while the other reads on */
  FILE *file = fopen(path, "rb");
  if (!file || !input->file) {
    fail(path, outcome);
  } else if (fseeko(file, 0, SEEK_END) != 0 || fseeko(file, 0, SEEK_SET) != 0) {
    fail(path, outcome);
  } else {
    check(input, file, outcome);
  }
  if (file) fclose(file);
}

void input_close(batch_input *input) {
  if (input->file) fclose(input->file);
  free(input->text);
  free(input->lines);
  free(input->table);
}
