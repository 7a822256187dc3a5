/* A host that was away: stopped as a process, busy elsewhere between two steps, or in on_wait. No clock runs out before
 * all that came meanwhile was read and told; of a server that is silent each still does, and is named. */
#include "loop.h"
#include <signal.h>
#include <sys/wait.h>

/* In ms: the clock under test, and for how long the process is stopped. The answers come while it is. */
enum { CLOCK = 2000, STOPPED_FOR = 2500 };

/* Fewer and more streams than a wait tells of at once. */
enum { FEW = 40, MANY = 300 };

/* An emulator takes its time until all requests are sent. */
static int slowly(int milliseconds) { return getenv("DOSAI_TEST_SLOW") ? 4 * milliseconds : milliseconds; }

enum { CALLBACK = TAGS, PULL };

typedef struct {
  const char *script;
  test_transport transport;
  int kind; /* CHAT or STREAM */
  dosai_clock clock;
  dosai_status status;
  const char *answer; /* its beginning */
  const char *address;
} row;

static const char letters[] = "abcdefghijklmnopqrst", hello[] = "Hello! How can I help you today?";

static const row rows[] = {
    {"gapped", TEST_PLAIN, STREAM, DOSAI_CLOCK_IDLE, DOSAI_OK, letters, NULL},
    {"gapped", TEST_TLS, STREAM, DOSAI_CLOCK_IDLE, DOSAI_OK, letters, NULL},
    {"late", TEST_PLAIN, STREAM, DOSAI_CLOCK_FIRST_TOKEN, DOSAI_OK, hello, NULL},
    {"late", TEST_TLS, CHAT, DOSAI_CLOCK_FIRST_TOKEN, DOSAI_OK, hello, NULL},
    {"late", TEST_TLS, STREAM, DOSAI_CLOCK_TOTAL, DOSAI_OK, hello, NULL},
    {"late-big", TEST_PLAIN, CHAT, DOSAI_CLOCK_TOTAL, DOSAI_OK, "aaaa", NULL},
    {"late-big", TEST_TLS, CHAT, DOSAI_CLOCK_TOTAL, DOSAI_OK, "aaaa", NULL},
    {"hello", TEST_TLS, STREAM, DOSAI_CLOCK_CONNECT, DOSAI_OK, hello, "DOSAI_TEST_TLS_SLOW"},
    {"hello", TEST_TLS, CHAT, DOSAI_CLOCK_CONNECT, DOSAI_OK, hello, "DOSAI_TEST_TLS_SLOW"},
    {"silent-chunk", TEST_PLAIN, STREAM, DOSAI_CLOCK_IDLE, DOSAI_TIMEOUT, "Hello", NULL},
    {"chunk-comments", TEST_TLS, STREAM, DOSAI_CLOCK_IDLE, DOSAI_TIMEOUT, "Hello", NULL},
    {"silent", TEST_TLS, CHAT, DOSAI_CLOCK_FIRST_TOKEN, DOSAI_TIMEOUT, "", NULL},
    {"comments", TEST_PLAIN, STREAM, DOSAI_CLOCK_FIRST_TOKEN, DOSAI_TIMEOUT, "", NULL},
    {"silent", TEST_PLAIN, CHAT, DOSAI_CLOCK_TOTAL, DOSAI_TIMEOUT, "", NULL},
    {"endless", TEST_PLAIN, STREAM, DOSAI_CLOCK_TOTAL, DOSAI_TIMEOUT, "Hello", NULL},
    {"stall", TEST_TLS, CHAT, DOSAI_CLOCK_CONNECT, DOSAI_TIMEOUT, "", "DOSAI_TEST_STALL"},
};
enum { ROWS = sizeof rows / sizeof *rows };

static dosai_client *client_of(const row *row) {
  char url[256], at[300], name[128];
  dosai_client_options options;
  test_options(&options, url, row->transport, row->script);
  if (row->address) {
    snprintf(at, sizeof at, "%s/s/%s/v1", test_env(row->address),
             test_script(name, row->transport, row->script));
    options.base_url = at;
  }
  return test_client_with(&options);
}

