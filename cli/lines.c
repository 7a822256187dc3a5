/* What the user says, line by line.   SPDX-License-Identifier: MIT */
#include "talk.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#define QUOTES "\"\"\""

static volatile sig_atomic_t is_stopped;
static volatile sig_atomic_t has_ended;
static int is_typed;
static int is_edited;
static int can_ask;
static int lacks_memory;
static sigset_t signals; /* that are handled; while lines are read they come in lines_wait alone */
static sigset_t others;

static void on_signal(int number) {
  if (number == SIGTERM || number == SIGHUP) has_ended = 1;
  if (number == SIGINT || has_ended) is_stopped = 1;
}

/* The second SIGTERM ends the process, whatever it waits for; and so does the second SIGINT, unless it is a key. */
static void listen_to_signals(void) {
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT};
  struct sigaction before, action = {.sa_handler = on_signal};
  sigemptyset(&action.sa_mask);
  sigemptyset(&signals);
  for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) {
    int number = numbers[index];
    sigaction(number, NULL, &before);
    if (before.sa_handler == SIG_IGN) continue;
    int is_once = number == SIGTERM || (number == SIGINT && !is_typed);
    action.sa_flags = SA_RESTART | (is_once ? (int)SA_RESETHAND : 0);
    sigaction(number, &action, NULL);
    sigaddset(&signals, number);
  }
}

void lines_open(const options *options) {
  is_typed = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
  can_ask = options->is_talk || is_typed;
  is_edited = is_typed && edit_open();
  listen_to_signals();
}

int lines_can_ask(void) { return can_ask; }
int lines_are_typed(void) { return is_typed; }
int lines_are_stopped(void) { return is_stopped; }
int lines_have_ended(void) { return has_ended; }
int lines_lack_memory(void) { return lacks_memory; }
void lines_go_on(void) { is_stopped = has_ended; }

void lines_close(void) {
  if (is_edited) edit_close();
}

int lines_wait(void) {
  fd_set input;
  FD_ZERO(&input);
  FD_SET(STDIN_FILENO, &input);
  return !is_stopped && (pselect(STDIN_FILENO + 1, &input, NULL, NULL, NULL, &others) > 0 || errno != EINTR);
}

static int append(text *text, const char *bytes, size_t length) {
  char *grown = realloc(text->bytes, text->length + length + 1);
  lacks_memory = !grown;
  if (!grown) return 0;
  memcpy(grown + text->length, bytes, length);
  text->bytes = grown;
  text->length += length;
  text->bytes[text->length] = 0;
  return 1;
}

/* As much of a line as was read, up to its end or that of the input. */
static int read_plain(const char *prompt, text *line) {
  static char buffer[4096];
  static size_t start, end;
  if (is_typed) fputs(prompt, stderr);
  for (;;) {
    char *newline = memchr(buffer + start, '\n', end - start);
    size_t length = newline ? (size_t)(newline - buffer) + 1 - start : end - start;
    if (!append(line, buffer + start, length)) return 0;
    start += length;
    if (newline) return 1;
    while (!lines_wait()) {
      if (is_stopped) return 0;
    }
    ssize_t count = read(STDIN_FILENO, buffer, sizeof buffer);
    if (count <= 0) return line->length > 0;
    start = 0;
    end = (size_t)count;
  }
}

/* Takes what stands at the line's end away; 0: it does not stand there. */
static int cut(text *line, const char *end) {
  size_t length = strlen(end);
  if (line->length < length || memcmp(line->bytes + line->length - length, end, length) != 0) return 0;
  line->length -= length;
  line->bytes[line->length] = 0;
  return 1;
}

/* One line, without its end. */
static int read_line(const char *prompt, text *line) {
  memset(line, 0, sizeof *line);
  if (is_stopped || !(is_edited ? edit_line(prompt, line) : read_plain(prompt, line))) {
    free(line->bytes);
    return 0;
  }
  if (!cut(line, "\r\n")) cut(line, "\n");
  return 1;
}

/* The line, and those that a backslash at the end, or the quotes, join to it. */
static int join(entry *entry, text *line) {
  text *text = &entry->text;
  size_t quotes = strlen(QUOTES);
  entry->is_block = line->length >= quotes && memcmp(line->bytes, QUOTES, quotes) == 0;
  if (entry->is_block) {
    line->length -= quotes;
    memmove(line->bytes, line->bytes + quotes, line->length);
  }
  for (;;) {
    int is_cut = cut(line, entry->is_block ? QUOTES : "\\");
    if (!append(text, line->bytes, line->length)) return 0;
    if (is_cut == entry->is_block) {
      if (is_cut && line->length == 0) cut(text, "\n");
      return 1;
    }
    if (text->length && !append(text, "\n", 1)) return 0;
    free(line->bytes);
    if (!read_line(". ", line)) {
      line->bytes = NULL;
      return !is_stopped;
    }
  }
}

int lines_read(const char *prompt, entry *entry) {
  text line;
  memset(entry, 0, sizeof *entry);
  fflush(stdout);
  sigprocmask(SIG_BLOCK, &signals, &others);
  int is_read = read_line(prompt, &line);
  if (is_read) {
    is_read = join(entry, &line);
    free(line.bytes);
  }
  sigprocmask(SIG_SETMASK, &others, NULL);
  if (!is_read) {
    free(entry->text.bytes);
    memset(entry, 0, sizeof *entry);
  }
  return is_read;
}
