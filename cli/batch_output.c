/* The output of a batch.   SPDX-License-Identifier: MIT */
#include "batch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define START "{\"id\": \"batch_req_" /* of each line */
#define SYNC_MS 1000

static void fail(const batch_output *output, outcome *outcome) {
  if (outcome_is_ok(outcome)) outcome_fail(outcome, DOSAI_RESOURCE, "%s: %s", output->path, strerror(errno));
}

/* The custom_id of a result; NULL: the text is none. An answer may be as deep as the library reads, and stands two
 * levels deeper in its result: so it is checked by itself, and blanked. */
static const char *parse(char *text, size_t length) {
  const char *response = json_member(text, "response");
  const char *body = response ? json_member(response, "body") : NULL;
  size_t body_length = body ? (size_t)(json_value_end(body) - body) : 0;
  if (body && is_object(body, body_length)) memset(text + (body - text) + 1, ' ', body_length - 2);
  if (!is_object(text, length) || !response || !json_member(text, "error")) return NULL;
  const char *custom_id = json_member(text, "custom_id");
  return custom_id && *custom_id == '"' ? custom_id : NULL;
}

static void mark(batch_input *input, const char *result, const char *custom_id, size_t *done, size_t *failed,
                 outcome *outcome) {
  size_t length = 0;
  char *id = json_text(custom_id, &length);
  if (!id) {
    outcome_fail(outcome, DOSAI_OUT_OF_MEMORY, "out of memory");
    return;
  }
  batch_line *line = input_find(input, id, length);
  free(id);
  if (!line || line->is_done) return;
  line->is_done = 1;
  *done += 1;
  *failed += strncmp(json_member(result, "error"), "null", 4) != 0;
}

/* What a process that died in the middle of a line leaves: its start, or zeros. */
static int is_torn(const char *text) {
  size_t length = strnlen(text, sizeof START - 1);
  return memcmp(text, START, length) == 0;
}

static void read_results(batch_output *output, batch_input *input, size_t *done, size_t *failed,
                         outcome *outcome) {
  int descriptor = fileno(output->file);
  char *text = NULL;
  size_t capacity = 0;
  ssize_t length = 0;
  for (unsigned number = 1; outcome_is_ok(outcome); number++) {
    length = getline(&text, &capacity, output->file);
    if (length < 0) break;
    int is_whole = text[length - 1] == '\n';
    const char *custom_id = parse(text, (size_t)length);
    if (custom_id) {
      mark(input, text, custom_id, done, failed, outcome);
      output->length += length;
      if (!is_whole && write(descriptor, "\n", 1) != 1) fail(output, outcome);
      if (!is_whole) output->length++;
    } else if (!is_whole && is_torn(text)) {
      if (ftruncate(descriptor, (off_t)output->length) != 0) fail(output, outcome);
    } else {
      outcome_fail(outcome, DOSAI_INVALID_ARGUMENT, "%s: line %u is not a batch result", output->path,
                   number);
    }
  }
  if (length < 0 && !feof(output->file)) fail(output, outcome);
  free(text);
}

/* One batch at a time; the lock goes with the process. */
static int lock(int descriptor) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return fcntl(descriptor, F_SETLK, &lock) == 0;
}

/* The file's name is as durable as what is in it. A folder that may not be read, or synced, is left alone. */
static int sync_folder(const char *path) {
  const char *slash = strrchr(path, '/');
  char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
  int descriptor = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  int is_synced = descriptor < 0 || fsync(descriptor) == 0 || errno != EIO;
  if (descriptor >= 0) close(descriptor);
  free(folder);
  return is_synced;
}

void output_open(batch_output *output, const char *path, batch_input *input, size_t *out_done,
                 size_t *out_failed, outcome *outcome) {
  struct stat status;
  output->path = path;
  int descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0 || fstat(descriptor, &status) != 0 || !(output->file = fdopen(descriptor, "r"))) {
    fail(output, outcome);
    if (descriptor >= 0) close(descriptor);
  } else if (!S_ISREG(status.st_mode)) {
    outcome_fail(outcome, DOSAI_INVALID_ARGUMENT, "%s: not a file", path);
  } else if (!lock(descriptor)) {
    if (errno != EACCES && errno != EAGAIN) fail(output, outcome);
    else outcome_fail(outcome, DOSAI_RESOURCE, "%s: another batch is writing to it", path);
  } else {
    read_results(output, input, out_done, out_failed, outcome);
    if (outcome_is_ok(outcome) && (fsync(descriptor) != 0 || !sync_folder(path))) fail(output, outcome);
  }
}

