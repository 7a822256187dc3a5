// The testee of C++: see README.md.
#include <dosai.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <jansson.h>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

using std::string, std::string_view;

static const char *const clocks[] = {nullptr, "connect", "first_token", "idle", "total"};
static const char *const kinds[] = {"other",     "content", "reasoning", "refusal",
                                    "tool_call", "finish",  "usage"};

static json_t *text(string_view text) {
  return text.data() ? json_stringn(text.data(), text.size()) : json_null();
}
static json_t *integer(std::int64_t number) { return json_integer(number); }
static json_t *count(std::int64_t number) { return number < 0 ? json_null() : json_integer(number); }

using Members = std::initializer_list<std::pair<const char *, json_t *>>;
static json_t *object(Members members) {
  json_t *made = json_object();
  for (auto &[key, value] : members) json_object_set_new(made, key, value);
  return made;
}

template <class List, class Function> static json_t *array(const List &list, Function each) {
  json_t *made = json_array();
  for (const auto &one : list) json_array_append_new(made, each(one));
  return made;
}

// ---- what came of a call

static json_t *attempts(const std::vector<dosai_attempt> &attempts) {
  return array(attempts, [](const dosai_attempt &one) {
    return object({{"status", text(dosai_status_name(one.status))},
                   {"http_status", integer(one.http_status)},
                   {"delay_ms", integer(one.delay_ms)}});
  });
}

static json_t *usage(const dosai_usage &usage, json_t *number(std::int64_t) = integer) {
  return object({{"prompt_tokens", number(usage.prompt_tokens)},
                 {"completion_tokens", number(usage.completion_tokens)},
                 {"total_tokens", number(usage.total_tokens)},
                 {"cached_tokens", number(usage.cached_tokens)},
                 {"reasoning_tokens", number(usage.reasoning_tokens)}});
}

static json_t *quirks(std::uint32_t quirks) {
  json_t *names = json_array();
  for (std::uint32_t bit = 1; bit; bit <<= 1)
    if (quirks & bit) json_array_append_new(names, text(dosai_quirk_name(bit)));
  return names;
}

static json_t *completion_of(const dosai::Completion &completion) {
  if (!completion) return json_null();
  json_t *choices = json_array();
  for (int at = 0; at < completion.choice_count(); at++) {
    json_t *calls = array(completion.tool_calls(at), [](const dosai::ToolCall &call) {
      return object({{"id", text(call.id)}, {"name", text(call.name)}, {"arguments", text(call.arguments)}});
    });
    json_array_append_new(choices, object({{"index", integer(completion.choice_index(at))},
                                           {"role", text(completion.role(at))},
                                           {"content", text(completion.content(at))},
                                           {"refusal", text(completion.refusal(at))},
                                           {"reasoning", text(completion.reasoning(at))},
                                           {"finish_reason", text(completion.finish_reason_text(at))},
                                           {"tool_calls", calls}}));
  }
  return object({{"json", text(completion.json())},
                 {"id", text(completion.id())},
                 {"object", text(completion.object())},
                 {"created", integer(completion.created())},
                 {"model", text(completion.model())},
                 {"choices", choices},
                 {"usage", usage(completion.usage())},
                 {"quirks", quirks(completion.quirks())},
                 {"http_status", integer(completion.http_status())},
                 {"attempts", attempts(completion.attempts())}});
}

static json_t *hex(string_view bytes) {
  if (!bytes.data()) return json_null();
  string digits;
  for (unsigned char byte : bytes) {
    digits += "0123456789abcdef"[byte >> 4];
    digits += "0123456789abcdef"[byte & 15];
  }
  return text(digits);
}

