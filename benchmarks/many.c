/* Many streams on one thread, of benchmarks/paced.c, by the library's loop or by libcurl alone.
 * usage: many loop|curl BASE STREAMS COUNT PERIOD [CA]   COUNT events each, one every PERIOD milliseconds.
 * One stream warms up first. All then begin at once. Steady is the time from when each has given two events until the
 * first of them ends. Prints JSON, with -1 where there was no steady time: the CPU of this process a chunk, as a whole
 * and while steady, and a stream for what is not steady (its connection, its beginning and its end); the delay from
 * the server's write to the event while steady; the memory a stream: the most that was resident, less what was
 * before. */
#define _GNU_SOURCE
#include "many.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static size_t streams, chunks_each;
static uint32_t *taken; /* chunks of each stream */
static int64_t *delays; /* of all, in the order in which they came */
static size_t chunks, begun, completed, errors;
static size_t steady_from, steady_to;
static double cpu_from, cpu_to, wall_from, wall_to;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static double cpu_us(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* ru_maxrss would begin with that of the process that made this one. */
static double memory_kb(const char *what) {
  char line[256];
  double value = 0;
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status))
    if (!strncmp(line, what, strlen(what))) value = strtod(line + strlen(what), NULL);
  if (status) fclose(status);
  return value;
}

void many_took(size_t stream, const char *content) {
  if (!taken) return; /* it warms up */
  int64_t time = now();
  if (chunks < streams * chunks_each) delays[chunks++] = time - strtoll(content, NULL, 10);
  if (++taken[stream] == 2 && ++begun == streams)
    steady_from = chunks, cpu_from = cpu_us(), wall_from = (double)time;
  if (taken[stream] == chunks_each && steady_to == 0)
    steady_to = chunks, cpu_to = cpu_us(), wall_to = (double)time;
}

void many_ended(const char *failure) {
  if (failure && errors == 0) fprintf(stderr, "%s\n", failure);
  if (failure) errors++;
  else if (taken) completed++;
}

static int compare(const void *one, const void *other) {
  int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
  return (a > b) - (a < b);
}

static void report(double cpu, double memory) {
  if (steady_from == 0 || steady_to <= steady_from) steady_from = 0, steady_to = 0;
  size_t count = steady_to - steady_from;
  double steady = count ? cpu_to - cpu_from : 0;
  qsort(delays + steady_from, count, sizeof *delays, compare);
#define DELAY(place) (count ? (double)delays[steady_from + (place)] * 1e-3 : -1)
  printf("{\"completed\": %zu, \"errors\": %zu, \"chunks\": %zu, \"steady_chunks\": %zu, ", completed, errors,
         chunks, count);
  printf("\"cpu_us_whole\": %.3f, \"cpu_us_chunk\": %.3f, \"cpu_us_stream\": %.1f, ",
         chunks ? cpu / (double)chunks : -1, count ? steady / (double)count : -1,
         count ? (cpu - steady) / (double)streams : -1);
  printf("\"core\": %.3f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f, \"memory_bytes_stream\": "
         "%.0f}\n",
         count ? steady * 1e3 / (wall_to - wall_from) : -1, DELAY(count / 2), DELAY(count * 99 / 100),
         DELAY(count - 1), memory * 1024 / (double)streams);
}

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  int isLoop = !strcmp(argv[1], "loop");
  const char *ca = argc > 6 ? argv[6] : NULL;
  char model[64];
  streams = strtoul(argv[3], NULL, 10);
  chunks_each = strtoul(argv[4], NULL, 10);
  if (isLoop) loop_start(argv[2], ca);
  else curl_start(argv[2], ca);
  if (isLoop) loop_run("paced-1-1", 1);
  else curl_run("paced-1-1", 1);
  taken = malloc(streams * sizeof *taken);
  delays = malloc(streams * chunks_each * sizeof *delays);
  if (!taken || !delays || errors) return 1;
  memset(delays, 1, streams * chunks_each * sizeof *delays); /* it is resident from here on */
  memset(taken, 0, streams * sizeof *taken);
  double memory = memory_kb("VmRSS:"), cpu = cpu_us();
  snprintf(model, sizeof model, "paced-%s-%s", argv[4], argv[5]);
  if (isLoop) loop_run(model, streams);
  else curl_run(model, streams);
  report(cpu_us() - cpu, memory_kb("VmHWM:") - memory);
}
