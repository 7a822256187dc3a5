/* One question, one answer.
 * SPDX-License-Identifier: MIT
 *
 *   make
 *   c++ -std=c++17 -Iinclude -Ibindings/cpp examples/cpp/chat.cpp -o build/chat-cpp \
 *     -Lbuild/lib -Wl,-rpath,build/lib -ldosai
 *   build/chat-cpp
 *
 * DOSAI_API_KEY is the key; DOSAI_BASE_URL and DOSAI_MODEL name another server and model. */
#include <dosai.hpp>
#include <cstdlib>
#include <iostream>

/* A variable of the environment; "" is the default of every option. */
static std::string environment(const char *name, const char *otherwise = "") {
  const char *value = std::getenv(name);
  return value ? value : otherwise;
}

int main() try {
  /* A client is made once and serves any number of calls, from any thread. */
  dosai::ClientOptions options;
  options.base_url = environment("DOSAI_BASE_URL");
  options.api_key = environment("DOSAI_API_KEY");
  const dosai::Client client(options);

  /* A request is the JSON that is sent, built piece by piece. */
  dosai::Request request(environment("DOSAI_MODEL", "dos-ai"));
  request.add_message("system", "Answer in one sentence.")
      .add_message("user", "What is the capital of France?")
      .set("temperature", 0.2)
      .set("max_tokens", 100);

  const dosai::Completion completion = client.chat(request);
  std::cout << completion.content() << "\n";

  /* A number that the server did not say is -1. */
  const dosai_usage usage = completion.usage();
  std::cout << "(" << usage.prompt_tokens << " tokens in, " << usage.completion_tokens << " out)\n";
} catch (const dosai::Error &error) {
  std::cerr << dosai_status_name(error.status()) << ": " << error.what() << "\n";
  return EXIT_FAILURE;
}