static json_t *error_of(const dosai::Error &error) {
  return object({{"status", text(dosai_status_name(error.status()))},
                 {"message", text(error.message())},
                 {"http_status", integer(error.http_status())},
                 {"code", text(error.code())},
                 {"type", text(error.type())},
                 {"param", text(error.param())},
                 {"body", hex(error.body())},
                 {"clock", clocks[error.clock()] ? text(clocks[error.clock()]) : json_null()},
                 {"retry_after_ms", integer(error.retry_after().value_or(dosai::Milliseconds(-1)).count())},
                 {"request_id", text(error.request_id())},
                 {"attempts", attempts(error.attempts())},
                 {"completion", completion_of(error.completion())}});
}

// ---- the chunks, put together to events

struct Events {
  json_t *list = json_array(), *event = nullptr;

  static void join(json_t *object, const char *key, string_view piece) {
    if (!piece.data()) return;
    const json_t *before = json_object_get(object, key);
    string joined = before ? string(json_string_value(before), json_string_length(before)) : string();
    json_object_set_new(object, key, text(joined.append(piece)));
  }

  static json_t *member(json_t *list, int index) {
    json_t *one;
    size_t at;
    json_array_foreach(list, at,
                       one) if (json_integer_value(json_object_get(one, "index")) == index) return one;
    json_array_append_new(list, one = object({{"index", integer(index)}}));
    return one;
  }

  /* The number of events that are whole; 0 in the middle of one. */
  json_int_t take(const dosai::Chunk &chunk) {
    if (!event)
      json_array_append_new(list, event = object({{"json", text(chunk.json())}, {"choices", json_array()}}));
    if (chunk.usage()) json_object_set_new(event, "usage", usage(*chunk.usage()));
    if (chunk.choice() >= 0) add(member(json_object_get(event, "choices"), chunk.choice()), chunk);
    if (!chunk.is_last_in_event()) return 0;
    event = nullptr;
    return json_int_t(json_array_size(list));
  }

  static void add(json_t *choice, const dosai::Chunk &chunk) {
    if (chunk.kind() == DOSAI_CHUNK_TOOL_CALL) {
      if (!json_object_get(choice, "tool_calls")) json_object_set_new(choice, "tool_calls", json_array());
      json_t *call = member(json_object_get(choice, "tool_calls"), chunk.tool_call());
      join(call, "id", chunk.tool_call_id());
      join(call, "name", chunk.tool_call_name());
      join(call, "arguments", chunk.text());
    } else if (chunk.kind() == DOSAI_CHUNK_FINISH) {
      join(choice, "finish_reason", chunk.text());
    } else if (chunk.kind() != DOSAI_CHUNK_OTHER && chunk.kind() != DOSAI_CHUNK_USAGE) {
      join(choice, kinds[chunk.kind()], chunk.text());
    }
  }
};

// ---- the ways to make a call

constexpr std::chrono::milliseconds pause{300};

enum class Next { go_on, pause, end };

/* Gives each chunk to on_chunk, which says what is next. */
template <class OnChunk>
static dosai::Completion make_call(const dosai::Client &client, const dosai::Request &request,
                                   string_view face, const dosai::CallOptions &options, OnChunk on_chunk) {
  if (face == "whole") return client.chat(request, options);
  if (face == "stream") {
    dosai::Stream stream = client.stream(request, options);
    for (const dosai::Chunk &chunk : stream) {
      const Next next = on_chunk(chunk);
      if (next == Next::end) return {};
      if (next == Next::pause) std::this_thread::sleep_for(pause);
    }
    return stream.completion();
  }
  dosai::Loop loop;
  dosai::Completion completion;
  std::optional<dosai::Error> error;
  bool is_over = false, is_paused = false;
  dosai::Call call = face == "async_whole" ? loop.submit_chat(client, request, 1, options)
                                           : loop.submit_stream(client, request, 1, options);
  const auto take = [&](const dosai::Event &event) {
    if (event.kind() == DOSAI_EVENT_CHUNK) {
      if (is_over) return;
      const Next next = on_chunk(event.chunk());
      is_over = next == Next::end;
      is_paused = next == Next::pause;
      if (is_paused) call.pause();
      return;
    }
    is_over = true;
    if (event.kind() == DOSAI_EVENT_ERROR) error = event.error();
    else completion = event.completion();
  };
  while (!is_over) {
    loop.step(dosai::Milliseconds(5000), take);
    if (!is_paused) continue;
    is_paused = false;
    const auto until = std::chrono::steady_clock::now() + pause;
    for (auto left = pause; left.count() > 0;) {
      loop.step(left, take);
      left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    }
    call.resume();
  }
  if (error) throw *error;
  return completion;
}