static void put_body(FILE *file, const dosai_error *error) {
  size_t length = 0;
  const char *body = dosai_error_body(error, &length);
  if (body && is_object(body, length)) {
    json_put_compact(file, body, length);
  } else {
    json_put_string(file, body, length);
  }
}

static void put_response(FILE *file, const dosai_event *end) {
  size_t id_length = 0, length = 0;
  int32_t http_status;
  const char *id, *json = NULL;
  if (end->completion) {
    http_status = dosai_completion_http_status(end->completion);
    id = dosai_completion_request_id(end->completion, &id_length);
    json = dosai_completion_json(end->completion, &length);
  } else if (end->response) {
    http_status = dosai_response_http_status(end->response);
    id = dosai_response_request_id(end->response, &id_length);
    json = dosai_response_json(end->response, &length);
  } else {
    http_status = dosai_error_http_status(end->error);
    id = dosai_error_request_id(end->error, &id_length);
  }
  if (!http_status) {
    fputs("null", file);
    return;
  }
  fprintf(file, "{\"status_code\": %d, \"request_id\": ", (int)http_status);
  json_put_string(file, id, id_length);
  fputs(", \"body\": ", file);
  if (json) json_put_compact(file, json, length);
  else put_body(file, end->error);
  fputc('}', file);
}

static void put_result(FILE *file, uint32_t number, const batch_request *request, const dosai_event *end) {
  fprintf(file, START "%u\", \"custom_id\": ", (unsigned)number);
  json_put_string(file, request->custom_id, request->custom_id_length);
  fputs(", \"response\": ", file);
  put_response(file, end);
  fputs(", \"error\": ", file);
  if (!end->error) {
    fputs("null}\n", file);
    return;
  }
  size_t length = 0;
  const char *message = dosai_error_message(end->error, &length);
  fprintf(file, "{\"code\": \"%s\", \"message\": ", dosai_status_name(dosai_error_status(end->error)));
  json_put_string(file, message, length);
  fputs("}}\n", file);
}

/* A line that cannot be written whole is taken back. */
static int append(batch_output *output, const char *text, size_t length) {
  int descriptor = fileno(output->file);
  for (size_t written = 0; written < length;) {
    ssize_t count = write(descriptor, text + written, length - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      int reason = errno;
      if (ftruncate(descriptor, (off_t)output->length) != 0) reason = errno;
      errno = reason;
      return 0;
    }
    written += (size_t)count;
  }
  output->length += (int64_t)length;
  output->is_dirty = 1;
  return 1;
}

int output_write(batch_output *output, uint32_t number, const batch_request *request, const dosai_event *end,
                 outcome *outcome) {
  if (!output->line) output->line = open_memstream(&output->text, &output->text_length);
  if (output->line) {
    rewind(output->line);
    put_result(output->line, number, request, end);
  }
  /* Where there is no memory, the stream stays as it is from there on, and says nothing. */
  int is_made = output->line && fflush(output->line) == 0 && output->text_length > 0 &&
                output->text[output->text_length - 1] == '\n';
  if (!is_made) errno = ENOMEM;
  int is_written = is_made && append(output, output->text, output->text_length);
  if (!is_written) fail(output, outcome);
  return is_written;
}

void output_sync(batch_output *output, int64_t now, outcome *outcome) {
  if (!output->is_dirty || now - output->synced_at < SYNC_MS) return;
  if (fdatasync(fileno(output->file)) != 0) fail(output, outcome);
  output->is_dirty = 0;
  output->synced_at = now;
}

void output_close(batch_output *output) {
  if (output->file) fclose(output->file);
  if (output->line) fclose(output->line);
  free(output->text);
}
