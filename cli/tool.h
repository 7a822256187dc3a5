/* dosai: the command-line tool, on the public header alone.   SPDX-License-Identifier: MIT */
#ifndef TOOL_H
#define TOOL_H

#define _POSIX_C_SOURCE 200809L

#include <dosai.h>
#include <stdio.h>

#define DEFAULT_MODEL "dos-ai"
#define DEFAULT_CONCURRENCY 16
#define ANY_COMMAND 0
#define CHAT_COMMAND 1
#define MODELS_COMMAND 2
#define BATCH_COMMAND 4
#define POST_COMMAND 8
#define DECODE_COMMAND 16

enum {
  EXIT_REFUSED = 1,
  EXIT_USAGE = 2,
  EXIT_NETWORK = 3,
  EXIT_ANSWER = 4,
  EXIT_OTHER = 5,
  EXIT_CANCELLED = 130
};

typedef struct list {
  const char **items;
  size_t count;
} list;

/* What the command line and the environment say. */
typedef struct options {
  dosai_client_options client;
  dosai_call_options call;
  const char *model;
  const char *system;
  const char *file;
  const char *request_file;
  const char *prompt;
  const char *color;  /* auto, always or never */
  const char *input;  /* of a batch */
  const char *path;   /* of a post */
  const char *output; /* -o */
  int64_t concurrency;
  int64_t requests_per_minute; /* 0: no limit */
  int64_t tokens_per_minute;
  list headers;
  list settings;     /* KEY=JSON */
  list tool_schemas; /* files */
  list tool_results; /* NAME=TEXT */
  int32_t is_talk;   /* -i */
  int32_t is_whole;  /* --no-stream */
  int32_t is_json;
  int32_t is_stream;
} options;

/* How a call ended: the library's objects, or a message of our own. */
typedef struct outcome {
  dosai_status status;
  dosai_error *error;
  dosai_completion *completion;
  int is_part_failed; /* a batch was done, but for lines that failed */
  char message[512];
  int is_printed; /* all that was to be said of it */
} outcome;

/* options.c: parses what follows the command; ends the process for --help and for usage errors. */
void options_parse(options *options, int command, int argument_count, char **arguments);
void options_free(options *options);
void usage_print(FILE *file, int command);
/* Visits the options of a command. argument: NULL for none. */
typedef void (*option_visitor)(const char *name, const char *argument, const char *help);
void options_visit(int command, option_visitor visit);

/* color.c: an escape sequence for standard error, or "" where colours are not wanted. */
#define COLOR_PLAIN "\x1b[0m"
#define COLOR_BOLD "\x1b[1m"
#define COLOR_DIM "\x1b[2m"
#define COLOR_RED "\x1b[31m"
int color_start(const char *when); /* 0: no such word */
const char *color(const char *escape);
int takes_escapes(void); /* standard error is a terminal that knows escape sequences */

/* help.c: what --help says before the options, and after. */
const char *help_of(int command);
const char *notes_of(int command);

/* outcome.c */
/* What a server sent may not steer the terminal: each control character is written as a blank. */
void put_plain(FILE *file, const char *text, size_t length);
int outcome_is_ok(const outcome *outcome);
void outcome_fail(outcome *outcome, dosai_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const dosai_completion *outcome_completion(const outcome *outcome);
int outcome_exit_status(const outcome *outcome);
void outcome_print_error(const outcome *outcome);
void outcome_print_json(const outcome *outcome);
void outcome_free(outcome *outcome);

/* json.c: writes always one line and valid UTF-8: no control character stands as itself. */
void json_put_string(FILE *file, const char *text, size_t length); /* null for NULL */
void json_put_compact(FILE *file, const char *json, size_t length);
void json_put_count(FILE *file, const char *key, int64_t count); /* null below 0 */
/* Reads valid JSON: where the value of an object's member starts, or NULL; the end of a value; the first and
 * the next value in an array, or NULL. */
const char *json_member(const char *object, const char *key);
const char *json_value_end(const char *value);
const char *json_first(const char *array);
const char *json_next(const char *value);
/* Gives what a JSON string says; NULL: out of memory. */
char *json_text(const char *string, size_t *out_length);

/* request.c: makes the request that the options describe. */
void request_build(const options *options, dosai_request **out_request, outcome *outcome);

/* cmd_chat.c, cmd_models.c, cmd_batch.c, cmd_post.c: the commands, once the client is there. */
void chat_run(dosai_client *client, const options *options, outcome *outcome);
void decode_run(const options *options, outcome *outcome); /* of cmd_chat.c; needs no client */
void models_run(dosai_client *client, const options *options, outcome *outcome);
void batch_observe(const dosai_call_event *event, void *user_data);
void batch_run(dosai_client *client, const options *options, outcome *outcome);
void post_run(dosai_client *client, const options *options, outcome *outcome);

/* cmd_completion.c: dosai completion SHELL; gives the exit status. */
int shells_run(int argument_count, char **arguments);

/* main.c: from here on the first SIGINT or SIGTERM cancels the call, and the second ends the process. One
 * that was ignored stays ignored. */
void cancel_on_signals(void);
/* Flushes standard output; anything but 0: it failed, now or before. */
int output_flush(void);
/* The exit status of what has printed all it had to; it says what is wrong with the output. */
int output_end(void);

#endif
