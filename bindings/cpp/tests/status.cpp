/* All of it without exceptions: run.py builds this with -fno-exceptions -fno-rtti. */
#include "test.hpp"

#if defined(__cpp_exceptions)
#error "built with exceptions"
#endif

static dosai::Result<dosai::Completion> ask(const std::string &script) {
  auto client = dosai::Client::try_make(test_options(script));
  if (!client) return client.error();
  return client->try_chat(test_request());
}

static void chat() {
  auto good = ask("hello");
  CHECK(good && good->content() == "Hello! How can I help you today?");
  auto bad = ask("error-401");
  CHECK(!bad && bad.error().status() == DOSAI_AUTHENTICATION && bad.error().http_status() == 401);
  auto options = test_options("hello");
  options.base_url = "ftp://x";
  CHECK(dosai::Client::try_make(options).error().status() == DOSAI_INVALID_ARGUMENT);
}

static void stream() {
  auto client = dosai::Client::try_make(test_options("fast"));
  auto stream = client->try_stream(test_request());
  std::string text;
  CHECK(stream);
  for (;;) {
    auto next = stream->try_next();
    CHECK(next);
    if (!next || !*next) break;
    text += (*next)->content();
  }
  CHECK(text == "abcdefghijklmnopqrst");
  CHECK(stream->try_completion()->content() == text);
  auto pushed = client->try_chat_stream(test_request(), [&](const dosai::Chunk &) { return false; });
  CHECK(!pushed && pushed.error().status() == DOSAI_CANCELLED);
}

static void tools() {
  auto client = dosai::Client::try_make(test_options("model"));
  auto request = test_request();
  const auto name = [](const dosai::ToolCall &call) { return call.name; };
  CHECK(client->try_run_tools(request, name)->content() == "f, f");
  dosai::ToolOptions once;
  once.max_rounds = 1;
  const auto stopped = client->try_run_tools(request = test_request(), name, once);
  CHECK(stopped.error().status() == DOSAI_TOO_LARGE && stopped.error().completion().tool_calls().size() == 2);
}

static void cancel() {
  auto token = dosai::CancelToken::try_make();
  auto client = dosai::Client::try_make(test_options("silent"));
  dosai::CallOptions options;
  CHECK(token);
  token->trigger();
  options.cancel = &*token;
  CHECK(client->try_stream(test_request(), options).error().status() == DOSAI_CANCELLED);
  CHECK(client->try_get("/models", options).error().status() == DOSAI_CANCELLED);
}

static void loop() {
  auto loop = dosai::Loop::try_make();
  auto client = dosai::Client::try_make(test_options("fast"));
  auto hello = dosai::Client::try_make(test_options("hello"));
  auto bad = dosai::Client::try_make(test_options("error-401"));
  std::string text;
  int answers = 0, refused = 0;
  auto first = loop->try_submit_stream(*client, test_request(), 1);
  CHECK(first && loop->try_submit_chat(*hello, test_request(), 2));
  CHECK(loop->try_submit_chat(*bad, test_request(), 3));
  for (;;) {
    auto active = loop->try_step(dosai::Milliseconds(-1), [&](const dosai::Event &event) {
      if (event.kind() == DOSAI_EVENT_CHUNK) text += event.chunk().content();
      if (event.kind() == DOSAI_EVENT_COMPLETION) answers += event.completion().choice_count();
      if (event.kind() == DOSAI_EVENT_ERROR) refused += event.error().status() == DOSAI_AUTHENTICATION;
    });
    CHECK(active);
    if (!active || *active == 0) break;
  }
  CHECK(text == "abcdefghijklmnopqrst" && answers == 2 && refused == 1);
  CHECK(first->try_completion()->content() == text);
  auto again = loop->try_submit_chat(*hello, test_request(), 4);
  int ends = 0;
  CHECK(again && loop->try_close([&](const dosai::Event &event) { ends += event.tag() == 4; }) && ends == 1);
  CHECK(loop->try_next().error().status() == DOSAI_INVALID_ARGUMENT);
}

int main() {
  chat();
  stream();
  tools();
  cancel();
  loop();
  return test_end();
}
