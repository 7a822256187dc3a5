/* libFuzzer's two functions. DOSAI_FUZZ names the target. The shipped library has those that see only dosai.h. */
#include "fuzz.h"

void fuzz_request(const uint8_t *bytes, size_t count);
void fuzz_calls(const uint8_t *bytes, size_t count);
void fuzz_answers(const uint8_t *bytes, size_t count);
#ifndef SHIPPED
void fuzz_events(const uint8_t *bytes, size_t count);
void fuzz_shapes(const uint8_t *bytes, size_t count);
void fuzz_streams(const uint8_t *bytes, size_t count);
void fuzz_json(const uint8_t *bytes, size_t count);
void fuzz_errors(const uint8_t *bytes, size_t count);
void fuzz_addresses(const uint8_t *bytes, size_t count);
#endif

static const struct {
  const char *name;
  void (*run)(const uint8_t *bytes, size_t count);
} targets[] = {
    {"request", fuzz_request}, {"calls", fuzz_calls},   {"answers", fuzz_answers},
#ifndef SHIPPED
    {"events", fuzz_events},   {"shapes", fuzz_shapes}, {"streams", fuzz_streams},
    {"json", fuzz_json},       {"errors", fuzz_errors}, {"addresses", fuzz_addresses},
#endif
};

static void (*target)(const uint8_t *bytes, size_t count);

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  const char *name = getenv("DOSAI_FUZZ");
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
    if (name && strcmp(name, targets[i].name) == 0) target = targets[i].run;
  CHECK(target != NULL);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  target(bytes, count);
  return 0;
}
