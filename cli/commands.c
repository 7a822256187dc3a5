/* The commands of dosai chat -i.   SPDX-License-Identifier: MIT */
#include "talk.h"

#include <errno.h>
#include <string.h>

static int is_system(const char *message) {
  const char *role = json_member(message, "role");
  return role && (strncmp(role, "\"system\"", 8) == 0 || strncmp(role, "\"developer\"", 11) == 0);
}

/* The messages anew: the leading ones, which say how to answer, or `system` in their place; and what was said
 * since, if it is to stay. */
static void renew(talk *talk, const char *system, int keeps_what_was_said) {
  outcome *outcome = talk->outcome;
  dosai_request *anew = NULL;
  const char *messages = json_member(dosai_request_json(talk->request, NULL), "messages");
  int is_leading = 1;
  outcome->status = dosai_request_new("-", 1, &anew, &outcome->error);
  if (outcome_is_ok(outcome) && system && *system) {
    outcome->status =
        dosai_request_add_message(anew, "system", system, DOSAI_NUL_TERMINATED, &outcome->error);
  }
  for (const char *message = messages ? json_first(messages) : NULL; message; message = json_next(message)) {
    is_leading = is_leading && is_system(message);
    if (!outcome_is_ok(outcome) || !(is_leading ? !system : keeps_what_was_said)) continue;
    size_t length = (size_t)(json_value_end(message) - message);
    outcome->status = dosai_request_add_message_json(anew, message, length, &outcome->error);
  }
  if (outcome_is_ok(outcome)) {
    messages = json_member(dosai_request_json(anew, NULL), "messages");
    size_t length = messages ? (size_t)(json_value_end(messages) - messages) : 2;
    outcome->status = dosai_request_set_json(talk->request, "messages", messages ? messages : "[]", length,
                                             &outcome->error);
  }
  dosai_request_free(anew);
}

static void help_command(talk *talk, const char *argument);

static void system_command(talk *talk, const char *argument) { renew(talk, argument, 1); }

static void model_command(talk *talk, const char *argument) {
  outcome *outcome = talk->outcome;
  if (!*argument) {
    outcome_fail(outcome, DOSAI_INVALID_ARGUMENT, "/model: NAME is missing");
    return;
  }
  outcome->status =
      dosai_request_set_text(talk->request, "model", argument, DOSAI_NUL_TERMINATED, &outcome->error);
}

static void clear_command(talk *talk, const char *argument) {
  (void)argument;
  renew(talk, NULL, 0);
}

static void save_command(talk *talk, const char *argument) {
  size_t length = 0;
  const char *json = dosai_request_json(talk->request, &length);
  FILE *file = *argument ? fopen(argument, "w") : NULL;
  if (!*argument) {
    outcome_fail(talk->outcome, DOSAI_INVALID_ARGUMENT, "/save: FILE is missing");
    return;
  }
  int is_written = file && fwrite(json, 1, length, file) == length && fputc('\n', file) != EOF;
  if ((file && fclose(file) != 0) || !is_written) {
    outcome_fail(talk->outcome, DOSAI_INVALID_ARGUMENT, "%s: %s", argument, strerror(errno));
  }
}

static void exit_command(talk *talk, const char *argument) {
  (void)argument;
  talk->is_over = 1;
}

static const struct command {
  const char *name;
  const char *argument;
  void (*run)(talk *talk, const char *argument);
  const char *help;
} commands[] = {
    {"/help", "", help_command, "this"},
    {"/system", "TEXT", system_command, "set the system message; without TEXT, remove it"},
    {"/model", "NAME", model_command, "use another model"},
    {"/clear", "", clear_command, "forget the conversation"},
    {"/save", "FILE", save_command, "write the conversation; dosai chat -i --request FILE continues it"},
    {"/exit", "", exit_command, "end, as Ctrl-D does"},
};
static const size_t command_count = sizeof commands / sizeof *commands;

static void help_command(talk *talk, const char *argument) {
  (void)talk;
  (void)argument;
  for (size_t index = 0; index < command_count; index++) {
    const struct command *command = &commands[index];
    fprintf(stderr, "  %-8s%-6s%s\n", command->name, command->argument, command->help);
  }
  fputs("A \\ at the end continues a line; \"\"\" begins and ends a block of lines.\n"
        "Ctrl-C stops the answer. To send text that begins with a slash, type a space first.\n",
        stderr);
}

void talk_command(talk *talk, const char *line) {
  size_t length = strcspn(line, " \t\n");
  talk_begin(talk);
  for (size_t index = 0; index < command_count; index++) {
    const struct command *command = &commands[index];
    if (strlen(command->name) != length || memcmp(command->name, line, length) != 0) continue;
    command->run(talk, line + length + strspn(line + length, " \t\n"));
    talk_report(talk);
    return;
  }
  outcome_fail(talk->outcome, DOSAI_INVALID_ARGUMENT, "%.*s: no such command: see /help", (int)length, line);
  talk_report(talk);
}
