/* JSON, out and in, one line a value.   SPDX-License-Identifier: MIT */
#include "tool.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The length of the well-formed UTF-8 character at text, with its code point; 0: it is not one. */
static size_t decode(const char *text, size_t length, uint32_t *out_point) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const unsigned char *bytes = (const unsigned char *)text;
  size_t size = bytes[0] < 0x80 ? 1 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
  if ((size > 1 && bytes[0] < 0xC0) || bytes[0] > 0xF7 || size > length) return 0;
  uint32_t point = size == 1 ? bytes[0] : bytes[0] & (0x7Fu >> size);
  for (size_t index = 1; index < size; index++) {
    if ((bytes[index] & 0xC0) != 0x80) return 0;
    point = point << 6 | (bytes[index] & 0x3F);
  }
  if (point < least[size] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return 0;
  *out_point = point;
  return size;
}

/* What ends a line anywhere, or is a control character. */
static int is_escaped(uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029;
}

/* The length of the character, if it is written as it is; otherwise 0. */
static size_t plain_size(const char *text, size_t length) {
  if (*text >= ' ' && *text < 0x7F) return 1;
  uint32_t point = 0;
  size_t size = decode(text, length, &point);
  return size > 0 && !is_escaped(point) ? size : 0;
}

/* Writes one character of a string's inside and returns its length. */
static size_t put_character(FILE *file, const char *text, size_t length) {
  uint32_t point = 0xFFFD;
  size_t size = decode(text, length, &point);
  if (size == 0) {
    fputs("\xEF\xBF\xBD", file);
    return 1;
  }
  if (is_escaped(point)) {
    fprintf(file, "\\u%04" PRIx32, point);
  } else {
    fwrite(text, 1, size, file);
  }
  return size;
}

void json_put_string(FILE *file, const char *text, size_t length) {
  if (!text) {
    fputs("null", file);
    return;
  }
  fputc('"', file);
  size_t from = 0; /* up to there, all is written */
  for (size_t index = 0; index < length;) {
    int is_mark = text[index] == '"' || text[index] == '\\';
    size_t size = is_mark ? 0 : plain_size(text + index, length - index);
    index += size;
    if (size > 0) continue;
    fwrite(text + from, 1, index - from, file);
    if (is_mark) fputc('\\', file);
    index += put_character(file, text + index, length - index);
    from = index;
  }
  fwrite(text + from, 1, length - from, file);
  fputc('"', file);
}

void json_put_compact(FILE *file, const char *json, size_t length) {
  int in_string = 0;
  size_t from = 0; /* up to there, all is written */
  for (size_t index = 0;;) {
    while (index < length && json[index] > ' ' && json[index] < 0x7F && json[index] != '"' &&
           json[index] != '\\')
      index++;
    if (index == length) break;
    int is_blank = !in_string && json[index] && json[index] <= ' ' && strchr(" \t\r\n", json[index]);
    size_t size = is_blank ? 0 : plain_size(json + index, length - index);
    if (size > 0) {
      if (json[index] == '"') in_string = !in_string;
      if (json[index] == '\\' && index + 1 < length && json[index + 1] > ' ') size++;
      index += size;
      continue;
    }
    fwrite(json + from, 1, index - from, file);
    index += is_blank ? 1 : put_character(file, json + index, length - index);
    from = index;
  }
  fwrite(json + from, 1, length - from, file);
}

void json_put_count(FILE *file, const char *key, int64_t count) {
  fprintf(file, "\"%s\": ", key);
  if (count < 0) {
    fputs("null", file);
  } else {
    fprintf(file, "%" PRId64, count);
  }
}

static const char *skip_blanks(const char *json) { return json + strspn(json, " \t\r\n"); }

static const char *string_end(const char *string) {
  const char *end = string + 1;
  while (*end && *end != '"') end += *end == '\\' && end[1] ? 2 : 1;
  return *end ? end + 1 : end;
}

const char *json_value_end(const char *value) {
  int depth = 0;
  do {
    value = skip_blanks(value);
    if (*value == '"') {
      value = string_end(value);
    } else if (*value == '{' || *value == '[') {
      depth++;
      value++;
    } else if (*value == '}' || *value == ']') {
      depth--;
      value++;
    } else if (*value == ',' || *value == ':') {
      value++;
    } else {
      value += strcspn(value, " \t\r\n,:{}[]\"");
    }
  } while (depth > 0 && *value);
  return value;
}

const char *json_first(const char *array) {
  const char *value = skip_blanks(array);
  if (*value != '[' && *value != '{') return NULL;
  value = skip_blanks(value + 1);
  return *value && !strchr("]}", *value) ? value : NULL;
}

const char *json_next(const char *value) {
  value = skip_blanks(json_value_end(value));
  return *value == ',' ? skip_blanks(value + 1) : NULL;
}

const char *json_member(const char *object, const char *key) {
  if (*skip_blanks(object) != '{') return NULL;
  size_t length = strlen(key);
  for (const char *name = json_first(object); name;) {
    const char *end = json_value_end(name);
    const char *value = skip_blanks(end);
    if (*value != ':') return NULL;
    value = skip_blanks(value + 1);
    if ((size_t)(end - name) == length + 2 && memcmp(name + 1, key, length) == 0) return value;
    name = json_next(value);
  }
  return NULL;
}

static uint32_t hex4(const char *digits) {
  char text[5] = {0};
  memcpy(text, digits, 4);
  return (uint32_t)strtoul(text, NULL, 16);
}

/* The character of the \uXXXX at escape, whose second half may follow; half a pair is U+FFFD. */
static const char *read_escape(const char *escape, uint32_t *out_point) {
  uint32_t point = hex4(escape + 2);
  escape += 6;
  if (point >= 0xD800 && point < 0xDC00 && escape[0] == '\\' && escape[1] == 'u') {
    uint32_t low = hex4(escape + 2);
    if (low >= 0xDC00 && low < 0xE000) {
      *out_point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
      return escape + 6;
    }
  }
  *out_point = point >= 0xD800 && point < 0xE000 ? 0xFFFD : point;
  return escape;
}

static char *encode(uint32_t point, char *to) {
  static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
  int size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (int index = size - 1; index > 0; index--) {
    to[index] = (char)(0x80 | (point & 0x3F));
    point >>= 6;
  }
  to[0] = (char)(leads[size] | point);
  return to + size;
}

char *json_text(const char *string, size_t *out_length) {
  const char *end = string_end(string) - 1;
  char *text = malloc((size_t)(end - string) + 1); /* no escape is shorter than its character */
  char *to = text;
  if (!text) return NULL;
  for (string++; string < end;) {
    if (*string != '\\') {
      *to++ = *string++;
    } else if (string[1] == 'u') {
      uint32_t point = 0;
      string = read_escape(string, &point);
      to = encode(point, to);
    } else {
      static const char names[] = "bfnrt", bytes[] = "\b\f\n\r\t";
      const char *name = strchr(names, string[1]);
      *to++ = name ? bytes[name - names] : string[1];
      string += 2;
    }
  }
  *to = 0;
  *out_length = (size_t)(to - text);
  return text;
}
