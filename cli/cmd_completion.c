/* dosai completion: what bash, zsh and fish are to offer, from the options' own table.   SPDX-License-Identifier: MIT */
#include "tool.h"

#include <string.h>

typedef struct command {
  int number;
  const char *name;
  const char *help;
  int takes_file;
} command;

static const command commands[] = {
    {CHAT_COMMAND, "chat", "send a prompt, or hold a conversation", 0},
    {BATCH_COMMAND, "batch", "send the prompts in a file", 1},
    {MODELS_COMMAND, "models", "list the models", 0},
    {POST_COMMAND, "post", "send JSON to any endpoint", 0},
    {DECODE_COMMAND, "decode", "read a stream from standard input", 0},
    {ANY_COMMAND, "completion", "print a completion script", 0},
};
static const size_t command_count = sizeof commands / sizeof *commands;
static const int all_commands = CHAT_COMMAND | BATCH_COMMAND | MODELS_COMMAND | POST_COMMAND | DECODE_COMMAND;
static const command *visited;

static int is_file(const char *argument) {
  static const char *const names[] = {"FILE", "PATH", "OUTPUT"};
  for (size_t index = 0; argument && index < sizeof names / sizeof *names; index++) {
    if (strcmp(argument, names[index]) == 0) return 1;
  }
  return 0;
}

static int is_when(const char *argument) { return argument && strcmp(argument, "WHEN") == 0; }

/* Puts what stands in single quotes, with `quote` for one of those and a backslash before the `special`. */
static void put_quoted(const char *text, const char *quote, const char *special) {
  for (; *text; text++) {
    if (*text == '\'') {
      fputs(quote, stdout);
    } else {
      if (strchr(special, *text)) putchar('\\');
      putchar(*text);
    }
  }
}

/* ---- bash */

static void bash_name(const char *name, const char *argument, const char *help) {
  (void)argument;
  (void)help;
  printf(" %s", name);
}

static void bash_file(const char *name, const char *argument, const char *help) {
  (void)help;
  if (is_file(argument)) printf("|%s", name);
}

static void bash_value(const char *name, const char *argument, const char *help) {
  (void)help;
  if (argument && !is_file(argument) && !is_when(argument)) printf("|%s", name);
}

static void bash_put(void) {
  fputs("_dosai_files() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); }\n"
        "_dosai() {\n"
        "  local words= word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
        "  if [[ $word == = ]]; then word=\n"
        "  elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
        "  COMPREPLY=()\n"
        "  (( COMP_CWORD > 1 )) || before=\n"
        "  case $before in\n"
        "  '') words='",
        stdout);
  for (size_t index = 0; index < command_count; index++) printf("%s ", commands[index].name);
  fputs("--help --version' ;;\n  ''", stdout);
  options_visit(all_commands, bash_file);
  fputs(") _dosai_files; return ;;\n  ''", stdout);
  options_visit(all_commands, bash_value);
  fputs(") return ;;\n"
        "  --color) words='auto always never' ;;\n"
        "  *) case ${COMP_WORDS[1]} in\n",
        stdout);
  for (size_t index = 0; index < command_count; index++) {
    printf("    %s) words='", commands[index].name);
    if (commands[index].number == ANY_COMMAND) {
      fputs("bash zsh fish", stdout);
    } else {
      options_visit(commands[index].number, bash_name);
    }
    fputs(commands[index].takes_file ? "'; [[ $word == -* ]] || { _dosai_files; return; } ;;\n" : "' ;;\n",
          stdout);
  }
  fputs("    esac ;;\n"
        "  esac\n"
        "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
        "}\n"
        "complete -F _dosai dosai\n",
        stdout);
}

/* ---- zsh */

static void zsh_option(const char *name, const char *argument, const char *help) {
  printf(" \\\n      '%s%s%s[", argument ? "*" : "", name, argument && name[1] == '-' ? "=" : "");
  put_quoted(help, "'\\''", "[]\\");
  putchar(']');
  if (argument) {
    putchar(':');
    put_quoted(argument, "", ":\\");
    fputs(is_file(argument) ? ":_files" : is_when(argument) ? ":(auto always never)" : ": ", stdout);
  }
  putchar('\'');
}

static void zsh_put(void) {
  fputs("#compdef dosai\n"
        "_dosai() {\n"
        "  if (( CURRENT == 2 )); then\n"
        "    local -a commands=(",
        stdout);
  for (size_t index = 0; index < command_count; index++) {
    printf("'%s:%s' ", commands[index].name, commands[index].help);
  }
  fputs("'--help:print the help' '--version:print the version')\n"
        "    _describe command commands\n"
        "    return\n"
        "  fi\n"
        "  shift words; (( CURRENT-- ))\n"
        "  case $words[1] in\n",
        stdout);
  for (size_t index = 0; index < command_count; index++) {
    printf("  %s) _arguments", commands[index].name);
    if (commands[index].number == ANY_COMMAND) {
      fputs(" '1:shell:(bash zsh fish)'", stdout);
    } else {
      options_visit(commands[index].number, zsh_option);
    }
    if (commands[index].takes_file) fputs(" '1:INPUT:_files'", stdout);
    fputs(" ;;\n", stdout);
  }
  fputs("  esac\n"
        "}\n"
        "if [[ $funcstack[1] == _dosai ]]; then _dosai \"$@\"; else compdef _dosai dosai; fi\n",
        stdout);
}

/* ---- fish */

static void fish_option(const char *name, const char *argument, const char *help) {
  printf("complete -c dosai -n '__fish_seen_subcommand_from %s' ", visited->name);
  fputs(name[1] == '-' ? "-l " : "-s ", stdout);
  fputs(name + (name[1] == '-' ? 2 : 1), stdout);
  if (argument)
    fputs(is_file(argument) ? " -r -F" : is_when(argument) ? " -x -a 'auto always never'" : " -x", stdout);
  fputs(" -d '", stdout);
  put_quoted(help, "\\'", "\\");
  fputs("'\n", stdout);
}

static void fish_put(void) {
  fputs("complete -c dosai -f\n"
        "complete -c dosai -n __fish_use_subcommand -l help -d 'print the help'\n"
        "complete -c dosai -n __fish_use_subcommand -l version -d 'print the version'\n",
        stdout);
  for (visited = commands; visited < commands + command_count; visited++) {
    printf("complete -c dosai -n __fish_use_subcommand -a %s -d '%s'\n", visited->name, visited->help);
    if (visited->number == ANY_COMMAND) {
      printf("complete -c dosai -n '__fish_seen_subcommand_from %s' -a 'bash zsh fish'\n", visited->name);
    } else {
      options_visit(visited->number, fish_option);
    }
    if (visited->takes_file)
      printf("complete -c dosai -n '__fish_seen_subcommand_from %s' -F\n", visited->name);
  }
}

int shells_run(int argument_count, char **arguments) {
  static const struct {
    const char *name;
    void (*put)(void);
  } shells[] = {{"bash", bash_put}, {"zsh", zsh_put}, {"fish", fish_put}};
  for (size_t index = 0; argument_count == 1 && index < sizeof shells / sizeof *shells; index++) {
    if (strcmp(arguments[0], shells[index].name) != 0) continue;
    shells[index].put();
    return output_end();
  }
  if (argument_count == 1 && strcmp(arguments[0], "--help") == 0) {
    fputs("usage: dosai completion bash|zsh|fish\n"
          "Prints a script that makes the shell complete commands and options.\n",
          stdout);
    return output_end();
  }
  fputs("dosai: completion: the shell must be bash, zsh or fish\n", stderr);
  return EXIT_USAGE;
}
