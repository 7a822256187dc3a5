/* dosai batch: many requests on one thread.   SPDX-License-Identifier: MIT */
#include "batch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define RETRIES 10
#define TURN_MS 250 /* at most, until the output and the progress are looked after */

int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* ---- how many at once */

/* A call that has not sent its request: the rate holds it up. Nothing is submitted beside it, so that there is one at
 * most, and what comes after it can still be left out. */
static uintptr_t held;

void batch_observe(const dosai_call_event *event, void *user_data) {
  (void)user_data;
  if (event->kind == DOSAI_CALL_STARTED) {
    held = event->call;
  } else if (event->call == held && (event->kind == DOSAI_CALL_ATTEMPT || event->kind == DOSAI_CALL_ENDED)) {
    held = 0;
  }
}

static int has_room(const batch *batch) { return !held && (double)batch->in_flight + 1 <= batch->window; }

static void widen(batch *batch) {
  if (batch->window < (double)batch->slot_count) batch->window += 1 / batch->window;
}

/* Of calls that were in flight together, and may all be refused, the first alone halves the window. */
static void narrow(batch *batch, const dosai_error *error, int64_t delay, int64_t now) {
  dosai_timings timings = {.struct_size = sizeof timings};
  dosai_error_timings(error, &timings);
  if (now + delay > batch->held_until) batch->held_until = now + delay;
  if (now - timings.total_us / 1000 <= batch->refused_at) return;
  batch->refused_at = now;
  batch->window = batch->window > 2 ? batch->window / 2 : 1;
}

/* ---- what comes back */

static void stop(batch *batch, dosai_status status, const char *message) {
  if (outcome_is_ok(batch->outcome)) outcome_fail(batch->outcome, status, "%s", message);
}

static void leave(slot *slot) {
  dosai_call_free(slot->call);
  request_clear(&slot->request);
  memset(slot, 0, sizeof *slot);
}

static void finish(batch *batch, slot *slot, const dosai_event *end) {
  if (output_write(&batch->output, slot->line->number, &slot->request, end, batch->outcome)) {
    slot->line->is_done = 1;
    batch->done++;
    if (end->error) batch->failed++;
  }
  leave(slot);
}

static void wait_until(batch *batch, slot *slot, int64_t due) {
  slot->state = WAITING;
  slot->due = due;
  batch->waiting++;
}

static void fail(batch *batch, slot *slot, const dosai_error *error) {
  dosai_status status = dosai_error_status(error);
  int64_t now = now_ms();
  int64_t delay = error_delay(error, slot->retries);
  int can_retry = dosai_error_is_retryable(error);
  int is_crowded = status == DOSAI_RESOURCE && batch->in_flight > 0; /* these calls have the descriptors */
  dosai_call_free(slot->call);
  slot->call = NULL;
  if (can_retry && (status == DOSAI_RATE_LIMITED ||
                    (status == DOSAI_UNAVAILABLE && dosai_error_retry_after_ms(error) > 0))) {
    narrow(batch, error, delay, now);
  }
  if ((can_retry || is_crowded) && !outcome_is_ok(batch->outcome)) {
    leave(slot);
  } else if (is_crowded) {
    batch->window = (double)batch->in_flight;
    wait_until(batch, slot, now);
  } else if (can_retry && slot->retries < batch->retries_most) {
    slot->retries++;
    wait_until(batch, slot, now + delay);
  } else if (error_concerns_all(error)) {
    stop(batch, status, dosai_error_message(error, NULL));
    leave(slot);
  } else {
    finish(batch, slot, &(dosai_event){.error = error});
  }
}

static int64_t count_of(const char *usage, const char *key) {
  const char *count = usage ? json_member(usage, key) : NULL;
  return count && *count >= '0' && *count <= '9' ? strtoll(count, NULL, 10) : -1;
}

static int64_t completion_tokens_of(const dosai_event *event) {
  dosai_usage usage = {.struct_size = sizeof usage};
  if (!event->completion) {
    return count_of(json_member(dosai_response_json(event->response, NULL), "usage"), "completion_tokens");
  }
  dosai_completion_usage(event->completion, &usage);
  return usage.completion_tokens;
}

static int32_t on_event(const dosai_event *event, void *user_data) {
  batch *batch = user_data;
  slot *slot = &batch->slots[event->tag];
  batch->in_flight--;
  if (event->kind == DOSAI_EVENT_ERROR) {
    fail(batch, slot, event->error);
    return 0;
  }
  int64_t tokens = completion_tokens_of(event);
  if (tokens > 0) batch->tokens += tokens;
  widen(batch);
  finish(batch, slot, event);
  return 0;
}

/* ---- what goes out */

static void submit(batch *batch, slot *slot, dosai_error **out_error) {
  const batch_request *request = &slot->request;
  uintptr_t tag = (uintptr_t)(slot - batch->slots);
  if (strcmp(request->path, "/chat/completions") != 0) {
    batch->outcome->status =
        dosai_loop_submit_post(batch->loop, batch->client, request->path, request->body, request->body_length,
                               &batch->call, tag, &slot->call, out_error);
    return;
  }
  dosai_request *chat = NULL;
  batch->outcome->status = dosai_request_parse(request->body, request->body_length, &chat, out_error);
  if (outcome_is_ok(batch->outcome)) {
    batch->outcome->status =
        dosai_loop_submit_chat(batch->loop, batch->client, chat, &batch->call, tag, &slot->call, out_error);
  }
  dosai_request_free(chat);
}

