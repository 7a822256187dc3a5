/* dosai batch, in its parts.   SPDX-License-Identifier: MIT */
#ifndef BATCH_H
#define BATCH_H

#include "tool.h"

/* ---- batch_input.c: INPUT is checked whole, and then read again line by line, as each is sent. */

typedef struct batch_line {
  int64_t offset;
  uint64_t hash;   /* of its custom_id */
  uint32_t number; /* from 1 */
  uint32_t is_done;
} batch_line;

typedef struct batch_input {
  const char *path;
  FILE *file;
  int64_t position; /* in the file; -1: unknown */
  char *text;       /* of the line that was read last */
  size_t text_capacity;
  batch_line *lines;
  size_t count;
  size_t capacity;
  uint32_t *table; /* by hash: the line's index + 1 */
  size_t table_size;
} batch_input;

/* What a line asks for. */
typedef struct batch_request {
  char *custom_id;
  size_t custom_id_length;
  char *path;       /* below the base URL */
  const char *body; /* lent by the input until it reads another line */
  size_t body_length;
} batch_request;

/* Names each line that is wrong on standard error. */
void input_open(batch_input *input, const char *path, outcome *outcome);
void input_read(batch_input *input, const batch_line *line, batch_request *request, outcome *outcome);
batch_line *input_find(batch_input *input, const char *custom_id, size_t length);
void input_close(batch_input *input);
void request_clear(batch_request *request);
int is_object(const char *text, size_t length); /* JSON */

/* ---- batch_output.c: OUTPUT, of which no whole line is ever lost. */

typedef struct batch_output {
  const char *path;
  FILE *file;     /* kept open: closing any handle of the file would give up the lock */
  int64_t length; /* of its whole lines */
  FILE *line;     /* what is about to be written, in memory */
  char *text;     /* of the line, after it was flushed */
  size_t text_length;
  int is_dirty;
  int64_t synced_at;
} batch_output;

/* Marks the lines of input that have a result, and counts them. */
void output_open(batch_output *output, const char *path, batch_input *input, size_t *out_done,
                 size_t *out_failed, outcome *outcome);
/* Writes the result of a line: what the last event of its call has. 0: it could not. */
int output_write(batch_output *output, uint32_t number, const batch_request *request, const dosai_event *end,
                 outcome *outcome);
/* At most each second: a result is durable after it. */
void output_sync(batch_output *output, int64_t now, outcome *outcome);
void output_close(batch_output *output);

/* ---- cmd_batch.c */

/* A line on its way. */
typedef struct slot {
  enum { FREE, WAITING, SENT } state;
  batch_line *line;
  batch_request request;
  int64_t due; /* WAITING */
  dosai_call *call;
  int retries;
} slot;

typedef struct batch {
  dosai_client *client;
  dosai_loop *loop;
  dosai_call_options call;
  int retries_most;
  outcome *outcome; /* once it is not OK nothing more is sent */
  batch_input input;
  batch_output output;
  double window; /* calls at once: halved by a 429, and one more for each window that was answered */
  int64_t refused_at;
  int64_t held_until; /* by a 429, for all calls */
  slot *slots;
  size_t slot_count;
  slot *last;       /* that was submitted */
  size_t in_flight; /* submitted */
  size_t waiting;
  size_t next; /* line */
  size_t done; /* lines with a result */
  size_t failed;
  size_t done_before;
  int64_t started_at;
  int64_t tokens; /* completed */
  int64_t shown_at;
  int is_terminal; /* standard error is one */
  int is_live;     /* and the progress changes on it */
} batch;

int64_t now_ms(void); /* monotonic */

/* ---- batch_retry.c */

/* It is not the line's own fault: the others would fail too. */
int error_concerns_all(const dosai_error *error);
int64_t error_delay(const dosai_error *error, int retries);

/* ---- batch_progress.c: on standard error, if it is a terminal; the end also if something has failed. */

void progress_show(batch *batch, int64_t now);
void progress_end(const batch *batch, int64_t now);

#endif
