/* What the two ways to read many streams share: their counts, and nothing else. */
#ifndef MANY_H
#define MANY_H

#include <stddef.h>

/* An event of a stream has come; `content` begins with a blank and when it was sent. */
void many_took(size_t stream, const char *content);
/* A stream has ended; `failure` NULL: well. */
void many_ended(const char *failure);

/* A way to read them: `start` makes what all streams share, `run` reads `count` streams of a model to their ends. */
void curl_start(const char *base, const char *ca);
void curl_run(const char *model, size_t count);
void loop_start(const char *base, const char *ca);
void loop_run(const char *model, size_t count);

#endif
