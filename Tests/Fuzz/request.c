/* A request is built by a program of bytes, and beside it what jansson makes of the same steps: they stay equal. */
#include "fuzz.h"

#include <jansson.h>

static const char *const keys[] = {"model",       "messages", "tools", "tool_choice",     "stop", "stream",
                                   "temperature", "n",        "seed",  "response_format", "",     "\"\\\n"};

typedef struct {
  dosai_request *request;
  json_t *model; /* NULL: jansson cannot hold what was put in */
  fuzz_input input;
} state;

/* A short word: one of the keys, or any text without NUL. */
static char *word(state *state) {
  size_t length, which = fuzz_byte(&state->input);
  if (which >= 16) return strdup(keys[which % (sizeof keys / sizeof *keys)]);
  char *text = fuzz_text(&state->input, &length);
  return text;
}

static json_t *parse(const char *text, size_t length, json_error_t *error) {
  return json_loadb(text, length, JSON_DECODE_ANY | JSON_ALLOW_NUL, error);
}

/* JSON text from the input; now and then deep. */
static char *json(state *state, size_t *length) {
  static const char *const values[] = {"{}",
                                       "[]",
                                       "{\"type\":\"object\"}",
                                       " {\"role\":\"user\"} ",
                                       "\"\\u0000\"",
                                       "1e5",
                                       "{\"content\":[{\"type\":\"text\"}]}"};
  size_t which = fuzz_byte(&state->input);
  if (which < 128) return fuzz_text(&state->input, length);
  if (which < 192) {
    const char *value = values[which % (sizeof values / sizeof *values)];
    *length = strlen(value);
    return strdup(value);
  }
  size_t depth = 500 + which % 16;
  int is_object = fuzz_byte(&state->input) & 1;
  *length = is_object ? depth * 6 : depth * 2;
  char *text = calloc(*length + 1, 1);
  CHECK(text != NULL);
  for (size_t i = 0; i < depth; i++)
    memcpy(text + i * (is_object ? 5 : 1), is_object ? "{\"a\":" : "[", is_object ? 5 : 1);
  if (is_object) { /* the innermost has a member too */
    memset(text + depth * 5, '}', depth);
    text[depth * 5 - 1] = ' ', text[depth * 5 - 2] = ' ', text[depth * 5 - 3] = ' ',
                     text[depth * 5 - 4] = ' ';
  } else {
    memset(text + depth, ']', depth);
  }
  return text;
}

/* ---- the same on jansson's side ---- */

static void lose(state *state) {
  json_decref(state->model);
  state->model = NULL;
}

static void set(state *state, json_t *object, const char *key, json_t *value) {
  if (!state->model) json_decref(value);
  else if (json_object_set_new(object, key, value) != 0) lose(state);
}

/* Adds to the list at the key, which is made. */
static void append(state *state, const char *key, json_t *value) {
  if (!state->model || !value) {
    json_decref(value);
    lose(state);
    return;
  }
  json_t *list = json_object_get(state->model, key);
  if (!list) {
    list = json_array();
    json_object_set_new(state->model, key, list);
  }
  CHECK(json_is_array(list) && json_array_append_new(list, value) == 0);
}

static json_t *message(const char *role, const char *key, const char *id, const char *content,
                       size_t length) {
  json_t *made = json_object();
  json_object_set_new(made, "role", json_string(role));
  if (id) json_object_set_new(made, key, json_string(id));
  json_object_set_new(made, "content", json_stringn(content, length));
  return made;
}

static json_t *tool(const char *name, const char *description, json_t *parameters) {
  json_t *function = json_pack("{s:s}", "name", name);
  if (description) json_object_set_new(function, "description", json_string(description));
  if (parameters) json_object_set_new(function, "parameters", parameters);
  return json_pack("{s:s,s:o}", "type", "function", "function", function);
}

/* ---- one step on both sides; the status tells whether the other side takes it too ---- */

