/* Connections are opened ahead, and no request is sent. */
#include "test.h"
#include <arpa/inet.h>
#include <dlfcn.h>

/* Whether libcurl may refuse an idle connection over TLS 1.3, as the header says: from 8 on, and in the bundle. */
static int may_refuse(test_transport transport) {
  const char *(*version)(void);
  *(void **)&version = dlsym(RTLD_DEFAULT, "curl_version");
  return transport == TEST_TLS && (!version || !strstr(version(), "libcurl/7."));
}

static void opens(test_transport transport) {
  dosai_client *client = test_client(transport, "hello");
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_timings timings = {.struct_size = sizeof timings};
  dosai_error *error = NULL;
  long requests = test_count(transport, "hello", "requests");
  CHECK_CALL(dosai_client_warm(client, 3, NULL, &error), DOSAI_OK);
  CHECK_CALL(dosai_client_warm(client, 2, NULL, &error), DOSAI_OK);
  if (transport != TEST_H2)
    CHECK_INT(test_count(transport, "hello", "requests"), requests < 0 ? 0 : requests);
  for (int i = 0; i < 2; i++) {
    CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
    CHECK_INT(dosai_completion_timings(completion, &timings), DOSAI_OK);
    if (i > 0 || !may_refuse(transport)) CHECK_INT(timings.reused_connection, 1);
    dosai_completion_free(completion);
  }
  dosai_request_free(request);
  dosai_client_free(client);
}

/* One that is cancelled before it begins leaves the connections that are open. */
static void cancelled(void) {
  dosai_client *client = test_client(TEST_PLAIN, "hello");
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_timings timings = {.struct_size = sizeof timings};
  dosai_cancel *cancel = NULL;
  dosai_error *error = NULL;
  dosai_call_options options;
  CHECK_CALL(dosai_client_warm(client, 1, NULL, &error), DOSAI_OK);
  CHECK_CALL(dosai_cancel_new(&cancel, &error), DOSAI_OK);
  dosai_cancel_trigger(cancel);
  dosai_call_options_init(&options, sizeof options);
  options.cancel = cancel;
  CHECK_CALL(dosai_client_warm(client, 1, &options, &error), DOSAI_CANCELLED);
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  CHECK_INT(dosai_completion_timings(completion, &timings), DOSAI_OK);
  CHECK_INT(timings.reused_connection, 1);
  dosai_completion_free(completion);
  dosai_cancel_free(cancel);
  dosai_request_free(request);
  dosai_client_free(client);
}

static void refused(void) {
  char url[256];
  dosai_client_options options;
  dosai_call_options call;
  dosai_error *error = NULL;
  dosai_cancel *cancel = NULL;
  dosai_client *client = test_client(TEST_PLAIN, "hello");
  CHECK_CALL(dosai_client_warm(client, 0, NULL, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_client_warm(client, 65, NULL, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_client_warm(NULL, 1, NULL, &error), DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_client_warm(client, 64, NULL, &error), DOSAI_OK);
  CHECK_CALL(dosai_cancel_new(&cancel, &error), DOSAI_OK);
  dosai_cancel_trigger(cancel);
  dosai_call_options_init(&call, sizeof call);
  call.cancel = cancel;
  CHECK_CALL(dosai_client_warm(client, 2, &call, &error), DOSAI_CANCELLED);
  dosai_cancel_free(cancel);
  dosai_client_free(client);
  test_options(&options, url, TEST_PLAIN, "hello");
  options.base_url = test_env("DOSAI_TEST_REFUSED");
  client = test_client_with(&options);
  CHECK_CALL(dosai_client_warm(client, 4, NULL, &error), DOSAI_CONNECTION);
  dosai_client_free(client);
  test_options(&options, url, TEST_TLS, "hello");
  options.ca_file = NULL;
  client = test_client_with(&options);
  CHECK_CALL(dosai_client_warm(client, 2, NULL, &error), DOSAI_TLS);
  dosai_client_free(client);
}

/* Takes connections until there is no listener any more, speaks no TLS, and gives how many there were. */
static void *speak(void *listener) {
  char heard[512];
  intptr_t opened = 0;
  for (int one; (one = accept(*(int *)listener, NULL, NULL)) >= 0; opened++) {
    CHECK_INT(send(one, "Hello!\r\n", 8, MSG_NOSIGNAL), 8);
    while (recv(one, heard, sizeof heard, 0) > 0) continue;
    close(one);
  }
  return (void *)opened;
}

/* The first alone opens a connection. If it cannot, no other tries. */
static void first_alone(void) {
  char url[64];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  dosai_client_options options;
  dosai_error *error = NULL;
  pthread_t thread;
  void *opened = NULL;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 8) == 0);
  getsockname(listener, (struct sockaddr *)&address, &length);
  CHECK_INT(pthread_create(&thread, NULL, speak, &listener), 0);
  snprintf(url, sizeof url, "https://127.0.0.1:%d/v1", ntohs(address.sin_port));
  dosai_client_options_init(&options, sizeof options);
  options.base_url = url;
  options.api_key = "sk-test";
  dosai_client *client = test_client_with(&options);
  CHECK_CALL(dosai_client_warm(client, 4, NULL, &error), DOSAI_TLS);
  dosai_client_free(client);
  shutdown(listener, SHUT_RDWR);
  pthread_join(thread, &opened);
  CHECK_INT((intptr_t)opened, 1);
  close(listener);
}

int main(void) {
  for (int transport = TEST_PLAIN; transport <= TEST_H2; transport++) opens((test_transport)transport);
  cancelled();
  refused();
  first_alone();
  return test_end();
}
