/* Three streams in the epoll loop of a program that has a timer of its own. Linux.
 * SPDX-License-Identifier: MIT
 *
 *   make
 *   cc -Iinclude examples/event-loops/epoll.c -o build/epoll -Lbuild/lib -Wl,-rpath,build/lib -ldosai
 *   build/epoll
 *
 * DOSAI_API_KEY is the key; DOSAI_BASE_URL and DOSAI_MODEL name another server and model. */
#include <dosai.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

static const char *const prompts[] = {"Write a line about the sea.", "Write a line about the sky.",
                                      "Write a line about the road."};
enum { PROMPT_COUNT = sizeof prompts / sizeof *prompts, TICK_MS = 100 };

/* What is in the event is lent: it is gone when this returns. Anything but 0 cancels the call. */
static int32_t on_event(const dosai_event *event, void *user_data) {
  int *failed = user_data;
  if (event->kind == DOSAI_EVENT_CHUNK && event->chunk->kind == DOSAI_CHUNK_CONTENT) {
    printf("%d: %s\n", (int)event->tag, event->chunk->text);
  } else if (event->kind == DOSAI_EVENT_COMPLETION) {
    printf("%d is whole\n", (int)event->tag);
  } else if (event->kind == DOSAI_EVENT_ERROR) {
    printf("%d failed: %s\n", (int)event->tag, dosai_error_message(event->error, NULL));
    *failed += 1;
  }
  return 0;
}

static dosai_status submit(dosai_loop *loop, dosai_client *client, int tag, dosai_error **out_error) {
  const char *model = getenv("DOSAI_MODEL");
  dosai_request *request = NULL;
  dosai_status status =
      dosai_request_new(model ? model : "dos-ai", DOSAI_NUL_TERMINATED, &request, out_error);
  if (!status)
    status = dosai_request_add_message(request, "user", prompts[tag], DOSAI_NUL_TERMINATED, out_error);
  if (!status)
    status = dosai_loop_submit_stream(loop, client, request, NULL, (uintptr_t)tag, NULL, out_error);
  dosai_request_free(request);
  return status;
}

/* A descriptor that is readable at each tick. */
static int start_timer(void) {
  struct itimerspec ticks = {.it_interval.tv_nsec = TICK_MS * 1000000L,
                             .it_value.tv_nsec = TICK_MS * 1000000L};
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (timer >= 0) timerfd_settime(timer, 0, &ticks, NULL);
  return timer;
}

static int watch(int epoll, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

/* The program's own loop: it knows two descriptors, and nothing of HTTP. */
static dosai_status run(dosai_loop *loop, int *failed, dosai_error **out_error) {
  int epoll = epoll_create1(EPOLL_CLOEXEC), timer = start_timer(), ticks = 0;
  size_t active = PROMPT_COUNT;
  dosai_status status = DOSAI_OK;
  if (epoll < 0 || watch(epoll, timer) || watch(epoll, dosai_loop_fd(loop))) status = DOSAI_RESOURCE;
  while (!status && active > 0) {
    struct epoll_event event;
    uint64_t passed;
    int count = epoll_wait(epoll, &event, 1, -1);
    if (count < 0 && errno != EINTR) status = DOSAI_RESOURCE;
    if (count < 1) continue;
    if (event.data.fd != timer) status = dosai_loop_step(loop, 0, on_event, failed, &active, out_error);
    else if (read(timer, &passed, sizeof passed) == sizeof passed) printf("tick %d\n", ++ticks);
  }
  if (timer >= 0) close(timer);
  if (epoll >= 0) close(epoll);
  return status;
}

int main(void) {
  dosai_client *client = NULL;
  dosai_loop *loop = NULL;
  dosai_error *error = NULL;
  int failed = 0;

  dosai_client_options options;
  dosai_client_options_init(&options, sizeof options);
  options.base_url = getenv("DOSAI_BASE_URL");
  options.api_key = getenv("DOSAI_API_KEY");
  dosai_status status = dosai_client_new(&options, &client, &error);
  if (!status) status = dosai_loop_new(NULL, &loop, &error);
  for (int tag = 0; !status && tag < PROMPT_COUNT; tag++) status = submit(loop, client, tag, &error);
  if (!status) status = run(loop, &failed, &error);

  if (status)
    fprintf(stderr, "%s: %s\n", dosai_status_name(status), error ? dosai_error_message(error, NULL) : "");
  dosai_error_free(error);
  dosai_loop_close(loop, NULL, NULL, NULL);
  dosai_client_free(client);
  return status || failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