static void set(dosai_call_options *options, const row *row) {
  dosai_call_options_init(options, sizeof *options);
  if (row->clock == DOSAI_CLOCK_CONNECT) options->connect_timeout_ms = slowly(CLOCK);
  if (row->clock == DOSAI_CLOCK_FIRST_TOKEN) options->first_token_timeout_ms = slowly(CLOCK);
  if (row->clock == DOSAI_CLOCK_IDLE) options->idle_timeout_ms = slowly(CLOCK);
  if (row->clock == DOSAI_CLOCK_TOTAL) options->total_timeout_ms = slowly(CLOCK);
}

static double begun_at;

/* The answers may have come too late for the clocks. */
static int is_late(void) { return test_last_allowance(begun_at) > slowly(CLOCK) / 4; }

static void check(const row *row, const char *face, const told *call) {
  int before = test_failures;
  if (row->status == DOSAI_OK && call->status == DOSAI_TIMEOUT && is_late()) {
    CHECK_INT(call->clock, row->clock);
    return;
  }
  CHECK_INT(call->status, row->status);
  CHECK_INT(call->clock, row->status ? row->clock : 0);
  CHECK(strncmp(call->answer, row->answer, strlen(row->answer)) == 0);
  if (test_failures != before)
    fprintf(stderr, "  %s %s, clock %d, transport %d\n", face, row->script, (int)row->clock,
            (int)row->transport);
}

typedef struct {
  const row *row;
  int face;
  pthread_t thread;
} job;

static void *play(void *context) {
  job *job = context;
  dosai_client *client = client_of(job->row);
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_call_options options;
  dosai_error *error = NULL;
  told call = {0};
  set(&options, job->row);
  if (job->face == CALLBACK)
    call.status = dosai_chat_stream(client, request, &options, test_go_on, NULL, &completion, &error);
  else if (job->face == PULL) call.status = test_pull(client, request, &options, &completion, &error);
  else call.status = dosai_chat(client, request, &options, &completion, &error);
  call.clock = dosai_error_clock(error);
  note_end(&call, completion ? completion : dosai_error_completion(error));
  check(job->row, job->face == CHAT ? "unary" : job->face == PULL ? "pull" : "callback", &call);
  dosai_completion_free(completion);
  dosai_error_free(error);
  dosai_request_free(request);
  dosai_client_free(client);
  return NULL;
}

/* A loop that has them all. */
static void *step_all(void *unused) {
  dosai_loop *loop = new_loop(0, 0);
  dosai_call_options options;
  for (uintptr_t i = 0; i < ROWS; i++) {
    dosai_client *client = client_of(&rows[i]);
    set(&options, &rows[i]);
    dosai_call_free(submit_with(loop, client, rows[i].kind, i, &options));
    dosai_client_free(client);
  }
  run(loop);
  for (int i = 0; i < ROWS; i++) check(&rows[i], "loop", &book[i]);
  close_loop(loop);
  return unused;
}

/* A child that stops this process once it is told to, and lets it go on. */
static pid_t make_stopper(int ends[2]) {
  char go;
  CHECK_INT(pipe(ends), 0);
  pid_t parent = getpid(), child = fork();
  if (child) return child;
  if (read(ends[0], &go, 1) == 1) {
    kill(parent, SIGSTOP);
    test_sleep(slowly(STOPPED_FOR));
    kill(parent, SIGCONT);
  }
  _exit(0);
}

static int is_sent(const row *row) {
  int expected = 0;
  for (int i = 0; i < ROWS; i++)
    if (!rows[i].address && strcmp(rows[i].script, row->script) == 0 && rows[i].transport == row->transport)
      expected += rows[i].kind == CHAT ? 2 : 3;
  return row->address || test_count(row->transport, row->script, "requests") >= expected;
}

