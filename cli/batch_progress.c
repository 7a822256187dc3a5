/* How far a batch is.   SPDX-License-Identifier: MIT */
#include "batch.h"

#include <inttypes.h>

#define PROGRESS_MS 200

static void show_time(int64_t seconds) {
  if (seconds >= 3600) {
    fprintf(stderr, "%" PRId64 " h %02d min", seconds / 3600, (int)(seconds / 60 % 60));
  } else if (seconds >= 60) {
    fprintf(stderr, "%d min %02d s", (int)(seconds / 60), (int)(seconds % 60));
  } else {
    fprintf(stderr, "%d s", (int)seconds);
  }
}

static double seconds_of(const batch *batch, int64_t now) { return (double)(now - batch->started_at) / 1e3; }

static void show_counts(const batch *batch, int64_t now) {
  double elapsed = seconds_of(batch, now);
  fprintf(stderr, "dosai: %zu of %zu done, %zu failed", batch->done, batch->input.count, batch->failed);
  if (elapsed > 0) fprintf(stderr, ", %.0f tokens/s", (double)batch->tokens / elapsed);
}

void progress_show(batch *batch, int64_t now) {
  size_t done = batch->done - batch->done_before, left = batch->input.count - batch->done;
  if (!batch->is_live || now - batch->shown_at < PROGRESS_MS) return;
  batch->shown_at = now;
  fputs("\r\x1b[K\x1b[?7l", stderr); /* one line: of what does not fit, nothing goes to the next */
  show_counts(batch, now);
  if (done > 0) {
    fputs(", ", stderr);
    show_time((int64_t)((double)left * seconds_of(batch, now) / (double)done) + 1);
    fputs(" left", stderr);
  }
  if (batch->held_until > now) {
    fputs(", waiting for ", stderr);
    show_time((batch->held_until - now) / 1000 + 1);
  }
  fputs("\x1b[?7h", stderr);
  fflush(stderr);
}

void progress_end(const batch *batch, int64_t now) {
  if (!batch->is_terminal && batch->failed == 0 && outcome_is_ok(batch->outcome)) return;
  if (batch->is_live) fputs("\r\x1b[K", stderr);
  show_counts(batch, now);
  fputs(" in ", stderr);
  show_time((int64_t)seconds_of(batch, now));
  fputc('\n', stderr);
}
