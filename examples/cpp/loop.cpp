/* Several questions at once, on one thread: a loop behind one descriptor, here in poll().
 * SPDX-License-Identifier: MIT
 *
 *   make
 *   c++ -std=c++17 -Iinclude -Ibindings/cpp examples/cpp/loop.cpp -o build/loop-cpp \
 *     -Lbuild/lib -Wl,-rpath,build/lib -ldosai
 *   build/loop-cpp
 *
 * DOSAI_API_KEY is the key; DOSAI_BASE_URL and DOSAI_MODEL name another server and model. */
#include <dosai.hpp>
#include <cstdlib>
#include <iostream>
#include <poll.h>

static const char *const prompts[] = {"Write a line about the sea.", "Write a line about the sky.",
                                      "Write a line about the road."};

static std::string environment(const char *name, const char *otherwise = "") {
  const char *value = std::getenv(name);
  return value ? value : otherwise;
}

int main() try {
  dosai::ClientOptions options;
  options.base_url = environment("DOSAI_BASE_URL");
  options.api_key = environment("DOSAI_API_KEY");
  const dosai::Client client(options);
  dosai::Loop loop;

  std::size_t active = 0;
  for (const char *prompt : prompts) {
    dosai::Request request(environment("DOSAI_MODEL", "dos-ai"));
    request.add_message("user", prompt).set("max_tokens", 100);
    loop.submit_stream(client, request, active++); /* the tag: events tell it */
  }

  int failed = 0;
  while (active > 0) {
    pollfd polled[] = {{loop.fd(), POLLIN, 0}}; /* and your own descriptors */
    if (poll(polled, 1, -1) < 1) continue;
    /* What is in the event is lent: it is gone when this returns. It may return false, which cancels the call. */
    active = loop.step(dosai::Milliseconds(0), [&](const dosai::Event &event) {
      if (event.kind() == DOSAI_EVENT_CHUNK && event.chunk().kind() == DOSAI_CHUNK_CONTENT) {
        std::cout << event.tag() << ": " << event.chunk().text() << "\n";
      } else if (event.kind() == DOSAI_EVENT_COMPLETION) {
        std::cout << event.tag() << " is whole: " << event.completion().content() << "\n";
      } else if (event.kind() == DOSAI_EVENT_ERROR) {
        std::cout << event.tag() << " failed: " << event.error().what() << "\n";
        failed++;
      }
    });
  }
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
} catch (const dosai::Error &error) {
  std::cerr << dosai_status_name(error.status()) << ": " << error.what() << "\n";
  return EXIT_FAILURE;
}
