/* How many calls are in flight at once, who comes next, and over how many connections. */
#include "loop.h"

static void at_once(int32_t max_in_flight, int most) {
  char script[32];
  snprintf(script, sizeof script, "slow~%d", (int)max_in_flight);
  dosai_loop *loop = new_loop(max_in_flight, 0);
  for (uintptr_t i = 0; i < 12; i++) start(loop, TEST_PLAIN, script, i % 2 ? CHAT : POST, i, NULL);
  double begun = test_now();
  CHECK_INT(step(loop, 0), 12);
  run(loop);
  for (int i = 0; i < 12; i++) CHECK_END(i, DOSAI_OK);
  CHECK_INT(test_count(TEST_PLAIN, script, "requests"), 12);
  /* An answer takes 300 ms: a server that is so late may have ended one before it begins another. */
  CHECK_BETWEEN(test_count(TEST_PLAIN, script, "most_at_once"), test_last_allowance(begun) < 100 ? most : 1,
                most);
  CHECK_INT(test_count(TEST_PLAIN, script, "connections"), most);
  close_loop(loop);
}

/* Over HTTP/1.1 each has a connection, and waits for no answer of another. */
static void in_parallel(test_transport transport) {
  dosai_loop *loop = new_loop(0, 0);
  for (uintptr_t i = 0; i < 12; i++) start(loop, transport, "silent~parallel", CHAT, i, NULL);
  RUN_UNTIL(loop, test_count(transport, "silent~parallel", "requests") == 12);
  CHECK_INT(test_count(transport, "silent~parallel", "connections"), 12);
  close_loop(loop);
}

/* One has ten calls, two others come later with two each: they do not wait for all ten. */
static void turns(void) {
  char order[32] = "", name[128], path[256];
  dosai_loop *loop = new_loop(1, 0);
  dosai_client *clients[3];
  dosai_error *error = NULL;
  for (int i = 0; i < 3; i++) clients[i] = test_client(TEST_PLAIN, "echo~turns");
  for (int i = 0; i < 14; i++) {
    char content[8];
    int who = i < 10 ? 0 : 1 + i % 2;
    snprintf(content, sizeof content, "from-%c", 'a' + who);
    dosai_request *request = NULL;
    CHECK_CALL(dosai_request_new(content, DOSAI_NUL_TERMINATED, &request, &error), DOSAI_OK);
    CHECK_CALL(dosai_loop_submit_chat(loop, clients[who], request, NULL, (uintptr_t)i, NULL, &error),
               DOSAI_OK);
    dosai_request_free(request);
  }
  run(loop);
  snprintf(path, sizeof path, "/stats/%s", test_script(name, TEST_PLAIN, "echo~turns"));
  char *stats = test_ask("GET", path);
  const char *place = strstr(stats, "\"bodies\"");
  while ((place = strstr(place, "from-")) && strlen(order) < 20) strncat(order, place += 5, 1);
  CHECK_TEXT(order, "aabcabcaaaaaaa");
  free(stats);
  for (int i = 0; i < 3; i++) dosai_client_free(clients[i]);
  for (int i = 0; i < 14; i++) CHECK_END(i, DOSAI_OK);
  close_loop(loop);
}

/* Calls beyond the cap wait for a connection, which is no failure to connect; another host's have their own. */
static void connections(test_transport transport) {
  dosai_loop *loop = new_loop(0, 2);
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.connect_timeout_ms = test_bound(200); /* less than it waits */
  for (uintptr_t i = 0; i < 8; i++) start(loop, transport, "slow~cap", CHAT, i, &options);
  for (uintptr_t i = 8; i < 10; i++)
    start(loop, transport == TEST_TLS ? TEST_PLAIN : TEST_TLS, "slow", CHAT, i, NULL);
  run(loop);
  for (int i = 0; i < 10; i++) CHECK_END(i, DOSAI_OK);
  CHECK_INT(test_count(transport, "slow~cap", "connections"), 2);
  CHECK_INT(test_count(transport, "slow~cap", "most_at_once"), 2);
  CHECK(book[8].ended < book[7].ended && book[9].ended < book[7].ended);
  close_loop(loop);
}

