/* What the C++ tests share: checks that say where and what, and the loopback server's clients. */
#ifndef TEST_HPP
#define TEST_HPP

#include <dosai.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

inline int test_checks, test_failures;

inline void test_true(bool good, const char *file, int line, const char *what) {
  test_checks++;
  if (good) return;
  test_failures++;
  std::fprintf(stderr, "%s:%d: %s\n", file, line, what);
}

#define CHECK(...) test_true(static_cast<bool>(__VA_ARGS__), __FILE__, __LINE__, #__VA_ARGS__)

inline int test_end() {
  if (test_failures) std::fprintf(stderr, "%d of %d checks failed\n", test_failures, test_checks);
  else std::printf("ok %d checks\n", test_checks);
  return test_failures != 0;
}

inline dosai::ClientOptions test_options(const std::string &script) {
  const char *plain = std::getenv("DOSAI_TEST_PLAIN");
  if (!plain) std::fputs("DOSAI_TEST_PLAIN is not set: run this program by run.py\n", stderr), std::exit(2);
  dosai::ClientOptions options;
  options.base_url = std::string(plain) + "/s/" + script + "/v1";
  options.api_key = "sk-test";
  options.max_retries = -1;
  return options;
}

inline dosai::Request test_request() {
  dosai::Request request("m");
  request.add_message("user", "hi");
  return request;
}

#endif
