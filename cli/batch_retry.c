/* What becomes of a call of a batch that failed.   SPDX-License-Identifier: MIT */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

#define RETRY_MS 500
#define RETRY_MOST_MS 30000
#define RETRY_AFTER_MOST_MS 86400000

int error_concerns_all(const dosai_error *error) {
  dosai_timings timings = {.struct_size = sizeof timings};
  switch (dosai_error_status(error)) {
  case DOSAI_AUTHENTICATION:
  case DOSAI_INSUFFICIENT_CREDITS:
  case DOSAI_REDIRECTED:
  case DOSAI_CANCELLED:
  case DOSAI_RESOURCE:
  case DOSAI_OUT_OF_MEMORY:
    return 1;
  case DOSAI_CONNECTION:
  case DOSAI_PROXY:
  case DOSAI_TLS:
  case DOSAI_TIMEOUT: /* nobody was reached */
    return dosai_error_timings(error, &timings) == DOSAI_OK && timings.connect_us < 0;
  default:
    return 0;
  }
}

int64_t error_delay(const dosai_error *error, int retries) {
  int64_t asked = dosai_error_retry_after_ms(error);
  if (asked > RETRY_AFTER_MOST_MS) asked = RETRY_AFTER_MOST_MS;
  if (asked > 0) return asked + 1; /* to be added to a time that was rounded down */
  int64_t delay = (int64_t)RETRY_MS << (retries < 10 ? retries : 10);
  if (delay > RETRY_MOST_MS) delay = RETRY_MOST_MS;
  return delay - delay / 4 * (rand() % 1024) / 1024;
}
