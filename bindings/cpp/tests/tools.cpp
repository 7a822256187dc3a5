/* The tool loop. */
#include "test.hpp"

#include <fstream>
#include <stdexcept>

using namespace std::string_view_literals;

static dosai::Request question(std::string_view text) {
  dosai::Request request("m");
  request.add_message("user", text).add_tool("f", "does f", R"({"type":"object"})");
  return request;
}

static dosai::Client client() { return dosai::Client(test_options("model")); }

/* The status and the answer of the Error that the loop throws. */
template <class OnCall>
static dosai_status thrown(std::string_view text, OnCall on_call, const dosai::ToolOptions &tools = {},
                           const dosai::CallOptions &options = {}) {
  dosai::Request request = question(text);
  const std::string before(request.json());
  try {
    client().run_tools(request, on_call, tools, options);
    return DOSAI_OK;
  } catch (const dosai::Error &error) {
    CHECK(error.completion().tool_calls().size() == 2 && !error.message().empty());
    CHECK(text == "loop" || request.json() == before);
    return error.status();
  }
}

static void answers() {
  for (bool is_stream : {false, true}) {
    dosai::Request request = question("q");
    std::string seen, text;
    int answers = 0;
    dosai::ToolOptions tools;
    tools.on_completion = [&](const dosai::Completion &answer) {
      return answers++, answer.choice_count() == 1;
    };
    if (is_stream) tools.on_chunk = [&](const dosai::Chunk &chunk) { return text += chunk.content(), true; };
    const auto answer = client().run_tools(
        request,
        [&](const dosai::ToolCall &call) {
          seen.append(call.id).append(call.name).append(call.arguments);
          return call.id == "call_1" ? "one" : "two";
        },
        tools);
    CHECK(answer.content() == "one, two" && answers == 2);
    CHECK(seen == R"(call_1f{"location": 1}call_2f{"location": 2})");
    CHECK(text == (is_stream ? "one, two" : ""));
    const std::string_view sent = request.json();
    CHECK(sent.find(R"({"role":"tool","tool_call_id":"call_2","content":"two"})") != sent.npos);
    CHECK(sent.find("one, two") != sent.npos); /* the answer is in it, for the next question */
    request.add_message("user", "and?");
    CHECK(client().run_tools(request, [](const dosai::ToolCall &) { return ""; }).content() == "one, two");
  }
}

static void rounds() {
  int runs = 0;
  const auto count = [&](const dosai::ToolCall &) { return runs++, std::string(); };
  CHECK(thrown("loop", count) == DOSAI_TOO_LARGE && runs == 2 * 9);
  dosai::ToolOptions tools;
  tools.max_rounds = 2;
  CHECK(thrown("loop", count, tools) == DOSAI_TOO_LARGE && runs == 2 * 10);
  CHECK(thrown("cut", count) == DOSAI_TRUNCATED && thrown("filter", count) == DOSAI_TRUNCATED);
  CHECK(runs == 2 * 10);
}

static void errors() {
  const auto fail = [](const dosai::ToolCall &) -> std::string { throw std::runtime_error("no such city"); };
  dosai::Request request = question("q");
  CHECK(client().run_tools(request, fail).content() == "error: no such city, error: no such city");
  dosai::ToolOptions tools;
  tools.rethrow = true;
  request = question("q");
  int caught = 0;
  try {
    static_cast<void>(client().try_run_tools(request, fail, tools));
  } catch (const std::runtime_error &error) {
    caught += error.what() == "no such city"sv;
  }
  try {
    static_cast<void>(
        client().try_run_tools(request, [](const dosai::ToolCall &) -> std::string { throw 42; }));
  } catch (int number) {
    caught += number == 42;
  }
  CHECK(caught == 2);
}

/* The model is told of it, and the loop goes on. */
static void bytes() {
  const auto give = [](const dosai::ToolCall &call) -> std::string {
    if (call.id == "call_1") return "caf\xe9";
    throw std::runtime_error("\xff");
  };
  dosai::Request request = question("q");
  const std::string told = "error: the result is not UTF-8";
  CHECK(client().run_tools(request, give).content() == told + ", " + told);
  CHECK(!request.error());
}

/* It goes back whole. */
static void nul_in_an_id() {
  dosai::Request request = question("nul");
  const auto answer = client().run_tools(request, [](const dosai::ToolCall &) { return "one"; });
  CHECK(answer.content() == "one, one");
  CHECK(request.json().find(R"({"role":"tool","tool_call_id":"call_2\u0000","content":"one"})") !=
        std::string_view::npos);
}

static void cancelled() {
  int runs = 0;
  dosai::ToolOptions tools;
  tools.on_completion = [](const dosai::Completion &) { return false; };
  const auto count = [&](const dosai::ToolCall &) { return runs++, ""; };
  CHECK(thrown("q", count, tools) == DOSAI_CANCELLED && runs == 0);

  dosai::CancelToken token;
  dosai::CallOptions options;
  options.cancel = &token;
  CHECK(thrown(
            "q", [&](const dosai::ToolCall &) { return token.trigger(), runs++, ""; }, {}, options) ==
        DOSAI_CANCELLED);
  CHECK(runs == 1);

  dosai::Request request = question("q");
  tools = {};
  tools.on_chunk = [](const dosai::Chunk &) { return false; };
  const auto stopped = client().try_run_tools(request, count, tools);
  CHECK(!stopped && stopped.error().status() == DOSAI_CANCELLED && runs == 1);
}

/* The answer is the second question. */
static void forced() {
  std::ifstream choices("Tests/Bindings/tool_choices.txt");
  int count = 0;
  for (std::string choice, second; std::getline(choices, choice, '\t') && std::getline(choices, second);) {
    count++;
    dosai::Request request = question("\"tool_choice\":\"required\"");
    request.set_json("own", R"({"tool_choice":"required"})").set_json("tool_choice", choice);
    const auto answer =
        dosai::Client(test_options("forced")).run_tools(request, [&](const dosai::ToolCall &asked) {
          return CHECK(asked.arguments == choice), "";
        });
    CHECK(answer.content().find(R"("tool_choice":)" + second) != std::string_view::npos);
    CHECK(answer.content().find(R"("own":{"tool_choice":"required"})") != std::string_view::npos);
    CHECK(request.json().find(R"("tool_choice":)" + choice) != std::string_view::npos);
  }
  CHECK(count >= 9);
}

int main() {
  answers();
  forced();
  rounds();
  errors();
  bytes();
  nul_in_an_id();
  cancelled();
  return test_end();
}
