/* The header alone, in a second file of each test: it needs no other before it, and defines nothing twice. run.py builds
 * it without exceptions: its functions must not take the place of those in a file that has exceptions. */
#include <dosai.hpp>

/* Not called. */
void other() {
  dosai::ClientOptions options;
  options.key_fn = [] { return std::string(); };
  options.on_event = [](const dosai_call_event &) {};
  auto client = dosai::Client::try_make(options);
  auto loop = dosai::Loop::try_make();
  const dosai::Request request("m");
  static_cast<void>(client->try_chat(request));
  static_cast<void>(client->try_stream(request)->try_next());
  static_cast<void>(client->try_chat_stream(request, [](const dosai::Chunk &) {}));
  static_cast<void>(loop->try_submit_chat(*client, request));
  static_cast<void>(loop->try_step());
  static_cast<void>(loop->try_next());
}
