/* The door to libjansson: what its macros hide from Swift. */
#include <jansson.h>

static inline void cjansson_release(json_t *value) { json_decref(value); }