// ---- `--serve`

static dosai::ClientOptions options_of(json_t *given) {
  dosai::ClientOptions options;
  const std::map<string, string *> texts = {{"base_url", &options.base_url},
                                            {"api_key", &options.api_key},
                                            {"api_key_header", &options.api_key_header},
                                            {"organization", &options.organization},
                                            {"project", &options.project},
                                            {"user_agent", &options.user_agent},
                                            {"ca_file", &options.ca_file},
                                            {"proxy", &options.proxy},
                                            {"unix_socket", &options.unix_socket}};
  const std::map<string, dosai::Milliseconds *> clocks = {
      {"connect_timeout_ms", &options.connect_timeout},
      {"first_token_timeout_ms", &options.first_token_timeout},
      {"idle_timeout_ms", &options.idle_timeout},
      {"total_timeout_ms", &options.total_timeout}};
  const std::map<string, std::int64_t *> longs = {{"max_event_bytes", &options.max_event_bytes},
                                                  {"max_response_bytes", &options.max_response_bytes},
                                                  {"max_text_bytes", &options.max_text_bytes},
                                                  {"max_header_bytes", &options.max_header_bytes}};
  const std::map<string, int *> ints = {{"max_retries", &options.max_retries},
                                        {"max_json_nodes", &options.max_json_nodes},
                                        {"max_choices", &options.max_choices},
                                        {"max_tool_calls", &options.max_tool_calls},
                                        {"max_redirects", &options.max_redirects}};
  const char *name;
  json_t *value, *line;
  size_t at;
  json_object_foreach(given, name, value) {
    if (texts.count(name)) *texts.at(name) = json_string_value(value);
    else if (clocks.count(name)) *clocks.at(name) = dosai::Milliseconds(json_integer_value(value));
    else if (longs.count(name)) *longs.at(name) = json_integer_value(value);
    else if (ints.count(name)) *ints.at(name) = int(json_integer_value(value));
    else if (!strcmp(name, "headers"))
      json_array_foreach(value, at, line) options.headers.push_back(json_string_value(line));
    else throw std::runtime_error(string("an unknown option: ") + name);
  }
  return options;
}

static string dump(json_t *value, size_t flags = JSON_COMPACT) {
  char *dumped = json_dumps(value, flags);
  string made = dumped;
  free(dumped);
  return made;
}

static json_int_t number(json_t *asked, const char *key) {
  json_t *value = json_object_get(asked, key);
  return json_is_integer(value) ? json_integer_value(value) : -1;
}