static dosai_status add_message(state *state, dosai_error **error) {
  size_t length;
  char *role = word(state), *content = fuzz_text(&state->input, &length);
  dosai_status status = dosai_request_add_message(state->request, role, content, length, error);
  if (!status) append(state, "messages", message(role, NULL, NULL, content, length));
  free(role), free(content);
  return status;
}

static dosai_status add_message_json(state *state, dosai_error **error) {
  size_t length;
  char *text = json(state, &length);
  dosai_status status = dosai_request_add_message_json(state->request, text, length, error);
  if (!status) append(state, "messages", parse(text, length, NULL));
  free(text);
  return status;
}

static dosai_status set_message_text(state *state, dosai_error **error) {
  size_t length;
  char *key = word(state), *text = fuzz_text(&state->input, &length);
  dosai_status status = dosai_request_set_message_text(state->request, key, text, length, error);
  if (!status && state->model) {
    json_t *messages = json_object_get(state->model, "messages");
    json_t *last = json_array_get(messages, json_array_size(messages) - 1);
    CHECK(json_is_object(last));
    set(state, last, key, json_stringn(text, length));
  }
  free(key), free(text);
  return status;
}

static dosai_status add_tool(state *state, dosai_error **error) {
  size_t length;
  char *name = word(state), *description = fuzz_byte(&state->input) & 1 ? word(state) : NULL;
  char *parameters = fuzz_byte(&state->input) & 1 ? json(state, &length) : NULL;
  dosai_status status =
      dosai_request_add_tool(state->request, name, description, parameters, parameters ? length : 0, error);
  if (!status) {
    json_t *schema = parameters ? parse(parameters, length, NULL) : NULL;
    if (parameters && !schema) lose(state);
    append(state, "tools", tool(name, description, schema));
  }
  free(name), free(description), free(parameters);
  return status;
}

static dosai_status add_tool_result(state *state, dosai_error **error) {
  size_t length;
  char *id = word(state), *content = fuzz_text(&state->input, &length);
  dosai_status status = dosai_request_add_tool_result(state->request, id, content, length, error);
  if (!status) append(state, "messages", message("tool", "tool_call_id", id, content, length));
  free(id), free(content);
  return status;
}

static dosai_status set_tool_choice(state *state, dosai_error **error) {
  char *name = word(state);
  dosai_status status = dosai_request_set_tool_choice(state->request, name, error);
  if (!status) set(state, state->model, "tool_choice", tool(name, NULL, NULL));
  free(name);
  return status;
}

static dosai_status set_json_schema(state *state, dosai_error **error) {
  size_t length;
  char *name = word(state), *schema = json(state, &length);
  int strict = fuzz_byte(&state->input) & 1;
  dosai_status status = dosai_request_set_json_schema(state->request, name, schema, length, strict, error);
  if (!status) {
    json_t *parsed = parse(schema, length, NULL);
    if (!parsed) lose(state);
    set(state, state->model, "response_format",
        json_pack("{s:s,s:{s:s,s:b,s:o*}}", "type", "json_schema", "json_schema", "name", name, "strict",
                  strict, "schema", parsed));
  }
  free(name), free(schema);
  return status;
}

static dosai_status add_stop(state *state, dosai_error **error) {
  size_t length;
  char *text = fuzz_text(&state->input, &length);
  dosai_status status = dosai_request_add_stop(state->request, text, length, error);
  json_t *stop = json_object_get(state->model, "stop");
  if (!status && json_is_string(stop)) set(state, state->model, "stop", json_pack("[O]", stop));
  if (!status) append(state, "stop", json_stringn(text, length));
  if (!status && state->model) CHECK(json_array_size(json_object_get(state->model, "stop")) <= 4);
  free(text);
  return status;
}

