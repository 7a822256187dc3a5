/* Many calls in a loop: told, taken, over its descriptor; exceptions through step and close. */
#include "allocations.hpp"
#include "test.hpp"

#include <algorithm>
#include <map>
#include <poll.h>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace std::string_view_literals;
using namespace std::chrono_literals;

static const auto alphabet = "abcdefghijklmnopqrst"sv;

/* What the calls said, by their tags. */
struct Told {
  std::map<std::uintptr_t, std::string> text;
  std::map<std::uintptr_t, dosai::Completion> completions;
  std::map<std::uintptr_t, dosai::Response> responses;
  std::map<std::uintptr_t, dosai::Error> errors;

  void operator()(const dosai::Event &event) {
    const bool is_over =
        completions.count(event.tag()) + responses.count(event.tag()) + errors.count(event.tag()) > 0;
    CHECK(!is_over);
    if (event.kind() == DOSAI_EVENT_CHUNK) text[event.tag()] += event.chunk().content();
    if (event.kind() == DOSAI_EVENT_COMPLETION) completions[event.tag()] = event.completion();
    if (event.kind() == DOSAI_EVENT_RESPONSE) responses[event.tag()] = event.response();
    if (event.kind() == DOSAI_EVENT_ERROR) errors.emplace(event.tag(), event.error());
  }
};

static void told() {
  dosai::Loop loop;
  const dosai::Request request = test_request();
  dosai::Call kept = [&] {
    dosai::Client client(test_options("fast"));
    return loop.submit_stream(client, request, 1); /* it goes on without its client */
  }();
  dosai::Client cut(test_options("mid-fin-chunked")), echo(test_options("echo")),
      hello(test_options("hello"));
  loop.submit_chat(hello, request, 2);
  loop.submit_stream(cut, request, 4);
  loop.submit_post(echo, "/embeddings", R"({"input": "hi"})", 5);
  loop.submit_get(echo, "/models", 6);
  loop.submit_stream_post(hello, "/messages", "{}", 7);
  Told told;
  while (loop.step(-1ms, told)) {
  }
  CHECK(loop.step(0ms) == 0 && loop.timeout() == -1ms);
  CHECK(told.text[1] == alphabet && told.completions[1].content() == alphabet);
  CHECK(told.completions[2].content() == "Hello! How can I help you today?" && told.text.count(2) == 0);
  CHECK(told.text[4] == "Hello" && told.errors.at(4).status() == DOSAI_TRUNCATED);
  CHECK(told.errors.at(4).completion().content() == "Hello" && told.errors.at(4).message().size() > 9);
  CHECK(told.responses[5].json().find("POST") < 99 && told.responses[6].json().find("GET") < 99);
  CHECK(told.errors.at(7).status() == DOSAI_PROTOCOL); /* a whole answer */
  CHECK(told.responses[5].http_status() == 200 && told.responses[5].attempts().size() == 1);
  CHECK(told.responses[5].request_id() == told.responses[5].header("x-request-id") && !told.responses[1]);
  CHECK(told.responses[5].timings().total_us > 0 && told.errors.at(4).is_retryable());
  CHECK(kept.completion().content() == alphabet);
}

/* Taken one by one, over poll(); a full stream and no allocation for a chunk. */
static void taken() {
  dosai::Client client(test_options("many"));
  auto first = dosai::Loop::try_make();
  dosai::Loop loop = std::move(*first);
  CHECK(first->fd() == -1 && first->try_step(0ms).error().status() == DOSAI_INVALID_ARGUMENT);
  CHECK(first->try_next().error().status() == DOSAI_INVALID_ARGUMENT);
  CHECK(first->try_submit_chat(client, test_request()).error().status() == DOSAI_INVALID_ARGUMENT);
  for (std::uintptr_t tag = 0; tag < 2; tag++) loop.submit_stream(client, test_request(), tag);
  std::size_t bytes = 0, ends = 0;
  long before = 0, chunks = 0, most = 0;
  while (ends < 2) {
    pollfd poll = {loop.fd(), POLLIN, 0};
    CHECK(::poll(&poll, 1, 10000) == 1);
    loop.step(0ms);
    before = allocations;
    while (const dosai::Event *event = loop.next()) {
      ends += event->kind() == DOSAI_EVENT_COMPLETION;
      if (event->kind() != DOSAI_EVENT_CHUNK) continue;
      chunks++;
      bytes += event->chunk().content().size();
    }
    most = std::max(most, allocations - before);
  }
  CHECK(bytes == 10000 && chunks > 2000 && ends == 2 && most == 0);
}

