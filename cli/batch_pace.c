/* When a call of a batch may be sent.   SPDX-License-Identifier: MIT */
#include "batch.h"

#include <string.h>

#define LATE_MS 20 /* what a request was sent too late is made up for */

void pace_start(batch_pace *pace, const options *options, int64_t now) {
  memset(pace, 0, sizeof *pace);
  pace->refused_at = -1;
  pace->window = pace->window_most = (double)options->concurrency;
  pace->next_request = (double)now;
  if (options->requests_per_minute) pace->request_interval = 60e3 / (double)options->requests_per_minute;
  pace->tokens_per_minute = options->tokens_per_minute;
  pace->second = now / 1000;
}

/* Forgets the seconds that lie more than a minute back. */
static void turn(batch_pace *pace, int64_t now) {
  int64_t second = now / 1000;
  if (second - pace->second > PACE_SECONDS) pace->second = second - PACE_SECONDS;
  while (pace->second < second) {
    int64_t *oldest = &pace->tokens_of[++pace->second % PACE_SECONDS];
    pace->tokens -= *oldest;
    *oldest = 0;
  }
}

int64_t pace_next(batch_pace *pace, uint32_t tokens, size_t in_flight, int64_t now) {
  if ((double)in_flight + 1 > pace->window) return INT64_MAX;
  if (now < pace->held_until) return pace->held_until;
  if (now < (int64_t)pace->next_request) return (int64_t)pace->next_request;
  turn(pace, now);
  int is_over =
      pace->tokens_per_minute && pace->tokens > 0 && pace->tokens + tokens > pace->tokens_per_minute;
  return is_over ? (pace->second + 1) * 1000 : now;
}

void pace_sent(batch_pace *pace, uint32_t tokens, int64_t now) {
  double start = (double)(now - LATE_MS);
  pace->next_request = (pace->next_request > start ? pace->next_request : start) + pace->request_interval;
  turn(pace, now);
  pace->tokens_of[pace->second % PACE_SECONDS] += tokens;
  pace->tokens += tokens;
}

void pace_cost(batch_pace *pace, uint32_t tokens, int64_t cost, int64_t sent_at, int64_t now) {
  turn(pace, now);
  if (pace->second - sent_at / 1000 >= PACE_SECONDS) return;
  pace->tokens_of[sent_at / 1000 % PACE_SECONDS] += cost - tokens;
  pace->tokens += cost - tokens;
}

void pace_answered(batch_pace *pace) {
  if (pace->window < pace->window_most) pace->window += 1 / pace->window;
  if (pace->window > pace->window_most) pace->window = pace->window_most;
}

/* Of calls that were in flight together, and may all be refused, the first alone halves the window. */
void pace_refused(batch_pace *pace, int64_t sent_at, int64_t delay, int64_t now) {
  if (now + delay > pace->held_until) pace->held_until = now + delay;
  if (sent_at <= pace->refused_at) return;
  pace->refused_at = now;
  pace->window = pace->window > 2 ? pace->window / 2 : 1;
}