static json_t *serve(json_t *asked) {
  for (const char *key : {"url", "face"})
    if (!json_is_string(json_object_get(asked, key))) throw std::runtime_error(string("no ") + key);
  static std::map<string, dosai::Client> clients;
  const json_int_t cancel_after = number(asked, "cancel_after"), drop_after = number(asked, "drop_after"),
                   cancel_after_ms = number(asked, "cancel_after_ms"),
                   pause_after = number(asked, "pause_after");
  Events events;
  dosai::CancelToken token;
  std::thread timer;
  json_t *completion = nullptr, *error = nullptr;
  string status = "OK";
  try {
    dosai::ClientOptions options = options_of(json_object_get(asked, "options"));
    options.base_url = json_string_value(json_object_get(asked, "url"));
    const string key = options.base_url + dump(json_object_get(asked, "options"), JSON_SORT_KEYS);
    if (!clients.count(key)) clients.emplace(key, dosai::Client(options));
    const auto request = dosai::Request::parse(dump(json_object_get(asked, "request")));
    dosai::CallOptions call;
    call.cancel = &token;
    if (cancel_after == 0 || cancel_after_ms == 0) token.trigger();
    if (cancel_after_ms > 0)
      timer = std::thread([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(cancel_after_ms));
        token.trigger();
      });
    completion =
        completion_of(make_call(clients.at(key), request, json_string_value(json_object_get(asked, "face")),
                                call, [&](const dosai::Chunk &chunk) {
                                  const json_int_t whole = events.take(chunk);
                                  if (whole && whole == cancel_after) token.trigger();
                                  if (whole && whole == drop_after) return Next::end;
                                  return whole && whole == pause_after ? Next::pause : Next::go_on;
                                }));
  } catch (const dosai::Error &failure) {
    status = dosai_status_name(failure.status());
    error = error_of(failure);
  }
  if (timer.joinable()) timer.join();
  return object({{"status", text(status)},
                 {"chunks", events.list},
                 {"completion", completion ? completion : json_null()},
                 {"error", error ? error : json_null()}});
}

static int serve_all() {
  string line;
  while (std::getline(std::cin, line)) {
    json_t *asked = json_loadb(line.data(), line.size(), JSON_ALLOW_NUL, nullptr), *told;
    try {
      told = json_is_object(asked) ? serve(asked) : object({{"failed", text("not a JSON object")}});
    } catch (const std::exception &failure) {
      told = object({{"failed", text(failure.what())}});
    }
    std::cout << dump(told) << std::endl;
    json_decref(told);
    json_decref(asked);
  }
  return 0;
}

// ---- `chat`: as the tool

static json_t *chunk_line(const dosai::Chunk &chunk) {
  json_t *told = object({{"kind", text(kinds[chunk.kind()])}, {"choice", integer(chunk.choice())}});
  const auto set = [&](const char *key, json_t *value) { json_object_set_new(told, key, value); };
  if (chunk.kind() == DOSAI_CHUNK_TOOL_CALL) {
    set("tool_call", integer(chunk.tool_call()));
    set("id", text(chunk.tool_call_id()));
    set("name", text(chunk.tool_call_name()));
    set("text", text(chunk.text()));
  } else if (chunk.kind() == DOSAI_CHUNK_FINISH) set("finish_reason", text(chunk.text()));
  else if (chunk.kind() == DOSAI_CHUNK_USAGE) set("usage", usage(*chunk.usage(), count));
  else if (chunk.kind() == DOSAI_CHUNK_OTHER)
    set("json", json_loadb(chunk.json().data(), chunk.json().size(), JSON_ALLOW_NUL, nullptr));
  else set("text", text(chunk.text()));
  return object({{"chunk", told}});
}

/* jansson takes no text that is not UTF-8; the tool shows U+FFFD in place of what is not. */
static json_t *repaired(string_view bytes) {
  string whole;
  for (size_t at = 0, length; at < bytes.size(); at += length) {
    json_t *one = nullptr;
    for (length = 1; length <= 4 && at + length <= bytes.size(); length++)
      if ((one = json_stringn(bytes.data() + at, length))) break;
    whole += one ? bytes.substr(at, length) : "\uFFFD";
    if (!one) length = 1;
    json_decref(one);
  }
  return bytes.data() ? text(whole) : json_null();
}

static json_t *milliseconds(std::int64_t us) { return us < 0 ? json_null() : json_real(double(us) / 1000); }

