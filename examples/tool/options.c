/* The command line and the environment.   SPDX-License-Identifier: MIT */
#include "tool.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_SECONDS_MAX 1e9
#define RETRIES_MAX 100

typedef enum kind { TEXT, LIST, FLAG, COUNT, SECONDS, VERBOSE, HELP } kind;

typedef struct rule {
  const char *name;
  const char *argument; /* NULL: none */
  kind kind;
  size_t offset; /* of the field in options */
  int is_for_chat_only;
  const char *help;
} rule;

#define FIELD(field) offsetof(options, field)

static const rule rules[] = {
    {"-m", "MODEL", TEXT, FIELD(model), 1, "the model (" DEFAULT_MODEL ")"},
    {"--system", "TEXT", TEXT, FIELD(system), 1, "a system message"},
    {"--file", "FILE", TEXT, FIELD(file), 1, "the prompt, or what follows it after a blank line; - is stdin"},
    {"--request", "FILE", TEXT, FIELD(request_file), 1, "start from this JSON object; - is stdin"},
    {"--set", "KEY=JSON", LIST, FIELD(settings), 1, "set a field of the request: 'stop=[\"END\"]'"},
    {"--no-stream", NULL, FLAG, FIELD(is_whole), 1, "wait for the whole answer"},
    {"--json", NULL, FLAG, FIELD(is_json), 0, "print JSON"},
    {"--base-url", "URL", TEXT, FIELD(client.base_url), 0, "the API (https://api.dos.ai/v1)"},
    {"--header", "'NAME: VALUE'", LIST, FIELD(headers), 0, "send a header"},
    {"--api-key-header", "NAME", TEXT, FIELD(client.api_key_header), 0, "send the bare key in this header"},
    {"--cacert", "FILE", TEXT, FIELD(client.ca_file), 0, "trust these authorities (PEM)"},
    {"--proxy", "URL", TEXT, FIELD(client.proxy), 0, "as http://host:port or socks5h://host:port"},
    {"--unix-socket", "PATH", TEXT, FIELD(client.unix_socket), 0, "connect to this socket"},
    {"--insecure-http", NULL, FLAG, FIELD(client.allow_insecure_http), 0, "let the key go over plain http"},
    {"--max-retries", "N", COUNT, FIELD(call.max_retries), 0, "try again at most so often (2)"},
    {"--timeout", "S", SECONDS, FIELD(call.total_timeout_ms), 0,
     "for the whole call; 0 is none, here and below"},
    {"--connect-timeout", "S", SECONDS, FIELD(call.connect_timeout_ms), 0, "until connected (10)"},
    {"--first-token-timeout", "S", SECONDS, FIELD(call.first_token_timeout_ms), 0, "from there on (600)"},
    {"--idle-timeout", "S", SECONDS, FIELD(call.idle_timeout_ms), 1, "between two tokens (300)"},
    {"-v", NULL, VERBOSE, 0, 0, "log to standard error"},
    {"--help", NULL, HELP, 0, 0, "this"},
};

static const size_t rule_count = sizeof rules / sizeof *rules;

static const char *const help =
    "usage: dosai chat [OPTION]... [PROMPT]\n"
    "       dosai models [OPTION]...\n"
    "       dosai --version\n\n"
    "The key is DOSAI_API_KEY; the API is --base-url, DOSAI_BASE_URL or https://api.dos.ai/v1.\n"
    "OPENAI_API_KEY and OPENAI_BASE_URL are used only together, and only if none of these is set.\n"
    "dosai chat --help and dosai models --help list the options.\n";
static const char *const models_help = "usage: dosai models [OPTION]...\n"
                                       "Prints the ids of the models, one a line.\n\n";
static const char *const chat_help =
    "usage: dosai chat [OPTION]... [PROMPT]\n"
    "Sends PROMPT, or --file, or standard input, and prints the answer as it comes.\n\n";
static const char *const chat_notes =
    "\n"
    "--json prints one object a line: {\"chunk\": {\"kind\": K, \"choice\": N, ...}} for each chunk, with\n"
    "  content, reasoning, refusal   text\n"
    "  tool_call                     tool_call (its index), id, name, text (of the arguments)\n"
    "  finish                        finish_reason\n"
    "  usage                         usage\n"
    "  other                         json (the event)\n"
    "and always last {\"status\": S, \"error\": {...}, \"completion\": {...}, \"quirks\": [...], ...}.\n"
    "Exit status: 0 fine; 1 refused by the server; 2 usage; 3 connection, TLS, timeout, redirect;\n"
    "4 truncated, malformed or too large an answer; 130 cancelled; 5 anything else.\n";

void usage_print(FILE *file, int command) {
  if (command == ANY_COMMAND) {
    fputs(help, file);
    return;
  }
  fputs(command == CHAT_COMMAND ? chat_help : models_help, file);
  for (size_t index = 0; index < rule_count; index++) {
    const rule *rule = &rules[index];
    if (rule->is_for_chat_only && command != CHAT_COMMAND) continue;
    const char *argument = rule->argument ? rule->argument : "";
    int width = fprintf(file, "  %s %s", rule->name, argument);
    fprintf(file, "%*s%s\n", 28 - width, "", rule->help);
  }
  if (command == CHAT_COMMAND) fputs(chat_notes, file);
}

