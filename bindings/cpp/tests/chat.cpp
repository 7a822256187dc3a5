/* Client, request, completion, error: with exceptions. */
#include "test.hpp"

#include <thread>
#include <unistd.h>

using namespace std::string_view_literals;
using namespace std::chrono_literals;

static_assert(!std::is_copy_constructible_v<dosai::Client> && !std::is_copy_constructible_v<dosai::Request> &&
              !std::is_copy_constructible_v<dosai::Stream> &&
              !std::is_copy_constructible_v<dosai::CancelToken>);
static_assert(std::is_nothrow_move_constructible_v<dosai::Client> &&
              std::is_nothrow_move_assignable_v<dosai::Client> &&
              std::is_nothrow_move_constructible_v<dosai::Request> &&
              std::is_nothrow_move_constructible_v<dosai::Stream> &&
              std::is_nothrow_move_assignable_v<dosai::Stream> &&
              std::is_nothrow_move_constructible_v<dosai::CancelToken>);
static_assert(std::is_nothrow_copy_constructible_v<dosai::Completion> &&
              std::is_nothrow_copy_constructible_v<dosai::Error>);

/* The status of the Error that it throws; 0: none. */
template <class Function> static dosai_status thrown(Function function) {
  try {
    function();
    return DOSAI_OK;
  } catch (const std::exception &error) {
    const auto *ours = dynamic_cast<const dosai::Error *>(&error);
    return ours ? ours->status() : DOSAI_INTERNAL;
  }
}

static void whole() {
  dosai::Client client(test_options("rich"));
  const dosai::Completion completion = client.chat(test_request());
  CHECK(completion);
  CHECK(completion.id() == "chatcmpl-abc123");
  CHECK(completion.object() == "chat.completion");
  CHECK(completion.created() == 1711000000);
  CHECK(completion.model() == "dos-ai");
  CHECK(completion.choice_count() == 2);
  CHECK(completion.choice_index(1) == 1);
  CHECK(completion.role() == "assistant");
  CHECK(completion.content() == "Gr\303\274\303\237e a\0b"sv);
  CHECK(completion.content(1).data() == nullptr);
  CHECK(completion.content(7).data() == nullptr);
  CHECK(completion.refusal(1) == "No.");
  CHECK(completion.reasoning() == "Let me think.");
  CHECK(completion.finish_reason() == DOSAI_FINISH_TOOL_CALLS);
  CHECK(completion.finish_reason_text(1) == "eos");
  const auto calls = completion.tool_calls();
  CHECK(calls.size() == 2 && completion.tool_calls(1).empty());
  CHECK(calls.at(0).id == "call_1" && calls.at(0).name == "get_weather");
  CHECK(calls.at(0).arguments == "{\"location\": \"Tokyo\"}");
  CHECK(completion.message_json().find("2.50") != std::string_view::npos);
  CHECK(completion.json().substr(0, 7) == "{\"id\": ");
  CHECK(completion.usage().total_tokens == 21 && completion.usage().reasoning_tokens == 3);
  CHECK(completion.timings().total_us > 0 && completion.timings().first_token_us == -1);
  CHECK(completion.http_status() == 200);
  CHECK(completion.request_id() == "req-1");
  CHECK(completion.header("X-RateLimit-Remaining-Tokens") == "1000");
  CHECK(completion.header("x-request-id\0"sv).data() == nullptr);
  CHECK(completion.attempts().size() == 1 && completion.attempts().at(0).http_status == 200);

  dosai::Completion copy = completion;
  CHECK(copy.handle() == completion.handle());
  const dosai::Completion none;
  CHECK(!none && none.content().data() == nullptr && none.tool_calls().empty());
  CHECK(none.usage().total_tokens == -1 && none.timings().total_us == -1 && none.created() == -1);
}

