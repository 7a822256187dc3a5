/* libdosai for C++17 and later: one header over dosai.h.   SPDX-License-Identifier: MIT
 *
 *   dosai::Client client;
 *   dosai::Request request("dos-ai");
 *   request.add_message("user", "Hello!");
 *   for (auto &chunk : client.stream(request)) std::cout << chunk.content();
 *
 * dosai.h is the manual: each function here does what the function of the same name does there. C++ uses its enums,
 * and the structs that it fills in. These rules are specific to C++:
 *
 *   Errors      x() throws Error. try_x() returns Result, which contains a value or an Error; without exceptions
 *               (-fno-exceptions), only try_x() exists. One program may have files of both modes, which cannot pass
 *               these objects to each other. For this, each mode has a namespace of its own within dosai: include
 *               this header where you would declare one of its classes yourself. With -flto, GCC mixes code of the
 *               standard library of both modes, and then an exception may end the program.
 *   Ownership   Client, Request, Stream, Loop, Call and CancelToken can be moved, but not copied. Completion and
 *               Error are immutable: copies are cheap and share one object. The C handle from handle() is borrowed.
 *   Text        std::string_view. Text that you pass in is copied. Text that a function returns is borrowed from its
 *               object; if there is none, data() is null. Text may contain U+0000, except in a role, key, header
 *               name, id or option, where it is INVALID_ARGUMENT.
 *   Callbacks   Callbacks may throw: the call stops and rethrows the exception, even from try_x(). on_log and
 *               on_event must not throw, because they have no call to stop. See also Loop.
 *   Threads     Several threads may call const functions at the same time. */
#ifndef DOSAI_HPP
#define DOSAI_HPP

#include <dosai.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#if defined(__cpp_exceptions)
#define DOSAI_EXCEPTIONS 1
#define DOSAI_MODE with_exceptions
#else
#define DOSAI_EXCEPTIONS 0
#define DOSAI_MODE without_exceptions
#endif

