/* Metrics for Prometheus: asks each question, then writes what the calls took and used, in Prometheus' text format.
 * SPDX-License-Identifier: MIT
 *
 *   make
 *   cc -Iinclude examples/c/metrics.c -o build/metrics -Lbuild/lib -Wl,-rpath,build/lib -ldosai
 *   build/metrics "What is a shared library?" > dosai.prom
 *
 * A server answers GET /metrics with the same text. If several threads make calls, guard the numbers with a mutex.
 * DOSAI_API_KEY is the key; DOSAI_BASE_URL and DOSAI_MODEL name another server and model. */
#include <dosai.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUCKETS = 10, STATUSES = 100 }; /* statuses are 0 to -99 */
static const double bounds[BUCKETS] = {.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60};

typedef struct {
  long long counts[BUCKETS + 1];
  double sum;
} histogram;

static struct {
  long long ended[STATUSES], retries, input_tokens, output_tokens, cold_connections;
  histogram seconds, first_token_seconds;
} metrics;

static void record(histogram *of, int64_t microseconds) {
  double seconds = (double)microseconds / 1e6;
  int bucket = 0;
  while (bucket < BUCKETS && seconds > bounds[bucket]) bucket++;
  of->counts[bucket]++;
  of->sum += seconds;
}

/* The event is lent: copy what you need, and return soon. */
static void observe(const dosai_call_event *event, void *user_data) {
  const dosai_timings *timings = event->timings;
  (void)user_data;
  if (event->kind == DOSAI_CALL_CONNECTED && !timings->reused_connection) metrics.cold_connections++;
  if (event->kind == DOSAI_CALL_RETRY) metrics.retries++;
  if (event->kind == DOSAI_CALL_FIRST_TOKEN) record(&metrics.first_token_seconds, timings->first_token_us);
  if (event->kind != DOSAI_CALL_ENDED) return;
  if (event->status <= 0 && event->status > -STATUSES) metrics.ended[-event->status]++;
  if (event->prompt_tokens > 0) metrics.input_tokens += event->prompt_tokens;
  if (event->completion_tokens > 0) metrics.output_tokens += event->completion_tokens;
  record(&metrics.seconds, timings->total_us);
}

static void write_histogram(const char *name, const char *help, const histogram *of) {
  long long total = 0;
  printf("# HELP %s %s\n# TYPE %s histogram\n", name, help, name);
  for (int i = 0; i < BUCKETS; i++)
    printf("%s_bucket{le=\"%g\"} %lld\n", name, bounds[i], total += of->counts[i]);
  total += of->counts[BUCKETS];
  printf("%s_bucket{le=\"+Inf\"} %lld\n%s_sum %.6f\n%s_count %lld\n", name, total, name, of->sum, name,
         total);
}

static void write_counter(const char *name, const char *help) {
  printf("# HELP %s %s\n# TYPE %s counter\n", name, help, name);
}

static void write_metrics(void) {
  write_counter("dosai_calls_total", "Calls that have ended, by status.");
  for (int i = 0; i < STATUSES; i++)
    if (metrics.ended[i])
      printf("dosai_calls_total{status=\"%s\"} %lld\n", dosai_status_name(-i), metrics.ended[i]);
  write_counter("dosai_retries_total", "Attempts that were repeated.");
  printf("dosai_retries_total %lld\n", metrics.retries);
  write_counter("dosai_connections_total", "Connections that were made for an attempt.");
  printf("dosai_connections_total %lld\n", metrics.cold_connections);
  write_counter("dosai_tokens_total", "Tokens, as the server counts them.");
  printf("dosai_tokens_total{type=\"input\"} %lld\n", metrics.input_tokens);
  printf("dosai_tokens_total{type=\"output\"} %lld\n", metrics.output_tokens);
  write_histogram("dosai_call_seconds", "How long calls took.", &metrics.seconds);
  write_histogram("dosai_first_token_seconds", "How long streams took until their first token.",
                  &metrics.first_token_seconds);
}

static int32_t ignore(const dosai_chunk *chunk, void *user_data) {
  (void)chunk, (void)user_data;
  return 0;
}

static dosai_status ask(dosai_client *client, const char *question) {
  const char *model = getenv("DOSAI_MODEL");
  dosai_request *request = NULL;
  dosai_error *error = NULL;
  dosai_status status = dosai_request_new(model ? model : "dos-ai", DOSAI_NUL_TERMINATED, &request, &error);
  if (!status) status = dosai_request_add_message(request, "user", question, DOSAI_NUL_TERMINATED, &error);
  if (!status) status = dosai_chat_stream(client, request, NULL, ignore, NULL, NULL, &error);
  if (status) fprintf(stderr, "%s: %s\n", dosai_status_name(status), dosai_error_message(error, NULL));
  dosai_error_free(error);
  dosai_request_free(request);
  return status;
}

int main(int count, char **questions) {
  dosai_client_options options;
  dosai_client *client = NULL;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = getenv("DOSAI_BASE_URL");
  options.api_key = getenv("DOSAI_API_KEY");
  options.on_event = observe;
  if (dosai_client_new(&options, &client, NULL)) return EXIT_FAILURE;
  for (int i = 1; i < count; i++) ask(client, questions[i]);
  dosai_client_free(client);
  write_metrics();
  return EXIT_SUCCESS;
}
