/* A reader that stops on one stream of a hundred: what it holds stays within the limit, the others go on, and what came in
 * the meantime is not lost. For DOSAI_PAUSE_SECONDS, or a second; a minute is what it is meant for. */
#include "loop.h"

/* Over HTTP/2 all of the blast is held: it is within libcurl's window of a stream. */
enum { BLAST = 8 << 20, ROOM = 3 << 20, WINDOW = 10 << 20 /* of libcurl over HTTP/2 */ };

static const char *const names[] = {"plain", "TLS", "unix", "HTTP/2"};

static dosai_loop *loop;
static dosai_client *paced;
static dosai_call *blast;
static int over[100], many;
static dosai_call_options options; /* connects as slowly as the machine does */
static int is_ending;

static long resident(void) {
  long pages = 0, ignored;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file && fscanf(file, "%ld %ld", &ignored, &pages) == 2);
  if (file) fclose(file);
  return pages * sysconf(_SC_PAGESIZE);
}

/* The blast is paused with its fourth chunk, and no later: a step may bring as much as has come. The others stream twenty
 * chunks a time, over and over. */
static int32_t begin_again(const dosai_event *event) {
  if (event->tag == 0 && book[0].chunks == 4) dosai_call_pause(blast);
  if (event->tag == 0 || event->kind == DOSAI_EVENT_CHUNK) return 0;
  CHECK_END(event->tag, DOSAI_OK);
  CHECK_TEXT(book[event->tag].text, "abcdefghijklmnopqrst");
  over[event->tag]++;
  if (is_ending) return 0;
  memset(&book[event->tag], 0, sizeof book[event->tag]);
  dosai_call_free(submit_with(loop, paced, STREAM, event->tag, &options));
  return 0;
}

static int all_over(void) {
  for (int i = 1; i < many; i++) {
    if (!over[i]) return 0;
  }
  return 1;
}

/* Each of the others comes to an end once more, or twice. */
static void others_go_on(void) {
  memset(over, 0, sizeof over);
  RUN_UNTIL(loop, all_over());
}

static void stops(test_transport transport, double seconds) {
  loop = new_loop(0, 0);
  then_do = begin_again;
  is_ending = 0;
  paced = test_client(transport, "paced");
  for (int i = 1; i < many; i++) dosai_call_free(submit_with(loop, paced, STREAM, (uintptr_t)i, &options));
  others_go_on();
  long before = resident(), most = before;
  blast = submit(loop, transport, "blast", STREAM, 0, NULL);
  RUN_UNTIL(loop, book[0].chunks == 4);
  for (double end = test_now() + 1000 * seconds; test_now() < end;) {
    others_go_on();
    most = resident() > most ? resident() : most;
  }
  CHECK_INT(book[0].chunks, 4);
  if (!getenv("DOSAI_TEST_SLOW")) CHECK_BETWEEN(most - before, 0, ROOM + (transport == TEST_H2 ? WINDOW : 0));
  printf("%s: +%ld KB\n", names[transport], (most - before) / 1024);
  is_ending = 1;
  dosai_call_resume(blast);
  for (double end = test_now() + test_bound(60000); step(loop, 100) > 0 && test_now() < end;) {
  }
  CHECK_END(0, DOSAI_OK);
  CHECK_INT(book[0].bytes, BLAST + 5);
  dosai_call_free(blast);
  dosai_client_free(paced);
  close_loop(loop);
}

int main(void) {
  const char *given = getenv("DOSAI_PAUSE_SECONDS");
  int descriptors = first_descriptors();
  many = getenv("DOSAI_TEST_SLOW") ? 20 : 100;
  dosai_call_options_init(&options, sizeof options);
  options.connect_timeout_ms = -1;
  for (int i = 0; i < OVER_TCP; i++) stops(over_tcp[i], given ? atof(given) : 1);
  check_descriptors(descriptors);
  return test_end();
}
