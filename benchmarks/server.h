/* What the server's ways to answer share. */
#ifndef SERVER_H
#define SERVER_H

#include <stdio.h>

typedef struct {
  char *text;
  size_t length;
} piece;

/* What is sent: the head, `rounds` times the body, the tail. */
extern piece head, body, tail;
extern long rounds;

/* HTTP/2 over TLS. */
void h2_put_event(FILE *out, const char *event, int is_last);
void h2_start(const char *certificate, const char *key);
void h2_serve(int fd);

#endif
