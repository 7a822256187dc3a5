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

int main() {
  chat();
  stream();
  cancel();
  return test_end();
}
