#include "test.h"

int main(void) {
  char text[32];
  CHECK_TEXT(dosai_version(), DOSAI_VERSION);
  CHECK_INT(dosai_version_number(), DOSAI_VERSION_NUMBER);
  snprintf(text, sizeof text, "%d.%d.%d", dosai_version_number() / 10000, dosai_version_number() / 100 % 100,
           dosai_version_number() % 100);
  CHECK_TEXT(text, DOSAI_VERSION);
  CHECK(dosai_version() == dosai_version());
  return test_end();
}
