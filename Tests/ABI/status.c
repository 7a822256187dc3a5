#include "test.h"

#define ROW(name, number) \
  { DOSAI_##name, number, #name }

int main(void) {
  static const struct {
    dosai_status status;
    int number;
    const char *name;
  } rows[] = {ROW(OK, 0),
              ROW(INVALID_ARGUMENT, -1),
              ROW(OUT_OF_MEMORY, -2),
              ROW(RESOURCE, -3),
              ROW(BUSY, -4),
              ROW(FORKED, -5),
              ROW(CANCELLED, -6),
              ROW(TIMEOUT, -7),
              ROW(CONNECTION, -8),
              ROW(TLS, -9),
              ROW(TRUNCATED, -10),
              ROW(PROTOCOL, -11),
              ROW(TOO_LARGE, -12),
              ROW(REDIRECTED, -13),
              ROW(WOULD_BLOCK, -14),
              ROW(PROXY, -15),
              ROW(BAD_REQUEST, -20),
              ROW(AUTHENTICATION, -21),
              ROW(INSUFFICIENT_CREDITS, -22),
              ROW(PERMISSION, -23),
              ROW(NOT_FOUND, -24),
              ROW(RATE_LIMITED, -25),
              ROW(SERVER, -26),
              ROW(UNAVAILABLE, -27),
              ROW(PROVIDER, -28),
              ROW(INTERNAL, -99)};
  int named = 0;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    CHECK_INT(rows[i].status, rows[i].number);
    CHECK_TEXT(dosai_status_name(rows[i].status), rows[i].name);
  }
  for (dosai_status status = -200; status <= 200; status++)
    named += strcmp(dosai_status_name(status), "UNKNOWN") != 0;
  CHECK_INT(named, sizeof rows / sizeof *rows);
  CHECK_TEXT(dosai_status_name(INT32_MIN), "UNKNOWN");
  CHECK_TEXT(dosai_status_name(INT32_MAX), "UNKNOWN");
  return test_end();
}
