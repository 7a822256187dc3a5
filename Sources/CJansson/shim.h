/* The door to libjansson: what its macros hide from Swift. */
#include <jansson.h>

/* Parses a text that is known to be JSON: a syntax error is then a token for which there was no memory, and so is a
 * failure without a text. */
static inline json_t *cjansson_parse(const char *text, size_t length, size_t flags, int *out_of_memory) {
  json_error_t error;
  json_t *parsed = json_loadb(text, length, flags, &error);
  *out_of_memory = !parsed && (!error.text[0] || json_error_code(&error) == json_error_out_of_memory ||
                               json_error_code(&error) == json_error_invalid_syntax);
  return parsed;
}

static inline void cjansson_release(json_t *value) { json_decref(value); }
