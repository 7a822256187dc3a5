/* What the targets in C share: the input, checks, and a server in the same thread. They see only dosai.h. */
#ifndef FUZZ_H
#define FUZZ_H

#define _GNU_SOURCE
#include <dosai.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the run as a crash does, and says which promise is broken. */
#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      abort();                                                                \
    }                                                                         \
  } while (0)

/* ---- the input, from its front; where it is at its end all is 0 and empty ---- */

typedef struct {
  const uint8_t *at, *end;
} fuzz_input;

static inline uint8_t fuzz_byte(fuzz_input *input) { return input->at < input->end ? *input->at++ : 0; }

static inline size_t fuzz_below(fuzz_input *input, size_t count) { return fuzz_byte(input) % count; }

/* A copy in memory of just its size and a NUL, so that the sanitizer sees a read beyond it. */
static inline char *fuzz_text(fuzz_input *input, size_t *length) {
  size_t left = (size_t)(input->end - input->at), wanted = fuzz_byte(input);
  left -= left > 0;
  *length = wanted < left ? wanted : left;
  char *text = malloc(*length + 1);
  CHECK(text != NULL);
  memcpy(text, input->at, *length);
  text[*length] = 0;
  input->at += *length;
  return text;
}

/* ---- the server: a unix socket whose other end the same thread writes; it never waits ---- */

enum { FUZZ_CONNECTIONS = 16 };

typedef struct {
  int sockets[FUZZ_CONNECTIONS]; /* -1: none */
  int count;                     /* how many there were */
} fuzz_server;

const char *fuzz_server_path(void);
void fuzz_server_start(fuzz_server *server);
/* Takes what has come: new connections, and what clients have written. True if there is a connection. */
int fuzz_server_take(fuzz_server *server);
/* Writes to the newest connection; false: it cannot now. */
int fuzz_server_send(fuzz_server *server, const void *bytes, size_t count);
/* Ends the newest connection; the client may see it as broken. */
void fuzz_server_cut(fuzz_server *server);
void fuzz_server_end(fuzz_server *server);

/* ---- the clock: from its start to its end the process's monotonic time is this. It stands still, but a wait that
 * nothing ends moves it on to the wait's end, instead of waiting ---- */

/* Asked in such a wait: it may make something happen, and gives the time of that; `until`: nothing happens before. */
typedef int64_t (*fuzz_turn)(void *context, int64_t until);
void fuzz_clock_start(fuzz_turn turn, void *context);
void fuzz_clock_end(void);
/* Its time, in nanoseconds. */
int64_t fuzz_clock_now(void);

/* The lowest descriptor that is free: it is the same again once all are back. */
int fuzz_descriptor(void);

/* Checks what every error, completion and event says of itself. */
void fuzz_check_error(const dosai_error *error, dosai_status status);
void fuzz_check_completion(const dosai_completion *completion);
void fuzz_check_response(const dosai_response *response);
void fuzz_check_chunk(const dosai_chunk *chunk);

#endif