__attribute__((format(printf, 1, 2), noreturn)) static void usage_error(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("dosai: ", stderr);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputs(" (see --help)\n", stderr);
  exit(EXIT_USAGE);
}

static int64_t milliseconds_of(const rule *rule, const char *text) {
  char *end = NULL;
  double seconds = strtod(text, &end);
  if (end == text || *end || !(seconds >= 0 && seconds <= TIMEOUT_SECONDS_MAX)) {
    usage_error("%s: not a number of seconds: %s", rule->name, text);
  }
  if (seconds == 0) return -1;
  return seconds < 0.001 ? 1 : (int64_t)(seconds * 1000);
}

static int32_t count_of(const rule *rule, const char *text) {
  char *end = NULL;
  long count = strtol(text, &end, 10);
  if (end == text || *end || count < 0 || count > RETRIES_MAX) {
    usage_error("%s: not a number from 0 to %d: %s", rule->name, RETRIES_MAX, text);
  }
  return count > 0 ? (int32_t)count : -1;
}

static void log_line(dosai_log_level level, const char *line, size_t length, void *user_data) {
  (void)level;
  (void)user_data;
  fprintf(stderr, "dosai: %.*s\n", (int)length, line);
}

static void apply(options *options, const rule *rule, const char *value) {
  void *field = (char *)options + rule->offset;
  switch (rule->kind) {
  case TEXT:
    *(const char **)field = value;
    break;
  case LIST:
    ((list *)field)->items[((list *)field)->count++] = value;
    break;
  case FLAG:
    *(int32_t *)field = 1;
    break;
  case COUNT:
    *(int32_t *)field = count_of(rule, value);
    break;
  case SECONDS:
    *(int64_t *)field = milliseconds_of(rule, value);
    break;
  case VERBOSE:
    options->client.log_level = DOSAI_LOG_DEBUG;
    break;
  case HELP:
    break;
  }
}

/* The rule of "--name" or "--name=value", whose value it then finds. */
static const rule *find_rule(const char *argument, int command, const char **out_value) {
  size_t length = argument[1] == '-' ? strcspn(argument, "=") : strlen(argument);
  *out_value = argument[length] ? argument + length + 1 : NULL;
  for (size_t index = 0; index < rule_count; index++) {
    const rule *rule = &rules[index];
    if (strlen(rule->name) != length || strncmp(rule->name, argument, length) != 0) continue;
    if (command == CHAT_COMMAND || !rule->is_for_chat_only) return rule;
  }
  usage_error("unknown option %.*s", (int)length, argument);
}

static const char *environment(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

/* A key goes to no one it was not made for. */
static void apply_environment(dosai_client_options *client) {
  client->api_key = environment("DOSAI_API_KEY");
  if (!client->base_url) client->base_url = environment("DOSAI_BASE_URL");
  if (!client->api_key && !client->base_url && environment("OPENAI_API_KEY") &&
      environment("OPENAI_BASE_URL")) {
    client->api_key = environment("OPENAI_API_KEY");
    client->base_url = environment("OPENAI_BASE_URL");
  }
}

void options_parse(options *options, int command, int argument_count, char **arguments) {
  memset(options, 0, sizeof *options);
  dosai_client_options_init(&options->client, sizeof options->client);
  dosai_call_options_init(&options->call, sizeof options->call);
  options->client.proxy_from_environment = 1;
  options->client.on_log = log_line;
  options->headers.items = calloc((size_t)argument_count + 1, sizeof(char *));
  options->settings.items = calloc((size_t)argument_count + 1, sizeof(char *));
  if (!options->headers.items || !options->settings.items) usage_error("out of memory");

  int only_operands = 0;
  for (int index = 0; index < argument_count; index++) {
    const char *argument = arguments[index];
    if (only_operands || argument[0] != '-' || !argument[1]) {
      if (command != CHAT_COMMAND) usage_error("unknown argument %s", argument);
      if (options->prompt) usage_error("one PROMPT only: quote it");
      options->prompt = argument;
    } else if (strcmp(argument, "--") == 0) {
      only_operands = 1;
    } else {
      const char *value = NULL;
      const rule *rule = find_rule(argument, command, &value);
      if (!rule->argument && value) usage_error("%s takes no value", rule->name);
      if (rule->argument && !value && ++index < argument_count) value = arguments[index];
      if (rule->argument && !value) usage_error("%s wants %s", rule->name, rule->argument);
      if (rule->kind == HELP) {
        usage_print(stdout, command);
        exit(EXIT_SUCCESS);
      }
      apply(options, rule, value);
    }
  }
  options->client.headers = options->headers.items;
  options->client.header_count = options->headers.count;
  apply_environment(&options->client);
}

void options_free(options *options) {
  free(options->headers.items);
  free(options->settings.items);
}