/* One host has all the connections that it may have, and calls that wait for one. That holds up no other host. */
static void hosts(void) {
  dosai_loop *loop = new_loop(0, 1);
  for (uintptr_t i = 0; i < 6; i++) start(loop, TEST_PLAIN, "silent", STREAM, i, NULL);
  for (uintptr_t i = 6; i < 12; i++) start(loop, TEST_TLS, "hello", i % 2 ? CHAT : STREAM, i, NULL);
  RUN_UNTIL(loop, step(loop, 0) == 6);
  for (int i = 6; i < 12; i++) CHECK_END(i, DOSAI_OK);
  close_loop(loop);
  for (int i = 0; i < 6; i++) CHECK_END(i, DOSAI_CANCELLED);
}

/* Submits a chat with the script of the plain server, whose host is written like that. proxy may be NULL. */
static void start_at(dosai_loop *loop, const char *host, const char *script, const char *proxy,
                     uintptr_t tag) {
  char name[128], base[256];
  dosai_client_options options;
  test_options(&options, base, TEST_PLAIN, script);
  snprintf(base, sizeof base, "http://%s/s/%s/v1", host, test_script(name, TEST_PLAIN, script));
  options.allow_insecure_http = 1;
  options.proxy = proxy;
  dosai_client *client = test_client_with(&options);
  dosai_call_free(submit_with(loop, client, CHAT, tag, NULL));
  dosai_client_free(client);
}

/* libcurl counts the connections to a proxy, whatever hosts they are for: each call waits for the one before it. */
static void through_a_proxy(void) {
  char host[32];
  dosai_loop *loop = new_loop(0, 1);
  for (uintptr_t i = 0; i < 4; i++) {
    snprintf(host, sizeof host, "host%d.test", (int)i);
    start_at(loop, host, "slow~proxied", test_env("DOSAI_TEST_PLAIN"), i);
  }
  run(loop);
  for (int i = 0; i < 4; i++) CHECK_END(i, DOSAI_OK);
  CHECK_INT(test_count(TEST_PLAIN, "slow~proxied", "most_at_once"), 1);
  close_loop(loop);
}

/* libcurl counts the connections to one host, whatever its name is written like: a call goes on when a connection is
 * free that another spelling had. */
static void spellings(void) {
  static const char *const hosts[] = {"127.0.0.1:%d", "127.1:%d", "127.0.0.1:0%d"};
  char host[32];
  dosai_loop *loop = new_loop(0, 1);
  for (uintptr_t i = 0; i < 6; i++) {
    snprintf(host, sizeof host, hosts[i % 3], atoi(strrchr(test_env("DOSAI_TEST_PLAIN"), ':') + 1));
    start_at(loop, host, "slow~spelled", NULL, i);
  }
  run(loop);
  for (int i = 0; i < 6; i++) CHECK_END(i, DOSAI_OK);
  CHECK_INT(test_count(TEST_PLAIN, "slow~spelled", "most_at_once"), 1);
  close_loop(loop);
}

/* Through a SOCKS proxy, it counts those to each host: a call to another one begins to connect. */
static void through_a_socks_proxy(void) {
  char proxy[64];
  dosai_loop *loop = new_loop(0, 1);
  snprintf(proxy, sizeof proxy, "socks5h://127.0.0.1%s", strrchr(test_env("DOSAI_TEST_STALL"), ':'));
  for (uintptr_t i = 0; i < 3; i++) {
    dosai_client_options options;
    dosai_client_options_init(&options, sizeof options);
    options.base_url = i < 2 ? "http://host.test" : "http://other.test";
    options.proxy = proxy;
    options.max_retries = -1;
    options.connect_timeout_ms = i < 2 ? -1 : 100;
    dosai_client *client = test_client_with(&options);
    dosai_call_free(submit_with(loop, client, CHAT, i, NULL));
    dosai_client_free(client);
  }
  RUN_UNTIL(loop, book[2].ends);
  CHECK_END(2, DOSAI_TIMEOUT);
  CHECK_INT(book[2].clock, DOSAI_CLOCK_CONNECT);
  CHECK_INT(book[0].ends + book[1].ends, 0);
  close_loop(loop);
}

