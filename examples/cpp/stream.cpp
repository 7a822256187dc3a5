/* The answer as it comes: pulled in a loop, pushed to a callback, and without exceptions.
 * SPDX-License-Identifier: MIT
 *
 *   make
 *   c++ -std=c++17 -Iinclude -Ibindings/cpp examples/cpp/stream.cpp -o build/stream-cpp \
 *     -Lbuild/lib -Wl,-rpath,build/lib -ldosai
 *   build/stream-cpp
 *
 * DOSAI_API_KEY is the key; DOSAI_BASE_URL and DOSAI_MODEL name another server and model. */
#include <dosai.hpp>
#include <cstdlib>
#include <iostream>

static std::string environment(const char *name, const char *otherwise = "") {
  const char *value = std::getenv(name);
  return value ? value : otherwise;
}

/* A chunk is lent: its text is gone when the next one is taken. */
static void pull(const dosai::Client &client, const dosai::Request &request) {
  for (auto &chunk : client.stream(request)) std::cout << chunk.content() << std::flush;
  std::cout << "\n(pulled)\n\n";
}

/* What on_chunk throws stops the stream and comes out of the call. */
static void push(const dosai::Client &client, const dosai::Request &request) {
  const auto show = [](const dosai::Chunk &chunk) { std::cout << chunk.content() << std::flush; };
  const dosai::Completion completion = client.chat_stream(request, show);
  std::cout << "\n(pushed: " << completion.content().size() << " bytes)\n\n";
}

/* All calls have a form that throws no Error; with -fno-exceptions they have no other. */
static dosai_status poll(const dosai::Client &client, const dosai::Request &request) {
  auto stream = client.try_stream(request);
  if (!stream) return stream.error().status();
  for (int waits = 0;;) {
    const auto next = stream->try_next(std::chrono::milliseconds(20));
    if (next && *next) {
      std::cout << (*next)->content() << std::flush;
    } else if (next) {
      std::cout << "\n(polled: " << waits << " times nothing yet)\n";
      return DOSAI_OK;
    } else if (next.error().status() == DOSAI_WOULD_BLOCK) {
      waits++;
    } else {
      std::cerr << next.error().what() << "\n";
      return next.error().status();
    }
  }
}

int main() try {
  dosai::ClientOptions options;
  options.base_url = environment("DOSAI_BASE_URL");
  options.api_key = environment("DOSAI_API_KEY");
  const dosai::Client client(options);

  dosai::Request request(environment("DOSAI_MODEL", "dos-ai"));
  request.add_message("user", "Write two sentences about the sea.").set("max_tokens", 80);

  /* A request may be sent as often as you like. */
  pull(client, request);
  push(client, request);
  return poll(client, request) == DOSAI_OK ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (const dosai::Error &error) {
  /* error.completion() is what had arrived. */
  std::cerr << dosai_status_name(error.status()) << ": " << error.what() << "\n";
  return EXIT_FAILURE;
}
