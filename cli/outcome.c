/* How a call ended, for people and for programs.   SPDX-License-Identifier: MIT */
#include "tool.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

int outcome_is_ok(const outcome *outcome) { return outcome->status == DOSAI_OK; }

void outcome_fail(outcome *outcome, dosai_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(outcome->message, sizeof outcome->message, format, arguments);
  va_end(arguments);
  outcome->status = status;
}

const dosai_completion *outcome_completion(const outcome *outcome) {
  return outcome->completion ? outcome->completion : dosai_error_completion(outcome->error);
}

int outcome_exit_status(const outcome *outcome) {
  switch (outcome->status) {
  case DOSAI_OK:
    return outcome->is_part_failed ? EXIT_REFUSED : 0;
  case DOSAI_INVALID_ARGUMENT:
    return EXIT_USAGE;
  case DOSAI_CONNECTION:
  case DOSAI_PROXY:
  case DOSAI_TLS:
  case DOSAI_TIMEOUT:
  case DOSAI_REDIRECTED:
    return EXIT_NETWORK;
  case DOSAI_TRUNCATED:
  case DOSAI_PROTOCOL:
  case DOSAI_TOO_LARGE:
    return EXIT_ANSWER;
  case DOSAI_CANCELLED:
    return EXIT_CANCELLED;
  default:
    return outcome->status <= DOSAI_BAD_REQUEST && outcome->status >= DOSAI_PROVIDER ? EXIT_REFUSED
                                                                                     : EXIT_OTHER;
  }
}

static const char *message_of(const outcome *outcome, size_t *out_length) {
  if (!outcome->message[0]) return dosai_error_message(outcome->error, out_length);
  *out_length = strlen(outcome->message);
  return outcome->message;
}

void put_plain(FILE *file, const char *text, size_t length) {
  for (size_t index = 0; index < length; index++) {
    unsigned char byte = (unsigned char)text[index];
    unsigned char next = index + 1 < length ? (unsigned char)text[index + 1] : 0;
    int is_pair = byte == 0xC2 && next >= 0x80 && next < 0xA0;
    fputc(is_pair || byte < 0x20 || byte == 0x7F ? ' ' : byte, file);
    index += (size_t)is_pair;
  }
}

void outcome_print_error(const outcome *outcome) {
  size_t length = 0;
  const char *message = message_of(outcome, &length);
  fprintf(stderr, "dosai: %s%s%s: ", color(COLOR_RED), dosai_status_name(outcome->status),
          color(COLOR_PLAIN));
  put_plain(stderr, message, length);
  const char *request_id = dosai_error_request_id(outcome->error, &length);
  if (request_id) {
    fputs(" (request id ", stderr);
    put_plain(stderr, request_id, length);
    fputc(')', stderr);
  }
  int64_t retry_after_ms = dosai_error_retry_after_ms(outcome->error);
  if (retry_after_ms >= 0) fprintf(stderr, " (retry after %.3g s)", (double)retry_after_ms / 1000);
  fputc('\n', stderr);
}

static void put_text(const char *key, const char *text, size_t length) {
  printf(", \"%s\": ", key);
  json_put_string(stdout, text, length);
}

static const char *clock_name(dosai_clock clock) {
  switch (clock) {
  case DOSAI_CLOCK_CONNECT:
    return "connect";
  case DOSAI_CLOCK_FIRST_TOKEN:
    return "first_token";
  case DOSAI_CLOCK_IDLE:
    return "idle";
  case DOSAI_CLOCK_TOTAL:
    return "total";
  default:
    return NULL;
  }
}

static void put_error(const outcome *outcome) {
  typedef const char *(*getter)(const dosai_error *, size_t *);
  static const char *const keys[] = {"code", "type", "param", "request_id"};
  static const getter getters[] = {dosai_error_code, dosai_error_type, dosai_error_param,
                                   dosai_error_request_id};
  const dosai_error *error = outcome->error;
  size_t length = 0;
  const char *text = message_of(outcome, &length);
  fputs("{\"message\": ", stdout);
  json_put_string(stdout, text ? text : "", length);
  int32_t http_status = dosai_error_http_status(error);
  fputs(", ", stdout);
  json_put_count(stdout, "http_status", http_status > 0 ? http_status : -1);
  for (size_t index = 0; index < sizeof keys / sizeof *keys; index++) {
    text = getters[index](error, &length);
    put_text(keys[index], text, length);
  }
  fputs(", ", stdout);
  json_put_count(stdout, "retry_after_ms", dosai_error_retry_after_ms(error));
  text = dosai_error_body(error, &length);
  put_text("body", text, length);
  const char *clock = clock_name(dosai_error_clock(error));
  put_text("timeout", clock, clock ? strlen(clock) : 0);
  putchar('}');
}

static void put_quirks(uint32_t quirks) {
  const char *separator = "";
  putchar('[');
  for (uint32_t bit = 1; bit; bit <<= 1) {
    const char *name = quirks & bit ? dosai_quirk_name(bit) : NULL;
    if (!name) continue;
    printf("%s\"%s\"", separator, name);
    separator = ", ";
  }
  putchar(']');
}

static void put_timings(const outcome *outcome) {
  static const char *const keys[] = {"connect_ms", "first_byte_ms", "first_token_ms", "total_ms"};
  int64_t times[] = {-1, -1, -1, -1};
  dosai_timings timings = {.struct_size = sizeof timings};
  if (dosai_error_timings(outcome->error, &timings) == DOSAI_OK ||
      dosai_completion_timings(outcome_completion(outcome), &timings) == DOSAI_OK) {
    times[0] = timings.connect_us;
    times[1] = timings.first_byte_us;
    times[2] = timings.first_token_us;
    times[3] = timings.total_us;
  }
  for (size_t index = 0; index < sizeof keys / sizeof *keys; index++) {
    printf("%s\"%s\": ", index == 0 ? "{" : ", ", keys[index]);
    if (times[index] < 0) {
      fputs("null", stdout);
    } else {
      printf("%.3f", (double)times[index] / 1000);
    }
  }
  putchar('}');
}

void outcome_print_json(const outcome *outcome) {
  const dosai_completion *completion = outcome_completion(outcome);
  int is_ok = outcome_is_ok(outcome);
  size_t length = 0;
  const char *json = dosai_completion_json(completion, &length);
  printf("{\"status\": \"%s\", \"error\": ", dosai_status_name(outcome->status));
  if (is_ok) {
    fputs("null", stdout);
  } else {
    put_error(outcome);
  }
  fputs(", \"completion\": ", stdout);
  if (json) {
    json_put_compact(stdout, json, length);
  } else {
    fputs("null", stdout);
  }
  fputs(", \"quirks\": ", stdout);
  put_quirks(dosai_completion_quirks(completion));
  fputs(", ", stdout);
  json_put_count(stdout, "attempts",
                 is_ok ? dosai_completion_attempt_count(completion)
                       : dosai_error_attempt_count(outcome->error));
  fputs(", \"timings\": ", stdout);
  put_timings(outcome);
  fputs("}\n", stdout);
}

void outcome_free(outcome *outcome) {
  dosai_completion_free(outcome->completion);
  dosai_error_free(outcome->error);
}
