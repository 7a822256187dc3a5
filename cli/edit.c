/* Lines edited by libedit, which is BSD's and so goes with MIT; readline is GPL.   SPDX-License-Identifier: MIT */
#include "talk.h"

#ifdef HAVE_LIBEDIT

#include <histedit.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#define HISTORY_LINES 1000
#define ESCAPE '\1' /* stands around a prompt's colours */

static EditLine *editor;
static History *past;
static char path[PATH_MAX]; /* of the history; "": none */
static char prompt_text[256];
static int is_new; /* there is a line that the file does not have */

static const char *value_of(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

static void find_path(void) {
  const char *chosen = getenv("DOSAI_HISTORY");
  const char *state = value_of("XDG_STATE_HOME");
  const char *home = value_of("HOME");
  int length = 0;
  if (chosen) {
    length = snprintf(path, sizeof path, "%s", strcmp(chosen, "off") == 0 ? "" : chosen);
  } else if (*state == '/') {
    length = snprintf(path, sizeof path, "%s/dosai/history", state);
  } else if (*home == '/') {
    length = snprintf(path, sizeof path, "%s/.local/state/dosai/history", home);
  }
  if (length < 0 || (size_t)length >= sizeof path) path[0] = 0;
}

static void make_folders(void) {
  for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
    *slash = 0;
    mkdir(path, 0700);
    *slash = '/';
  }
}

/* A signal ends the line, unless the window has changed or the program was stopped for a while. */
static int read_character(EditLine *line, wchar_t *out_character) {
  mbstate_t state = {0};
  for (;;) {
    char byte = 0;
    if (!lines_wait()) {
      if (lines_are_stopped()) return -1;
      el_resize(line);
      el_set(line, EL_PREP_TERM, 0);
      el_set(line, EL_PREP_TERM, 1);
      el_set(line, EL_REFRESH);
      continue;
    }
    ssize_t count = read(STDIN_FILENO, &byte, 1);
    if (count <= 0) return (int)count;
    size_t size = mbrtowc(out_character, &byte, 1, &state);
    if (size == (size_t)-1) memset(&state, 0, sizeof state); /* no character: dropped */
    if (size <= 1) return 1;
  }
}

static char *prompt_of(EditLine *line) {
  (void)line;
  return prompt_text;
}

int edit_open(void) {
  HistEvent event;
  setlocale(LC_CTYPE, "");
  if (MB_CUR_MAX == 1) setlocale(LC_CTYPE, "C.UTF-8");
  past = history_init();
  editor = past ? el_init("dosai", stdin, stderr, stderr) : NULL;
  if (!editor) return 0;
  find_path();
  history(past, &event, H_SETSIZE, HISTORY_LINES);
  history(past, &event, H_SETUNIQUE, 1);
  if (path[0]) history(past, &event, H_LOAD, path);
  el_set(editor, EL_HIST, history, past);
  el_set(editor, EL_PROMPT_ESC, prompt_of, ESCAPE);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_BIND, "^@", "em-set-mark", NULL); /* what is left of a Ctrl-D during an answer */
  el_set(editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
  el_set(editor, EL_GETCFN, read_character);
  el_source(editor, NULL);
  return 1;
}

int edit_line(const char *prompt, text *line) {
  HistEvent event;
  int count = 0;
  const char *bold = color(COLOR_BOLD), *plain = color(COLOR_PLAIN);
  snprintf(prompt_text, sizeof prompt_text, *bold ? "\1%s\1%s\1%s\1" : "%s%s%s", bold, prompt, plain);
  el_set(editor, EL_PREP_TERM, 1); /* before the prompt shows: what is typed then is typed here */
  const char *typed = el_gets(editor, &count);
  if (!typed || count <= 0) return 0;
  line->bytes = strdup(typed);
  if (!line->bytes) return 0;
  line->length = strlen(line->bytes);
  if (line->length > 1) is_new = history(past, &event, H_ENTER, typed) >= 0;
  return 1;
}

void edit_close(void) {
  HistEvent event;
  if (path[0] && is_new) {
    mode_t mask = umask(077);
    make_folders();
    history(past, &event, H_SAVE, path);
    umask(mask);
  }
  el_end(editor);
  history_end(past);
}

#else

int edit_open(void) { return 0; }

int edit_line(const char *prompt, text *line) {
  (void)prompt;
  (void)line;
  return 0;
}

void edit_close(void) {}

#endif