/* Until the server has all requests, on a machine that is not much too slow for this test. */
static void wait_for_requests(void) {
  double end = test_now() + slowly(CLOCK) / 2;
  for (int i = 0; i < ROWS && test_now() < end;)
    if (is_sent(&rows[i])) i++;
}

/* All at once, so that one stop is enough. */
static void stopped(void) {
  static job jobs[2 * ROWS];
  int count = 0, ends[2];
  pthread_t looper;
  pid_t child = make_stopper(ends);
  begun_at = test_now();
  pthread_create(&looper, NULL, step_all, NULL);
  for (int i = 0; i < ROWS; i++)
    for (int face = CALLBACK; face <= PULL; face++) {
      if (rows[i].kind == CHAT && face == PULL) continue;
      jobs[count] = (job){&rows[i], rows[i].kind == CHAT ? CHAT : face, 0};
      pthread_create(&jobs[count].thread, NULL, play, &jobs[count]);
      count++;
    }
  wait_for_requests();
  CHECK_INT(write(ends[1], "!", 1), 1);
  for (int i = 0; i < count; i++) pthread_join(jobs[i].thread, NULL);
  pthread_join(looper, NULL);
  waitpid(child, NULL, 0);
  close(ends[0]);
  close(ends[1]);
}

/* So many streams, and a silent one; the host does something else for longer than the idle clock. */
static void busy_elsewhere(uintptr_t many) {
  dosai_loop *loop = new_loop(0, 0);
  dosai_call_options options;
  uintptr_t begun = 0, whole = 0;
  begun_at = test_now();
  dosai_call_options_init(&options, sizeof options);
  options.idle_timeout_ms = slowly(CLOCK);
  dosai_client *client = test_client(TEST_PLAIN, "gapped");
  for (uintptr_t i = 0; i < many; i++) dosai_call_free(submit_with(loop, client, STREAM, i, &options));
  start(loop, TEST_PLAIN, "silent-chunk", STREAM, many, &options);
  dosai_client_free(client);
  for (double end = test_now() + test_bound(10000); begun <= many && test_now() < end;) {
    step(loop, 100);
    for (begun = 0; begun <= many && book[begun].chunks > 1;) begun++;
    if (begun == many && book[many].chunks) break;
  }
  test_sleep(slowly(CLOCK + CLOCK / 2));
  run(loop);
  for (uintptr_t i = 0; i < many; i++)
    whole += book[i].ends == 1 && book[i].status == DOSAI_OK && strcmp(book[i].text, letters) == 0;
  CHECK_BETWEEN((int)whole, whole == many || !is_late() ? (int)many : 0, (int)many);
  CHECK_END(many, DOSAI_TIMEOUT);
  CHECK_INT(book[many].clock, DOSAI_CLOCK_IDLE);
  close_loop(loop);
}

static int32_t stay(void *stays) {
  double end = test_now() + test_bound(10000);
  if (*(int *)stays) return 0;
  ++*(int *)stays;
  test_sleep(slowly(CLOCK));
  while (!test_count(TEST_PLAIN, "late-blast", "marks") && test_now() < end) test_sleep(1);
  return 0;
}

/* In on_wait until the clock has run out and the whole answer is there: more than a call takes at once. */
static void in_on_wait(void) {
  dosai_client *client = test_client(TEST_PLAIN, "late-blast");
  dosai_request *request = test_request();
  dosai_call_options options;
  dosai_error *error = NULL;
  int stays = 0;
  dosai_call_options_init(&options, sizeof options);
  options.total_timeout_ms = slowly(CLOCK);
  options.on_wait = stay;
  options.wait_user_data = &stays;
  CHECK_CALL(dosai_chat_stream(client, request, &options, test_go_on, NULL, NULL, &error), DOSAI_OK);
  CHECK_INT(stays, 1);
  dosai_request_free(request);
  dosai_client_free(client);
}

int main(void) {
  stopped();
  in_on_wait();
  busy_elsewhere(FEW);
  busy_elsewhere(MANY);
  return test_end();
}
