/* However a call has ended, nothing of it is left: the next wait costs no time of the processor, also where the token of
 * that call is triggered after its end, and no descriptor is open but those of a connection that is kept. */
#include "loop.h"
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>

enum { CALLBACK = TAGS, PULL, LOOP };
enum { ITSELF, TOKEN, ON_WAIT, CHUNK };
/* In ms: how long the wait after the end takes, and how much of the processor it may take. */
enum { WAIT = 200, SPENT = 25 };

typedef struct {
  const char *script; /* its second answer is silence */
  dosai_status status;
  int by; /* what ends it */
} row;

static const row rows[] = {
    {"hello-silent", DOSAI_OK, ITSELF},   {"refused-silent", DOSAI_BAD_REQUEST, ITSELF},
    {"silent", DOSAI_TIMEOUT, ITSELF},    {"cut-silent", DOSAI_TRUNCATED, ITSELF},
    {"silent", DOSAI_CANCELLED, TOKEN},   {"silent-chunk", DOSAI_CANCELLED, TOKEN},
    {"silent", DOSAI_CANCELLED, ON_WAIT}, {"silent-chunk", DOSAI_CANCELLED, CHUNK},
};
enum { ROWS = sizeof rows / sizeof *rows };

static const row *played;
static dosai_cancel *token;
static dosai_client *client;
static dosai_request *request;

static int32_t on_wait(void *unused) {
  (void)unused;
  if (played->by == TOKEN) dosai_cancel_trigger(token);
  return played->by == ON_WAIT;
}

static int32_t on_chunk(const dosai_chunk *chunk, void *unused) {
  (void)chunk, (void)unused;
  return played->by == CHUNK;
}

static int32_t on_event(const dosai_event *event) { return event->chunk && played->by == CHUNK; }

static double spent(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* One that is freed early has no status. */
static dosai_status pull(const dosai_call_options *options, dosai_error **error) {
  dosai_stream *stream = NULL;
  const dosai_chunk *chunk = NULL;
  dosai_status status = dosai_stream_open(client, request, options, &stream, error);
  while (status == DOSAI_OK && (status = dosai_stream_next(stream, -1, &chunk, error)) == DOSAI_OK && chunk)
    if (on_chunk(chunk, NULL)) break;
  dosai_stream_free(stream);
  return chunk && status == DOSAI_OK ? DOSAI_CANCELLED : status;
}

static dosai_status looped(dosai_loop *loop, int kind, uintptr_t tag, const dosai_call_options *options) {
  dosai_call *call = submit_with(loop, client, kind, tag, options);
  then_do = on_event;
  for (double end = test_now() + test_bound(50); played->by != ITSELF && !book[tag].ends && test_now() < end;)
    step(loop, 5);
  if (played->by == TOKEN) dosai_cancel_trigger(token);
  if (played->by == ON_WAIT) dosai_call_cancel(call);
  dosai_call_free(call);
  run(loop);
  CHECK_INT(book[tag].ends, 1);
  return book[tag].status;
}

static dosai_status play(int face, dosai_loop *loop, uintptr_t tag, const dosai_call_options *options) {
  dosai_error *error = NULL;
  dosai_status status;
  if (face == LOOP) status = looped(loop, tag ? CHAT : STREAM, tag, options);
  else if (face == CHAT) status = dosai_chat(client, request, options, NULL, &error);
  else if (face == PULL) status = pull(options, &error);
  else status = dosai_chat_stream(client, request, options, on_chunk, NULL, NULL, &error);
  dosai_error_free(error);
  return status;
}

static void ends(int face, test_transport transport, int number) {
  static int count;
  char script[64];
  dosai_call_options options;
  dosai_error *error = NULL;
  dosai_loop *loop = face == LOOP ? new_loop(0, 0) : NULL;
  int before = test_failures;
  played = &rows[number];
  snprintf(script, sizeof script, "%s~%d", played->script, count++);
  client = test_client(transport, script);
  request = test_request();
  CHECK_CALL(dosai_cancel_new(&token, &error), DOSAI_OK);
  int descriptors = open_descriptors();
  dosai_call_options_init(&options, sizeof options);
  options.cancel = token;
  options.on_wait = on_wait;
  options.wait_interval_ms = 20;
  if (played->status == DOSAI_TIMEOUT) options.first_token_timeout_ms = test_bound(50);
  CHECK_INT(play(face, loop, 0, &options), played->status);
  dosai_cancel_trigger(token);
  int is_kept = played->status == DOSAI_OK || played->status == DOSAI_BAD_REQUEST;
  if (loop) run_for(loop, 20);
  CHECK_INT(open_descriptors() - descriptors, is_kept);
  dosai_call_options_init(&options, sizeof options);
  options.total_timeout_ms = WAIT;
  static const row itself = {"", DOSAI_TIMEOUT, ITSELF};
  played = &itself;
  double start = spent();
  CHECK_INT(play(face == LOOP ? LOOP : CHAT, loop, 1, &options), DOSAI_TIMEOUT);
  if (loop) CHECK_BETWEEN(run_for(loop, WAIT), 1, 20);
  CHECK_BETWEEN(spent() - start, 0, test_bound(SPENT));
  if (test_failures != before)
    fprintf(stderr, "  with the script %s, ended by %d, face %d\n", rows[number].script, rows[number].by,
            face);
  dosai_cancel_free(token);
  dosai_request_free(request);
  if (loop) close_loop(loop);
  dosai_client_free(client);
}

/* ---- a signal that ends a wait ---- */

static atomic_int reads;

/* In the place of libc's, for libcurl too. */
ssize_t recv(int socket, void *buffer, size_t length, int flags) {
  reads++;
  return syscall(SYS_recvfrom, socket, buffer, length, flags, NULL, NULL);
}

static void on_signal(int number) { (void)number; }

/* What a wait had told of is not told again by one that a signal ended: nothing is read that is not there. */
static void interrupted(void) {
  struct sigaction action = {.sa_handler = on_signal}; /* it stays: the last signal may come late */
  struct itimerval often = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}};
  dosai_stream *stream = NULL;
  const dosai_chunk *chunk = NULL;
  dosai_error *error = NULL;
  client = test_client(TEST_PLAIN, "silent-chunk");
  request = test_request();
  CHECK_CALL(dosai_stream_open(client, request, NULL, &stream, &error), DOSAI_OK);
  CHECK_CALL(dosai_stream_next(stream, -1, &chunk, &error), DOSAI_OK);
  CHECK(chunk != NULL && reads > 0);
  sigaction(SIGALRM, &action, NULL);
  reads = 0;
  setitimer(ITIMER_REAL, &often, NULL);
  CHECK_CALL(dosai_stream_next(stream, WAIT, &chunk, &error), DOSAI_WOULD_BLOCK);
  setitimer(ITIMER_REAL, &never, NULL);
  CHECK_INT(reads, 0);
  dosai_stream_free(stream);
  dosai_request_free(request);
  dosai_client_free(client);
}

int main(void) {
  int descriptors = first_descriptors();
  for (int transport = TEST_PLAIN; transport <= TEST_TLS; transport++)
    for (int i = 0; i < ROWS; i++) {
      if (rows[i].by != CHUNK) ends(CHAT, (test_transport)transport, i);
      for (int face = CALLBACK; face <= LOOP; face++) ends(face, (test_transport)transport, i);
    }
  check_descriptors(descriptors);
  interrupted();
  return test_end();
}