/* While it waits for a connection the total clock runs, and a cancel counts; the next in the line goes on. */
static void in_line(void) {
  dosai_loop *loop = new_loop(0, 1);
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  dosai_call *first = submit(loop, TEST_PLAIN, "silent", STREAM, 0, NULL);
  dosai_call *second = submit(loop, TEST_PLAIN, "hello", STREAM, 1, NULL);
  options.total_timeout_ms = test_bound(200);
  double begun = test_now();
  start(loop, TEST_PLAIN, "hello", STREAM, 2, &options);
  dosai_call *paused = submit(loop, TEST_PLAIN, "hello", CHAT, 3, NULL);
  dosai_call_options_init(&options, sizeof options);
  options.max_retries = 1;
  start(loop, TEST_PLAIN, "fail-then-hello", CHAT, 4,
        &options); /* and again in the line, after its back-off */
  start(loop, TEST_PLAIN, "hello", CHAT, 5, NULL);
  dosai_call_cancel(second);
  dosai_call_pause(paused);
  RUN_UNTIL(loop, book[2].ends);
  CHECK_TOOK(begun, test_now(), test_bound(200) - 1, test_bound(400));
  CHECK_END(1, DOSAI_CANCELLED);
  CHECK_END(2, DOSAI_TIMEOUT);
  CHECK_INT(book[2].clock, DOSAI_CLOCK_TOTAL);
  CHECK_INT(book[1].attempts + book[2].attempts, 0); /* nothing was sent */
  CHECK_INT(book[3].ends + book[4].ends + book[5].ends, 0);
  dosai_call_cancel(first);
  RUN_UNTIL(loop, step(loop, 0) == 1);
  CHECK_END(4, DOSAI_OK);
  CHECK_INT(book[4].attempts, 2);
  CHECK_END(5, DOSAI_OK);
  CHECK_INT(book[3].ends, 0);
  dosai_call_resume(paused);
  run(loop);
  CHECK_END(3, DOSAI_OK);
  dosai_call_free(first);
  dosai_call_free(second);
  dosai_call_free(paused);
  close_loop(loop);
}

/* A call that is paused when its turn comes is passed over; resumed, it comes before those that were submitted later. */
static void passed_over(void) {
  dosai_loop *loop = new_loop(1, 0);
  dosai_call *calls[8];
  dosai_client *one = test_client(TEST_PLAIN, "slow~passed"), *other = test_client(TEST_PLAIN, "slow~passed");
  for (uintptr_t i = 0; i < 8; i++) calls[i] = submit_with(loop, i == 7 ? other : one, CHAT, i, NULL);
  dosai_call_pause(calls[1]);
  dosai_call_pause(calls[2]);
  dosai_call_pause(calls[4]);
  dosai_call_pause(calls[7]); /* all that its client has */
  RUN_UNTIL(loop, book[3].ends);
  CHECK_INT(book[1].ends + book[2].ends + book[4].ends + book[5].ends, 0);
  dosai_call_resume(calls[4]); /* while the fifth has the place */
  dosai_call_resume(calls[2]);
  dosai_call_cancel(calls[1]);
  RUN_UNTIL(loop, step(loop, 0) == 1);
  CHECK_END(1, DOSAI_CANCELLED);
  for (int i = 2; i < 7; i++) CHECK_END(i, DOSAI_OK);
  CHECK(book[5].ended < book[2].ended && book[2].ended < book[4].ended && book[4].ended < book[6].ended);
  CHECK_INT(test_count(TEST_PLAIN, "slow~passed", "requests"), 6);
  CHECK_INT(test_count(TEST_PLAIN, "slow~passed", "most_at_once"), 1);
  dosai_call_resume(calls[7]); /* with the place free */
  run(loop);
  CHECK_END(7, DOSAI_OK);
  for (int i = 0; i < 8; i++) dosai_call_free(calls[i]);
  dosai_client_free(one);
  dosai_client_free(other);
  close_loop(loop);
}

/* What waits in the queue, or for a connection, is freed and closed like the rest. */
static void all_gone(void) {
  dosai_loop *loop = new_loop(4, 2);
  for (uintptr_t i = 0; i < 10; i++) start(loop, TEST_PLAIN, "silent", STREAM, i, NULL);
  run_for(loop, 50);
  close_loop(loop);
  for (int i = 0; i < 10; i++) CHECK_END(i, DOSAI_CANCELLED);
}

int main(void) {
  int descriptors = first_descriptors();
  at_once(1, 1);
  at_once(3, 3);
  at_once(0, 12);
  in_parallel(TEST_PLAIN);
  in_parallel(TEST_TLS);
  turns();
  connections(TEST_PLAIN);
  connections(TEST_TLS);
  hosts();
  through_a_proxy();
  spellings();
  through_a_socks_proxy();
  in_line();
  passed_over();
  all_gone();
  check_descriptors(descriptors);
  return test_end();
}