static void send_line(batch *batch, slot *slot) {
  request_clear(&slot->request);
  input_read(&batch->input, slot->line, &slot->request, batch->outcome);
  if (!outcome_is_ok(batch->outcome)) return;
  submit(batch, slot, &batch->outcome->error);
  if (!outcome_is_ok(batch->outcome)) return;
  slot->request.body = NULL;
  slot->state = SENT;
  batch->last = slot;
  batch->in_flight++;
}

static batch_line *next_line(batch *batch) {
  while (batch->next < batch->input.count && batch->input.lines[batch->next].is_done) batch->next++;
  return batch->next < batch->input.count ? &batch->input.lines[batch->next] : NULL;
}

/* Sends what may be sent: first what is due again, then new lines. Gives when a line is due again. */
static int64_t send_lines(batch *batch, int64_t now) {
  int64_t wake = INT64_MAX;
  for (size_t index = 0; batch->waiting > 0 && has_room(batch) && index < batch->slot_count; index++) {
    slot *slot = &batch->slots[index];
    if (slot->state != WAITING) continue;
    if (slot->due > now) {
      if (slot->due < wake) wake = slot->due;
      continue;
    }
    batch->waiting--;
    send_line(batch, slot);
    if (!outcome_is_ok(batch->outcome)) return now;
  }
  for (size_t index = 0; index < batch->slot_count && has_room(batch) && next_line(batch); index++) {
    slot *slot = &batch->slots[index];
    if (slot->state != FREE) continue;
    slot->line = next_line(batch);
    batch->next++;
    send_line(batch, slot);
    if (!outcome_is_ok(batch->outcome)) return now;
  }
  return wake;
}

/* ---- the whole */

/* If something is wrong, what was sent is still waited for: it will be paid for. */
static int is_over(batch *batch) {
  if (batch->in_flight > 0) return 0;
  return !outcome_is_ok(batch->outcome) || (batch->waiting == 0 && !next_line(batch));
}

static void run(batch *batch) {
  while (!is_over(batch)) {
    int64_t now = now_ms();
    int64_t wake = outcome_is_ok(batch->outcome) ? send_lines(batch, now) : INT64_MAX;
    if (held && !outcome_is_ok(batch->outcome)) dosai_call_cancel(batch->last->call);
    int64_t wait = wake <= now ? 0 : wake - now < TURN_MS ? wake - now : TURN_MS;
    dosai_error *error = NULL;
    dosai_status status = dosai_loop_step(batch->loop, wait, on_event, batch, NULL, &error);
    if (status != DOSAI_OK) stop(batch, status, dosai_error_message(error, NULL));
    dosai_error_free(error);
    if (status != DOSAI_OK) break;
    if (dosai_cancel_is_triggered(batch->call.cancel)) stop(batch, DOSAI_CANCELLED, "cancelled");
    now = now_ms();
    output_sync(&batch->output, now, batch->outcome);
    progress_show(batch, now);
  }
}

/* A connection for each call, if it must be. */
static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_batch(batch *batch, const options *options) {
  outcome *outcome = batch->outcome;
  input_open(&batch->input, options->input, outcome);
  if (!outcome_is_ok(outcome)) return 0;
  output_open(&batch->output, options->output, &batch->input, &batch->done, &batch->failed, outcome);
  if (!outcome_is_ok(outcome)) return 0;
  batch->slot_count =
      batch->input.count < (size_t)options->concurrency ? batch->input.count : (size_t)options->concurrency;
  batch->slots = calloc(batch->slot_count + 1, sizeof *batch->slots);
  if (!batch->slots) stop(batch, DOSAI_OUT_OF_MEMORY, "out of memory");
  dosai_loop_options loop;
  dosai_loop_options_init(&loop, sizeof loop);
  loop.requests_per_minute = options->requests_per_minute ? options->requests_per_minute : -1;
  loop.tokens_per_minute = options->tokens_per_minute;
  if (outcome_is_ok(outcome)) outcome->status = dosai_loop_new(&loop, &batch->loop, &outcome->error);
  return outcome_is_ok(outcome);
}

static void close_batch(batch *batch) {
  if (batch->loop) dosai_loop_close(batch->loop, NULL, NULL, NULL);
  for (size_t index = 0; index < batch->slot_count; index++) leave(&batch->slots[index]);
  free(batch->slots);
  output_close(&batch->output);
  input_close(&batch->input);
}

void batch_run(dosai_client *client, const options *options, outcome *outcome) {
  batch batch = {.client = client, .call = options->call, .outcome = outcome, .retries_most = RETRIES};
  if (batch.call.max_retries) batch.retries_most = batch.call.max_retries > 0 ? batch.call.max_retries : 0;
  batch.call.max_retries = -1; /* they are ours, so that all calls can share a back-off */
  batch.is_terminal = isatty(STDERR_FILENO);
  batch.is_live = takes_escapes();
  raise_descriptor_limit();
  cancel_on_signals();
  if (open_batch(&batch, options)) {
    srand((unsigned)(time(NULL) ^ getpid()));
    batch.started_at = now_ms();
    batch.done_before = batch.done;
    batch.window = (double)batch.slot_count;
    batch.refused_at = -1;
    run(&batch);
    output_sync(&batch.output, INT64_MAX, outcome);
    progress_end(&batch, now_ms());
  }
  outcome->is_part_failed = batch.failed > 0;
  close_batch(&batch);
}
