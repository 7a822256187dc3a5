/* The text that the builders make, what they refuse, and that a refusal changes nothing. */
#include "test.h"
#include <math.h>

static dosai_request *request;
static dosai_error *error;
#define Z DOSAI_NUL_TERMINATED
#define START "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

static void fresh(void) {
  dosai_request_free(request);
  request = test_request();
}

static void is(const char *expected) {
  size_t length = 0;
  CHECK_TEXT(dosai_request_json(request, &length), expected);
  CHECK_INT(length, strlen(expected));
}

#define OK(call) CHECK_CALL(call, DOSAI_OK)
/* Refused, by a message that holds both words, and nothing has changed. */
#define REFUSED(call, word, other)                                                           \
  do {                                                                                       \
    char *before = strdup(dosai_request_json(request, NULL));                                \
    CHECK_KEEP(call, DOSAI_INVALID_ARGUMENT);                                                \
    const char *message = dosai_error_message(error, NULL);                                  \
    test_true(message &&strstr(message, word) && strstr(message, other), __FILE__, __LINE__, \
              message ? message : "no message");                                             \
    dosai_error_free(error);                                                                 \
    error = NULL;                                                                            \
    CHECK_TEXT(dosai_request_json(request, NULL), before);                                   \
    free(before);                                                                            \
  } while (0)

static void messages(void) {
  dosai_request_free(request);
  request = NULL;
  OK(dosai_request_new("m", 1, &request, &error));
  is("{\"model\":\"m\",\"messages\":[]}");
  OK(dosai_request_add_message(request, "system", "Be brief.", Z, &error));
  OK(dosai_request_add_message(request, "user", "a\"b\\c\n\t/\x01", Z, &error));
  OK(dosai_request_set_message_text(request, "name", "bob", 3, &error));
  OK(dosai_request_add_message(request, "assistant", "nul\0nul", 7, &error));
  OK(dosai_request_add_message(request, "developer", "\xf0\x9f\x98\x80 \xc3\xbc", Z, &error));
  OK(dosai_request_add_message_json(request, "{ \"role\": \"user\", \"content\": [ ] }", Z, &error));
  OK(dosai_request_add_message(request, "user", "", 0, &error));
  is("{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},"
     "{\"role\":\"user\",\"content\":\"a\\\"b\\\\c\\n\\t/\\u0001\",\"name\":\"bob\"},"
     "{\"role\":\"assistant\",\"content\":\"nul\\u0000nul\"},"
     "{\"role\":\"developer\",\"content\":\"\xf0\x9f\x98\x80 \xc3\xbc\"},"
     "{ \"role\": \"user\", \"content\": [ ] },{\"role\":\"user\",\"content\":\"\"}]}");
  OK(dosai_request_set_message_text(request, "name", "ann", Z, &error));
  OK(dosai_request_set_message_text(request, "name", "eve", Z, &error)); /* replaces */
  CHECK(strstr(dosai_request_json(request, NULL), "{\"role\":\"user\",\"content\":\"\",\"name\":\"eve\"}]}"));
}

