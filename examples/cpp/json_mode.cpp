/* An answer that is JSON of a given shape.
 * SPDX-License-Identifier: MIT
 *
 *   make
 *   c++ -std=c++17 -Iinclude -Ibindings/cpp examples/cpp/json_mode.cpp -o build/json_mode-cpp \
 *     -Lbuild/lib -Wl,-rpath,build/lib -ldosai
 *   build/json_mode-cpp
 *
 * DOSAI_API_KEY is the key; DOSAI_BASE_URL and DOSAI_MODEL name another server and model. */
#include <dosai.hpp>
#include <cstdlib>
#include <iostream>

static const char schema[] = R"({
  "type": "object",
  "properties": {
    "name": {"type": "string"},
    "country": {"type": "string"},
    "is_capital": {"type": "boolean"}
  },
  "required": ["name", "country", "is_capital"],
  "additionalProperties": false
})";

static std::string environment(const char *name, const char *otherwise = "") {
  const char *value = std::getenv(name);
  return value ? value : otherwise;
}

int main() try {
  dosai::ClientOptions options;
  options.base_url = environment("DOSAI_BASE_URL");
  options.api_key = environment("DOSAI_API_KEY");
  const dosai::Client client(options);

  dosai::Request request(environment("DOSAI_MODEL", "dos-ai"));
  request.add_message("system", "Respond in JSON format.")
      .add_message("user", "Describe the city of Paris.")
      .set_json_schema("city", schema)
      .set("max_tokens", 200);
  const dosai::Completion completion = client.chat(request);

  /* An answer cut by max_tokens is no whole JSON: look at the reason before parsing. */
  std::cout << completion.content() << "\n";
  if (completion.finish_reason() == DOSAI_FINISH_LENGTH) {
    std::cerr << "the answer was cut by max_tokens\n";
    return EXIT_FAILURE;
  }
} catch (const dosai::Error &error) {
  std::cerr << dosai_status_name(error.status()) << ": " << error.what() << "\n";
  return EXIT_FAILURE;
}
