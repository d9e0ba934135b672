// What is spoken, without a network: the server's part is played by the test.
#define main program_main
#include "../src/main.c"
#undef main

#include "expect.h"

static struct server server;
static struct connection connection;
static char output[4096];
static size_t output_count;

bool is_writable(const struct server *s, const struct connection *c) {
  (void)s;
  return !c->ending && !c->paused;
}

void put(struct connection *c, const void *bytes, size_t count) {
  (void)c;
  if (count > sizeof output - output_count) count = sizeof output - output_count;
  memcpy(output + output_count, bytes, count);
  output_count += count;
}

void consume(struct connection *c, size_t count) { c->in.begin += count; }

int run_server(const struct options *options, const struct handler *handler) {
  (void)options;
  (void)handler;
  return 0;
}

static char input[4096];

static void begin(void) {
  server.options.max_message_bytes = 100;
  server.options.message_seconds = 10;
  server.now_millis = 1000;
  memset(&connection, 0, sizeof connection);
  connection.in.bytes = input;
  output_count = 0;
}

static void receive(const char *bytes, size_t count) {
  memcpy(input + connection.in.end, bytes, count);
  connection.in.end += count;
  on_input(&server, &connection);
}

static size_t frame(const char *text, char *to) {
  size_t count = strlen(text);
{{#lines}}
  memcpy(to, text, count);
  to[count] = '\n';
  return count + 1;
{{/lines}}
{{#length}}
  memcpy(to, (char[]){0, 0, 0, (char)count}, 4);
  memcpy(to + 4, text, count);
  return count + 4;
{{/length}}
}

static void ask(const char *text) {
  char bytes[256];
  receive(bytes, frame(text, bytes));
}

static bool said(const char *text) {
  char bytes[256];
  size_t count = frame(text, bytes);
  return output_count == count && memcmp(output, bytes, count) == 0;
}

static void should_answer(void) {
  static const char *const PAIRS[][2] = {
      {"ping", "pong"},
      {"echo a  b", "a  b"},
      {"echo", ""},
      {"", "error unknown command"},
      {"pings", "error unknown command"},
      {"wait x", "error wait takes milliseconds, at most 60000"},
      {"wait 60001", "error wait takes milliseconds, at most 60000"},
  };
  for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
    begin();
    ask(PAIRS[i][0]);
    EXPECT(said(PAIRS[i][1]));
    EXPECT(!connection.ending && connection.wake_millis == 0);
  }
}

static void should_take_bytes_one_by_one(void) {
  begin();
  char bytes[64];
  size_t count = frame("ping", bytes);
  for (size_t i = 0; i < count; i++) {
    EXPECT(output_count == 0);
    receive(bytes + i, 1);
  }
  EXPECT(said("pong"));
}

static void should_time_a_message_from_its_begin(void) {
  begin();
  receive("\0p", 2);
  EXPECT(connection.wake_millis == 11000);
  server.now_millis = 2000;
  receive("\0", 1);
  EXPECT(connection.wake_millis == 11000);
  on_wake(&server, &connection);
  EXPECT(said("error message took too long") && connection.ending);
}

static void should_wait(void) {
  begin();
  ask("wait 50");
  EXPECT(output_count == 0 && connection.paused && connection.wake_millis > 1050);
  on_wake(&server, &connection);
  EXPECT(said("waited") && !connection.paused && !connection.ending);
}

static void should_refuse_what_is_too_long(void) {
  char text[102] = {0};
  memset(text, 'z', 100);
  begin();
  ask(text);
  EXPECT(said("error unknown command"));
  text[100] = 'z';
  begin();
  ask(text);
  EXPECT(said("error message too long") && connection.ending);
}

static void should_end_after_quit(void) {
  begin();
  ask("quit");
  EXPECT(said("bye") && connection.ending);
}

int main(void) {
  should_answer();
  should_take_bytes_one_by_one();
  should_time_a_message_from_its_begin();
  should_wait();
  should_refuse_what_is_too_long();
  should_end_after_quit();
  return failures > 0;
}
