/* Streams, pulled and pushed; exceptions through both; no allocation per chunk. */
#include "allocations.hpp"
#include "test.hpp"

#include <algorithm>
#include <stdexcept>

using namespace std::string_view_literals;
using namespace std::chrono_literals;

#if __cplusplus >= 202002L
#include <ranges>
static_assert(std::ranges::input_range<dosai::Stream>);
#endif

/* "many" has 1,000 chunks of text, and one more before and after. */
static void no_allocation_per_chunk() {
  dosai::Client client(test_options("many"));
  const dosai::Request request = test_request();
  long count = 0, before = 0;
  std::size_t bytes = 0;

  auto stream = client.stream(request);
  before = allocations;
  for (auto &chunk : stream) {
    count++;
    bytes += chunk.content().size() + chunk.json().size() / 1000000;
  }
  CHECK(allocations == before);
  CHECK(count > 1000 && bytes == 5000);

  long made = 0, first = 0, last = 0;
  client.chat_stream(request, [&](const dosai::Chunk &chunk) {
    if (++made == 1) first = allocations;
    last = allocations;
    bytes += chunk.content().size();
  });
  CHECK(made == count && bytes == 10000 && first == last);

  auto polled = client.stream(request);
  before = allocations;
  for (;;) {
    auto next = polled.try_next(1ms);
    if (!next && next.error().status() == DOSAI_WOULD_BLOCK) continue;
    if (!next || !*next) break;
    made--;
  }
  CHECK(allocations == before && made == 0);
}

static void pulled() {
  dosai::Client client(test_options("rich"));
  std::string text, reasoning, arguments;
  int usages = 0, calls = 0;
  auto stream = client.stream(test_request());
  client = dosai::Client(); /* the stream goes on without it */
  auto moved = std::move(stream);
  for (const auto &chunk : moved) {
    if (chunk.choice() == 0) text += chunk.content();
    switch (chunk.kind()) {
    case DOSAI_CHUNK_REASONING:
      reasoning += chunk.text();
      break;
    case DOSAI_CHUNK_TOOL_CALL:
      if (chunk.tool_call_name() == "get_weather") calls += chunk.tool_call_id() == "call_1";
      if (chunk.tool_call() == 0) arguments += chunk.text();
      break;
    case DOSAI_CHUNK_FINISH:
      CHECK(chunk.finish_reason() == (chunk.choice() == 0 ? DOSAI_FINISH_TOOL_CALLS : DOSAI_FINISH_STOP));
      break;
    case DOSAI_CHUNK_USAGE:
      usages += chunk.usage()->total_tokens == 21;
      CHECK(chunk.is_last_in_event() && !chunk.is_text_only() && chunk.event_index() == 13);
      break;
    default:
      break;
    }
  }
  CHECK(text == "Gr\303\274\303\237e \360\237\230\200 a\0b \"quoted\" \\ \n"sv);
  CHECK(reasoning == "Let me think." && arguments == "{\"location\": \"Tokyo\"}");
  CHECK(usages == 1 && calls == 1);
  const dosai::Completion completion = moved.completion();
  CHECK(completion.content() == text && completion.content(1) == "second");
  CHECK(completion.timings().first_token_us > 0);
  CHECK(moved.next() == nullptr && moved.begin() == moved.end());
  CHECK(stream.try_next().error().status() == DOSAI_INVALID_ARGUMENT); /* moved away */
}

static void iterators() {
  dosai::Client client(test_options("fast"));
  auto stream = client.stream(test_request());
  auto place = std::find_if(stream.begin(), stream.end(), [](auto &chunk) { return chunk.content() == "c"; });
  CHECK(place != stream.end() && place->content() == "c");
  CHECK(stream.completion().content() == "abc"); /* a part */
  place++;
  CHECK((*place).content() == "d");
  for (auto &chunk : stream) { /* goes on */
    CHECK(chunk.content() == "e");
    break;
  }
}

static void failed() {
  dosai::Client client(test_options("mid-fin-chunked"));
  std::string text;
  auto stream = client.stream(test_request());
  try {
    for (auto &chunk : stream) text += chunk.content();
    CHECK(false && "reached");
  } catch (const dosai::Error &error) {
    CHECK(error.status() == DOSAI_TRUNCATED && error.completion().content() == "Hello");
  }
  CHECK(text == "Hello");
  CHECK(stream.try_next().error().status() == DOSAI_TRUNCATED); /* again */
}

