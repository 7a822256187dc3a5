/* A cancel while a name lookup takes five seconds: the call, client_free, loop_close and exit do not wait for it. */
#include "loop.h"
#include <dlfcn.h>
#include <sys/wait.h>

static dosai_cancel *token;
static _Atomic double triggered_at;

static void *trigger_soon(void *unused) {
  test_sleep(200);
  triggered_at = test_now();
  dosai_cancel_trigger(token);
  return unused;
}

static dosai_client *slow_client(void) {
  dosai_client_options options;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = "https://slow.test/v1";
  return test_client_with(&options);
}

static int32_t stop(void *user_data) { return test_now() - *(double *)user_data > 200; }

static void stopped(int by_token) {
  dosai_call_options call_options;
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  pthread_t thread;
  double start = test_now();
  dosai_call_options_init(&call_options, sizeof call_options);
  dosai_client *client = slow_client();
  dosai_request *request = test_request();
  CHECK_CALL(dosai_cancel_new(&token, &error), DOSAI_OK);
  if (by_token) {
    call_options.cancel = token;
    pthread_create(&thread, NULL, trigger_soon, NULL);
    CHECK_CALL(dosai_chat(client, request, &call_options, &completion, &error), DOSAI_CANCELLED);
    printf("cancelled in %.1f ms\n", test_now() - triggered_at);
    CHECK_TOOK(triggered_at, test_now(), 0, test_bound(100));
    pthread_join(thread, NULL);
  } else {
    call_options.on_wait = stop;
    call_options.wait_user_data = &start;
    call_options.wait_interval_ms = 20;
    CHECK_CALL(dosai_chat(client, request, &call_options, &completion, &error), DOSAI_CANCELLED);
    CHECK_TOOK(start, test_now(), 200, 200 + test_bound(100));
  }
  start = test_now();
  dosai_cancel_free(token);
  dosai_request_free(request);
  dosai_client_free(client);
  CHECK_TOOK(start, test_now(), 0, test_bound(100));
}

static void by_cancels(atomic_int *lookups) {
  stopped(1);
  CHECK_INT(*lookups, 1);
  stopped(0);
  CHECK_INT(*lookups, 2);
}

/* One call of a loop is cancelled, one is under way when it closes, and the clocks run on. */
static void by_a_loop(atomic_int *lookups) {
  dosai_client *client = slow_client();
  dosai_loop *loop = new_loop(0, 0);
  dosai_call *call = submit_with(loop, client, CHAT, 0, NULL);
  dosai_call_free(submit_with(loop, client, STREAM, 1, NULL));
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.connect_timeout_ms = 200;
  options.max_retries = -1;
  dosai_call_free(submit_with(loop, client, CHAT, 2, &options));
  dosai_client_free(client);
  double start = test_now();
  RUN_UNTIL(loop, book[2].ends);
  /* A handshake is given three times more what the host is late. */
  test_took(start, test_now(), 100, 200 + test_bound(100), 4, __FILE__, __LINE__, "the end");
  CHECK_END(2, DOSAI_TIMEOUT);
  /* The handshake of a host that was late is begun anew, three times at most. */
  CHECK_BETWEEN(*lookups, 1, test_now() - start < 300 ? 3 : 6);
  start = test_now();
  dosai_call_cancel(call);
  RUN_UNTIL(loop, book[0].ends);
  CHECK_END(0, DOSAI_CANCELLED);
  close_loop(loop);
  CHECK_END(1, DOSAI_CANCELLED);
  dosai_call_free(call);
  CHECK_TOOK(start, test_now(), 0, test_bound(100));
}

static void *chat(void *client) {
  dosai_request *request = test_request();
  CHECK_INT(dosai_chat(client, request, NULL, NULL, NULL), DOSAI_CANCELLED);
  dosai_request_free(request);
  return NULL;
}

/* The call is under way on another thread when the process exits. */
static void by_exit(atomic_int *lookups) {
  pthread_t thread;
  pthread_create(&thread, NULL, chat, slow_client());
  for (int i = 0; i < test_bound(2000) && *lookups < 1; i++) test_sleep(1);
  CHECK_INT(*lookups, 1);
  test_leaks_stay(); /* the client, and what the thread holds when the process ends */
}

/* `body` in a child of its own: its exit must not wait for the lookup either. */
static void in_a_child(void (*body)(atomic_int *), atomic_int *lookups, int low, int high) {
  double start = test_now();
  int status = -1;
  pid_t process = fork();
  if (process == 0) {
    body(lookups);
    exit(test_failures != 0);
  }
  CHECK(waitpid(process, &status, 0) == process);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  CHECK_TOOK(start, test_now(), low, high + test_bound(100));
}

int main(void) {
  atomic_int *lookups = dlsym(RTLD_DEFAULT, "slow_lookups");
  CHECK(lookups != NULL);
  if (!lookups) return test_end();
  in_a_child(by_cancels, lookups, 400, 2500);
  in_a_child(by_a_loop, lookups, 100, 1000);
  in_a_child(by_exit, lookups, 0, 1000);
  return test_end();
}
