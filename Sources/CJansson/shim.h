/* jansson's macros as functions, which Swift can call. */
#include <jansson.h>

/* Parses a text that is known to be JSON. So a syntax error, or a failure without a message, means that there was no
 * memory for a token. */
static inline json_t *cjansson_parse(const char *text, size_t length, size_t flags, int *out_of_memory) {
  json_error_t error;
  json_t *parsed = json_loadb(text, length, flags, &error);
  *out_of_memory = !parsed && (!error.text[0] || json_error_code(&error) == json_error_out_of_memory ||
                               json_error_code(&error) == json_error_invalid_syntax);
  return parsed;
}

static inline void cjansson_release(json_t *value) { json_decref(value); }