static void parameters(void) {
  fresh();
  OK(dosai_request_set_number(request, "temperature", 0.7, &error));
  is(START ",\"temperature\":0.7}");
  OK(dosai_request_set_integer(request, "max_tokens", 256, &error));
  OK(dosai_request_set_number(request, "top_p", 0.25, &error));
  OK(dosai_request_set_number(request, "frequency_penalty", -1.5, &error));
  OK(dosai_request_set_number(request, "presence_penalty", 0.5, &error));
  OK(dosai_request_set_integer(request, "n", 2, &error));
  OK(dosai_request_set_text(request, "tool_choice", "auto", Z, &error));
  OK(dosai_request_set_text(request, "stop", "END", Z, &error));
  OK(dosai_request_set_json(request, "response_format", "{\"type\": \"json_object\"}", Z, &error));
  OK(dosai_request_set_json(request, "seed", "12345678901234567890123", Z, &error));
  OK(dosai_request_set_integer(request, "x_least", INT64_MIN, &error));
  OK(dosai_request_set_json(request, "x_null", "null", Z, &error));
  is(START ",\"temperature\":0.7,\"max_tokens\":256,\"top_p\":0.25,\"frequency_penalty\":-1.5,"
           "\"presence_penalty\":0.5,\"n\":2,\"tool_choice\":\"auto\",\"stop\":\"END\","
           "\"response_format\":{\"type\": \"json_object\"},\"seed\":12345678901234567890123,"
           "\"x_least\":-9223372036854775808,\"x_null\":null}");
  fresh();
  OK(dosai_request_set_text(request, "model", "other", Z, &error));
  OK(dosai_request_set_number(request, "temperature", 0.5, &error));
  OK(dosai_request_set_number(request, "temperature", 1.25, &error));
  CHECK(strstr(dosai_request_json(request, NULL), "\"temperature\":1.25"));
  CHECK(!strstr(dosai_request_json(request, NULL), "0.5"));
  CHECK(strstr(dosai_request_json(request, NULL), "\"model\":\"other\""));
  CHECK(!strstr(dosai_request_json(request, NULL), "\"m\""));
}

static void tools(void) {
  fresh();
  OK(dosai_request_add_tool(request, "get_weather", "Get the \"weather\"", "{ \"type\": \"object\" }", Z,
                            &error));
  OK(dosai_request_add_tool(request, "now", NULL, NULL, 0, &error));
  OK(dosai_request_set_tool_choice(request, "now", &error));
  OK(dosai_request_add_stop(request, "a", 1, &error));
  OK(dosai_request_add_stop(request, "\n", 1, &error));
  is(START
     ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"description\":"
     "\"Get the \\\"weather\\\"\",\"parameters\":{ \"type\": \"object\" }}},"
     "{\"type\":\"function\",\"function\":{\"name\":\"now\"}}],"
     "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"now\"}},\"stop\":[\"a\",\"\\n\"]}");
  OK(dosai_request_add_stop(request, "c", 1, &error));
  OK(dosai_request_add_stop(request, "d", 1, &error));
  REFUSED(dosai_request_add_stop(request, "e", 1, &error), "stop", "4");
  REFUSED(dosai_request_add_tool(request, "f", NULL, "[1]", Z, &error), "parameters", "object");
  OK(dosai_request_set_text(request, "tool_choice", "none", Z, &error));
  OK(dosai_request_set_text(request, "stop", "x", 1, &error));
  OK(dosai_request_add_stop(request, "y", 1, &error)); /* beside the one text that there was */
  CHECK(strstr(dosai_request_json(request, NULL), "\"stop\":[\"x\",\"y\"]"));
  CHECK(strstr(dosai_request_json(request, NULL), "\"tool_choice\":\"none\""));
}

