/* Every function that the header declares, with each pointer NULL, each handle of every other kind, and each struct of
 * every size up to twice its own: a status or an empty answer, never a crash, nothing beyond the struct touched. The
 * calls are made by sweep.py from the header, so that none is forgotten. */
#include "test.h"
#include <sys/mman.h>

enum { STATUS, POINTER, VALUE, NOTHING };

typedef struct {
  const char *name;
  long long (*call)(int which, void *bad);
  int returns, count;
  int kinds[12];
  size_t sizes[12]; /* of structs */
} function;

static void *good[16], *made[16];
static size_t made_length;
static void *page_end;
static int calls;

static int32_t on_chunk(const dosai_chunk *chunk, void *user_data) {
  (void)chunk, (void)user_data;
  return 0;
}

static int32_t on_event(const dosai_event *event, void *user_data) {
  (void)event, (void)user_data;
  return 0;
}

#include "functions.h"

static void make_good(dosai_loop **loop) {
  dosai_error *error = NULL;
  dosai_stream *stream = NULL;
  dosai_call *call = NULL;
  dosai_completion *completion = NULL;
  dosai_response *response = NULL;
  dosai_client *client = test_client(TEST_PLAIN, "sweep");
  dosai_request *request = test_request();
  CHECK_INT(dosai_cancel_new(NULL, (dosai_error **)&good[DOSAI_ERROR]), DOSAI_INVALID_ARGUMENT);
  CHECK_CALL(dosai_cancel_new((dosai_cancel **)&good[DOSAI_CANCEL], &error), DOSAI_OK);
  CHECK_CALL(dosai_chat(client, request, NULL, &completion, &error), DOSAI_OK);
  CHECK_CALL(dosai_client_get(client, "/models", NULL, &response, &error), DOSAI_OK);
  CHECK_CALL(dosai_stream_open(client, request, NULL, &stream, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_new(NULL, loop, &error), DOSAI_OK);
  CHECK_CALL(dosai_loop_submit_chat(*loop, client, request, NULL, 1, &call, &error), DOSAI_OK);
  good[DOSAI_CLIENT] = client, good[DOSAI_REQUEST] = request, good[DOSAI_COMPLETION] = completion;
  good[DOSAI_RESPONSE] = response;
  CHECK_CALL(dosai_decoder_new(NULL, (dosai_decoder **)&good[DOSAI_DECODER], &error), DOSAI_OK);
  CHECK_CALL(dosai_decoder_feed(good[DOSAI_DECODER], "data: [DONE]\n\n", 14, &error), DOSAI_OK);
  good[DOSAI_STREAM] = stream, good[DOSAI_LOOP] = *loop, good[DOSAI_CALL] = call;
}

static void drop_made(void) {
  dosai_error_free(made[MADE_DOSAI_ERROR]);
  dosai_cancel_free(made[MADE_DOSAI_CANCEL]);
  dosai_client_free(made[MADE_DOSAI_CLIENT]);
  dosai_request_free(made[MADE_DOSAI_REQUEST]);
  dosai_completion_free(made[MADE_DOSAI_COMPLETION]);
  dosai_response_free(made[MADE_DOSAI_RESPONSE]);
  dosai_stream_free(made[MADE_DOSAI_STREAM]);
  dosai_decoder_free(made[MADE_DOSAI_DECODER]);
  dosai_call_free(made[MADE_DOSAI_CALL]);
  if (made[MADE_DOSAI_LOOP]) dosai_loop_close(made[MADE_DOSAI_LOOP], NULL, NULL, NULL);
}

/* Whether the answer is what `asked` says: INVALID_ARGUMENT or an empty one, or with `or_good` also a good one. */
static void play(const function *asked, int which, void *bad, int or_good) {
  int failures = test_failures;
  memset(made, 0, sizeof made);
  made_length = 7;
  make_structs();
  long long answer = asked->call(which, bad);
  calls++;
  if (asked->returns == STATUS) {
    int fine = answer == DOSAI_OK || answer == DOSAI_WOULD_BLOCK;
    CHECK(answer == DOSAI_INVALID_ARGUMENT || (or_good && fine));
    for (int i = 0; i < MADES; i++) CHECK(!made[i] || fine || i == MADE_DOSAI_ERROR);
  } else if (!or_good) {
    CHECK(answer == 0 || (answer == -1 && asked->returns == VALUE));
    for (int i = 0; i < asked->count; i++)
      if (asked->returns == POINTER && asked->kinds[i] == OUT) CHECK_INT(made_length, 0);
  }
  drop_made();
  if (test_failures != failures) fprintf(stderr, "  %s, argument %d, %lld\n", asked->name, which, answer);
}

/* A struct of this size at the end of a page, behind which nothing can be touched. */
static unsigned char *placed(size_t size, size_t *room) {
  *room = ((size < 4 ? 4 : size) + 7) / 8 * 8;
  unsigned char *place = (unsigned char *)page_end - *room;
  memset(place, 0, *room);
  memcpy(place, &(uint32_t){(uint32_t)size}, 4);
  memset(place + (size < 4 ? 4 : size), 0xee, *room - (size < 4 ? 4 : size));
  return place;
}

static void play_sizes(const function *asked, int which) {
  size_t whole = asked->sizes[which], room;
  int is_init = strstr(asked->name, "_init") != NULL;
  for (size_t size = 0; size <= 2 * whole && !is_init; size++) {
    unsigned char *place = placed(size, &room);
    play(asked, which, place, size >= 8);
    for (size_t i = size < 4 ? 4 : size; i < room; i++) CHECK_INT(place[i], 0xee);
  }
  static const uint32_t never_set[] = {UINT32_MAX, INT32_MAX, 0xeeeeeeee, 1 << 20};
  for (size_t i = 0; i < 4 && !is_init; i++) {
    unsigned char *place = placed(2 * whole, &room);
    memcpy(place, &never_set[i], 4);
    play(asked, which, place, 1); /* what is filled takes what it needs of any room */
  }
}

static int ends_its_object(const function *asked) {
  return strstr(asked->name, "_free") || strstr(asked->name, "_close");
}

int main(void) {
  static int sized[sizeof functions / sizeof *functions];
  dosai_loop *loop = NULL;
  char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(pages != MAP_FAILED && mprotect(pages + 4096, 4096, PROT_NONE) == 0);
  page_end = pages + 4096;
  make_good(&loop);
  for (size_t f = 0; f < sizeof functions / sizeof *functions; f++)
    for (int i = 0; i < functions[f].count; i++) {
      int kind = functions[f].kinds[i];
      if (ends_its_object(&functions[f]) && i > 0) continue;
      if (kind < HANDLES)
        for (int other = 0; other <= HANDLES; other++) {
          if (other != kind) play(&functions[f], i, other == HANDLES ? NULL : good[other], 0);
        }
      if (kind > HANDLES && kind != NUMBER) play(&functions[f], i, NULL, 1);
      if (kind == STRUCT && !sized[f]++) play_sizes(&functions[f], i);
    }
  printf("%zu functions, %d calls\n", sizeof functions / sizeof *functions, calls);
  CHECK(calls > 1000);
  CHECK_INT(dosai_error_status(good[DOSAI_ERROR]), DOSAI_INVALID_ARGUMENT); /* none was freed */
  memcpy(made, good, sizeof(void *) * HANDLES);
  drop_made();
  return test_end();
}
