#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un address;
static int listener = -1;

static void remove_path(void) { unlink(address.sun_path); }

const char *fuzz_server_path(void) {
  if (listener >= 0) return address.sun_path;
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "/tmp/dosai-fuzz-%d", (int)getpid());
  unlink(address.sun_path);
  listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
  CHECK(listen(listener, 64) == 0);
  atexit(remove_path);
  return address.sun_path;
}

void fuzz_server_start(fuzz_server *server) {
  fuzz_server_path();
  server->count = 0;
  for (int i = 0; i < FUZZ_CONNECTIONS; i++) server->sockets[i] = -1;
}

static int *newest(fuzz_server *server) {
  return &server->sockets[(server->count + FUZZ_CONNECTIONS - 1) % FUZZ_CONNECTIONS];
}

int fuzz_server_take(fuzz_server *server) {
  char dropped[4096];
  int taken;
  while ((taken = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    server->count++;
    if (*newest(server) >= 0) close(*newest(server));
    *newest(server) = taken;
  }
  for (int i = 0; i < FUZZ_CONNECTIONS; i++)
    while (server->sockets[i] >= 0 && recv(server->sockets[i], dropped, sizeof dropped, 0) > 0) {
    }
  return *newest(server) >= 0;
}

int fuzz_server_send(fuzz_server *server, const void *bytes, size_t count) {
  return *newest(server) >= 0 && send(*newest(server), bytes, count, MSG_NOSIGNAL) == (ssize_t)count;
}

void fuzz_server_cut(fuzz_server *server) {
  if (*newest(server) >= 0) close(*newest(server));
  *newest(server) = -1;
}

void fuzz_server_end(fuzz_server *server) {
  int left;
  for (int i = 0; i < FUZZ_CONNECTIONS; i++)
    if (server->sockets[i] >= 0) close(server->sockets[i]);
  while ((left = accept(listener, NULL, NULL)) >= 0) close(left);
}

int fuzz_descriptor(void) {
  fuzz_server_path(); /* its own is not counted */
  int lowest = dup(2);
  close(lowest);
  return lowest;
}

/* ---- what objects say of themselves ---- */

static void check_text(const char *text, size_t length) { CHECK(text ? text[length] == 0 : length == 0); }

void fuzz_check_error(const dosai_error *error, dosai_status status) {
  size_t length;
  if (status == DOSAI_OK || status == DOSAI_WOULD_BLOCK) {
    CHECK(error == NULL);
    return;
  }
  CHECK(error != NULL && dosai_error_status(error) == status && status != DOSAI_INTERNAL);
  CHECK(strcmp(dosai_status_name(status), "UNKNOWN") != 0);
  const char *(*const getters[])(const dosai_error *, size_t *) = {dosai_error_message,    dosai_error_code,
                                                                   dosai_error_type,       dosai_error_param,
                                                                   dosai_error_request_id, dosai_error_body};
  for (size_t i = 0; i < sizeof getters / sizeof *getters; i++) {
    const char *text = getters[i](error, &length);
    check_text(text, length);
    CHECK(i != 0 || (length > 0 && !strchr(text, '\n')));
  }
  CHECK(length <= 64 << 10 && dosai_error_retry_after_ms(error) >= -1);
  CHECK((dosai_error_clock(error) != DOSAI_CLOCK_NONE) == (status == DOSAI_TIMEOUT));
  if (dosai_error_completion(error)) fuzz_check_completion(dosai_error_completion(error));
}

void fuzz_check_response(const dosai_response *response) {
  size_t length;
  const char *text = dosai_response_json(response, &length);
  check_text(text, length);
  CHECK(length > 0 && dosai_response_http_status(response) >= 200 &&
        dosai_response_attempt_count(response) > 0);
}

void fuzz_check_completion(const dosai_completion *completion) {
  const char *(*const getters[])(const dosai_completion *, size_t *) = {
      dosai_completion_id, dosai_completion_object, dosai_completion_model, dosai_completion_request_id,
      dosai_completion_json};
  const char *(*const of_choice[])(const dosai_completion *, int32_t,
                                   size_t *) = {dosai_completion_role,
                                                dosai_completion_content,
                                                dosai_completion_refusal,
                                                dosai_completion_reasoning,
                                                dosai_completion_finish_reason_text,
                                                dosai_completion_message_json};
  const char *(*const of_call[])(const dosai_completion *, int32_t, int32_t, size_t *) = {
      dosai_completion_tool_call_id, dosai_completion_tool_call_name, dosai_completion_tool_call_arguments};
  size_t length;
  for (size_t i = 0; i < sizeof getters / sizeof *getters; i++) {
    const char *text = getters[i](completion, &length);
    check_text(text, length);
  }
  CHECK(length > 0);
  int32_t choices = dosai_completion_choice_count(completion);
  for (int32_t choice = -1; choice <= choices; choice++) {
    int is_there = choice >= 0 && choice < choices;
    for (size_t i = 0; i < sizeof of_choice / sizeof *of_choice; i++) {
      const char *text = of_choice[i](completion, choice, &length);
      check_text(text, length);
      CHECK(is_there || !text);
    }
    int32_t calls = dosai_completion_tool_call_count(completion, choice);
    CHECK(is_there || calls == 0);
    for (int32_t call = -1; call <= calls; call++)
      for (size_t i = 0; i < sizeof of_call / sizeof *of_call; i++) {
        const char *text = of_call[i](completion, choice, call, &length);
        check_text(text, length);
        CHECK((call >= 0 && call < calls) || !text);
      }
  }
}

void fuzz_check_chunk(const dosai_chunk *chunk) {
  check_text(chunk->text, chunk->text_length);
  check_text(chunk->tool_call_id, chunk->tool_call_id_length);
  check_text(chunk->tool_call_name, chunk->tool_call_name_length);
  check_text(chunk->json, chunk->json_length);
  CHECK(chunk->json_length > 0 && chunk->event_index >= 0 && chunk->choice >= -1);
  CHECK((chunk->kind == DOSAI_CHUNK_USAGE) == (chunk->usage != NULL));
  CHECK((chunk->kind == DOSAI_CHUNK_TOOL_CALL) == (chunk->tool_call >= 0));
}
