/* Tool calling: the model calls a function, we run it, and the model answers with what it gave.
 * SPDX-License-Identifier: MIT
 *
 *   make
 *   c++ -std=c++17 -Iinclude -Ibindings/cpp examples/cpp/tools.cpp -o build/tools-cpp \
 *     -Lbuild/lib -Wl,-rpath,build/lib -ldosai
 *   build/tools-cpp
 *
 * DOSAI_API_KEY is the key; DOSAI_BASE_URL and DOSAI_MODEL name another server and model. */
#include <dosai.hpp>
#include <cstdlib>
#include <iostream>

static const char parameters[] = R"({
  "type": "object",
  "properties": {"location": {"type": "string", "description": "City name"}},
  "required": ["location"]
})";

static std::string environment(const char *name, const char *otherwise = "") {
  const char *value = std::getenv(name);
  return value ? value : otherwise;
}

/* The function itself; a real one would parse the arguments and look. What the model wrote may be anything:
 * it is told what is wrong, so that it can do better. */
static std::string_view run(const dosai::ToolCall &call) {
  if (call.name != "get_weather") return R"({"error": "there is no such function"})";
  if (call.arguments.find("location") == std::string_view::npos) return R"({"error": "location is missing"})";
  return R"({"temperature_celsius": 18, "sky": "light rain"})";
}

int main() try {
  dosai::ClientOptions options;
  options.base_url = environment("DOSAI_BASE_URL");
  options.api_key = environment("DOSAI_API_KEY");
  const dosai::Client client(options);

  const std::string_view question = "What is the weather in Tokyo?";
  dosai::Request request(environment("DOSAI_MODEL", "dos-ai"));
  request.add_message("user", question)
      .add_tool("get_weather", "Get the current weather for a location", parameters)
      .set("temperature", 0)
      .set("max_tokens", 200);
  const dosai::Completion completion = client.chat(request);

  std::cout << "user:   " << question << "\n";
  if (completion.tool_calls().empty()) { /* the model may well answer by itself */
    std::cout << "answer: " << completion.content() << "\n";
    return EXIT_SUCCESS;
  }

  /* The model's message goes back as it came, and after it one result for each call. */
  request.add_completion(completion);
  for (const dosai::ToolCall &call : completion.tool_calls()) {
    const std::string_view result = run(call);
    std::cout << "call:   " << call.name << " " << call.arguments << "\nresult: " << result << "\n";
    request.add_tool_result(call.id, result);
  }
  std::cout << "answer: ";
  for (auto &chunk : client.stream(request)) std::cout << chunk.content() << std::flush;
  std::cout << "\n";
} catch (const dosai::Error &error) {
  std::cerr << dosai_status_name(error.status()) << ": " << error.what() << "\n";
  return EXIT_FAILURE;
}
