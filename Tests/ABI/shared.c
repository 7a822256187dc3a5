/* What the engines of a client share: calls at the same time, on threads and in a loop, have connections of their own, but
 * the name is looked up once, and each TLS session but the first is resumed. */
#include "loop.h"
#include <dlfcn.h>

enum { THREADS = 8 };

static void chat_once(dosai_client *client) {
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  CHECK_CALL(dosai_chat(client, request, NULL, NULL, &error), DOSAI_OK);
  dosai_request_free(request);
}

static void *chat_in_a_thread(void *client) {
  chat_once(client);
  return NULL;
}

/* The answers take 300 ms: the calls are in flight together. Gives how many connections it took. */
static int many(dosai_client *client, test_transport transport) {
  pthread_t threads[THREADS];
  chat_once(client);
  for (int i = 0; i < THREADS; i++) {
    pthread_create(&threads[i], NULL, chat_in_a_thread, client);
    for (int tries = 0; tries < 100 && test_count(transport, "slow", "requests") < i + 2; tries++)
      test_sleep(2);
    test_sleep(20); /* so that a handshake finds the session of the one before */
  }
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  dosai_loop *loop = new_loop(0, 0);
  dosai_call_free(submit_with(loop, client, CHAT, 0, NULL));
  run(loop);
  CHECK_END(0, DOSAI_OK);
  close_loop(loop);
  int connections = (int)test_count(transport, "slow", "connections");
  CHECK_BETWEEN(connections, 4, THREADS + 1);
  return connections;
}

static void name(void) {
  char own[256], url[256];
  dosai_client_options options;
  atomic_int *lookups = dlsym(RTLD_DEFAULT, "counted_lookups");
  CHECK(lookups != NULL);
  if (!lookups) return;
  test_options(&options, own, TEST_PLAIN, "slow");
  snprintf(url, sizeof url, "http://counted.test%s", strrchr(own, ':'));
  options.base_url = url;
  options.allow_insecure_http = 1;
  dosai_client *client = test_client_with(&options);
  many(client, TEST_PLAIN);
  CHECK_INT(*lookups, 1);
  dosai_client_free(client);
}

static void sessions(void) {
  dosai_client *client = test_client(TEST_TLS, "slow");
  int connections = many(client, TEST_TLS);
  /* mbedTLS in a bundle, which has no libcurl that could be found, reads the server's tickets later than the next may need
   * them. */
  int is_bundle = dlsym(RTLD_DEFAULT, "curl_version_info") == NULL;
  CHECK_BETWEEN(test_count(TEST_TLS, "slow", "resumed"), is_bundle ? 1 : connections - 1, connections - 1);
  dosai_client_free(client);
}

int main(void) {
  name();
  sessions();
  return test_end();
}
