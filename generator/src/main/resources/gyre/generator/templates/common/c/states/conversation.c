#define _GNU_SOURCE
#include "conversation.h"

#include <assert.h>

enum { LINE_BYTES = 1024, NAME_CHARS = 64, NUMBER_DIGITS = 18, OUTPUT_LIMIT_BYTES = 65536 };

// What is expected next. A connection that is ending expects nothing.
enum { HELLO = 0, PING_OR_BYE };

static void say(struct connection *c, const char *text, size_t count) {
  put(c, text, count);
  put(c, "\n", 1);
}

static void end_with(struct connection *c, const char *text) {
  say(c, text, strlen(text));
  c->ending = true;
}

// What follows that word and a blank; NULL if it is another word.
static const char *after(const char *word, const char *line, size_t count, size_t *rest) {
  size_t length = strlen(word);
  if (count <= length || memcmp(line, word, length) != 0 || line[length] != ' ') return NULL;
  *rest = count - length - 1;
  return line + length + 1;
}

static bool is_name(const char *text, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if ((unsigned char)text[i] <= ' ') return false;
  }
  return count > 0 && count <= NAME_CHARS;
}

static bool is_number(const char *text, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
  }
  return count > 0 && count <= NUMBER_DIGITS;
}

static void greet(struct connection *c, const char *line, size_t count) {
  size_t length = 0;
  const char *name = after("hello", line, count, &length);
  if (!name || !is_name(name, length)) {
    end_with(c, "error expected hello");
    return;
  }
  say(c, "welcome", 7);
  c->state = PING_OR_BYE;
}

static void answer(struct connection *c, const char *line, size_t count) {
  size_t length = 0;
  const char *number = after("ping", line, count, &length);
  if (number && is_number(number, length)) {
    put(c, "pong ", 5);
    say(c, number, length);
  } else if (count == 3 && memcmp(line, "bye", 3) == 0) {
    end_with(c, "bye");
  } else {
    end_with(c, "error expected ping or bye");
  }
}

// This and what it calls are the only places that change the state.
static void on_line(struct connection *c, const char *line, size_t count) {
  switch (c->state) {
    case HELLO:
      greet(c, line, count);
      break;
    case PING_OR_BYE:
      answer(c, line, count);
      break;
    default:
      assert(!"a state that there is not");
  }
}

static void on_input(struct server *s, struct connection *c) {
  while (is_writable(s, c)) {
    const char *line = buffer_start(&c->in);
    const char *end = memchr(line, '\n', buffered(&c->in));
    size_t count = end ? (size_t)(end - line) : buffered(&c->in);
    if (count > LINE_BYTES) {
      end_with(c, "error line too long");
      return;
    }
    if (!end) return;
    on_line(c, line, count > 0 && end[-1] == '\r' ? count - 1 : count);
    consume(c, count + 1);
  }
}

const struct handler conversation = {
    .input_limit = LINE_BYTES + 2, .output_limit = OUTPUT_LIMIT_BYTES, .on_input = on_input};
