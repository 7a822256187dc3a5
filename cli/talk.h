/* dosai chat: what its files share.   SPDX-License-Identifier: MIT */
#ifndef TALK_H
#define TALK_H

#include "tool.h"

typedef struct text {
  char *bytes;
  size_t length;
} text;

/* request.c: adds the file's text to what is there, "-" being standard input; PROMPT, the file, or both. */
void file_read(const char *path, text *text, outcome *outcome);
void prompt_read(const options *options, text *prompt, outcome *outcome);

/* cmd_chat.c: makes one call and prints its answer. */
void chat_ask(dosai_client *client, const dosai_request *request, const options *options, outcome *outcome);

/* talk.c: answers the request, or, with -i, turn after turn of the user's. */
typedef struct talk {
  dosai_client *client;
  options options;
  dosai_request *request; /* all that was said */
  outcome *outcome;       /* of the last turn or command */
  int is_over;
} talk;
void talk_run(dosai_client *client, const options *options, dosai_request *request, outcome *outcome);
void talk_begin(talk *talk);  /* a new outcome */
void talk_report(talk *talk); /* says what became of it */

/* commands.c */
void talk_command(talk *talk, const char *line);

/* tools.c: what --tool-schema and --tool-result say. */
int tools_are_given(const options *options);
void tools_add(const options *options, dosai_request *request, outcome *outcome);
/* Adds a result for each tool call of the completion; 0: one is missing. */
int tools_answer(const options *options, const dosai_completion *completion, dosai_request *request,
                 outcome *outcome);
/* Forces no call from now on: the model could only call again. */
void tools_unforce(dosai_request *request, outcome *outcome);

/* lines.c: what the user says. From lines_open on, SIGINT and SIGTERM stop what goes on, not the program. */
typedef struct entry {
  text text;
  int is_block; /* it stood in """ */
} entry;
void lines_open(const options *options);
int lines_can_ask(void);
int lines_are_typed(void); /* in a terminal */
int lines_are_stopped(void);
int lines_have_ended(void);  /* by SIGTERM or SIGHUP */
int lines_lack_memory(void); /* for the last one */
void lines_go_on(void);      /* after SIGINT */
int lines_wait(void);        /* for input; 0: a signal came first */
/* Gives an entry, whose text is freed by the caller; 0: the end, or a signal. */
int lines_read(const char *prompt, entry *entry);
void lines_close(void);

/* edit.c: a line that is edited, and the history's file; without libedit edit_open answers 0. */
int edit_open(void);
int edit_line(const char *prompt, text *line);
void edit_close(void);

#endif
