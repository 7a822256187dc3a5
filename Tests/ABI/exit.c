/* main returns while TLS calls of every face are in flight on host threads. The runner starts it many times. */
#include "test.h"

static dosai_client *silent, *endless, *stall;
static atomic_int chunks;
static _Atomic double exit_began, told; /* when; told: last, of what is the host's */

static int32_t note(void *user_data) {
  (void)user_data;
  told = test_now();
  return 0;
}

static void note_event(const dosai_call_event *event, void *user_data) { (void)event, note(user_data); }

static void begin(void) { exit_began = test_now(); }

/* What the host's functions need, such as an interpreter, may be gone. One may have been called just before, or somewhat
 * later if its thread had to wait for a processor: the runner allows for that in few of its runs. */
static void end(void) {
  if (told <= exit_began + 5) return;
  fprintf(stderr, "a function of the host's was called %.0f ms after exit began\n", told - exit_began);
  _exit(7);
}

static int32_t count(const dosai_chunk *chunk, void *user_data) {
  (void)chunk, (void)user_data;
  chunks++;
  return 0;
}

static void pull(dosai_request *request) {
  const dosai_chunk *chunk = NULL;
  dosai_stream *stream = NULL;
  if (dosai_stream_open(endless, request, NULL, &stream, NULL) != DOSAI_OK) return;
  while (dosai_stream_next(stream, -1, &chunk, NULL) == DOSAI_OK) chunks++;
  dosai_stream_free(stream);
}

static int32_t count_event(const dosai_event *event, void *user_data) {
  (void)event, (void)user_data;
  chunks++;
  return 0;
}

static void loop(dosai_request *request) {
  dosai_loop *loop = NULL;
  size_t active = 1;
  if (dosai_loop_new(NULL, &loop, NULL) != DOSAI_OK) return;
  dosai_loop_submit_stream(loop, endless, request, NULL, 0, NULL, NULL);
  dosai_loop_submit_chat(loop, silent, request, NULL, 0, NULL, NULL);
  while (active > 0 && dosai_loop_step(loop, -1, count_event, NULL, &active, NULL) == DOSAI_OK) {
  }
  dosai_loop_close(loop, NULL, NULL, NULL);
}

static void *work(void *number) {
  dosai_request *request = test_request();
  dosai_call_options often;
  dosai_call_options_init(&often, sizeof often);
  often.on_wait = note;
  often.wait_interval_ms = 20;
  for (;;) {
    dosai_completion *completion = NULL;
    switch ((intptr_t)number % 6) {
    case 0:
      dosai_chat(silent, request, NULL, &completion, NULL);
      break;
    case 1:
      dosai_chat(stall, request, NULL, &completion, NULL);
      break;
    case 2:
      pull(request);
      break;
    case 3:
      loop(request);
      break;
    case 4: /* not woken: it looks often anyway */
      dosai_chat(stall, request, &often, &completion, NULL);
      break;
    default:
      dosai_chat_stream(endless, request, NULL, count, NULL, &completion, NULL);
    }
    test_sleep(10); /* a call after the end of main is refused: do not spin */
  }
  return NULL;
}

int main(void) {
  pthread_t thread;
  char url[256];
  dosai_client_options options;
  CHECK_INT(atexit(end), 0); /* it runs behind the library's, which the first client brings */
  silent = test_client(TEST_TLS, "silent");
  endless = test_client(TEST_TLS, "endless");
  test_options(&options, url, TEST_TLS, "hello");
  options.base_url = test_env("DOSAI_TEST_STALL");
  options.on_event = note_event;
  stall = test_client_with(&options);
  CHECK_INT(atexit(begin), 0);
  for (intptr_t i = 0; i < 6; i++) CHECK_INT(pthread_create(&thread, NULL, work, (void *)i), 0);
  int slow = getenv("DOSAI_TEST_SLOW") != NULL; /* there a handshake outlasts the second that exit waits */
  if (slow || getpid() % 2) {                   /* with streams in flight, or anywhere, as in the handshake */
    for (int i = 0; i < test_bound(5000) && chunks < 4; i++) test_sleep(1);
    CHECK(chunks >= 4);
  }
  test_leaks_stay(); /* what the threads hold when the process ends */
  test_sleep(slow ? 2000 : getpid() % 64 / 2);
  return test_end();
}
