/* dosai chat.   SPDX-License-Identifier: MIT */
#include "talk.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

typedef struct printer {
  const options *options;
  int is_terminal;  /* standard error is one */
  int is_reasoning; /* the last that was shown there */
  char last_byte;   /* of the answer; 0: nothing yet */
} printer;

/* What a model says may not steer a terminal: control characters are left out, but for line ends and tabs. */
static void put_said(FILE *file, const char *text, size_t length) {
  if (!isatty(fileno(file))) {
    fwrite(text, 1, length, file);
    return;
  }
  for (size_t index = 0; index < length; index++) {
    unsigned char byte = (unsigned char)text[index];
    unsigned char next = index + 1 < length ? (unsigned char)text[index + 1] : 0;
    if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {
      index++;
    } else if (byte == '\n' || byte == '\t' || (byte >= 0x20 && byte != 0x7F)) {
      fputc(byte, file);
    }
  }
}

static void put_answer(printer *printer, const char *text, size_t length) {
  if (length == 0) return;
  if (printer->is_reasoning) fprintf(stderr, "%s\n\n", color(COLOR_PLAIN));
  printer->is_reasoning = 0;
  printer->last_byte = text[length - 1];
  put_said(stdout, text, length);
}

static void put_reasoning(printer *printer, const char *text, size_t length) {
  if (!printer->is_terminal || length == 0) return;
  if (!printer->is_reasoning) fputs(color(COLOR_DIM), stderr);
  printer->is_reasoning = 1;
  put_said(stderr, text, length);
}

static void end_line(printer *printer) {
  if (printer->is_reasoning) fprintf(stderr, "%s\n", color(COLOR_PLAIN));
  if (printer->last_byte && printer->last_byte != '\n') putchar('\n');
  printer->is_reasoning = 0;
  printer->last_byte = 0;
}

/* The first choice comes as it is said; the others, which come in between, after it. */
static void show_chunk(printer *printer, const dosai_chunk *chunk) {
  if (chunk->choice != 0) return;
  if (chunk->kind == DOSAI_CHUNK_CONTENT || chunk->kind == DOSAI_CHUNK_REFUSAL) {
    put_answer(printer, chunk->text, chunk->text_length);
  } else if (chunk->kind == DOSAI_CHUNK_REASONING) {
    put_reasoning(printer, chunk->text, chunk->text_length);
  }
}

static void put_tool_call(const dosai_completion *completion, int32_t choice, int32_t tool_call) {
  size_t length = 0;
  const char *text = dosai_completion_tool_call_id(completion, choice, tool_call, &length);
  fputs("{\"id\": ", stdout);
  json_put_string(stdout, text, length);
  text = dosai_completion_tool_call_name(completion, choice, tool_call, &length);
  fputs(", \"name\": ", stdout);
  json_put_string(stdout, text, length);
  text = dosai_completion_tool_call_arguments(completion, choice, tool_call, &length);
  fputs(", \"arguments\": ", stdout);
  json_put_string(stdout, text, length);
  fputs("}\n", stdout);
}

/* What show_chunk has not shown. */
static void show_completion(printer *printer, const dosai_completion *completion, int is_streamed) {
  int32_t choice_count = dosai_completion_choice_count(completion);
  end_line(printer);
  for (int32_t choice = 0; choice < choice_count; choice++) {
    if (!is_streamed || dosai_completion_choice_index(completion, choice) != 0) {
      size_t length = 0;
      if (choice > 0) putchar('\n');
      const char *text = dosai_completion_reasoning(completion, choice, &length);
      put_reasoning(printer, text, length);
      text = dosai_completion_content(completion, choice, &length);
      put_answer(printer, text, length);
      text = dosai_completion_refusal(completion, choice, &length);
      put_answer(printer, text, length);
      end_line(printer);
    }
    int32_t tool_call_count = dosai_completion_tool_call_count(completion, choice);
    for (int32_t index = 0; index < tool_call_count; index++) put_tool_call(completion, choice, index);
  }
}

static void show_statistics(const dosai_completion *completion) {
  dosai_usage usage = {.struct_size = sizeof usage};
  dosai_timings timings = {.struct_size = sizeof timings};
  if (dosai_completion_usage(completion, &usage) != DOSAI_OK) return;
  if (dosai_completion_timings(completion, &timings) != DOSAI_OK) return;
  int64_t start_us = timings.first_token_us > 0 ? timings.first_token_us : 0;
  fputs("dosai:", stderr);
  if (usage.completion_tokens >= 0) fprintf(stderr, " %" PRId64 " tokens,", usage.completion_tokens);
  if (start_us > 0) fprintf(stderr, " first after %.2f s,", (double)start_us / 1e6);
  if (usage.completion_tokens >= 0 && timings.total_us > start_us) {
    fprintf(stderr, " %.1f tokens/s,",
            (double)usage.completion_tokens * 1e6 / (double)(timings.total_us - start_us));
  }
  fprintf(stderr, " %.2f s in total\n", (double)timings.total_us / 1e6);
}

static void put_text(const char *key, const char *text, size_t length) {
  printf(", \"%s\": ", key);
  json_put_string(stdout, text, length);
}

static void put_usage(const dosai_usage *usage) {
  const char *keys[] = {"prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens",
                        "reasoning_tokens"};
  int64_t counts[] = {usage->prompt_tokens, usage->completion_tokens, usage->total_tokens,
                      usage->cached_tokens, usage->reasoning_tokens};
  fputs(", \"usage\": ", stdout);
  for (size_t index = 0; index < sizeof keys / sizeof *keys; index++) {
    fputs(index == 0 ? "{" : ", ", stdout);
    json_put_count(stdout, keys[index], counts[index]);
  }
  putchar('}');
}

