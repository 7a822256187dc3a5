/* Memory runs out inside a submit, at each of its allocations: it is refused, and has no event and no handle. */
#include "loop.h"
#include <dlfcn.h>

static long countdown; /* to the allocation that fails; 0: none does */

void *malloc(size_t size) {
  static void *(*next)(size_t);
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "malloc");
  return countdown && --countdown == 0 ? NULL : next(size);
}

/* Whether the allocation was reached. */
static int submit_without(dosai_loop *loop, dosai_client *client, int kind, long nth) {
  dosai_request *request = test_request();
  dosai_error *error = NULL;
  dosai_call *call = NULL;
  const char *header = "X-Title: call"; /* so that it has headers of its own */
  dosai_call_options options;
  dosai_call_options_init(&options, sizeof options);
  options.headers = &header;
  options.header_count = 1;
  countdown = nth;
  dosai_status status =
      kind == POST   ? dosai_loop_submit_post(loop, client, "/x", "{}", 2, &options, 1, &call, &error)
      : kind == CHAT ? dosai_loop_submit_chat(loop, client, request, &options, 1, &call, &error)
                     : dosai_loop_submit_stream(loop, client, request, &options, 1, &call, &error);
  int reached = countdown == 0;
  countdown = 0;
  CHECK_INT(status, reached ? DOSAI_OUT_OF_MEMORY : DOSAI_OK);
  CHECK((call != NULL) == !reached);
  CHECK_INT(step(loop, 0), reached ? 1 : 2);
  CHECK_INT(book[1].ends, 0);
  dosai_error_free(error); /* for which there may have been no memory either */
  dosai_call_free(call);
  dosai_request_free(request);
  return reached;
}

/* In a loop where the call has to wait: libcurl 7.88 itself does not stand all failures. */
static void each(int kind, test_transport transport) {
  long nth = 1;
  dosai_loop *loop = new_loop(1, 0);
  dosai_client *client = test_client(transport, "hello");
  dosai_call *first = submit(loop, transport, "silent", CHAT, 0, NULL);
  while (submit_without(loop, client, kind, nth) && nth < 1000) nth++;
  CHECK_BETWEEN(nth, 4, 999);
  dosai_call_cancel(first);
  run(loop);
  CHECK_END(0, DOSAI_CANCELLED);
  CHECK_END(1, DOSAI_OK); /* the one that was accepted */
  dosai_call_free(first);
  dosai_client_free(client);
  close_loop(loop);
}

int main(void) {
  for (int kind = CHAT; kind <= POST; kind++) {
    each(kind, TEST_PLAIN);
    each(kind, TEST_H2);
  }
  return test_end();
}