static void request() {
  dosai::Request request("m");
  request.add_message("system", "a\0b"sv)
      .set_message_text("name", "n")
      .add_message_json(R"({"role": "user", "content": []})")
      .add_tool("f", "does f", R"({"type":"object"})")
      .add_tool("g", {})
      .add_tool_result("call_1", {})
      .set_tool_choice("f")
      .add_stop("END")
      .set("temperature", 0)
      .set("top_p", 0.5F)
      .set("max_tokens", std::size_t(100))
      .set("user", "u")
      .set("parallel_tool_calls", false)
      .set_json("seed", "7")
      .set_json_schema("s", R"({"type":"object"})");
  CHECK(!request.error());
  CHECK(
      request.json() ==
      R"({"model":"m","messages":[{"role":"system","content":"a\u0000b","name":"n"},)"
      R"({"role": "user", "content": []},{"role":"tool","tool_call_id":"call_1","content":""}],)"
      R"("tools":[{"type":"function","function":{"name":"f","description":"does f","parameters":{"type":"object"}}},)"
      R"({"type":"function","function":{"name":"g"}}],)"
      R"("tool_choice":{"type":"function","function":{"name":"f"}},"stop":["END"],"temperature":0,"top_p":0.5,)"
      R"("max_tokens":100,"user":"u","parallel_tool_calls":false,"seed":7,)"
      R"("response_format":{"type":"json_schema","json_schema":{"name":"s","strict":true,"schema":{"type":"object"}}}})");
  if (request.error()) std::fprintf(stderr, "%s\n", request.error()->what());

  dosai::Client client(test_options("echo"));
  CHECK(client.chat(request).content() == request.json());
  dosai::Request copy = request.copy();
  copy.set("n", 2);
  CHECK(copy.json() != request.json());
  CHECK(dosai::Request::parse(request.json()).json() == request.json());

  /* An id from the request's own text, which moves. */
  request = dosai::Request::parse(R"({"user":"call_1","model":"m","messages":[]})");
  request.add_tool_result(request.json().substr(9, 6), std::string(1 << 20, 'x'));
  CHECK(request.json().find(R"("tool_call_id":"call_1")") != std::string_view::npos);
}

/* The first step that fails is what is told, and the text stays as it was before it. */
static void refused() {
  dosai::Client client(test_options("hello"));
  dosai::Request request = test_request();
  const std::string before(request.json());
  request.set("temperature", 3).set("top_p", 9).add_message("user", "more");
  CHECK(request.error() && request.error()->status() == DOSAI_INVALID_ARGUMENT);
  CHECK(request.error()->message().find("temperature") != std::string_view::npos);
  CHECK(request.json() == before);
  CHECK(thrown([&] { client.chat(request); }) == DOSAI_INVALID_ARGUMENT);
  CHECK(thrown([&] { client.stream(request); }) == DOSAI_INVALID_ARGUMENT);
  CHECK(thrown([&] { client.chat_stream(request, [](const dosai::Chunk &) {}); }) == DOSAI_INVALID_ARGUMENT);
  CHECK(request.copy().error());
  CHECK(test_request().add_tool_result("\xff", "x").json() == before);
  CHECK(dosai::Request::parse("[]").error());
  CHECK(test_request().set("x", UINT64_MAX).error());
  CHECK(!test_request().set("x", INT64_MIN).error());

  /* A NUL never cuts a short word. */
  CHECK(test_request().add_message("user\0x"sv, "hi").error());
  CHECK(test_request().set("n\0x"sv, 1).error());
  CHECK(test_request().add_tool("f", "a\0b"sv).error());
  CHECK(test_request().add_tool("f\0g"sv, "f").error());
  CHECK(test_request().set_json_schema("s\0t"sv, "{}").error());
  CHECK(test_request().set_json_schema("s", "[]").error());
  CHECK(test_request().set_json_schema("s", "{}", false).json().find(R"("strict":false)") !=
        std::string_view::npos);
  CHECK(thrown([&] { client.get("/models\0x"sv); }) == DOSAI_INVALID_ARGUMENT);
  dosai::CallOptions call;
  call.headers = {std::string("x-a: b\0c", 8)};
  CHECK(thrown([&] { client.chat(test_request(), call); }) == DOSAI_INVALID_ARGUMENT);
  auto options = test_options("hello");
  options.api_key += '\0';
  CHECK(thrown([&] { dosai::Client refused(options); }) == DOSAI_INVALID_ARGUMENT);
}

static void errors() {
  dosai::Client client(test_options("error-429"));
  try {
    client.chat(test_request());
    CHECK(false && "reached");
  } catch (const dosai::Error &error) {
    CHECK(error.status() == DOSAI_RATE_LIMITED);
    CHECK(error.message().find("Rate limit exceeded.") != std::string_view::npos);
    CHECK(error.what() == error.message());
    CHECK(error.http_status() == 429);
    CHECK(error.code() == "rate_limit_exceeded" && error.type() == "rate_limit_error");
    CHECK(error.param().data() == nullptr);
    CHECK(error.request_id() == "req-1");
    CHECK(error.retry_after() == 3s);
    CHECK(error.header("retry-after") == "3");
    CHECK(error.body().find("Rate limit") != std::string_view::npos);
    CHECK(error.clock() == DOSAI_CLOCK_NONE);
    CHECK(error.attempts().size() == 1 && error.attempts().at(0).status == DOSAI_RATE_LIMITED);
    CHECK(error.timings().total_us > 0);
    CHECK(!error.completion());
  }

  /* What had arrived lives on without its error. */
  dosai::Completion part;
  try {
    dosai::Client(test_options("mid-error")).chat_stream(test_request(), [](const dosai::Chunk &) {});
  } catch (const dosai::Error &error) {
    CHECK(error.status() == DOSAI_PROVIDER && !error.retry_after());
    part = error.completion();
  }
  CHECK(part && part.content() == "Hello");

  const dosai::Error plain(DOSAI_WOULD_BLOCK);
  CHECK(plain.message() == "WOULD_BLOCK" && !plain.handle() && !plain.completion());
}