static void any_endpoint() {
  dosai::Client client(test_options("messages"));
  dosai::CallOptions options;
  options.last_event = "message_stop";
  int events = 0;
  std::string last;
  auto stream = client.stream_post("/messages", R"({"stream": true})", options);
  for (auto &chunk : stream) {
    CHECK(chunk.kind() == DOSAI_CHUNK_EVENT && chunk.event_index() == events++ && chunk.event_id().empty());
    last = std::string(chunk.event_type()) + std::string(chunk.text());
  }
  CHECK(events == 8 && last == R"(message_stop{"type":"message_stop"})");
  CHECK(stream.completion().request_id() == "req-1");
  options.last_event = "another";
  auto cut = client.stream_post("/messages", "{}", options);
  while (cut.try_next()) {
    if (!--events) break;
  }
  CHECK(events == 0 && cut.try_next().error().status() == DOSAI_TRUNCATED);
}

static void pushed() {
  dosai::Client client(test_options("fast"));
  std::string text;
  const auto show = [&](const dosai::Chunk &chunk) { text += chunk.content(); };
  const dosai::Completion completion = client.chat_stream(test_request(), show);
  CHECK(text == "abcdefghijklmnopqrst" && completion.content() == text);

  /* false stops it. */
  text.clear();
  auto stop = [&](const dosai::Chunk &chunk) { return text.append(chunk.content()) != "abc"; };
  auto stopped = client.try_chat_stream(test_request(), stop);
  CHECK(!stopped && stopped.error().status() == DOSAI_CANCELLED);
  CHECK(stopped.error().completion().content() == "abc");

  /* An exception goes through, the same object that was thrown; the client is as before. */
  const std::exception *address = nullptr;
  int chunks = 0;
  try {
    client.chat_stream(test_request(), [&](const dosai::Chunk &) {
      if (++chunks < 5) return;
      try {
        throw std::out_of_range("five");
      } catch (const std::exception &error) {
        address = &error;
        throw;
      }
    });
    CHECK(false && "reached");
  } catch (const std::out_of_range &error) {
    CHECK(address == &error && error.what() == "five"sv && chunks == 5);
  }
  text.clear();
  client.chat_stream(test_request(), show);
  CHECK(text == completion.content());

  dosai::Client odd(test_options("clean-finish-no-done"));
  CHECK(odd.chat_stream(test_request(), show).quirks() == DOSAI_QUIRK_DONE_MISSING);
}

/* on_wait lives in the stream, wherever that is moved. */
/* Without a network. */
static void decoded() {
  const std::string body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n"
                           "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo!\"},"
                           "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
  dosai::Decoder decoder;
  std::string text;
  for (const char &byte : body) {
    decoder.feed({&byte, 1});
    while (const dosai::Chunk *chunk = decoder.next()) text += chunk->content();
  }
  decoder.finish();
  CHECK(!decoder.next() && text == "Hello!" && decoder.completion().content() == "Hello!");
  CHECK(decoder.try_feed("x").error().status() == DOSAI_INVALID_ARGUMENT);

  dosai::Decoder cut;
  cut.feed(std::string_view(body).substr(0, 70));
  CHECK(cut.next() && !cut.next() && cut.try_next().error().status() == DOSAI_WOULD_BLOCK);
  cut.finish();
  CHECK(cut.try_next().error().status() == DOSAI_TRUNCATED);
}

static void waits() {
  dosai::Client client(test_options("silent-chunk"));
  dosai::CallOptions options;
  options.wait_interval = 5ms;
  std::string what = "waited too long, which is long enough for the heap";
  bool is_patient = true;
  options.on_wait = [what, &is_patient] { return is_patient ? true : throw std::runtime_error(what); };
  auto opened = client.stream(test_request(), options);
  options = {};
  auto stream = std::move(opened);
  CHECK(stream.next()->content() == "Hello");
  is_patient = false;
  try {
    stream.next();
    CHECK(false && "reached");
  } catch (const std::runtime_error &error) {
    CHECK(error.what() == what);
  }
  CHECK(stream.try_next().error().status() == DOSAI_CANCELLED);
}

/* A log outlives its client with the calls that write to it. */
static void logs() {
  auto options = test_options("endless");
  std::string lines;
  options.log_level = DOSAI_LOG_DEBUG;
  options.on_log = [&lines](dosai_log_level, std::string_view line) { lines += line; };
  auto stream = dosai::Client(options).stream(test_request());
  options = {};
  CHECK(stream.next() != nullptr);
  stream = dosai::Client(test_options("fast")).stream(test_request()); /* stops the endless one */
  CHECK(stream.next() != nullptr);
  CHECK(!lines.empty());
}

int main() {
  decoded();
  no_allocation_per_chunk();
  pulled();
  iterators();
  failed();
  any_endpoint();
  pushed();
  waits();
  logs();
  return test_end();
}