static void stopped() {
  dosai::Client client(test_options("endless")), fast(test_options("fast"));
  const dosai::Request request = test_request();
  dosai::Loop loop;
  dosai::CancelToken token;
  dosai::CallOptions options;
  options.cancel = &token;
  dosai::Call first = loop.submit_stream(client, request, 1);
  loop.submit_stream(client, request, 2);
  loop.submit_stream(client, request, 3, options);
  options.headers = {std::string("X: \0y", 5)};
  CHECK(loop.try_submit_stream(client, request, 9, options).error().status() == DOSAI_INVALID_ARGUMENT);
  dosai::Request bad("m");
  bad.add_message_json("{");
  CHECK(loop.try_submit_chat(client, bad, 9).error().status() == DOSAI_INVALID_ARGUMENT);
  Told told;
  std::size_t active = 3;
  while (active > 0) {
    active = loop.step(-1ms, [&](const dosai::Event &event) {
      CHECK(loop.try_step(0ms).error().status() == DOSAI_BUSY);
      CHECK(loop.try_close(told).error().status() == DOSAI_BUSY);
      told(event);
      if (event.tag() == 1) first.cancel();
      if (event.tag() == 3) token.trigger();
      return event.tag() != 2; /* false cancels it */
    });
  }
  for (std::uintptr_t tag = 1; tag < 4; tag++) CHECK(told.errors.at(tag).status() == DOSAI_CANCELLED);
  CHECK(told.errors.at(2).completion().choice_count() == 1);

  /* Paused, it says nothing. */
  dosai::Call paused = loop.submit_stream(fast, request, 4);
  paused.pause();
  for (int count = 0; count < 20; count++) CHECK(loop.step(10ms, told) == 1);
  CHECK(told.text[4].empty() && told.completions.count(4) == 0);
  paused.resume();
  while (loop.step(-1ms, told)) {
  }
  CHECK(told.text[4] == alphabet);
}

/* The second call waits for the first; nothing but a wake ends the wait of an empty loop. */
static void options() {
  dosai::Client silent(test_options("silent-chunk")), fast(test_options("fast"));
  dosai::LoopOptions options;
  options.max_in_flight = 1;
  dosai::Loop loop(options);
  std::thread waker([&] { std::this_thread::sleep_for(20ms), loop.wake(); });
  CHECK(loop.step() == 0);
  waker.join();
  dosai::Call first = loop.submit_stream(silent, test_request(), 1);
  loop.submit_stream(fast, test_request(), 2);
  Told told;
  for (int count = 0; count < 20; count++) loop.step(10ms, told);
  CHECK(told.text.count(2) == 0);
  first.cancel();
  while (loop.step(-1ms, told)) {
  }
  CHECK(told.text[2] == alphabet && told.errors.at(1).status() == DOSAI_CANCELLED);
}

/* A loop that always has a call keeps nothing of clients whose calls are over. */
static void busy() {
  dosai::Client silent(test_options("silent-chunk"));
  dosai::Loop loop;
  loop.submit_stream(silent, test_request(), 1);
  long before = 0;
  for (int made = 0; made < 20; made++) {
    if (made == 10) before = undeleted;
    loop.submit_get(dosai::Client(test_options("echo")), "/models", 2);
    for (bool is_over = false; !is_over;) {
      loop.step(-1ms, [&](const dosai::Event &event) { is_over = is_over || event.tag() == 2; });
    }
  }
  CHECK(undeleted == before);
}

/* The first exception goes on from the step, when the others are told; the loop is as before. */
static void exceptions() {
  dosai::Client client(test_options("fast")), hello(test_options("hello"));
  dosai::Loop loop;
  for (std::uintptr_t tag = 1; tag < 4; tag++) loop.submit_stream(client, test_request(), tag);
  Told told;
  const std::exception *address = nullptr;
  const auto on_event = [&](const dosai::Event &event) {
    told(event);
    if (event.tag() != 2 || told.text[2].size() != 3 || event.kind() != DOSAI_EVENT_CHUNK) return;
    try {
      throw std::out_of_range("three");
    } catch (const std::exception &error) {
      address = &error;
      throw;
    }
  };
  int caught = 0;
  for (std::size_t active = 3; active > 0;) {
    try {
      active = loop.step(-1ms, on_event);
    } catch (const std::out_of_range &error) {
      CHECK(address == &error && error.what() == "three"sv);
      caught++;
      active = loop.step(0ms, on_event);
    }
  }
  CHECK(caught == 1 && told.text[1] == alphabet && told.text[3] == alphabet);
  CHECK(told.text[2] == "abc" && told.errors.at(2).status() == DOSAI_CANCELLED);

  /* Several in one step, or in close: the first. */
  for (const bool is_close : {false, true}) {
    Told again;
    int thrown = 0;
    for (std::uintptr_t tag = 1; tag < 4; tag++) loop.submit_chat(hello, test_request(), tag);
    const auto each = [&](const dosai::Event &event) {
      again(event);
      throw ++thrown;
    };
    caught = 0;
    while (again.completions.size() + again.errors.size() < 3) {
      const int before = thrown;
      try {
        if (is_close) loop.close(each);
        else loop.step(-1ms, each);
      } catch (int number) {
        CHECK(number == before + 1);
        caught++;
      }
    }
    CHECK(thrown == 3 && (is_close ? caught == 1 && again.errors.size() == 3 : caught > 0));
  }
  CHECK(loop.handle() == nullptr && loop.fd() == -1);
  CHECK(loop.try_step(0ms).error().status() == DOSAI_INVALID_ARGUMENT);
  loop = dosai::Loop();
  loop.submit_chat(hello, test_request()); /* its end cancels */
}

