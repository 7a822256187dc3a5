/* The command line and the environment.   SPDX-License-Identifier: MIT */
#include "tool.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_SECONDS_MAX 1e9
#define RETRIES_MAX 100
#define AMOUNT_MAX 1000000000

typedef enum kind { TEXT, LIST, FLAG, RETRIES, AMOUNT, SECONDS, VERBOSE, HELP } kind;

typedef struct rule {
  const char *name;
  const char *argument; /* NULL: none */
  kind kind;
  size_t offset; /* of the field in options */
  int commands;  /* that it is for; 0: all */
  const char *help;
} rule;

#define FIELD(field) offsetof(options, field)

static const rule rules[] = {
    {"-i", NULL, FLAG, FIELD(is_talk), CHAT_COMMAND, "hold a conversation; /help lists its commands"},
    {"-m", "MODEL", TEXT, FIELD(model), CHAT_COMMAND, "the model (" DEFAULT_MODEL ")"},
    {"--system", "TEXT", TEXT, FIELD(system), CHAT_COMMAND, "a system message"},
    {"--file", "FILE", TEXT, FIELD(file), CHAT_COMMAND,
     "read the prompt from FILE, or append FILE to it; - is stdin"},
    {"--request", "FILE", TEXT, FIELD(request_file), CHAT_COMMAND,
     "start from the JSON object in FILE; - is stdin"},
    {"--set", "KEY=JSON", LIST, FIELD(settings), CHAT_COMMAND,
     "set a field of the request: 'stop=[\"END\"]'"},
    {"--tool-schema", "FILE", LIST, FIELD(tool_schemas), CHAT_COMMAND,
     "add one or more functions, whose calls you answer"},
    {"--tool-result", "NAME=TEXT", LIST, FIELD(tool_results), CHAT_COMMAND,
     "answer a call of the function NAME"},
    {"--no-stream", NULL, FLAG, FIELD(is_whole), CHAT_COMMAND, "wait for the whole answer"},
    {"--json", NULL, FLAG, FIELD(is_json), CHAT_COMMAND | MODELS_COMMAND | DECODE_COMMAND, "print JSON"},
    {"--body", "FILE", TEXT, FIELD(file), POST_COMMAND, "the JSON to send; - is stdin, the default"},
    {"--stream", NULL, FLAG, FIELD(is_stream), POST_COMMAND, "print each server-sent event as it arrives"},
    {"--last-event", "NAME", TEXT, FIELD(call.last_event), POST_COMMAND,
     "a stream that ends before this type or data was cut off"},
    {"-o", "OUTPUT", TEXT, FIELD(output), BATCH_COMMAND,
     "the results; lines that have one are not sent again"},
    {"--concurrency", "N", AMOUNT, FIELD(concurrency), BATCH_COMMAND, "at most N calls at once (16)"},
    {"--rpm", "N", AMOUNT, FIELD(requests_per_minute), BATCH_COMMAND,
     "at most N requests in any minute, evenly spaced"},
    {"--tpm", "N", AMOUNT, FIELD(tokens_per_minute), BATCH_COMMAND, "at most N tokens in any minute"},
    {"--base-url", "URL", TEXT, FIELD(client.base_url), 0, "the base URL (https://api.dos.ai/v1)"},
    {"--header", "'NAME: VALUE'", LIST, FIELD(headers), 0, "send a header"},
    {"--api-key-header", "NAME", TEXT, FIELD(client.api_key_header), 0, "send the key alone in this header"},
    {"--cacert", "FILE", TEXT, FIELD(client.ca_file), 0, "trust the authorities in this PEM file"},
    {"--proxy", "URL", TEXT, FIELD(client.proxy), 0, "such as http://host:port or socks5h://host:port"},
    {"--unix-socket", "PATH", TEXT, FIELD(client.unix_socket), 0, "connect to this Unix socket"},
    {"--insecure-http", NULL, FLAG, FIELD(client.allow_insecure_http), 0,
     "allow sending the key over plain http"},
    {"--max-retries", "N", RETRIES, FIELD(call.max_retries), 0, "retry at most N times (2; batch: 10)"},
    {"--timeout", "S", SECONDS, FIELD(call.total_timeout_ms), 0,
     "limit for the whole call; 0: none, here and below"},
    {"--connect-timeout", "S", SECONDS, FIELD(call.connect_timeout_ms), 0, "limit until connected (10)"},
    {"--first-token-timeout", "S", SECONDS, FIELD(call.first_token_timeout_ms), 0,
     "limit from then until the answer begins (600)"},
    {"--idle-timeout", "S", SECONDS, FIELD(call.idle_timeout_ms), CHAT_COMMAND | POST_COMMAND,
     "limit between two tokens or events (300)"},
    {"-v", NULL, VERBOSE, 0, 0, "log to standard error"},
    {"--color", "WHEN", TEXT, FIELD(color), 0, "auto, always or never"},
    {"--help", NULL, HELP, 0, 0, "print this help"},
};

static const size_t rule_count = sizeof rules / sizeof *rules;

