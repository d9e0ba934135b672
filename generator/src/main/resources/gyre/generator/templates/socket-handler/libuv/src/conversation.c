#include "conversation.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 64, DIGITS_MAX = 18 };

static bool is(const char *line, size_t count, const char *text) {
  return count == strlen(text) && memcmp(line, text, count) == 0;
}

static bool begins(const char *line, size_t count, const char *text) {
  return count >= strlen(text) && memcmp(line, text, strlen(text)) == 0;
}

static bool is_hello(const char *line, size_t count) {
  if (!begins(line, count, "hello ")) return false;
  const char *name = line + strlen("hello ");
  size_t length = count - strlen("hello ");
  for (size_t i = 0; i < length; i++) {
    if (name[i] == ' ' || (name[i] >= '\t' && name[i] <= '\r')) return false;
  }
  return length > 0 && length <= NAME_MAX_BYTES;
}

static bool is_ping(const char *line, size_t count) {
  if (!begins(line, count, "ping ")) return false;
  const char *number = line + strlen("ping ");
  size_t digits = count - strlen("ping ");
  for (size_t i = 0; i < digits; i++) {
    if (number[i] < '0' || number[i] > '9') return false;
  }
  return digits > 0 && digits <= DIGITS_MAX;
}

enum expected answer_line(enum expected expected, const char *line, size_t count, char answer[ANSWER_MAX_BYTES]) {
  assert(expected != NOTHING);
  if (expected == HELLO && is_hello(line, count)) {
    strcpy(answer, "welcome\n");
    return PING_OR_BYE;
  }
  if (expected == PING_OR_BYE && is_ping(line, count)) {
    int digits = (int)(count - strlen("ping "));
    snprintf(answer, ANSWER_MAX_BYTES, "pong %.*s\n", digits, line + strlen("ping "));
    return PING_OR_BYE;
  }
  if (expected == PING_OR_BYE && is(line, count, "bye")) strcpy(answer, "bye\n");
  else snprintf(answer, ANSWER_MAX_BYTES, "error expected %s\n", expected == HELLO ? "hello" : "ping or bye");
  return NOTHING;
}