static void schemas(void) {
  static const char *const names[] = {"",      "a b", "a.b", "a/b", "a:b", "\xc3\xbc",
                                      "a\xff", "a@",  "a[",  "a`",  "a{"};
  static const char most[] = "0123456789-abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  fresh();
  OK(dosai_request_set_json_schema(request, "city", " {\"type\": \"object\"}\n", Z, 1, &error));
  is(START
     ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"city\",\"strict\":true,"
     "\"schema\":{\"type\": \"object\"}}}}");
  OK(dosai_request_set_json_schema(request, most, "{}]", 2, 0, &error)); /* replaces */
  CHECK_INT(strlen(most), 64);
  CHECK(strstr(dosai_request_json(request, NULL),
               "ABCDEFGHIJKLMNOPQRSTUVWXYZ\",\"strict\":false,\"schema\":{}}}}"));
  CHECK(!strstr(dosai_request_json(request, NULL), "city"));
  OK(dosai_request_set_json_schema(request, "s", "{}", Z, 2, &error));
  CHECK(strstr(dosai_request_json(request, NULL), "\"strict\":true"));
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    REFUSED(dosai_request_set_json_schema(request, names[i], "{}", Z, 1, &error), "name", "64");
  REFUSED(dosai_request_set_json_schema(request,
                                        "a0123456789-abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                                        "{}", Z, 1, &error),
          "name", "64");
  REFUSED(dosai_request_set_json_schema(request, "s", "true", Z, 1, &error), "schema", "object");
  REFUSED(dosai_request_set_json_schema(request, "s", "{}}", Z, 1, &error), "json", "");
  REFUSED(dosai_request_set_json_schema(request, "s", "", 0, 1, &error), "json", "");
  REFUSED(dosai_request_set_json_schema(request, NULL, "{}", Z, 1, &error), "name", "NULL");
  REFUSED(dosai_request_set_json_schema(request, "s", NULL, 2, 1, &error), "schema_json", "NULL");
}

static void ranges(void) {
  static const struct {
    const char *key;
    double low, high, below, above;
    const char *word;
  } numbers[] = {{"temperature", 0, 2, -0.001, 2.001, "2"},
                 {"top_p", 0, 1, -0.001, 1.001, "1"},
                 {"frequency_penalty", -2, 2, -2.001, 2.001, "-2"},
                 {"presence_penalty", -2, 2, -2.001, 2.001, "-2"}};
  fresh();
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    const char *key = numbers[i].key;
    OK(dosai_request_set_number(request, key, numbers[i].low, &error));
    OK(dosai_request_set_number(request, key, numbers[i].high, &error));
    OK(dosai_request_set_integer(request, key, 1, &error));
    REFUSED(dosai_request_set_number(request, key, numbers[i].below, &error), key, numbers[i].word);
    REFUSED(dosai_request_set_number(request, key, numbers[i].above, &error), key, numbers[i].word);
    REFUSED(dosai_request_set_integer(request, key, 3, &error), key, numbers[i].word);
    REFUSED(dosai_request_set_text(request, key, "1", 1, &error), key, "number");
    OK(dosai_request_set_json(request, key, "99", Z, &error)); /* any JSON is the caller's own word */
  }
  OK(dosai_request_set_integer(request, "max_tokens", 1, &error));
  OK(dosai_request_set_integer(request, "n", 1, &error));
  OK(dosai_request_set_integer(request, "n", 128, &error));
  REFUSED(dosai_request_set_integer(request, "max_tokens", 0, &error), "max_tokens", "1");
  REFUSED(dosai_request_set_integer(request, "n", 0, &error), "n", "1");
  REFUSED(dosai_request_set_integer(request, "n", 129, &error), "n", "128");
  REFUSED(dosai_request_set_number(request, "n", 1.5, &error), "n", "integer");
  REFUSED(dosai_request_set_text(request, "max_tokens", "9", 1, &error), "max_tokens", "integer");
  REFUSED(dosai_request_set_number(request, "x", (double)INFINITY, &error), "x", "finite");
  REFUSED(dosai_request_set_number(request, "temperature", (double)NAN, &error), "temperature", "");
  OK(dosai_request_set_integer(request, "top_k", -99, &error));
  OK(dosai_request_set_number(request, "min_p", 1e3, &error));
}