static dosai_status set_field(state *state, dosai_error **error) {
  size_t length = 0, kind = fuzz_below(&state->input, 4);
  char *key = word(state), *text = NULL;
  json_t *value = NULL;
  union {
    uint8_t bytes[8];
    int64_t integer;
    double real;
  } number = {{0}};
  dosai_status status;
  for (size_t i = 0; kind > 1 && i < 8; i++) number.bytes[i] = fuzz_byte(&state->input);
  if (kind == 0) {
    text = json(state, &length);
    status = dosai_request_set_json(state->request, key, text, length, error);
    value = parse(text, length, NULL);
  } else if (kind == 1) {
    text = fuzz_text(&state->input, &length);
    status = dosai_request_set_text(state->request, key, text, length, error);
    value = json_stringn(text, length);
  } else if (kind == 2) {
    status = dosai_request_set_integer(state->request, key, number.integer, error);
    value = json_integer(number.integer);
  } else {
    status = dosai_request_set_number(state->request, key, number.real, error);
    if (!status) { /* written as an integer where it is one */
      const char *written = dosai_request_json(state->request, &length);
      json_t *whole = parse(written, length, NULL);
      value = json_incref(json_object_get(whole, key));
      CHECK(!whole || json_number_value(value) == number.real);
      json_decref(whole);
    }
  }
  if (status) json_decref(value);
  else set(state, state->model, key, value);
  free(key), free(text);
  return status;
}

static dosai_status copy(state *state, dosai_error **error) {
  dosai_request *copied = NULL;
  dosai_status status = dosai_request_copy(state->request, &copied, error);
  CHECK(status == DOSAI_OK);
  dosai_request_free(state->request);
  state->request = copied;
  return status;
}

static dosai_status parse_new(state *state, dosai_error **error) {
  size_t length;
  char *text = json(state, &length);
  dosai_request *parsed = NULL;
  dosai_status status = dosai_request_parse(text, length, &parsed, error);
  if (!status) {
    dosai_request_free(state->request);
    lose(state);
    state->request = parsed;
    state->model = parse(text, length, NULL);
  }
  CHECK((parsed != NULL) == (status == DOSAI_OK));
  free(text);
  return status;
}

static dosai_status (*const steps[])(state *, dosai_error **) = {
    add_message, add_message_json, set_message_text, add_tool, add_tool_result, set_tool_choice,
    add_stop,    set_field,        set_json_schema,  copy,     parse_new};

/* What is written is JSON that a request can be made of, and says what was put in. */
static void check(const state *state) {
  size_t length;
  json_error_t error;
  const char *text = dosai_request_json(state->request, &length);
  dosai_request *again = NULL;
  CHECK(dosai_request_parse(text, length, &again, NULL) == DOSAI_OK);
  dosai_request_free(again);
  if (!state->model) return;
  json_t *written = parse(text, length, &error);
  if (!written || !json_equal(written, state->model)) {
    char *expected = json_dumps(state->model, JSON_COMPACT | JSON_ENCODE_ANY);
    fprintf(stderr, "is  %s\nnot %s\n", text, expected ? expected : "(null)");
    CHECK(0);
  }
  json_decref(written);
}

void fuzz_request(const uint8_t *bytes, size_t count) {
  state state = {.input = {bytes, bytes + count}};
  size_t length;
  char *model = fuzz_text(&state.input, &length);
  dosai_status status = dosai_request_new(model, length, &state.request, NULL);
  if (!status) state.model = json_pack("{s:o,s:[]}", "model", json_stringn(model, length), "messages");
  free(model);
  for (int i = 0; !status && i < 64 && state.input.at < state.input.end; i++) {
    dosai_error *error = NULL;
    char *before = strdup(dosai_request_json(state.request, NULL));
    dosai_status done = steps[fuzz_below(&state.input, sizeof steps / sizeof *steps)](&state, &error);
    CHECK(done == DOSAI_OK || done == DOSAI_INVALID_ARGUMENT);
    fuzz_check_error(error, done);
    if (done) CHECK(strcmp(before, dosai_request_json(state.request, NULL)) == 0);
    else check(&state);
    dosai_error_free(error);
    free(before);
  }
  dosai_request_free(state.request);
  json_decref(state.model);
}