static int is_for(const rule *rule, int command) {
  if (rule->commands) return rule->commands & command;
  return command != DECODE_COMMAND || rule->kind == HELP; /* decode makes no call */
}

void options_visit(int command, option_visitor visit) {
  for (size_t index = 0; index < rule_count; index++) {
    const rule *rule = &rules[index];
    if (is_for(rule, command)) visit(rule->name, rule->argument, rule->help);
  }
}

void usage_print(FILE *file, int command) {
  fputs(help_of(command), file);
  for (size_t index = 0; index < rule_count && command != ANY_COMMAND; index++) {
    const rule *rule = &rules[index];
    if (!is_for(rule, command)) continue;
    const char *argument = rule->argument ? rule->argument : "";
    int width = fprintf(file, "  %s %s", rule->name, argument);
    fprintf(file, "%*s%s\n", 28 - width, "", rule->help);
  }
  fputs(notes_of(command), file);
}

static int wants_json; /* even before all options have been parsed */

__attribute__((format(printf, 1, 2), noreturn)) static void usage_error(const char *format, ...) {
  outcome outcome = {.status = DOSAI_INVALID_ARGUMENT};
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(outcome.message, sizeof outcome.message, format, arguments);
  va_end(arguments);
  if (wants_json) outcome_print_json(&outcome);
  fprintf(stderr, "dosai: %s (see --help)\n", outcome.message);
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

static long integer_of(const rule *rule, const char *text, long least, long most) {
  char *end = NULL;
  long number = strtol(text, &end, 10);
  if (end == text || *end || number < least || number > most) {
    usage_error("%s: not a number from %ld to %ld: %s", rule->name, least, most, text);
  }
  return number;
}

static int32_t retries_of(const rule *rule, const char *text) {
  long retries = integer_of(rule, text, 0, RETRIES_MAX);
  return retries > 0 ? (int32_t)retries : -1;
}

static void log_line(dosai_log_level level, const char *line, size_t length, void *user_data) {
  (void)level;
  (void)user_data;
  fputs("dosai: ", stderr);
  put_plain(stderr, line, length);
  fputc('\n', stderr);
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
  case RETRIES:
    *(int32_t *)field = retries_of(rule, value);
    break;
  case AMOUNT:
    *(int64_t *)field = integer_of(rule, value, 1, AMOUNT_MAX);
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
    if (is_for(rule, command)) return rule;
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
  if (!client->ca_file) client->ca_file = environment("SSL_CERT_FILE");
  if (!client->api_key && !client->base_url && environment("OPENAI_API_KEY") &&
      environment("OPENAI_BASE_URL")) {
    client->api_key = environment("OPENAI_API_KEY");
    client->base_url = environment("OPENAI_BASE_URL");
  }
}

static void take_operand(options *options, int command, const char *argument) {
  if (command == CHAT_COMMAND) {
    if (options->prompt) usage_error("one PROMPT only: quote it");
    options->prompt = argument;
  } else if (command == BATCH_COMMAND && !options->input) {
    options->input = argument;
  } else if (command == POST_COMMAND && !options->path) {
    options->path = argument;
  } else {
    usage_error("unknown argument %s", argument);
  }
}

void options_parse(options *options, int command, int argument_count, char **arguments) {
  memset(options, 0, sizeof *options);
  for (int index = 0; index < argument_count && command == CHAT_COMMAND; index++) {
    if (strcmp(arguments[index], "--json") == 0) wants_json = 1;
  }
  dosai_client_options_init(&options->client, sizeof options->client);
  dosai_call_options_init(&options->call, sizeof options->call);
  options->concurrency = DEFAULT_CONCURRENCY;
  options->client.proxy_from_environment = 1;
  options->client.on_log = log_line;
  options->headers.items = calloc((size_t)argument_count + 1, sizeof(char *));
  options->settings.items = calloc((size_t)argument_count + 1, sizeof(char *));
  options->tool_schemas.items = calloc((size_t)argument_count + 1, sizeof(char *));
  options->tool_results.items = calloc((size_t)argument_count + 1, sizeof(char *));
  if (!options->headers.items || !options->settings.items) usage_error("out of memory");
  if (!options->tool_schemas.items || !options->tool_results.items) usage_error("out of memory");

  int only_operands = 0;
  for (int index = 0; index < argument_count; index++) {
    const char *argument = arguments[index];
    if (only_operands || argument[0] != '-' || !argument[1]) {
      take_operand(options, command, argument);
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
        exit(output_end());
      }
      apply(options, rule, value);
    }
  }
  if (command == BATCH_COMMAND && !(options->input && options->output))
    usage_error("a batch wants INPUT and -o OUTPUT");
  if (command == POST_COMMAND && !options->path) usage_error("post wants a PATH");
  if (!color_start(options->color)) usage_error("--color: not auto, always or never: %s", options->color);
  options->client.headers = options->headers.items;
  options->client.header_count = options->headers.count;
  apply_environment(&options->client);
}

void options_free(options *options) {
  free(options->headers.items);
  free(options->settings.items);
  free(options->tool_schemas.items);
  free(options->tool_results.items);
}