static void endpoints() {
  dosai::Client client(test_options("echo"));
  CHECK(client.get("/models").json().find("\"GET\"") != std::string_view::npos);
  CHECK(client.post("/embeddings", R"({"input":"x"})").json().find("embeddings") != std::string_view::npos);
}

static void options() {
  auto silent = test_options("silent");
  silent.first_token_timeout = 50ms;
  try {
    dosai::Client(silent).chat(test_request());
    CHECK(false && "reached");
  } catch (const dosai::Error &error) {
    CHECK(error.status() == DOSAI_TIMEOUT && error.clock() == DOSAI_CLOCK_FIRST_TOKEN);
  }

  std::string lines;
  auto logged = test_options("hello");
  logged.log_level = DOSAI_LOG_INFO;
  logged.on_log = [&](dosai_log_level, std::string_view line) { lines.append(line).append("\n"); };
  logged.headers = {"X-One: 1", "X-Two: 2"};
  dosai::Client first(logged), client(test_options("hello"));
  client = std::move(first);
  CHECK(client.chat(test_request()).content() == "Hello! How can I help you today?");
  CHECK(lines.find("POST") != std::string::npos);

  CHECK(thrown([&] { first.chat(test_request()); }) == DOSAI_INVALID_ARGUMENT); /* moved away */
}

static void cancelled() {
  dosai::Client client(test_options("silent"));
  dosai::CancelToken token;
  dosai::CallOptions options;
  options.cancel = &token;
  std::thread thread([&] {
    std::this_thread::sleep_for(30ms);
    token.trigger();
  });
  CHECK(thrown([&] { client.chat(test_request(), options); }) == DOSAI_CANCELLED);
  thread.join();
  CHECK(token.is_triggered());
}

static void waits() {
  dosai::Client client(test_options("silent"));
  dosai::CallOptions options;
  int waits = 0;
  options.wait_interval = 5ms;
  options.on_wait = [&] { return ++waits < 3; };
  CHECK(thrown([&] { client.chat(test_request(), options); }) == DOSAI_CANCELLED);
  CHECK(waits == 3);

  options.on_wait = []() -> bool { throw 42; };
  int caught = 0;
  try {
    (void)client.try_chat(test_request(), options);
  } catch (int number) {
    caught = number;
  }
  CHECK(caught == 42);
}

static void observed() {
  auto options = test_options("hello");
  std::string kinds;
  options.on_event = [&](const dosai_call_event &event) { kinds += static_cast<char>('0' + event.kind); };
  dosai::Client(options).chat(test_request());
  CHECK(kinds == "12347");
}

static void warmed() {
  dosai::Client client(test_options("hello"));
  client.warm(2);
  CHECK(client.chat(test_request()).timings().reused_connection == 1);
  CHECK(thrown([&] { client.warm(0); }) == DOSAI_INVALID_ARGUMENT);
  CHECK(!client.try_warm(65));
}

static void keys() {
  auto options = test_options("fail-then-hello~" + std::to_string(getpid()));
  int calls = 0;
  options.api_key.clear();
  options.max_retries = 1;
  options.key_fn = [&] { return "sk-" + std::to_string(++calls); };
  CHECK(dosai::Client(options).chat(test_request()).content() == "Hello! How can I help you today?");
  CHECK(calls == 2);
  options.key_fn = []() -> std::string { throw 42; };
  int caught = 0;
  dosai::Client client(options);
  dosai::Loop loop;
  for (int i = 0; i < 2; i++) {
    try {
      if (i == 0) (void)client.try_chat(test_request());
      if (i == 1) {
        loop.submit_chat(client, test_request());
        loop.step(0ms, [](const dosai::Event &) {});
      }
    } catch (int number) {
      caught += number;
    }
  }
  CHECK(caught == 84);
  options.key_fn = [] { return std::string(); };
  CHECK(dosai::Client(options).try_chat(test_request()).error().status() == DOSAI_INVALID_ARGUMENT);
  options.key_fn = [] { return std::string(20000, 'k'); };
  CHECK(dosai::Client(options).try_chat(test_request()).error().status() == DOSAI_INVALID_ARGUMENT);
}

int main() {
  observed();
  warmed();
  keys();
  whole();
  request();
  refused();
  errors();
  endpoints();
  options();
  cancelled();
  waits();
  return test_end();
}
