#define _GNU_SOURCE
#include "client.h"

#include <assert.h>
#include <signal.h>
#include <unistd.h>

enum { FIRST_PAUSE_MILLIS = 100, DOUBLINGS_MAX = 20, WORDS_BYTES = 64, SHOWN_BYTES = 64 };
enum { ENDING_MILLIS = 1000 };  // how long the server may take to answer the last word

static const char *const NAMES[] = {"CONNECTING", "GREETING", "READY", "WAITING", "ENDED"};

// The only place that changes the state.
static void enter(struct client *c, enum state state, int64_t due_millis) {
  c->state = state;
  c->due_millis = due_millis;
  c->is_asking = false;
  printf("state %s\n", NAMES[state]);
  fflush(stdout);
}

static void say(struct client *c, const char *text) { link_say(c->link, text, strlen(text)); }

static void begin_connecting(struct client *c, int64_t now) {
  enter(c, CONNECTING, now + c->options->answer_millis);
  c->line_count = 0;
  link_connect(c->link);
}

// Half to all of a time that doubles with each failure, so that not all clients come back at once.
static int64_t next_pause(struct client *c) {
  int doublings = c->failures < DOUBLINGS_MAX ? c->failures : DOUBLINGS_MAX;
  int64_t most = (int64_t)FIRST_PAUSE_MILLIS << doublings;
  if (most > c->options->retry_max_millis) most = c->options->retry_max_millis;
  c->failures++;
  int64_t pause = most / 2 + random() % (most / 2 + 1);
  return pause > 0 ? pause : 1;
}

static void fail(struct client *c, const char *problem, int64_t now) {
  link_close(c->link);
  int64_t pause = next_pause(c);
  fprintf(stderr, "{{name}}: %s; connecting again in %lld ms\n", problem, (long long)pause);
  enter(c, WAITING, now + pause);
}

static void end(struct client *c) {
  link_close(c->link);
  c->is_over = true;
}

// ---- what the server says

static bool is_line(const struct client *c, const char *text) {
  return c->line_count == strlen(text) && memcmp(c->line, text, c->line_count) == 0;
}

static void fail_of_line(struct client *c, const char *expected, int64_t now) {
  char shown[SHOWN_BYTES + 1], problem[3 * SHOWN_BYTES];
  size_t count = c->line_count < SHOWN_BYTES ? c->line_count : SHOWN_BYTES;
  for (size_t i = 0; i < count; i++) {  // a server can't write into a terminal what it likes
    shown[i] = c->line[i] >= ' ' && c->line[i] <= '~' ? c->line[i] : '?';
  }
  shown[count] = 0;
  snprintf(problem, sizeof problem, "the server said \"%s\" where %s was due", shown, expected);
  fail(c, problem, now);
}

static void take_pong(struct client *c, int64_t now) {
  char expected[WORDS_BYTES];
  snprintf(expected, sizeof expected, "pong %ld", c->pings);
  if (!c->is_asking) {
    fail_of_line(c, "nothing", now);
  } else if (!is_line(c, expected)) {
    fail_of_line(c, expected, now);
  } else {
    c->is_asking = false;
    c->due_millis = now + c->options->heartbeat_millis;
  }
}

static void on_line(struct client *c, int64_t now) {
  switch (c->state) {
    case GREETING:
      if (!is_line(c, "welcome")) {
        fail_of_line(c, "welcome", now);
        return;
      }
      c->failures = 0;
      enter(c, READY, now + c->options->heartbeat_millis);
      return;
    case READY:
      take_pong(c, now);
      return;
    case ENDED:  // what was asked before may still be answered
      if (is_line(c, "bye")) end(c);
      return;
    case CONNECTING:
    case WAITING:
      assert(!"there is no connection");
  }
}

static bool is_connected(const struct client *c) {
  return c->state == GREETING || c->state == READY || (c->state == ENDED && !c->is_over);
}

void client_received(struct client *c, const char *bytes, size_t count, int64_t now) {
  for (size_t i = 0; i < count && is_connected(c); i++) {
    if (bytes[i] == '\n') {
      if (c->line_count > 0 && c->line[c->line_count - 1] == '\r') c->line_count--;
      on_line(c, now);
      c->line_count = 0;
    } else if (c->line_count == sizeof c->line) {
      client_lost(c, "the server says a line that is too long", now);
    } else {
      c->line[c->line_count++] = bytes[i];
    }
  }
}

// ---- what else happens

void client_begin(struct client *c, int64_t now) {
  signal(SIGPIPE, SIG_IGN);  // whoever has read the states may go first
  srandom((unsigned)getpid() ^ (unsigned)now);
  begin_connecting(c, now);
}

void client_connected(struct client *c, int64_t now) {
  assert(c->state == CONNECTING);
  enter(c, GREETING, now + c->options->answer_millis);
  say(c, "hello {{name}}\n");
}

void client_lost(struct client *c, const char *why, int64_t now) {
  assert(c->state == CONNECTING || is_connected(c));
  if (c->state == ENDED) end(c);
  else fail(c, why, now);
}

static void ask(struct client *c, int64_t now) {
  char question[WORDS_BYTES];
  snprintf(question, sizeof question, "ping %ld\n", ++c->pings);
  c->is_asking = true;
  c->due_millis = now + c->options->answer_millis;
  say(c, question);
}

void client_due(struct client *c, int64_t now) {
  switch (c->state) {
    case CONNECTING:
      fail(c, "connecting took too long", now);
      return;
    case GREETING:
      fail(c, "the server did not answer in time", now);
      return;
    case READY:
      if (c->is_asking) fail(c, "the server did not answer in time", now);
      else ask(c, now);
      return;
    case WAITING:
      begin_connecting(c, now);
      return;
    case ENDED:
      end(c);
  }
}

void client_stop(struct client *c, int64_t now) {
  if (c->state == ENDED) exit(1);  // asked twice
  bool was_connected = is_connected(c);
  enter(c, ENDED, now + ENDING_MILLIS);
  if (was_connected) say(c, "bye\n");
  else end(c);
}
