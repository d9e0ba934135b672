// {{name}}: a server of framed messages on libuv. What is spoken is here; the rest is in server.c.
#include "server.h"

enum { WAIT_MAX_MILLIS = 60000, OUTPUT_LIMIT_BYTES = 65536 };

// ---- frames

{{#lines}}
// A line, without its end and a CR before that.
enum { HEAD_BYTES = 1 };  // what a message has beside its text

static void put_message(struct connection *c, const char *text, size_t count) {
  put(c, text, count);
  put(c, "\n", 1);
}

// The next message, if it is whole. Says by `all` how many bytes to consume; -1 if it is too long.
static const char *next_message(const struct connection *c, size_t *count, long *all) {
  const char *start = buffer_start(&c->in);
  size_t most = (size_t)options_of(c)->max_message_bytes;
  const char *end = memchr(start, '\n', buffered(&c->in));
  size_t length = end ? (size_t)(end - start) : buffered(&c->in);
  *all = length > most ? -1 : 0;
  if (!end || *all < 0) return NULL;
  *all = (long)length + HEAD_BYTES;
  *count = length > 0 && end[-1] == '\r' ? length - 1 : length;
  return start;
}
{{/lines}}
{{#length}}
// A length of four bytes, big-endian, and the text.
enum { HEAD_BYTES = 4 };

static void put_message(struct connection *c, const char *text, size_t count) {
  unsigned char head[HEAD_BYTES] = {(unsigned char)(count >> 24), (unsigned char)(count >> 16),
                                    (unsigned char)(count >> 8), (unsigned char)count};
  put(c, head, sizeof head);
  put(c, text, count);
}

// The next message, if it is whole. Says by `all` how many bytes to consume; -1 if it is too long.
static const char *next_message(const struct connection *c, size_t *count, long *all) {
  *all = 0;
  if (buffered(&c->in) < HEAD_BYTES) return NULL;
  const unsigned char *head = (const unsigned char *)buffer_start(&c->in);
  uint32_t length = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3];
  if (length > (uint32_t)options_of(c)->max_message_bytes) {  // before any memory is taken for it
    *all = -1;
    return NULL;
  }
  if (buffered(&c->in) < HEAD_BYTES + length) return NULL;
  *all = (long)(HEAD_BYTES + length);
  *count = length;
  return (const char *)head + HEAD_BYTES;
}
{{/length}}

static void put_text(struct connection *c, const char *text) { put_message(c, text, strlen(text)); }

// ---- what is spoken

static bool is(const char *text, size_t count, const char *word) {
  return count == strlen(word) && memcmp(text, word, count) == 0;
}

// No answer yet: it comes when the time has.
static void wait_for(struct connection *c, const char *text, size_t count) {
  long millis = 0;
  bool is_number = count > 0 && count <= 5;
  for (size_t i = 0; is_number && i < count; i++) {
    is_number = text[i] >= '0' && text[i] <= '9';
    millis = millis * 10 + (text[i] - '0');
  }
  if (!is_number || millis > WAIT_MAX_MILLIS) {
    put_text(c, "error wait takes milliseconds, at most 60000");
    return;
  }
  c->paused = true;
  c->wake_millis = clock_millis() + 1 + millis;
}

static void answer(struct connection *c, const char *text, size_t count) {
  const char *blank = memchr(text, ' ', count);
  size_t verb = blank ? (size_t)(blank - text) : count;
  const char *rest = blank ? blank + 1 : text + count;
  size_t rest_count = blank ? count - verb - 1 : 0;
  if (is(text, verb, "ping")) {
    put_text(c, "pong");
  } else if (is(text, verb, "echo")) {
    put_message(c, rest, rest_count);
  } else if (is(text, verb, "wait")) {
    wait_for(c, rest, rest_count);
  } else if (is(text, count, "quit")) {
    put_text(c, "bye");
    c->ending = true;
  } else {
    put_text(c, "error unknown command");
  }
}

static void on_input(struct connection *c) {
  long all = 0;
  bool took = false;
  while (is_writable(c)) {
    size_t count = 0;
    const char *text = next_message(c, &count, &all);
    if (!text) break;
    answer(c, text, count);
    consume(c, (size_t)all);
    took = true;
  }
  if (all < 0) {  // what follows can't be told apart any more
    put_text(c, "error message too long");
    c->ending = true;
  } else if (!c->paused && !c->ending) {  // the time of a message that has begun
    int64_t limit = options_of(c)->message_seconds * 1000;
    bool has_begun = buffered(&c->in) > 0 && is_writable(c);  // else it is us who are waited for
    if (!has_begun) c->wake_millis = 0;
    else if (took || !c->wake_millis) c->wake_millis = clock_millis() + limit;
  }
}

static void on_wake(struct connection *c) {
  if (c->paused) {
    c->paused = false;
    put_text(c, "waited");
  } else {
    put_text(c, "error message took too long");
    c->ending = true;
  }
}

int main(int argc, char **argv) {
  struct options options = parse_options("{{name}}", argc, argv);
  struct handler handler = {
      .input_limit = (size_t)options.max_message_bytes + HEAD_BYTES + 1,
      .output_limit = OUTPUT_LIMIT_BYTES,
      .on_input = on_input,
      .on_wake = on_wake,
  };
  return run_server(&options, &handler);
}
