/* How the server is reached: certificates, proxies, unix sockets, and what cannot be reached. */
#include "test.h"
#include <dlfcn.h>
#include <netdb.h>

static dosai_client_options options;
static char url[256];
static atomic_int unknown_hosts;

/* This program's own, so that no name server is asked for a host that does not exist. */
int getaddrinfo(const char *restrict node, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict result) {
  int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  if (node && strcmp(node, "no-such-host.invalid") == 0) {
    unknown_hosts++;
    return EAI_NONAME;
  }
  *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  return real(node, service, hints, result);
}

static dosai_error *call(dosai_status status) {
  dosai_client *client = test_client_with(&options);
  dosai_request *request = test_request();
  dosai_completion *completion = NULL;
  dosai_error *error = NULL;
  CHECK_KEEP(dosai_chat(client, request, NULL, &completion, &error), status);
  if (status == DOSAI_OK)
    CHECK_TEXT(dosai_completion_content(completion, 0, NULL), "Hello! How can I help you today?");
  if (error) CHECK_INT(dosai_error_attempt_count(error), 1);
  if (error) CHECK_INT(dosai_error_http_status(error), 0);
  dosai_completion_free(completion);
  dosai_request_free(request);
  dosai_client_free(client);
  return error;
}

static void start(test_transport transport, const char *script) {
  test_options(&options, url, transport, script);
}

static void certificates(void) {
  static char pem[65536];
  FILE *file = fopen(test_env("DOSAI_TEST_CA"), "r");
  size_t length = file ? fread(pem, 1, sizeof pem - 1, file) : 0;
  if (file) fclose(file);
  start(TEST_TLS, "hello");
  call(DOSAI_OK);
  options.ca_file = NULL;
  dosai_error_free(call(DOSAI_TLS)); /* the system does not know this authority */
  options.ca_pem = pem;
  options.ca_pem_length = length;
  call(DOSAI_OK);
  start(TEST_TLS, "hello");
  options.base_url = test_env("DOSAI_TEST_TLS_OTHER");
  dosai_error_free(call(DOSAI_TLS)); /* the certificate is for another host */
  start(TEST_TLS, "hello");
  char plain[256];
  snprintf(plain, sizeof plain, "https%s", strchr(test_env("DOSAI_TEST_PLAIN"), ':'));
  options.base_url = plain;
  dosai_error_free(call(DOSAI_TLS)); /* no TLS there */
}

static void client_certificate(void) {
  start(TEST_TLS, "hello");
  char name[128], path[256];
  snprintf(path, sizeof path, "/stats/%s", test_script(name, TEST_TLS, "hello"));
  options.client_certificate_file = test_env("DOSAI_TEST_CLIENT_CERTIFICATE");
  options.client_key_file = test_env("DOSAI_TEST_CLIENT_KEY");
  options.client_key_password = "secret";
  call(DOSAI_OK);
  char *stats = test_ask("GET", path);
  CHECK(strstr(stats, "\"client_certificate\": \"client\""));
  free(stats);
  options.client_key_password = "wrong";
  dosai_error *error = call(DOSAI_TLS);
  CHECK(!strstr(dosai_error_message(error, NULL), "wrong"));
  dosai_error_free(error);
}

static void proxy(void) {
  start(TEST_PLAIN, "hello");
  char name[128], base[256], target[300];
  snprintf(base, sizeof base, "http://proxied.test/s/%s/v1", test_script(name, TEST_PLAIN, "hello"));
  snprintf(target, sizeof target, "%s/chat/completions", base);
  options.base_url = base;
  options.allow_insecure_http = 1;
  options.proxy = test_env("DOSAI_TEST_PLAIN");
  call(DOSAI_OK);
  CHECK_LAST(TEST_PLAIN, "hello", "path", target);
  CHECK_LAST(TEST_PLAIN, "hello", "header/host", "proxied.test");
  options.proxy = test_env("DOSAI_TEST_REFUSED");
  dosai_error_free(call(DOSAI_CONNECTION));
  /* The environment is read where it was asked for, and for https only. */
  start(TEST_PLAIN, "hello");
  setenv("http_proxy", test_env("DOSAI_TEST_REFUSED"), 1);
  setenv("https_proxy", test_env("DOSAI_TEST_REFUSED"), 1);
  setenv("ALL_PROXY", test_env("DOSAI_TEST_REFUSED"), 1);
  call(DOSAI_OK);
  options.proxy_from_environment = 1;
  call(DOSAI_OK);
  start(TEST_TLS, "hello");
  call(DOSAI_OK);
  options.proxy_from_environment = 1;
  dosai_error_free(call(DOSAI_CONNECTION));
  setenv("no_proxy", "localhost", 1);
  call(DOSAI_OK);
  unsetenv("http_proxy");
  unsetenv("https_proxy");
  unsetenv("ALL_PROXY");
  unsetenv("no_proxy");
}

static void unreachable(void) {
  start(TEST_PLAIN, "hello");
  options.base_url = test_env("DOSAI_TEST_REFUSED");
  dosai_error *error = call(DOSAI_CONNECTION);
  dosai_attempt attempt = {.struct_size = sizeof attempt};
  CHECK_INT(dosai_error_attempt(error, 0, &attempt), DOSAI_OK);
  CHECK_INT(attempt.status, DOSAI_CONNECTION);
  CHECK_INT(attempt.http_status, 0);
  CHECK_TEXT(dosai_error_body(error, NULL), NULL);
  dosai_error_free(error);
  options.base_url = "https://no-such-host.invalid/v1";
  dosai_error_free(call(DOSAI_CONNECTION));
  CHECK(unknown_hosts > 0);
  start(TEST_UNIX, "hello");
  options.unix_socket = "/nonexistent/socket";
  dosai_error_free(call(DOSAI_CONNECTION));
}

int main(void) {
  certificates();
  client_certificate();
  proxy();
  unreachable();
  start(TEST_UNIX, "hello");
  call(DOSAI_OK);
  start(TEST_TLS, "hello");
  options.http1_only = 1;
  call(DOSAI_OK);
  return test_end();
}