static void put_chunk(const dosai_chunk *chunk) {
  static const char *const kinds[] = {"other",     "content", "reasoning", "refusal",
                                      "tool_call", "finish",  "usage"};
  int is_known = chunk->kind > 0 && chunk->kind < (int32_t)(sizeof kinds / sizeof *kinds);
  printf("{\"chunk\": {\"kind\": \"%s\", \"choice\": %" PRId32, kinds[is_known ? chunk->kind : 0],
         chunk->choice);
  switch (chunk->kind) {
  case DOSAI_CHUNK_CONTENT:
  case DOSAI_CHUNK_REASONING:
  case DOSAI_CHUNK_REFUSAL:
    put_text("text", chunk->text, chunk->text_length);
    break;
  case DOSAI_CHUNK_TOOL_CALL:
    printf(", \"tool_call\": %" PRId32, chunk->tool_call);
    put_text("id", chunk->tool_call_id, chunk->tool_call_id_length);
    put_text("name", chunk->tool_call_name, chunk->tool_call_name_length);
    put_text("text", chunk->text, chunk->text_length);
    break;
  case DOSAI_CHUNK_FINISH:
    put_text("finish_reason", chunk->text, chunk->text_length);
    break;
  case DOSAI_CHUNK_USAGE:
    put_usage(chunk->usage);
    break;
  default:
    fputs(", \"json\": ", stdout);
    json_put_compact(stdout, chunk->json, chunk->json_length);
  }
  fputs("}}\n", stdout);
}

/* Stops the call when nobody reads any more, or as the options say. */
static int32_t on_chunk(const dosai_chunk *chunk, void *user_data) {
  printer *printer = user_data;
  const dosai_call_options *call = &printer->options->call;
  if (printer->options->is_json) {
    put_chunk(chunk);
  } else {
    show_chunk(printer, chunk);
  }
  return output_flush() || (call->on_wait && call->on_wait(call->wait_user_data));
}

/* Asks for the usage, too, in a copy: what the user saves is what was said. */
static void ask_stream(dosai_client *client, const dosai_request *request, printer *printer,
                       outcome *outcome) {
  dosai_request *copy = NULL;
  outcome->status = dosai_request_copy(request, &copy, &outcome->error);
  if (outcome_is_ok(outcome) && !json_member(dosai_request_json(copy, NULL), "stream_options")) {
    outcome->status = dosai_request_set_json(copy, "stream_options", "{\"include_usage\":true}",
                                             DOSAI_NUL_TERMINATED, &outcome->error);
  }
  if (outcome_is_ok(outcome)) {
    outcome->status = dosai_chat_stream(client, copy, &printer->options->call, on_chunk, printer,
                                        &outcome->completion, &outcome->error);
  }
  dosai_request_free(copy);
}

void chat_ask(dosai_client *client, const dosai_request *request, const options *options, outcome *outcome) {
  printer printer = {.options = options, .is_terminal = isatty(STDERR_FILENO)};
  if (options->is_whole) {
    outcome->status = dosai_chat(client, request, &options->call, &outcome->completion, &outcome->error);
  } else {
    ask_stream(client, request, &printer, outcome);
  }
  if (options->is_json) return;
  show_completion(&printer, outcome_completion(outcome), !options->is_whole);
  output_flush();
  if (printer.is_terminal && outcome_is_ok(outcome) && !options->is_talk) {
    show_statistics(outcome->completion);
  }
}

void chat_run(dosai_client *client, const options *options, outcome *outcome) {
  dosai_request *request = NULL;
  request_build(options, &request, outcome);
  if (outcome_is_ok(outcome)) tools_add(options, request, outcome);
  if (outcome_is_ok(outcome) && (options->is_talk || tools_are_given(options))) {
    talk_run(client, options, request, outcome);
  } else if (outcome_is_ok(outcome)) {
    cancel_on_signals();
    chat_ask(client, request, options, outcome);
  }
  dosai_request_free(request);
}

/* Shows all chunks that the decoder has. Gives whether it wants more bytes. */
static int decode_all(printer *printer, dosai_decoder *decoder, outcome *outcome) {
  const dosai_chunk *chunk = NULL;
  dosai_status status;
  while ((status = dosai_decoder_next(decoder, &chunk, &outcome->error)) == DOSAI_OK && chunk) {
    if (on_chunk(chunk, printer)) return 0;
  }
  if (status == DOSAI_WOULD_BLOCK) return 1;
  outcome->status = status;
  return 0;
}

void decode_run(const options *options, outcome *outcome) {
  static char bytes[1 << 16];
  printer printer = {.options = options, .is_terminal = isatty(STDERR_FILENO)};
  dosai_decoder *decoder = NULL;
  outcome->status = dosai_decoder_new(NULL, &decoder, &outcome->error);
  int wants_more = outcome_is_ok(outcome);
  while (wants_more) {
    ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) outcome_fail(outcome, DOSAI_INVALID_ARGUMENT, "standard input: %s", strerror(errno));
    if (count < 0) break;
    outcome->status = count > 0 ? dosai_decoder_feed(decoder, bytes, (size_t)count, &outcome->error)
                                : dosai_decoder_finish(decoder, &outcome->error);
    wants_more = outcome_is_ok(outcome) && decode_all(&printer, decoder, outcome);
  }
  if (outcome_is_ok(outcome)) dosai_decoder_completion(decoder, &outcome->completion, NULL);
  dosai_decoder_free(decoder);
  if (!options->is_json) show_completion(&printer, outcome_completion(outcome), 1);
}
