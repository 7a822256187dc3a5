/* A cancel while a name lookup takes five seconds: the call, client_free and exit do not wait for it. */
#include "test.h"
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

static int32_t stop(void *user_data) { return test_now() - *(double *)user_data > 200; }

static void stopped(int by_token) {
  dosai_client_options options;
  dosai_call_options call_options;
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  pthread_t thread;
  double start = test_now();
  dosai_client_options_init(&options, sizeof options);
  dosai_call_options_init(&call_options, sizeof call_options);
  options.base_url = "https://slow.test/v1";
  dosai_client *client = test_client_with(&options);
  dosai_request *request = test_request();
  CHECK_CALL(dosai_cancel_new(&token, &error), DOSAI_OK);
  if (by_token) {
    call_options.cancel = token;
    pthread_create(&thread, NULL, trigger_soon, NULL);
    CHECK_CALL(dosai_chat(client, request, &call_options, &completion, &error), DOSAI_CANCELLED);
    printf("cancelled in %.1f ms\n", test_now() - triggered_at);
    CHECK_BETWEEN(test_now() - triggered_at, 0, test_bound(100));
    pthread_join(thread, NULL);
  } else {
    call_options.on_wait = stop;
    call_options.wait_user_data = &start;
    call_options.wait_interval_ms = 20;
    CHECK_CALL(dosai_chat(client, request, &call_options, &completion, &error), DOSAI_CANCELLED);
    CHECK_BETWEEN(test_now() - start, 200, 200 + test_bound(100));
  }
  start = test_now();
  dosai_cancel_free(token);
  dosai_request_free(request);
  dosai_client_free(client);
  CHECK_BETWEEN(test_now() - start, 0, test_bound(100));
}

int main(void) {
  atomic_int *lookups = dlsym(RTLD_DEFAULT, "slow_lookups");
  CHECK(lookups != NULL);
  if (!lookups) return test_end();
  double start = test_now();
  int status = -1;
  pid_t process = fork();
  if (process == 0) {
    stopped(1);
    CHECK_INT(*lookups, 1);
    stopped(0);
    CHECK_INT(*lookups, 2);
    exit(test_failures != 0);
  }
  CHECK(waitpid(process, &status, 0) == process);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  CHECK_BETWEEN(test_now() - start, 400, 2500 + test_bound(100)); /* and exit did not wait either */
  return test_end();
}