namespace dosai {
inline namespace DOSAI_MODE { /* so that the linker takes no function of the other mode */

using Milliseconds = std::chrono::milliseconds;
using Observer = std::function<void(const dosai_call_event &event)>;
using Log = std::function<void(dosai_log_level level, std::string_view line)>;

namespace detail {

struct Free {
  void operator()(dosai_cancel *cancel) const noexcept { dosai_cancel_free(cancel); }
  void operator()(dosai_client *client) const noexcept { dosai_client_free(client); }
  void operator()(dosai_request *request) const noexcept { dosai_request_free(request); }
  void operator()(dosai_response *response) const noexcept { dosai_response_free(response); }
  void operator()(dosai_completion *completion) const noexcept { dosai_completion_free(completion); }
  void operator()(dosai_stream *stream) const noexcept { dosai_stream_free(stream); }
  void operator()(dosai_decoder *decoder) const noexcept { dosai_decoder_free(decoder); }
  void operator()(dosai_error *error) const noexcept { dosai_error_free(error); }
  void operator()(dosai_loop *loop) const noexcept { dosai_loop_close(loop, nullptr, nullptr, nullptr); }
  void operator()(dosai_call *call) const noexcept { dosai_call_free(call); }
};

template <class Handle> using Owner = std::unique_ptr<Handle, Free>;

template <class Getter, class... Arguments>
std::string_view lent(Getter *getter, Arguments... arguments) noexcept {
  std::size_t length = 0;
  const char *text = getter(arguments..., &length);
  return {text, length};
}

inline bool has_nul(std::string_view text) noexcept { return text.find('\0') != std::string_view::npos; }

/* C refuses NULL, except for empty text. */
inline const char *bytes(std::string_view text) noexcept { return text.data() ? text.data() : ""; }

/* A role, key, name or id as a C string. NULL, which C refuses, if it contains a NUL. */
class Word {
public:
  explicit Word(std::string_view text) : text_(text), is_whole_(!has_nul(text)) {}
  const char *get() const noexcept { return is_whole_ ? text_.c_str() : nullptr; }

private:
  std::string text_;
  bool is_whole_;
};

/* Options as C strings: NULL for empty ones. */
class Words {
public:
  const char *one(const std::string &text) {
    is_whole = is_whole && !has_nul(text);
    return text.empty() ? nullptr : text.c_str();
  }
  const char *const *list(const std::vector<std::string> &texts) {
    list_.clear();
    for (const std::string &text : texts) {
      is_whole = is_whole && !has_nul(text);
      list_.push_back(text.c_str());
    }
    return list_.empty() ? nullptr : list_.data();
  }
  bool is_whole = true;

private:
  std::vector<const char *> list_;
};

template <class Subject>
std::vector<dosai_attempt> attempts(const Subject *subject, std::int32_t count,
                                    dosai_status (*getter)(const Subject *, std::int32_t, dosai_attempt *)) {
  std::vector<dosai_attempt> attempts;
  for (std::int32_t index = 0; index < count; index++) {
    dosai_attempt attempt = {};
    attempt.struct_size = sizeof attempt;
    if (getter(subject, index, &attempt) == DOSAI_OK) attempts.push_back(attempt);
  }
  return attempts;
}

} // namespace detail

/* ---- response ------------------------------------------------------------------------------------------ */

/* The answer to a GET or a POST. An empty Response returns empty values. */
class Response {
public:
  Response() = default;
  explicit Response(std::shared_ptr<const dosai_response> response) noexcept
      : response_(std::move(response)) {}

  explicit operator bool() const noexcept { return response_ != nullptr; }
  const dosai_response *handle() const noexcept { return response_.get(); }

  std::string_view json() const noexcept { return detail::lent(dosai_response_json, handle()); }
  int http_status() const noexcept { return dosai_response_http_status(handle()); }
  std::string_view header(std::string_view name) const {
    return detail::lent(dosai_response_header, handle(), detail::Word(name).get());
  }
  std::string_view request_id() const noexcept { return detail::lent(dosai_response_request_id, handle()); }
  std::vector<dosai_attempt> attempts() const {
    return detail::attempts(handle(), dosai_response_attempt_count(handle()), dosai_response_attempt);
  }
  dosai_timings timings() const noexcept {
    dosai_timings timings = {sizeof timings, 0, -1, -1, -1, -1};
    dosai_response_timings(handle(), &timings);
    return timings;
  }

private:
  std::shared_ptr<const dosai_response> response_;
};

/* ---- completion ---------------------------------------------------------------------------------------- */

struct ToolCall {
  std::string_view id;
  std::string_view name;
  std::string_view arguments;
};

/* An answer, or, from an error or a stream, a part of one. An empty Completion returns empty values. */
class Completion {
public:
  Completion() = default;
  explicit Completion(std::shared_ptr<const dosai_completion> completion) noexcept
      : completion_(std::move(completion)) {}

  explicit operator bool() const noexcept { return completion_ != nullptr; }
  const dosai_completion *handle() const noexcept { return completion_.get(); }

  std::string_view id() const noexcept { return detail::lent(dosai_completion_id, handle()); }
  std::string_view object() const noexcept { return detail::lent(dosai_completion_object, handle()); }
  std::int64_t created() const noexcept { return dosai_completion_created(handle()); }
  std::string_view model() const noexcept { return detail::lent(dosai_completion_model, handle()); }
  std::string_view json() const noexcept { return detail::lent(dosai_completion_json, handle()); }

  int choice_count() const noexcept { return dosai_completion_choice_count(handle()); }
  int choice_index(int choice) const noexcept { return dosai_completion_choice_index(handle(), choice); }
  std::string_view role(int choice = 0) const noexcept {
    return detail::lent(dosai_completion_role, handle(), choice);
  }
  std::string_view content(int choice = 0) const noexcept {
    return detail::lent(dosai_completion_content, handle(), choice);
  }
  std::string_view refusal(int choice = 0) const noexcept {
    return detail::lent(dosai_completion_refusal, handle(), choice);
  }
  std::string_view reasoning(int choice = 0) const noexcept {
    return detail::lent(dosai_completion_reasoning, handle(), choice);
  }
  dosai_finish_reason finish_reason(int choice = 0) const noexcept {
    return dosai_completion_finish_reason(handle(), choice);
  }
  std::string_view finish_reason_text(int choice = 0) const noexcept {
    return detail::lent(dosai_completion_finish_reason_text, handle(), choice);
  }
  std::vector<ToolCall> tool_calls(int choice = 0) const {
    std::vector<ToolCall> calls;
    const int count = dosai_completion_tool_call_count(handle(), choice);
    for (int call = 0; call < count; call++) {
      calls.push_back({detail::lent(dosai_completion_tool_call_id, handle(), choice, call),
                       detail::lent(dosai_completion_tool_call_name, handle(), choice, call),
                       detail::lent(dosai_completion_tool_call_arguments, handle(), choice, call)});
    }
    return calls;
  }
  std::string_view message_json(int choice = 0) const noexcept {
    return detail::lent(dosai_completion_message_json, handle(), choice);
  }

  dosai_usage usage() const noexcept {
    dosai_usage usage = {sizeof usage, 0, -1, -1, -1, -1, -1};
    dosai_completion_usage(handle(), &usage);
    return usage;
  }
  dosai_timings timings() const noexcept {
    dosai_timings timings = {sizeof timings, 0, -1, -1, -1, -1};
    dosai_completion_timings(handle(), &timings);
    return timings;
  }
  int http_status() const noexcept { return dosai_completion_http_status(handle()); }
  std::string_view request_id() const noexcept { return detail::lent(dosai_completion_request_id, handle()); }
  std::string_view header(std::string_view name) const {
    return detail::lent(dosai_completion_header, handle(), detail::Word(name).get());
  }
  std::vector<dosai_attempt> attempts() const {
    return detail::attempts(handle(), dosai_completion_attempt_count(handle()), dosai_completion_attempt);
  }
  std::uint32_t quirks() const noexcept { return dosai_completion_quirks(handle()); }

private:
  std::shared_ptr<const dosai_completion> completion_;
};

/* ---- error --------------------------------------------------------------------------------------------- */

class Error : public std::exception {
public:
  /* Takes ownership of `error`. If it is NULL, the message is `note`, a literal, or the name of the status. */
  explicit Error(dosai_status status, dosai_error *error = nullptr, const char *note = nullptr)
      : status_(status), note_(note) {
    if (error) error_ = std::shared_ptr<const dosai_error>(error, detail::Free());
  }
  /* Of a call that succeeded, but whose answer cannot be used. */
  Error(dosai_status status, Completion completion, const char *note)
      : status_(status), note_(note), completion_(std::move(completion)) {}

  dosai_status status() const noexcept { return status_; }
  const char *what() const noexcept override {
    if (const char *message = dosai_error_message(handle(), nullptr)) return message;
    return note_ ? note_ : dosai_status_name(status_);
  }
  std::string_view message() const noexcept {
    const std::string_view message = detail::lent(dosai_error_message, handle());
    return message.data() ? message : std::string_view(what());
  }
  int http_status() const noexcept { return dosai_error_http_status(handle()); }
  std::string_view code() const noexcept { return detail::lent(dosai_error_code, handle()); }
  std::string_view type() const noexcept { return detail::lent(dosai_error_type, handle()); }
  std::string_view param() const noexcept { return detail::lent(dosai_error_param, handle()); }
  std::string_view request_id() const noexcept { return detail::lent(dosai_error_request_id, handle()); }
  std::optional<Milliseconds> retry_after() const noexcept {
    const std::int64_t wait = dosai_error_retry_after_ms(handle());
    return wait < 0 ? std::nullopt : std::optional(Milliseconds(wait));
  }
  /* Whether repeating the call may succeed. */
  bool is_retryable() const noexcept { return dosai_error_is_retryable(handle()) != 0; }
  std::string_view header(std::string_view name) const {
    return detail::lent(dosai_error_header, handle(), detail::Word(name).get());
  }
  std::string_view body() const noexcept { return detail::lent(dosai_error_body, handle()); }
  dosai_clock clock() const noexcept { return dosai_error_clock(handle()); }
  std::vector<dosai_attempt> attempts() const {
    return detail::attempts(handle(), dosai_error_attempt_count(handle()), dosai_error_attempt);
  }
  dosai_timings timings() const noexcept {
    dosai_timings timings = {sizeof timings, 0, -1, -1, -1, -1};
    dosai_error_timings(handle(), &timings);
    return timings;
  }
  /* What had arrived; empty if nothing had. */
  Completion completion() const noexcept {
    if (completion_) return completion_;
    return Completion(std::shared_ptr<const dosai_completion>(error_, dosai_error_completion(handle())));
  }
  const dosai_error *handle() const noexcept { return error_.get(); }

private:
  std::shared_ptr<const dosai_error> error_;
  dosai_status status_;
  const char *note_;
  Completion completion_;
};

/* A value or an error. */
template <class Value> class [[nodiscard]] Result {
public:
  Result(Value value) : held_(std::move(value)) {}
  Result(Error error) : held_(std::move(error)) {}

  explicit operator bool() const noexcept { return std::holds_alternative<Value>(held_); }
  /* Valid only if there is a value. */
  Value &operator*() noexcept { return *std::get_if<Value>(&held_); }
  const Value &operator*() const noexcept { return *std::get_if<Value>(&held_); }
  Value *operator->() noexcept { return std::get_if<Value>(&held_); }
  const Value *operator->() const noexcept { return std::get_if<Value>(&held_); }
  /* Valid only if there is no value. */
  const Error &error() const noexcept { return *std::get_if<Error>(&held_); }
#if DOSAI_EXCEPTIONS
  /* Returns the value, or throws the error. */
  Value &value() & {
    if (!*this) throw error();
    return **this;
  }
  Value value() && { return std::move(value()); }
#endif

private:
  std::variant<Value, Error> held_;
};

namespace detail {

/* Returns the result of `function(arguments..., &handle, &error)`. */
template <class Handle, class Function, class... Arguments>
Result<Owner<Handle>> make(Function *function, Arguments... arguments) {
  Handle *handle = nullptr;
  dosai_error *error = nullptr;
  if (dosai_status status = function(arguments..., &handle, &error)) return Error(status, error);
  return Owner<Handle>(handle);
}

template <class Answer, class Handle> Result<Answer> share(Result<Owner<Handle>> made) {
  if (!made) return made.error();
  return Answer(std::shared_ptr<const Handle>(std::move(*made)));
}

} // namespace detail

/* ---- cancel -------------------------------------------------------------------------------------------- */

class CancelToken {
public:
  static Result<CancelToken> try_make() {
    auto made = detail::make<dosai_cancel>(dosai_cancel_new);
    if (!made) return made.error();
    return CancelToken(std::move(*made));
  }
#if DOSAI_EXCEPTIONS
  CancelToken() : CancelToken(try_make().value()) {}
#endif
  /* Both may be called from a signal handler. */
  void trigger() const noexcept { dosai_cancel_trigger(handle()); }
  bool is_triggered() const noexcept { return dosai_cancel_is_triggered(handle()) != 0; }
  dosai_cancel *handle() const noexcept { return cancel_.get(); }

private:
  explicit CancelToken(detail::Owner<dosai_cancel> cancel) noexcept : cancel_(std::move(cancel)) {}
  detail::Owner<dosai_cancel> cancel_;
};

/* ---- options ------------------------------------------------------------------------------------------- */

/* dosai_client_options: empty text and 0 are the default; -1 disables. */
struct ClientOptions {
  std::string base_url = {};
  std::string api_key = {};
  std::string api_key_header = {};
  std::string organization = {};
  std::string project = {};
  std::string user_agent = {};
  std::vector<std::string> headers = {}; /* "Name: value" each */
  std::string ca_file = {};
  std::string ca_pem = {};
  std::string client_certificate_file = {};
  std::string client_key_file = {};
  std::string client_key_password = {};
  std::string proxy = {};
  std::string unix_socket = {};
  int max_retries = 0;
  Milliseconds connect_timeout = {};
  Milliseconds first_token_timeout = {};
  Milliseconds idle_timeout = {};
  Milliseconds total_timeout = {};
  Milliseconds keep_alive_timeout = {};
  std::int64_t max_event_bytes = 0;
  std::int64_t max_response_bytes = 0;
  std::int64_t max_text_bytes = 0;
  std::int64_t max_header_bytes = 0;
  int max_json_nodes = 0;
  int max_json_depth = 0;
  int max_choices = 0;
  int max_tool_calls = 0;
  int max_redirects = 0;
  std::int64_t requests_per_minute = 0;
  std::int64_t tokens_per_minute = 0;
  bool allow_insecure_http = false;
  bool proxy_from_environment = false;
  bool http1_only = false;
  dosai_log_level log_level = DOSAI_LOG_OFF;
  Log on_log = {};
  std::function<std::string()> key_fn = {}; /* instead of api_key */
  Observer on_event = {};
};

/* dosai_call_options: 0 is the client's value; -1 disables. */
struct CallOptions {
  int max_retries = 0;
  Milliseconds connect_timeout = {};
  Milliseconds first_token_timeout = {};
  Milliseconds idle_timeout = {};
  Milliseconds total_timeout = {};
  std::vector<std::string> headers = {}; /* "Name: value" each */
  const CancelToken *cancel = nullptr;   /* may be destroyed during the call */
  std::function<bool()> on_wait = {};    /* false cancels */
  Milliseconds wait_interval = {};
  std::string last_event = {}; /* for stream_post; see dosai_stream_open_post */
};

namespace detail {

/* What a key_fn threw in this thread, kept while C code returns: it stopped its call. */
inline thread_local std::exception_ptr thrown_by_key;

/* The callbacks of a client. */
struct Hooks {
  Log log;
  std::function<std::string()> key;
  Observer observer;

  static void write_log(dosai_log_level level, const char *line, std::size_t length, void *self) noexcept {
    static_cast<const Hooks *>(self)->log(level, {line, length});
  }
  static void tell(const dosai_call_event *event, void *self) noexcept {
    static_cast<const Hooks *>(self)->observer(*event);
  }
  static std::int32_t give_key(char *key, std::size_t size, void *self) noexcept {
#if DOSAI_EXCEPTIONS
    /* What key() calls has nothing to do with what was thrown before. */
    std::exception_ptr thrown = std::exchange(thrown_by_key, nullptr);
    std::int32_t stops = 1;
    try {
      stops = copy_key(static_cast<const Hooks *>(self)->key(), key, size);
    } catch (...) {
      if (!thrown) thrown = std::current_exception();
    }
    thrown_by_key = thrown;
    return stops;
#else
    return copy_key(static_cast<const Hooks *>(self)->key(), key, size);
#endif
  }

private:
  static std::int32_t copy_key(const std::string &given, char *key, std::size_t size) noexcept {
    given.copy(key, size);
    return given.find('\0') != std::string::npos; /* such a key stops the call */
  }
};

/* dosai_client_options, and what its pointers lead to. */
struct ClientArguments {
  Words words;
  dosai_client_options c;
  std::shared_ptr<Hooks> hooks; /* null: the client has none */

  explicit ClientArguments(const ClientOptions &options) {
    if (options.on_log || options.key_fn || options.on_event)
      hooks = std::make_shared<Hooks>(Hooks{options.on_log, options.key_fn, options.on_event});
    dosai_client_options_init(&c, sizeof c);
    c.base_url = words.one(options.base_url);
    c.api_key = words.one(options.api_key);
    c.api_key_header = words.one(options.api_key_header);
    c.organization = words.one(options.organization);
    c.project = words.one(options.project);
    c.user_agent = words.one(options.user_agent);
    c.headers = words.list(options.headers);
    c.header_count = options.headers.size();
    c.ca_file = words.one(options.ca_file);
    c.ca_pem = options.ca_pem.empty() ? nullptr : options.ca_pem.data();
    c.ca_pem_length = options.ca_pem.size();
    c.client_certificate_file = words.one(options.client_certificate_file);
    c.client_key_file = words.one(options.client_key_file);
    c.client_key_password = words.one(options.client_key_password);
    c.proxy = words.one(options.proxy);
    c.unix_socket = words.one(options.unix_socket);
    c.max_retries = options.max_retries;
    c.connect_timeout_ms = options.connect_timeout.count();
    c.first_token_timeout_ms = options.first_token_timeout.count();
    c.idle_timeout_ms = options.idle_timeout.count();
    c.total_timeout_ms = options.total_timeout.count();
    c.keep_alive_timeout_ms = options.keep_alive_timeout.count();
    c.max_event_bytes = options.max_event_bytes;
    c.max_response_bytes = options.max_response_bytes;
    c.max_text_bytes = options.max_text_bytes;
    c.max_header_bytes = options.max_header_bytes;
    c.max_json_nodes = options.max_json_nodes;
    c.max_json_depth = options.max_json_depth;
    c.max_choices = options.max_choices;
    c.max_tool_calls = options.max_tool_calls;
    c.max_redirects = options.max_redirects;
    c.requests_per_minute = options.requests_per_minute;
    c.tokens_per_minute = options.tokens_per_minute;
    c.allow_insecure_http = options.allow_insecure_http;
    c.proxy_from_environment = options.proxy_from_environment;
    c.http1_only = options.http1_only;
    c.log_level = options.log_level;
    c.on_log = options.on_log ? Hooks::write_log : nullptr;
    c.log_user_data = hooks.get();
    c.key_fn = options.key_fn ? Hooks::give_key : nullptr;
    c.key_user_data = hooks.get();
    c.on_event = options.on_event ? Hooks::tell : nullptr;
    c.event_user_data = hooks.get();
  }
  template <class Handle, class Function> Result<Owner<Handle>> make(Function *function) {
    if (!words.is_whole) return Error(DOSAI_INVALID_ARGUMENT, nullptr, "client option: a NUL is not allowed");
    return detail::make<Handle>(function, &c);
  }
};

/* Callbacks, and the first exception that one of them threw, kept while C code returns. */
class Callbacks {
public:
  /* Takes what a key_fn threw. */
  void take_key() noexcept {
    std::exception_ptr thrown = std::exchange(thrown_by_key, nullptr);
    if (!thrown_) thrown_ = std::move(thrown);
  }
  /* Rethrows it. */
  void rethrow() {
#if DOSAI_EXCEPTIONS
    take_key();
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
#endif
  }

  /* Runs a callback, and returns the result for C. It returns nothing, or a bool: false stops the call. */
  template <class Callback, class... Arguments>
  std::int32_t run(Callback &callback, const Arguments &...arguments) noexcept {
#if DOSAI_EXCEPTIONS
    try {
      return take(callback, arguments...) ? 0 : 1;
    } catch (...) {
      if (!thrown_) thrown_ = std::current_exception();
      return 1;
    }
#else
    return take(callback, arguments...) ? 0 : 1;
#endif
  }

private:
  template <class Callback, class... Arguments>
  static bool take(Callback &callback, const Arguments &...arguments) {
    using Answer = std::invoke_result_t<Callback &, const Arguments &...>;
    static_assert(std::is_void_v<Answer> || std::is_same_v<Answer, bool>,
                  "a callback returns nothing or a bool");
    if constexpr (std::is_same_v<Answer, bool>) {
      return callback(arguments...);
    } else {
      callback(arguments...);
      return true;
    }
  }

  std::exception_ptr thrown_;
};

/* What C borrows for one call. C has its address, so it must not move. */
class Call : public Callbacks {
public:
  Call(const CallOptions &options, std::shared_ptr<const Hooks> hooks)
      : on_wait_(options.on_wait), hooks_(std::move(hooks)) {
    dosai_call_options_init(&options_, sizeof options_);
    options_.max_retries = options.max_retries;
    options_.connect_timeout_ms = options.connect_timeout.count();
    options_.first_token_timeout_ms = options.first_token_timeout.count();
    options_.idle_timeout_ms = options.idle_timeout.count();
    options_.total_timeout_ms = options.total_timeout.count();
    options_.headers = words_.list(options.headers);
    options_.header_count = options.headers.size();
    options_.cancel = options.cancel ? options.cancel->handle() : nullptr;
    options_.on_wait = on_wait_ ? wait : nullptr;
    options_.wait_user_data = this;
    options_.wait_interval_ms = options.wait_interval.count();
    options_.last_event = words_.one(options.last_event);
  }
  Call(const Call &) = delete;
  Call &operator=(const Call &) = delete;

  /* Returns the result of `function(arguments..., &handle, &error)`, whose arguments include options(). */
  template <class Handle, class Function, class... Arguments>
  Result<Owner<Handle>> submit(Function *function, Arguments... arguments) {
    if (!words_.is_whole) return Error(DOSAI_INVALID_ARGUMENT, nullptr, "call option: a NUL is not allowed");
    return detail::make<Handle>(function, arguments...);
  }
  /* The same, or rethrows. */
  template <class Handle, class Function, class... Arguments>
  Result<Owner<Handle>> make(Function *function, Arguments... arguments) {
    auto made = submit<Handle>(function, arguments...);
    rethrow();
    return made;
  }
  const dosai_call_options *options() const noexcept { return &options_; }

private:
  static std::int32_t wait(void *self) noexcept {
    Call &call = *static_cast<Call *>(self);
    return call.run(call.on_wait_);
  }

  std::function<bool()> on_wait_;
  std::shared_ptr<const Hooks> hooks_;
  Words words_;
  dosai_call_options options_;
};

} // namespace detail

/* ---- request ------------------------------------------------------------------------------------------- */

/* A request. Only one thread at a time may build it. No step throws an Error: after a step has failed, the others do
 * nothing; error(), and a call that uses the request, report why. */
class Request {
public:
  explicit Request(std::string_view model)
      : Request(detail::make<dosai_request>(dosai_request_new, detail::bytes(model), model.size())) {}
  static Request parse(std::string_view json) {
    return Request(detail::make<dosai_request>(dosai_request_parse, detail::bytes(json), json.size()));
  }
  Request copy() const {
    if (error_) return Request(*error_);
    return Request(detail::make<dosai_request>(dosai_request_copy, handle()));
  }

  Request &add_message(std::string_view role, std::string_view content) {
    return step(dosai_request_add_message, detail::Word(role).get(), detail::bytes(content), content.size());
  }
  Request &add_message_json(std::string_view json) {
    return step(dosai_request_add_message_json, detail::bytes(json), json.size());
  }
  Request &set_message_text(std::string_view key, std::string_view text) {
    return step(dosai_request_set_message_text, detail::Word(key).get(), detail::bytes(text), text.size());
  }
  Request &add_completion(const Completion &completion, int choice = 0) {
    return step(dosai_request_add_completion, completion.handle(), choice);
  }
  /* A function without parameters has no parameters_json. */
  Request &add_tool(std::string_view name, std::string_view description,
                    std::string_view parameters_json = {}) {
    if (detail::has_nul(description)) return refuse("description: a NUL is not allowed");
    return step(dosai_request_add_tool, detail::Word(name).get(),
                description.empty() ? nullptr : detail::Word(description).get(),
                parameters_json.empty() ? nullptr : parameters_json.data(), parameters_json.size());
  }
  Request &add_tool_result(std::string_view tool_call_id, std::string_view content) {
    if (detail::has_nul(tool_call_id)) /* then it is no C string */
      return add_tool_result("", content).set_message_text("tool_call_id", tool_call_id);
    return step(dosai_request_add_tool_result, detail::Word(tool_call_id).get(), detail::bytes(content),
                content.size());
  }
  Request &set_tool_choice(std::string_view function_name) {
    return step(dosai_request_set_tool_choice, detail::Word(function_name).get());
  }
  Request &add_stop(std::string_view text) {
    return step(dosai_request_add_stop, detail::bytes(text), text.size());
  }
  /* Sets a field to text, a number or a bool; for other JSON, use set_json. */
  Request &set(std::string_view key, std::string_view text) {
    return step(dosai_request_set_text, detail::Word(key).get(), detail::bytes(text), text.size());
  }
  template <class Number, class = std::enable_if_t<std::is_arithmetic_v<Number>>>
  Request &set(std::string_view key, Number number) {
    if constexpr (std::is_same_v<Number, bool>) {
      return set_json(key, number ? "true" : "false");
    } else if constexpr (std::is_floating_point_v<Number>) {
      return step(dosai_request_set_number, detail::Word(key).get(), static_cast<double>(number));
    } else {
      const auto integer = static_cast<std::int64_t>(number);
      if ((integer < 0) != (number < Number()))
        return refuse("the integer does not fit into a signed 64-bit number");
      return step(dosai_request_set_integer, detail::Word(key).get(), integer);
    }
  }
  Request &set_json(std::string_view key, std::string_view json) {
    return step(dosai_request_set_json, detail::Word(key).get(), detail::bytes(json), json.size());
  }
  Request &set_json_schema(std::string_view name, std::string_view schema_json, bool strict = true) {
    return step(dosai_request_set_json_schema, detail::Word(name).get(), detail::bytes(schema_json),
                schema_json.size(), std::int32_t(strict));
  }

  std::string_view json() const noexcept { return detail::lent(dosai_request_json, handle()); }
  const std::optional<Error> &error() const noexcept { return error_; }
  const dosai_request *handle() const noexcept { return request_.get(); }

private:
  friend class Client;

  /* The text of a field of an object: what changes once the library has set that field. */
  static std::string_view field(std::string_view json, std::string_view key) {
    Request marked = parse(json);
    const std::string_view other = marked.set_json(key, "0").json();
    if (marked.error()) return {}; /* no object */
    const auto end = std::mismatch(json.begin(), json.end(), other.begin(), other.end()).first;
    const auto at = static_cast<std::size_t>(end - json.begin());
    if (at == json.size() || json.size() + 1 < other.size()) return {};
    return json.substr(at, json.size() + 1 - other.size());
  }
  /* The tool_choice of the questions after the first: with a call that is forced, the model could only call again.
   * Empty if it stays. */
  std::string unforced_choice() const {
    const std::string_view choice = field(json(), "tool_choice");
    if (choice == "\"required\"" || !field(choice, "function").empty() || !field(choice, "custom").empty())
      return "\"auto\"";
    const std::string_view allowed = field(choice, "allowed_tools");
    if (field(allowed, "mode") != "\"required\"") return {};
    return std::string(
        parse(choice).set_json("allowed_tools", parse(allowed).set("mode", "auto").json()).json());
  }

  explicit Request(Result<detail::Owner<dosai_request>> made) {
    if (made) request_ = std::move(*made);
    else error_ = made.error();
  }
  template <class Function, class... Arguments> Request &step(Function *function, Arguments... arguments) {
    dosai_error *error = nullptr;
    if (error_) return *this;
    if (dosai_status status = function(request_.get(), arguments..., &error)) error_ = Error(status, error);
    return *this;
  }
  Request &refuse(const char *note) {
    if (!error_) error_ = Error(DOSAI_INVALID_ARGUMENT, nullptr, note);
    return *this;
  }

  detail::Owner<dosai_request> request_;
  std::optional<Error> error_;
};

/* ---- stream -------------------------------------------------------------------------------------------- */

/* dosai_chunk: borrowed until the next one is read, or the callback returns. */
class Chunk {
public:
  explicit Chunk(const dosai_chunk *chunk) noexcept : chunk_(chunk) {}

  dosai_chunk_kind kind() const noexcept { return chunk_->kind; }
  int choice() const noexcept { return chunk_->choice; }
  bool is_last_in_event() const noexcept { return chunk_->last_in_event != 0; }
  /// Whether its event yields no other chunk, and the delta contains nothing but this text: content, reasoning, a
  /// refusal, or the arguments of one tool call.
  bool is_text_only() const noexcept { return chunk_->text_only != 0; }
  std::int64_t event_index() const noexcept { return chunk_->event_index; }
  std::string_view text() const noexcept { return {chunk_->text, chunk_->text_length}; }
  /* The text of a DOSAI_CHUNK_CONTENT; empty for other kinds. */
  std::string_view content() const noexcept {
    return kind() == DOSAI_CHUNK_CONTENT ? text() : std::string_view();
  }
  int tool_call() const noexcept { return chunk_->tool_call; }
  std::string_view tool_call_id() const noexcept {
    return {chunk_->tool_call_id, chunk_->tool_call_id_length};
  }
  std::string_view tool_call_name() const noexcept {
    return {chunk_->tool_call_name, chunk_->tool_call_name_length};
  }
  dosai_finish_reason finish_reason() const noexcept { return chunk_->finish_reason; }
  const dosai_usage *usage() const noexcept { return chunk_->usage; }
  std::string_view json() const noexcept { return {chunk_->json, chunk_->json_length}; }
  /* Of a DOSAI_CHUNK_EVENT, whose text is its data; empty if there is none. */
  std::string_view event_type() const noexcept { return {chunk_->event_type, chunk_->event_type_length}; }
  std::string_view event_id() const noexcept { return {chunk_->event_id, chunk_->event_id_length}; }
  const dosai_chunk *handle() const noexcept { return chunk_; }

private:
  const dosai_chunk *chunk_;
};

/* A streaming call, read chunk by chunk by one thread at a time. It outlives its client and request. */
class Stream {
public:
  /* The next chunk, borrowed until the one after it; NULL at the end of a complete answer. WOULD_BLOCK: no chunk
   * came within the timeout; the stream continues. With -1 ms, it waits until a clock expires. */
  Result<const Chunk *> try_next(Milliseconds timeout = Milliseconds(-1)) {
    if (!state_) return Error(DOSAI_INVALID_ARGUMENT, nullptr, "the stream was moved from");
    const dosai_chunk *chunk = nullptr;
    dosai_error *error = nullptr;
    const dosai_status status = dosai_stream_next(handle(), timeout.count(), &chunk, &error);
    detail::Owner<dosai_error> why(error);
    state_->call.rethrow();
    if (status) return Error(status, why.release());
    if (!chunk) return nullptr;
    state_->chunk = Chunk(chunk);
    return &state_->chunk;
  }
  /* The completion assembled from the chunks read so far. */
  Result<Completion> try_completion() const {
    return detail::share<Completion>(detail::make<dosai_completion>(dosai_stream_completion, handle()));
  }

#if DOSAI_EXCEPTIONS
  class iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Chunk;
    using difference_type = std::ptrdiff_t;
    using pointer = const Chunk *;
    using reference = const Chunk &;

    iterator() = default; /* the end */
    explicit iterator(Stream &stream) : stream_(&stream), chunk_(stream.next()) {}

    reference operator*() const noexcept { return *chunk_; }
    pointer operator->() const noexcept { return chunk_; }
    iterator &operator++() {
      chunk_ = stream_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator &left, const iterator &right) noexcept {
      return left.chunk_ == right.chunk_;
    }
    friend bool operator!=(const iterator &left, const iterator &right) noexcept { return !(left == right); }

  private:
    Stream *stream_ = nullptr;
    const Chunk *chunk_ = nullptr;
  };

  const Chunk *next() { return try_next().value(); }
  Completion completion() const { return try_completion().value(); }
  /* The chunks not read yet: a stream can be iterated only once. */
  iterator begin() { return iterator(*this); }
  iterator end() noexcept { return {}; }
#endif
  dosai_stream *handle() const noexcept { return state_ ? state_->stream.get() : nullptr; }

private:
  friend class Client;

  struct State { /* the stream is last, so it is destroyed first: its end may log */
    State(const CallOptions &options, std::shared_ptr<const detail::Hooks> hooks)
        : call(options, std::move(hooks)) {}
    detail::Call call;
    Chunk chunk{nullptr};
    detail::Owner<dosai_stream> stream;
  };

  explicit Stream(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
  std::unique_ptr<State> state_;
};

/* ---- decoder ------------------------------------------------------------------------------------------- */

/* Reads the body of a chat's stream that you receive by other means. Of the options, the limits and api_key apply. */
class Decoder {
public:
  static Result<Decoder> try_make(const ClientOptions &options = {}) {
    auto made = detail::ClientArguments(options).make<dosai_decoder>(dosai_decoder_new);
    if (!made) return made.error();
    return Decoder(std::move(*made));
  }

  /* Takes the next part of the body. Then call next() until it has no more chunks. */
  Result<std::monostate> try_feed(std::string_view part) {
    return done(dosai_decoder_feed, detail::bytes(part), part.size());
  }
  /* The body has ended as HTTP requires. */
  Result<std::monostate> try_finish() { return done(dosai_decoder_finish); }
  /* The next chunk, borrowed until the decoder is used again; NULL at the end of a complete answer. WOULD_BLOCK: feed
   * more, or finish. */
  Result<const Chunk *> try_next() {
    const dosai_chunk *chunk = nullptr;
    auto read = done(dosai_decoder_next, &chunk);
    if (!read) return read.error();
    if (!chunk) return nullptr;
    chunk_ = Chunk(chunk);
    return &chunk_;
  }
  /* The completion assembled from the chunks read so far. */
  Result<Completion> try_completion() const {
    return detail::share<Completion>(detail::make<dosai_completion>(dosai_decoder_completion, handle()));
  }

#if DOSAI_EXCEPTIONS
  explicit Decoder(const ClientOptions &options = {}) : Decoder(try_make(options).value()) {}
  void feed(std::string_view part) { try_feed(part).value(); }
  void finish() { try_finish().value(); }
  /* NULL also if it needs more of the body. After finish(), it is the end of a complete answer. */
  const Chunk *next() {
    auto read = try_next();
    if (!read && read.error().status() == DOSAI_WOULD_BLOCK) return nullptr;
    return read.value();
  }
  Completion completion() const { return try_completion().value(); }
#endif
  dosai_decoder *handle() const noexcept { return decoder_.get(); }

private:
  explicit Decoder(detail::Owner<dosai_decoder> decoder) noexcept : decoder_(std::move(decoder)) {}

  template <class Function, class... Arguments>
  Result<std::monostate> done(Function *function, Arguments... arguments) {
    dosai_error *error = nullptr;
    if (const dosai_status status = function(handle(), arguments..., &error)) return Error(status, error);
    return std::monostate();
  }

  detail::Owner<dosai_decoder> decoder_;
  Chunk chunk_{nullptr};
};

/* ---- client -------------------------------------------------------------------------------------------- */

/* The options of run_tools. */
struct ToolOptions {
  int max_rounds = 10; /* the most answers */
  /* Whether what on_call throws is rethrown. If not, the model is told the message of a std::exception. */
  bool rethrow = false;
  /* Gets each answer before its calls run; false cancels. */
  std::function<bool(const Completion &)> on_completion = {};
  /* If set, the answers are streamed to it; false cancels. */
  std::function<bool(const Chunk &)> on_chunk = {};
};

/* An endpoint, a key, limits, open connections. */
class Client {
public:
  static Result<Client> try_make(const ClientOptions &options = {}) {
    detail::ClientArguments arguments(options);
    auto made = arguments.make<dosai_client>(dosai_client_new);
    if (!made) return made.error();
    return Client(std::move(*made), std::move(arguments.hooks));
  }

  Result<Completion> try_chat(const Request &request, const CallOptions &options = {}) const {
    if (request.error()) return *request.error();
    detail::Call call(options, hooks_);
    return detail::share<Completion>(
        call.make<dosai_completion>(dosai_chat, handle(), request.handle(), call.options()));
  }
  /* Calls on_chunk(const Chunk &) for each chunk. It may return nothing, or a bool: false stops the stream. */
  template <class OnChunk>
  Result<Completion> try_chat_stream(const Request &request, OnChunk &&on_chunk,
                                     const CallOptions &options = {}) const {
    if (request.error()) return *request.error();
    detail::Call call(options, hooks_);
    Push<std::remove_reference_t<OnChunk>> push = {call, on_chunk};
    return detail::share<Completion>(call.make<dosai_completion>(
        dosai_chat_stream, handle(), request.handle(), call.options(), push.run, &push));
  }
  Result<Stream> try_stream(const Request &request, const CallOptions &options = {}) const {
    if (request.error()) return *request.error();
    return open(options, dosai_stream_open, request.handle());
  }
  /* The server-sent events of any endpoint, each a chunk of the kind DOSAI_CHUNK_EVENT. */
  Result<Stream> try_stream_post(std::string_view path, std::string_view json,
                                 const CallOptions &options = {}) const {
    return open(options, dosai_stream_open_post, detail::Word(path).get(), detail::bytes(json), json.size());
  }
  /* Opens connections ahead, without a request. */
  Result<std::monostate> try_warm(int connections, const CallOptions &options = {}) const {
    detail::Call call(options, hooks_);
    dosai_error *error = nullptr;
    const dosai_status status = dosai_client_warm(handle(), connections, call.options(), &error);
    detail::Owner<dosai_error> why(error);
    call.rethrow();
    if (status) return Error(status, why.release());
    return std::monostate();
  }
  /* Sends the request, calls on_call(const ToolCall &) for each call in the answer, adds the answer and the text that
   * on_call returned to the request, and repeats this until an answer has no calls. The model is told that a text is not
   * UTF-8. Returns: TOO_LARGE if the answer of round max_rounds still has calls; TRUNCATED if an answer with calls was
   * cut. These calls do not run, and the error's completion is that answer. CANCELLED also stops between two calls. The
   * request grows by whole rounds. A tool_choice that forces a call holds for the first question. */
  template <class OnCall>
  Result<Completion> try_run_tools(Request &request, OnCall &&on_call, const ToolOptions &tools = {},
                                   const CallOptions &options = {}) const {
    const std::string later = request.unforced_choice();
    const auto ask = [&](const Request &sent) {
      return tools.on_chunk ? try_chat_stream(sent, tools.on_chunk, options) : try_chat(sent, options);
    };
    for (int round = 1;; round++) {
      Result<Completion> answer =
          !later.empty() && round > 1 ? ask(request.copy().set_json("tool_choice", later)) : ask(request);
      if (!answer) return answer;
      if (tools.on_completion && !tools.on_completion(*answer))
        return Error(DOSAI_CANCELLED, *answer, "on_completion cancelled the call");
      const std::vector<ToolCall> calls = answer->tool_calls();
      const dosai_finish_reason reason = answer->finish_reason();
      if (!calls.empty() && (reason == DOSAI_FINISH_LENGTH || reason == DOSAI_FINISH_CONTENT_FILTER))
        return Error(DOSAI_TRUNCATED, *answer, "the answer was cut: its tool calls did not run");
      if (!calls.empty() && round >= tools.max_rounds)
        return Error(DOSAI_TOO_LARGE, *answer, "max_rounds: the model still calls tools");

      std::vector<std::string> results;
      for (const ToolCall &call : calls) {
        if (options.cancel && options.cancel->is_triggered())
          return Error(DOSAI_CANCELLED, *answer, "the token was triggered");
        results.push_back(run_tool(on_call, call, tools));
      }
      Request grown = request.copy(); /* by the whole round, or not at all */
      if (answer->choice_count() > 0) grown.add_completion(*answer);
      for (std::size_t index = 0; index < calls.size(); index++)
        grown.add_tool_result(calls[index].id, sendable(results[index]));
      if (grown.error()) return *grown.error();
      request = std::move(grown);
      if (calls.empty()) return answer;
    }
  }
  /* Any other JSON endpoint. */
  Result<Response> try_get(std::string_view path, const CallOptions &options = {}) const {
    detail::Call call(options, hooks_);
    return detail::share<Response>(
        call.make<dosai_response>(dosai_client_get, handle(), detail::Word(path).get(), call.options()));
  }
  Result<Response> try_post(std::string_view path, std::string_view json,
                            const CallOptions &options = {}) const {
    detail::Call call(options, hooks_);
    return detail::share<Response>(call.make<dosai_response>(dosai_client_post, handle(),
                                                             detail::Word(path).get(), detail::bytes(json),
                                                             json.size(), call.options()));
  }

#if DOSAI_EXCEPTIONS
  explicit Client(const ClientOptions &options = {}) : Client(try_make(options).value()) {}

  Completion chat(const Request &request, const CallOptions &options = {}) const {
    return try_chat(request, options).value();
  }
  template <class OnChunk>
  Completion chat_stream(const Request &request, OnChunk &&on_chunk, const CallOptions &options = {}) const {
    return try_chat_stream(request, std::forward<OnChunk>(on_chunk), options).value();
  }
  Stream stream(const Request &request, const CallOptions &options = {}) const {
    return try_stream(request, options).value();
  }
  template <class OnCall>
  Completion run_tools(Request &request, OnCall &&on_call, const ToolOptions &tools = {},
                       const CallOptions &options = {}) const {
    return try_run_tools(request, std::forward<OnCall>(on_call), tools, options).value();
  }
  Stream stream_post(std::string_view path, std::string_view json, const CallOptions &options = {}) const {
    return try_stream_post(path, json, options).value();
  }
  void warm(int connections, const CallOptions &options = {}) const {
    try_warm(connections, options).value();
  }
  Response get(std::string_view path, const CallOptions &options = {}) const {
    return try_get(path, options).value();
  }
  Response post(std::string_view path, std::string_view json, const CallOptions &options = {}) const {
    return try_post(path, json, options).value();
  }
#endif
  dosai_client *handle() const noexcept { return client_.get(); }

private:
  friend class Loop;

  template <class Function, class... Arguments>
  Result<Stream> open(const CallOptions &options, Function *function, Arguments... arguments) const {
    auto state = std::make_unique<Stream::State>(options, hooks_);
    detail::Call &call = state->call;
    auto made = call.make<dosai_stream>(function, handle(), arguments..., call.options());
    if (!made) return made.error();
    state->stream = std::move(*made);
    return Stream(std::move(state));
  }

  template <class OnCall>
  static std::string run_tool(OnCall &on_call, const ToolCall &call, const ToolOptions &tools) {
#if DOSAI_EXCEPTIONS
    try {
      return std::string(on_call(call));
    } catch (const std::exception &error) {
      if (tools.rethrow) throw;
      return std::string("error: ") + error.what();
    }
#else
    static_cast<void>(tools);
    return std::string(on_call(call));
#endif
  }

  static std::string_view sendable(std::string_view result) {
    const std::optional<Error> error = Request("m").add_tool_result("", result).error();
    return error && error->status() == DOSAI_INVALID_ARGUMENT ? "error: the result is not UTF-8" : result;
  }

  template <class OnChunk> struct Push {
    detail::Call &call;
    OnChunk &on_chunk;

    static std::int32_t run(const dosai_chunk *chunk, void *self) noexcept {
      Push &push = *static_cast<Push *>(self);
      return push.call.run(push.on_chunk, Chunk(chunk));
    }
  };

  Client(detail::Owner<dosai_client> client, std::shared_ptr<const detail::Hooks> hooks) noexcept
      : hooks_(std::move(hooks)), client_(std::move(client)) {}

  std::shared_ptr<const detail::Hooks> hooks_; /* shared with calls, which may outlive the client */
  detail::Owner<dosai_client> client_;
};

/* ---- loop ---------------------------------------------------------------------------------------------- */

/* dosai_event: borrowed until the callback returns, or the next one is read. */
class Event {
public:
  explicit Event(const dosai_event *event) noexcept : event_(event) {}

  dosai_event_kind kind() const noexcept { return event_->kind; }
  std::uintptr_t tag() const noexcept { return event_->tag; }
  /* Only for DOSAI_EVENT_CHUNK. */
  Chunk chunk() const noexcept { return Chunk(event_->chunk); }
  /* A copy that you may keep; empty if the event has none. */
  Completion completion() const {
    dosai_completion *copy = nullptr;
    if (dosai_completion_copy(event_->completion, &copy, nullptr)) return {};
    return Completion(std::shared_ptr<const dosai_completion>(copy, detail::Free()));
  }
  /* A copy that you may keep; empty if the event has none. */
  Response response() const {
    dosai_response *copy = nullptr;
    if (dosai_response_copy(event_->response, &copy, nullptr)) return {};
    return Response(std::shared_ptr<const dosai_response>(copy, detail::Free()));
  }
  /* A copy that you may keep; only for DOSAI_EVENT_ERROR. */
  Error error() const {
    dosai_error *copy = nullptr;
    dosai_error_copy(event_->error, &copy, nullptr);
    return Error(event_->error ? dosai_error_status(event_->error) : DOSAI_OUT_OF_MEMORY, copy);
  }
  const dosai_event *handle() const noexcept { return event_; }

private:
  const dosai_event *event_;
};

/* A call in a loop. The call continues without this object. */
class Call {
public:
  /* All three may be called from any thread. */
  void cancel() const noexcept { dosai_call_cancel(handle()); }
  void pause() const noexcept { dosai_call_pause(handle()); }
  void resume() const noexcept { dosai_call_resume(handle()); }
  /* The completion of a stream so far; after the last event, of any chat. Call it on the loop's thread. */
  Result<Completion> try_completion() {
    return detail::share<Completion>(detail::make<dosai_completion>(dosai_call_completion, handle()));
  }
#if DOSAI_EXCEPTIONS
  Completion completion() { return try_completion().value(); }
#endif
  dosai_call *handle() const noexcept { return call_.get(); }

private:
  friend class Loop;
  explicit Call(detail::Owner<dosai_call> call) noexcept : call_(std::move(call)) {}
  detail::Owner<dosai_call> call_;
};

/* dosai_loop_options: 0 means no limit. */
struct LoopOptions {
  int max_in_flight = 0;
  int max_connections_per_host = 0;
  std::int64_t requests_per_minute = 0;
  std::int64_t tokens_per_minute = 0;
};

/* Many calls on one thread, with one descriptor. The destructor cancels them without reporting events. Callbacks
 * must not move or destroy the loop. If a key_fn throws in a submit, or in next, that still returns its call or event;
 * the next step, next or close rethrows the exception. */
class Loop {
public:
  static Result<Loop> try_make(const LoopOptions &options = {}) {
    dosai_loop_options c;
    dosai_loop_options_init(&c, sizeof c);
    c.max_in_flight = options.max_in_flight;
    c.max_connections_per_host = options.max_connections_per_host;
    c.requests_per_minute = options.requests_per_minute;
    c.tokens_per_minute = options.tokens_per_minute;
    auto made = detail::make<dosai_loop>(dosai_loop_new, &c);
    if (!made) return made.error();
    auto state = std::make_unique<State>();
    state->loop = std::move(*made);
    return Loop(std::move(state));
  }

  Result<Call> try_submit_chat(const Client &client, const Request &request, std::uintptr_t tag = 0,
                               const CallOptions &options = {}) {
    if (request.error()) return *request.error();
    return submit(client, options, tag, dosai_loop_submit_chat, request.handle());
  }
  Result<Call> try_submit_stream(const Client &client, const Request &request, std::uintptr_t tag = 0,
                                 const CallOptions &options = {}) {
    if (request.error()) return *request.error();
    return submit(client, options, tag, dosai_loop_submit_stream, request.handle());
  }
  /* Any other JSON endpoint. */
  Result<Call> try_submit_get(const Client &client, std::string_view path, std::uintptr_t tag = 0,
                              const CallOptions &options = {}) {
    return submit(client, options, tag, dosai_loop_submit_get, detail::Word(path).get());
  }
  Result<Call> try_submit_post(const Client &client, std::string_view path, std::string_view json,
                               std::uintptr_t tag = 0, const CallOptions &options = {}) {
    return submit(client, options, tag, dosai_loop_submit_post, detail::Word(path).get(), detail::bytes(json),
                  json.size());
  }
  Result<Call> try_submit_stream_post(const Client &client, std::string_view path, std::string_view json,
                                      std::uintptr_t tag = 0, const CallOptions &options = {}) {
    return submit(client, options, tag, dosai_loop_submit_stream_post, detail::Word(path).get(),
                  detail::bytes(json), json.size());
  }

  /* Waits until there is work, and does it; -1 ms: no limit. Returns the number of unfinished calls. Calls
   * on_event(const Event &) for each event. It may return nothing, or a bool: false cancels the event's call. So
   * does an exception, which is rethrown after the step's other events are delivered; a step of 0 ms then returns
   * the number. */
  template <class OnEvent> Result<std::size_t> try_step(Milliseconds timeout, OnEvent &&on_event) {
    detail::Callbacks callbacks;
    Push<std::remove_reference_t<OnEvent>> push = {callbacks, on_event};
    return step(timeout, push.run, &push, callbacks);
  }
  /* The events wait for try_next; a call is unfinished until its last event is read. */
  Result<std::size_t> try_step(Milliseconds timeout = Milliseconds(-1)) {
    detail::Callbacks none;
    return step(timeout, nullptr, nullptr, none);
  }
  /* The next event, borrowed until the one after it; NULL: step again. */
  Result<const Event *> try_next() {
    const dosai_event *event = nullptr;
    dosai_error *error = nullptr;
    if (state_) state_->callbacks.rethrow();
    if (dosai_status status = dosai_loop_next(handle(), &event, &error)) return Error(status, error);
    state_->callbacks.take_key();
    if (!event) return nullptr;
    state_->event = Event(event);
    return &state_->event;
  }
  /* Cancels all calls, and calls on_event for each. */
  template <class OnEvent> Result<std::monostate> try_close(OnEvent &&on_event) {
    detail::Callbacks callbacks;
    Push<std::remove_reference_t<OnEvent>> push = {callbacks, on_event};
    dosai_error *error = nullptr;
    const dosai_status status = dosai_loop_close(handle(), push.run, &push, &error);
    if (status) return Error(status, error); /* there was no event */
    const auto state = std::move(state_);
    static_cast<void>(state->loop.release());
    callbacks.rethrow();
    state->callbacks.rethrow();
    return std::monostate();
  }

  /* Readable when a step has work to do, even for timers. Do not read from it or close it. */
  int fd() const noexcept { return dosai_loop_fd(handle()); }
  /* How long to wait before the next step if you do not poll fd(); -1 ms: no limit. */
  Milliseconds timeout() noexcept { return Milliseconds(dosai_loop_timeout_ms(handle())); }
  /* Ends the wait of a step. May be called from any thread, or from a signal handler. */
  void wake() const noexcept { dosai_loop_wake(handle()); }

#if DOSAI_EXCEPTIONS
  explicit Loop(const LoopOptions &options = {}) : Loop(try_make(options).value()) {}

  Call submit_chat(const Client &client, const Request &request, std::uintptr_t tag = 0,
                   const CallOptions &options = {}) {
    return try_submit_chat(client, request, tag, options).value();
  }
  Call submit_stream(const Client &client, const Request &request, std::uintptr_t tag = 0,
                     const CallOptions &options = {}) {
    return try_submit_stream(client, request, tag, options).value();
  }
  Call submit_get(const Client &client, std::string_view path, std::uintptr_t tag = 0,
                  const CallOptions &options = {}) {
    return try_submit_get(client, path, tag, options).value();
  }
  Call submit_post(const Client &client, std::string_view path, std::string_view json, std::uintptr_t tag = 0,
                   const CallOptions &options = {}) {
    return try_submit_post(client, path, json, tag, options).value();
  }
  Call submit_stream_post(const Client &client, std::string_view path, std::string_view json,
                          std::uintptr_t tag = 0, const CallOptions &options = {}) {
    return try_submit_stream_post(client, path, json, tag, options).value();
  }
  template <class OnEvent> std::size_t step(Milliseconds timeout, OnEvent &&on_event) {
    return try_step(timeout, std::forward<OnEvent>(on_event)).value();
  }
  std::size_t step(Milliseconds timeout = Milliseconds(-1)) { return try_step(timeout).value(); }
  const Event *next() { return try_next().value(); }
  template <class OnEvent> void close(OnEvent &&on_event) {
    try_close(std::forward<OnEvent>(on_event)).value();
  }
#endif
  dosai_loop *handle() const noexcept { return state_ ? state_->loop.get() : nullptr; }

private:
  struct State { /* the loop is last, so it is destroyed first: its end logs */
    std::vector<std::shared_ptr<const detail::Hooks>> hooks; /* of clients whose calls may be in the loop */
    detail::Callbacks callbacks; /* what a key_fn threw in a function that has a result */
    Event event{nullptr};
    detail::Owner<dosai_loop> loop;
  };

  template <class OnEvent> struct Push {
    detail::Callbacks &callbacks;
    OnEvent &on_event;

    static std::int32_t run(const dosai_event *event, void *self) noexcept {
      Push &push = *static_cast<Push *>(self);
      push.callbacks.take_key(); /* what on_event calls has nothing to do with it */
      return push.callbacks.run(push.on_event, Event(event));
    }
  };

  template <class Function, class... Arguments>
  Result<Call> submit(const Client &client, const CallOptions &options, std::uintptr_t tag,
                      Function *function, Arguments... arguments) {
    if (state_ && client.hooks_) keep(client.hooks_);
    detail::Call call(options, nullptr);
    auto made =
        call.submit<dosai_call>(function, handle(), client.handle(), arguments..., call.options(), tag);
    if (state_) state_->callbacks.take_key();
    if (!made) return made.error();
    return Call(std::move(*made));
  }
  void keep(const std::shared_ptr<const detail::Hooks> &hooks) {
    for (const auto &known : state_->hooks)
      if (known == hooks) return;
    state_->hooks.push_back(hooks);
  }
  Result<std::size_t> step(Milliseconds timeout, dosai_event_fn on_event, void *push,
                           detail::Callbacks &callbacks) {
    std::size_t active = 0;
    dosai_error *error = nullptr;
    const dosai_status status = dosai_loop_step(handle(), timeout.count(), on_event, push, &active, &error);
    detail::Owner<dosai_error> why(error);
    if (!status && active == 0 && state_) state_->hooks.clear();
    callbacks.rethrow();
    if (status) return Error(status, why.release());
    state_->callbacks.rethrow();
    return active;
  }

  explicit Loop(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
  std::unique_ptr<State> state_;
};

} // namespace DOSAI_MODE
} // namespace dosai

#endif
