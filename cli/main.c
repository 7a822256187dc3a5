/* dosai: chat completions from the command line.   SPDX-License-Identifier: MIT */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static dosai_cancel *cancel; /* never freed: a signal may still come */
static int output_errno;

static void on_signal(int number) {
  (void)number;
  dosai_cancel_trigger(cancel);
}

static void cancel_on(int number, const struct sigaction *action) {
  struct sigaction before;
  sigaction(number, NULL, &before);
  if (before.sa_handler != SIG_IGN) sigaction(number, action, NULL);
}

void cancel_on_signals(void) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
  sigemptyset(&action.sa_mask);
  cancel_on(SIGINT, &action);
  cancel_on(SIGTERM, &action);
}

int output_flush(void) {
  int is_failed = fflush(stdout) != 0 || ferror(stdout);
  if (is_failed && !output_errno) output_errno = errno;
  return is_failed;
}

int output_end(void) {
  if (!output_flush()) return EXIT_SUCCESS;
  if (output_errno == EPIPE) return EXIT_CANCELLED;
  fprintf(stderr, "dosai: standard output: %s\n", strerror(output_errno));
  return EXIT_OTHER;
}

static void run(options *options, int command, outcome *outcome) {
  dosai_client *client = NULL;
  if (command == DECODE_COMMAND) {
    decode_run(options, outcome);
    return;
  }
  outcome->status = dosai_cancel_new(&cancel, &outcome->error);
  options->call.cancel = cancel;
  if (command == BATCH_COMMAND) options->client.on_event = batch_observe;
  if (outcome_is_ok(outcome)) outcome->status = dosai_client_new(&options->client, &client, &outcome->error);
  if (outcome_is_ok(outcome)) {
    (command == CHAT_COMMAND    ? chat_run
     : command == BATCH_COMMAND ? batch_run
     : command == POST_COMMAND  ? post_run
                                : models_run)(client, options, outcome);
  }
  dosai_client_free(client);
}

static int finish(const options *options, int command, const outcome *outcome) {
  int has_verdict = command == CHAT_COMMAND || command == DECODE_COMMAND;
  if (has_verdict && options->is_json && !outcome->is_printed) outcome_print_json(outcome);
  int output_status = output_end();
  if (output_status) return output_status;
  if (!outcome_is_ok(outcome) && !outcome->is_printed) outcome_print_error(outcome);
  return outcome_exit_status(outcome);
}

int main(int argument_count, char **arguments) {
  const char *word = argument_count > 1 ? arguments[1] : "";
  int command = strcmp(word, "chat") == 0     ? CHAT_COMMAND
                : strcmp(word, "models") == 0 ? MODELS_COMMAND
                : strcmp(word, "batch") == 0  ? BATCH_COMMAND
                : strcmp(word, "post") == 0   ? POST_COMMAND
                : strcmp(word, "decode") == 0 ? DECODE_COMMAND
                                              : ANY_COMMAND;
  if (strcmp(word, "--version") == 0) {
    printf("dosai %s (libdosai %s)\n", DOSAI_VERSION, dosai_version());
    return output_end();
  }
  if (strcmp(word, "completion") == 0) return shells_run(argument_count - 2, arguments + 2);
  if (command == ANY_COMMAND) {
    int is_help = strcmp(word, "--help") == 0;
    usage_print(is_help ? stdout : stderr, ANY_COMMAND);
    return is_help ? output_end() : EXIT_USAGE;
  }
  for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++) /* else a descriptor of the library is it */
    if (fcntl(file, F_GETFD) < 0) open("/dev/null", O_RDONLY);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a write that fails */
  options options;
  outcome outcome = {0};
  options_parse(&options, command, argument_count - 2, arguments + 2);
  run(&options, command, &outcome);
  int exit_status = finish(&options, command, &outcome);
  outcome_free(&outcome);
  options_free(&options);
  return exit_status;
}