static void malformed(void) {
  static const char *const bad[] = {"\xff",     "a\xc0\xaf",        "\xed\xa0\x80",
                                    "\xe2\x82", "\xf4\x90\x80\x80", "\x80"};
  static const char *const not_json[] = {
      "", "nul", "{", "{} {}", "{\"a\":01}", "[1,]", "{\"a\":\"\xff\"}", "'a'", "1e", "NaN"};
  static const char *const not_objects[] = {"[]", "1", "\"{}\"", "null"};
  dosai_request *none = (dosai_request *)1;
  fresh();
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    REFUSED(dosai_request_add_message(request, "user", bad[i], Z, &error), "UTF-8", "");
    REFUSED(dosai_request_add_message(request, bad[i], "hi", Z, &error), "UTF-8", "");
    REFUSED(dosai_request_set_text(request, "user", bad[i], Z, &error), "UTF-8", "");
    REFUSED(dosai_request_set_text(request, bad[i], "x", Z, &error), "UTF-8", "");
    REFUSED(dosai_request_set_message_text(request, "name", bad[i], Z, &error), "UTF-8", "");
    REFUSED(dosai_request_add_stop(request, bad[i], Z, &error), "UTF-8", "");
    REFUSED(dosai_request_add_tool(request, "f", bad[i], NULL, 0, &error), "UTF-8", "");
    REFUSED(dosai_request_add_tool_result(request, "id", bad[i], Z, &error), "UTF-8", "");
    REFUSED(dosai_request_set_tool_choice(request, bad[i], &error), "UTF-8", "");
    CHECK_CALL(dosai_request_new(bad[i], Z, &none, &error), DOSAI_INVALID_ARGUMENT);
    CHECK(!none);
  }
  for (size_t i = 0; i < sizeof not_json / sizeof *not_json; i++) {
    REFUSED(dosai_request_set_json(request, "x", not_json[i], Z, &error), "json", "");
    REFUSED(dosai_request_add_message_json(request, not_json[i], Z, &error), "json", "");
    CHECK_CALL(dosai_request_parse(not_json[i], Z, &none, &error), DOSAI_INVALID_ARGUMENT);
    CHECK(!none);
  }
  for (size_t i = 0; i < sizeof not_objects / sizeof *not_objects; i++) {
    none = (dosai_request *)1;
    REFUSED(dosai_request_add_message_json(request, not_objects[i], Z, &error), "object", "");
    CHECK_CALL(dosai_request_parse(not_objects[i], Z, &none, &error), DOSAI_INVALID_ARGUMENT);
    CHECK(!none);
  }
  REFUSED(dosai_request_add_message(request, NULL, "hi", 2, &error), "role", "");
  REFUSED(dosai_request_add_message(request, "user", NULL, 2, &error), "content", "");
  REFUSED(dosai_request_set_text(request, NULL, "x", 1, &error), "key", "");
  REFUSED(dosai_request_set_json(request, "x", NULL, 2, &error), "json", "");
  REFUSED(dosai_request_add_tool(request, NULL, NULL, NULL, 0, &error), "name", "");
  REFUSED(dosai_request_add_tool_result(request, NULL, "x", 1, &error), "tool_call_id", "");
  REFUSED(dosai_request_set_tool_choice(request, NULL, &error), "function_name", "");
}

/* A field's JSON may be a part of the request's own text. */
static void own_text(void) {
  dosai_request_free(request);
  request = NULL;
  OK(dosai_request_parse("{\"a\":[\"a text\"],\"b\":1}", Z, &request, &error));
  OK(dosai_request_set_json(request, "b", dosai_request_json(request, NULL) + 5, 10, &error));
  is("{\"a\":[\"a text\"],\"b\":[\"a text\"]}");
  OK(dosai_request_set_json(request, "a", dosai_request_json(request, NULL), Z, &error));
  is("{\"a\":{\"a\":[\"a text\"],\"b\":[\"a text\"]},\"b\":[\"a text\"]}");
  OK(dosai_request_set_json(request, "a", dosai_request_json(request, NULL) + 41, 10, &error));
  is("{\"a\":[\"a text\"],\"b\":[\"a text\"]}");
  OK(dosai_request_set_json(request, "a", dosai_request_json(request, NULL) + 20, 10, &error));
  is("{\"a\":[\"a text\"],\"b\":[\"a text\"]}");
}

int main(void) {
  own_text();
  messages();
  parameters();
  tools();
  schemas();
  ranges();
  malformed();
  dosai_request_free(request);
  return test_end();
}
