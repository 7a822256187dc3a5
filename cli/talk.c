/* dosai chat -i, and the round trips of tools.   SPDX-License-Identifier: MIT */
#include "talk.h"

#include <stdlib.h>
#include <string.h>

#define STOPPED " [stopped]"

static int32_t on_wait(void *user_data) {
  (void)user_data;
  return lines_are_stopped();
}

static void note(const char *text) {
  if (lines_are_typed()) fprintf(stderr, "%s%s%s\n", color(COLOR_DIM), text, color(COLOR_PLAIN));
}

void talk_report(talk *talk) {
  outcome *outcome = talk->outcome;
  if (talk->options.is_json && (outcome->completion || outcome->error)) outcome_print_json(outcome);
  outcome->is_printed = 1;
  if (output_flush() || outcome_is_ok(outcome)) return;
  if (outcome->status == DOSAI_CANCELLED && talk->options.is_talk && lines_are_typed()) {
    note("(stopped)");
  } else {
    outcome_print_error(outcome);
  }
}

void talk_begin(talk *talk) {
  outcome *outcome = talk->outcome;
  outcome_free(outcome);
  memset(outcome, 0, sizeof *outcome);
}

/* One call. 1: the results of its tool calls are there, and the model is to go on. */
static int call(talk *talk) {
  outcome *outcome = talk->outcome;
  talk_begin(talk);
  chat_ask(talk->client, talk->request, &talk->options, outcome);
  if (!outcome_is_ok(outcome)) return 0;
  outcome->status = dosai_request_add_completion(talk->request, outcome->completion, 0, &outcome->error);
  if (!outcome_is_ok(outcome) || dosai_completion_tool_call_count(outcome->completion, 0) == 0) return 0;
  if (tools_answer(&talk->options, outcome->completion, talk->request, outcome)) {
    tools_unforce(talk->request, outcome);
    talk_report(talk);
    return outcome_is_ok(outcome);
  }
  if (outcome_is_ok(outcome) && talk->options.is_talk) {
    outcome_fail(outcome, DOSAI_CANCELLED, "a tool's result is missing");
  }
  return 0;
}

/* What had arrived of the answer stays, marked; 0: there is nothing. */
static int keep_part(talk *talk) {
  size_t length = 0;
  const char *content = dosai_completion_content(outcome_completion(talk->outcome), 0, &length);
  char *marked = talk->outcome->error && length ? malloc(length + sizeof STOPPED) : NULL;
  if (!marked) return 0;
  memcpy(marked, content, length);
  memcpy(marked + length, STOPPED, sizeof STOPPED);
  size_t marked_length = length + sizeof STOPPED - 1;
  dosai_status status = dosai_request_add_message(talk->request, "assistant", marked, marked_length, NULL);
  free(marked);
  return status == DOSAI_OK;
}

/* One turn: what the user says, NULL being what the request has said, and the answers. A turn that failed
 * before anything was answered was never said. */
static void turn(talk *talk, const text *said) {
  outcome *outcome = talk->outcome;
  dosai_request *before = NULL;
  talk_begin(talk);
  outcome->status = dosai_request_copy(talk->request, &before, &outcome->error);
  if (outcome_is_ok(outcome) && said) {
    outcome->status =
        dosai_request_add_message(talk->request, "user", said->bytes, said->length, &outcome->error);
  }
  while (outcome_is_ok(outcome) && call(talk)) {
  }
  const char *choice = before ? json_member(dosai_request_json(before, NULL), "tool_choice") : NULL;
  if (choice) { /* for the next turn */
    size_t length = (size_t)(json_value_end(choice) - choice);
    dosai_request_set_json(talk->request, "tool_choice", choice, length, NULL);
  }
  if (!outcome_is_ok(outcome) && before && !keep_part(talk)) {
    dosai_request *failed = talk->request;
    talk->request = before;
    before = failed;
  }
  dosai_request_free(before);
  talk_report(talk);
}

/* In a terminal a failure is reported and the talk goes on; else it ends it. */
static int goes_on(const talk *talk) {
  return !talk->is_over && !lines_have_ended() && !ferror(stdout) &&
         (outcome_is_ok(talk->outcome) || lines_are_typed());
}

static void take_turns(talk *talk) {
  while (goes_on(talk)) {
    entry entry;
    lines_go_on();
    if (lines_read("> ", &entry)) {
      if (!entry.is_block && entry.text.bytes[0] == '/') {
        talk_command(talk, entry.text.bytes);
      } else if (entry.text.length > 0) {
        turn(talk, &entry.text);
      }
      free(entry.text.bytes);
    } else {
      if (lines_are_typed()) fputc('\n', stderr);
      talk->is_over = !lines_are_stopped() || !lines_are_typed();
    }
  }
}

/* To have failed in a terminal, and to have gone on, is not to have failed. */
static void converse(talk *talk, const text *prompt) {
  if (prompt->length > 0) turn(talk, prompt);
  take_turns(talk);
  if (lines_lack_memory()) {
    talk_begin(talk);
    outcome_fail(talk->outcome, DOSAI_OUT_OF_MEMORY, "out of memory");
    talk_report(talk);
  } else if (lines_are_stopped()) {
    outcome_fail(talk->outcome, DOSAI_CANCELLED, "stopped");
  } else if (lines_are_typed()) {
    talk_begin(talk);
  }
  talk->outcome->is_printed = 1;
}

void talk_run(dosai_client *client, const options *options, dosai_request *request, outcome *outcome) {
  talk talk = {.client = client, .options = *options, .outcome = outcome};
  text prompt = {0};
  outcome->status = dosai_request_copy(request, &talk.request, &outcome->error);
  if (outcome_is_ok(outcome) && options->is_talk) prompt_read(options, &prompt, outcome);
  if (outcome_is_ok(outcome)) {
    talk.options.call.on_wait = on_wait;
    lines_open(options); /* from there on, signals end no read of a file */
    if (options->is_talk) {
      note("/help lists the commands, Ctrl-D quits");
      converse(&talk, &prompt);
    } else {
      turn(&talk, NULL);
    }
    lines_close();
  }
  free(prompt.bytes);
  dosai_request_free(talk.request);
}