template <class Function> static int caught(Function function) {
  try {
    function();
    return 0;
  } catch (int number) {
    return number;
  }
}

/* What a key_fn throws loses no call, no event and no answer of another call. */
static void keys() {
  const dosai::Client other(test_options("hello"));
  const auto ask = [&] { CHECK(caught([&] { CHECK(other.try_chat(test_request())); }) == 0); };
  std::vector<int> throws;
  std::size_t asked = 0;
  auto options = test_options("hello");
  options.api_key.clear();
  options.key_fn = [&]() -> std::string {
    ask();
    const int number = throws.at(asked++);
    return number ? throw number : "sk-test";
  };
  const dosai::Client client(options);
  int ends = 0;
  const auto on_end = [&](const dosai::Event &event) {
    ask();
    CHECK(event.kind() == DOSAI_EVENT_ERROR && event.error().status() == DOSAI_CANCELLED);
    ends++;
  };

  /* A submit accepts its call. */
  throws = {1, 2, 3, 4};
  dosai::Loop loop;
  loop.submit_chat(client, test_request());
  ask();
  CHECK(caught([&] { loop.step(-1ms, on_end); }) == 1 && ends == 1 && loop.step(0ms) == 0);
  loop.submit_chat(client, test_request());
  loop.submit_chat(client, test_request());
  CHECK(caught([&] { loop.next(); }) == 2);
  on_end(*loop.next()), on_end(*loop.next());
  CHECK(ends == 3 && !loop.next() && loop.step(0ms) == 0);
  loop.submit_chat(client, test_request());
  CHECK(caught([&] { loop.close(on_end); }) == 4 && ends == 4);
  ask();

  /* The end of one lets the next begin. The first fails, and asks again. */
  for (const bool is_told : {true, false}) {
    options.base_url = test_options("fail-then-hello~keys" + std::to_string(getpid() * 2 + is_told)).base_url;
    options.max_retries = 1;
    const dosai::Client again(options);
    dosai::LoopOptions one;
    one.max_in_flight = 1;
    loop = dosai::Loop(one);
    asked = 0;
    throws = {0, 5, 0, is_told ? 0 : 6}; /* one step may tell of them all, and rethrows the first */
    std::string kinds;
    const auto on_event = [&](const dosai::Event &event) {
      kinds += event.kind() == DOSAI_EVENT_COMPLETION ? 'c' : 'e';
      ask();
    };
    for (int count = 0; count < 3; count++) loop.submit_chat(again, test_request());
    int sum = 0;
    for (std::size_t active = 3; active > 0;) {
      sum += caught([&] {
        active = is_told ? loop.step(-1ms, on_event) : loop.step();
        while (!is_told) {
          const dosai::Event *event = loop.next();
          if (!event) break;
          on_event(*event);
        }
      });
      if (kinds.size() == 3) active = loop.step(0ms);
    }
    CHECK(is_told ? kinds == "ecc" && sum == 5 : kinds == "ece" && sum == 11);
  }
}

/* A loop keeps the logs of its clients while calls may write to them. */
static void logs() {
  std::string lines;
  dosai::Loop loop;
  for (const char *script : {"fast", "endless"}) {
    auto options = test_options(script);
    options.log_level = DOSAI_LOG_INFO;
    options.on_log = [&lines, script](dosai_log_level, std::string_view line) {
      lines += script + std::string(" ").append(line) + "\n";
    };
    dosai::Client client(options);
    loop.submit_stream(client, test_request());
    loop.submit_stream(client, test_request());
  }
  while (loop.step(-1ms, [](const dosai::Event &) {}) > 2) {
  }
  CHECK(lines.find("fast ") == 0 && lines.find("endless ") == lines.npos);
  loop = dosai::Loop();
  CHECK(lines.find("endless ") != lines.npos && lines.find("CANCELLED") != lines.npos);
}

int main() {
  told();
  taken();
  stopped();
  options();
  busy();
  exceptions();
  keys();
  logs();
  return test_end();
}