static void last_line(dosai_status status, const dosai::Completion &completion, const dosai::Error *error) {
  const dosai_timings timings = error ? error->timings() : completion.timings();
  json_t *told = json_null();
  string answer(completion ? completion.json() : "null"); // its numbers may be too large for jansson
  std::replace_if(
      answer.begin(), answer.end(), [](char one) { return one == '\n' || one == '\r'; }, ' ');
  if (error)
    told = object({{"message", text(error->message())},
                   {"http_status", count(error->http_status() ? error->http_status() : -1)},
                   {"code", text(error->code())},
                   {"type", text(error->type())},
                   {"param", text(error->param())},
                   {"request_id", text(error->request_id())},
                   {"retry_after_ms", count(error->retry_after().value_or(dosai::Milliseconds(-1)).count())},
                   {"body", repaired(error->body())},
                   {"timeout", clocks[error->clock()] ? text(clocks[error->clock()]) : json_null()}});
  string line = dump(
      object({{"status", text(dosai_status_name(status))},
              {"error", told},
              {"quirks", quirks(completion.quirks())},
              {"attempts", integer(json_int_t((error ? error->attempts() : completion.attempts()).size()))},
              {"timings", object({{"connect_ms", milliseconds(timings.connect_us)},
                                  {"first_byte_ms", milliseconds(timings.first_byte_us)},
                                  {"first_token_ms", milliseconds(timings.first_token_us)},
                                  {"total_ms", milliseconds(timings.total_us)}})}}));
  std::cout << line.substr(0, line.size() - 1) << ", \"completion\": " << answer << "}" << std::endl;
}

static int exit_status(dosai_status status) {
  switch (status) {
  case DOSAI_OK:
    return 0;
  case DOSAI_INVALID_ARGUMENT:
    return 2;
  case DOSAI_CONNECTION:
  case DOSAI_PROXY:
  case DOSAI_TLS:
  case DOSAI_TIMEOUT:
  case DOSAI_REDIRECTED:
    return 3;
  case DOSAI_TRUNCATED:
  case DOSAI_PROTOCOL:
  case DOSAI_TOO_LARGE:
    return 4;
  case DOSAI_CANCELLED:
    return 130;
  default:
    return status <= DOSAI_BAD_REQUEST && status >= DOSAI_PROVIDER ? 1 : 5;
  }
}

static int chat(int count, char **arguments) {
  dosai::ClientOptions options;
  if (const char *key = getenv("DOSAI_API_KEY")) options.api_key = key;
  string model, prompt, file, face = "stream", prefix;
  for (int at = 2; at < count; at++) {
    const string_view word = arguments[at];
    if (word == "-m") model = arguments[++at];
    else if (word == "--no-stream") face = "whole";
    else if (word == "--async") prefix = "async_";
    else if (word == "--timeout")
      options.total_timeout = dosai::Milliseconds(std::int64_t(1000 * atof(arguments[++at])));
    else if (word == "--max-retries") options.max_retries = atoi(arguments[++at]) ? atoi(arguments[at]) : -1;
    else if (word == "--base-url") options.base_url = arguments[++at];
    else if (word == "--request") file = arguments[++at];
    else if (word != "--json") prompt = word;
  }
  std::ifstream stream(file);
  dosai::Request request = file.empty()
                               ? dosai::Request(model)
                               : dosai::Request::parse(string(std::istreambuf_iterator<char>(stream), {}));
  request.add_message("user", prompt);
  try {
    const auto completion =
        make_call(dosai::Client(options), request, prefix + face, {}, [](const dosai::Chunk &chunk) {
          std::cout << dump(chunk_line(chunk)) << std::endl;
          return Next::go_on;
        });
    last_line(DOSAI_OK, completion, nullptr);
    return 0;
  } catch (const dosai::Error &error) {
    last_line(error.status(), error.completion(), &error);
    return exit_status(error.status());
  }
}

int main(int count, char **arguments) {
  const string_view mode = count > 1 ? arguments[1] : "";
  if (mode == "--serve") return serve_all();
  if (mode == "chat") return chat(count, arguments);
  std::cerr << "usage: cpp --serve | chat ...\n";
  return 2;
}
