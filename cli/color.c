/* Colours, on standard error only.   SPDX-License-Identifier: MIT */
#include "tool.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_on;

int takes_escapes(void) {
  const char *terminal = getenv("TERM");
  return terminal && *terminal && strcmp(terminal, "dumb") != 0 && isatty(STDERR_FILENO);
}

static int is_welcome(void) {
  const char *no_color = getenv("NO_COLOR");
  return !(no_color && *no_color) && takes_escapes();
}

int color_start(const char *when) {
  if (!when || strcmp(when, "auto") == 0) {
    is_on = is_welcome();
  } else {
    is_on = strcmp(when, "always") == 0;
    if (!is_on && strcmp(when, "never") != 0) return 0;
  }
  return 1;
}

const char *color(const char *escape) { return is_on ? escape : ""; }
