// A client as a state machine: enter() says what a state does at its begin, and one function for each event says what follows.
#include "client.h"
#include "pauses.h"
#include "service.h"

#include <assert.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>

enum { LINE_BYTES = 1024, PROBLEM_BYTES = 160 };

enum state { CONNECTING, GREETING, READY, ASKED, WAITING, ENDED };

// From outside, one that has asked and waits for the answer is ready, too.
static const char *const NAMES[] = {"CONNECTING", "GREETING", "READY", "READY", "WAITING", "ENDED"};

struct client {
  const struct options *options;
  uv_loop_t loop;
  uv_tcp_t stream;
  uv_connect_t connect;
  uv_shutdown_t shutdown;
  uv_timer_t timer;  // of the state: when it has lasted too long, or long enough
  uv_signal_t term, interrupt;
  enum state state;
  bool is_open;      // the stream is a handle of the loop, or being closed
  bool is_connected;
  int failures;      // since the last welcome
  long pings;
  char problem[PROBLEM_BYTES];
  char line[LINE_BYTES];
  size_t line_end;
  int status;
};

static void enter(struct client *c, enum state next);

// ---- what goes wrong

static void fail(struct client *c, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(c->problem, sizeof c->problem, format, arguments);
  va_end(arguments);
  for (char *at = c->problem; *at; at++) {
    if (*at < ' ' || *at > '~') *at = '?';  // what a server says may be anything
  }
  enter(c, WAITING);
}

// ---- the stream

static void on_closed(uv_handle_t *stream) {
  struct client *c = stream->data;
  c->is_open = false;
}

static void close_stream(struct client *c, bool reset) {
  bool is_handle = c->is_open && !uv_is_closing((uv_handle_t *)&c->stream);
  if (!is_handle) return;
  c->is_connected = false;
  if (!reset || uv_tcp_close_reset(&c->stream, on_closed) < 0) uv_close((uv_handle_t *)&c->stream, on_closed);
}

// False if the system does not take all of so little: the server has not read for long.
static bool say(struct client *c, const char *format, ...) {
  char text[LINE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  int count = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  assert(count > 0 && count < LINE_BYTES);
  uv_buf_t bytes = uv_buf_init(text, (unsigned int)count);
  return uv_try_write((uv_stream_t *)&c->stream, &bytes, 1) == count;
}

// ---- events

static void on_line(struct client *c, const char *line, size_t count) {
  char expected[32] = "welcome";
  switch (c->state) {
    case GREETING:
      break;
    case ASKED:
      snprintf(expected, sizeof expected, "pong %ld", c->pings);
      break;
    case READY:
      fail(c, "the server said \"%.*s\" unasked", (int)count, line);
      return;
    default:  // the end is awaited
      return;
  }
  if (count != strlen(expected) || memcmp(line, expected, count) != 0) {
    fail(c, "the server said \"%.*s\" where \"%s\" was due", (int)count, line, expected);
    return;
  }
  c->failures = 0;
  enter(c, READY);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room) {
  (void)suggested;
  struct client *c = handle->data;
  *room = uv_buf_init(c->line + c->line_end, (unsigned int)(LINE_BYTES - c->line_end));
}

// Takes lines as long as the stream stands.
static void take_lines(struct client *c) {
  char *end;
  while (c->is_connected && (end = memchr(c->line, '\n', c->line_end))) {
    char line[LINE_BYTES];
    size_t count = (size_t)(end - c->line);
    memcpy(line, c->line, count);
    c->line_end -= count + 1;
    memmove(c->line, end + 1, c->line_end);
    on_line(c, line, count > 0 && line[count - 1] == '\r' ? count - 1 : count);
  }
  if (!c->is_connected || c->line_end < LINE_BYTES) return;
  if (c->state == ENDED) c->line_end = 0;  // whatever it says, only its end is awaited
  else fail(c, "the server said a line beyond %d bytes", LINE_BYTES);
}

static void end_program(struct client *c);

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *room) {
  (void)room;
  struct client *c = stream->data;
  if (count >= 0) {
    c->line_end += (size_t)count;
    take_lines(c);
  } else if (c->state == ENDED) {
    end_program(c);
  } else {
    fail(c, "read: %s", uv_strerror((int)count));
  }
}

static void on_connected(uv_connect_t *connect, int status) {
  struct client *c = connect->data;
  if (status == UV_ECANCELED) return;  // closed meanwhile
  if (status == 0) status = uv_read_start((uv_stream_t *)&c->stream, on_room, on_read);
  c->is_connected = status == 0;
  if (status < 0) fail(c, "connect: %s", uv_strerror(status));
  else enter(c, GREETING);
}

static void on_time(uv_timer_t *timer) {
  struct client *c = timer->data;
  switch (c->state) {
    case CONNECTING:
      fail(c, "connect: no answer within %ld ms", c->options->answer_millis);
      break;
    case GREETING:
    case ASKED:
      fail(c, "the server said nothing within %ld ms", c->options->answer_millis);
      break;
    case READY:
      enter(c, ASKED);
      break;
    case WAITING:
      enter(c, CONNECTING);
      break;
    case ENDED:
      end_program(c);
      break;
  }
}

static void on_signal(uv_signal_t *signal, int number) {
  (void)number;
  struct client *c = signal->data;
  if (c->state != ENDED) {
    enter(c, ENDED);
  } else {  // asked twice
    c->status = 1;
    uv_stop(&c->loop);
  }
}

// ---- what a state does at its begin

static void start_timer(struct client *c, int64_t millis) {
  uv_timer_start(&c->timer, on_time, (uint64_t)millis, 0);
}

static void connect_stream(struct client *c) {
  assert(!c->is_open);  // it was closed before the pause
  check(uv_tcp_init(&c->loop, &c->stream), "uv_tcp_init");
  c->is_open = true;
  c->line_end = 0;
  start_timer(c, c->options->answer_millis);
  const struct sockaddr *address = (const struct sockaddr *)&c->options->connect;
  int result = uv_tcp_connect(&c->connect, &c->stream, address, on_connected);
  if (result < 0) fail(c, "connect: %s", uv_strerror(result));
}

static void pause_connecting(struct client *c) {
  close_stream(c, true);
  uint32_t random = 0;
  uv_random(NULL, NULL, &random, sizeof random, 0, NULL);  // without it all clients are alike, no more
  int64_t millis = pause_millis(c->failures++, c->options->retry_max_millis, random);
  fprintf(stderr, "{{name}}: %s; connecting again in %lld ms\n", c->problem, (long long)millis);
  start_timer(c, millis);
}

// Waits for the end of the server, so that "bye" is not lost by a reset.
static void say_bye(struct client *c) {
  bool waits = c->is_connected && say(c, "bye\n") &&
               uv_shutdown(&c->shutdown, (uv_stream_t *)&c->stream, NULL) == 0;
  if (waits) start_timer(c, c->options->answer_millis);
  else end_program(c);
}

static void enter(struct client *c, enum state next) {
  if (NAMES[next] != NAMES[c->state] || next == CONNECTING) {
    printf("state %s\n", NAMES[next]);
    fflush(stdout);
  }
  c->state = next;
  switch (next) {
    case CONNECTING:
      connect_stream(c);
      break;
    case GREETING:
      start_timer(c, c->options->answer_millis);
      if (!say(c, "hello {{name}}\n")) fail(c, "the server takes no greeting");
      break;
    case READY:
      start_timer(c, c->options->heartbeat_millis);
      break;
    case ASKED:
      start_timer(c, c->options->answer_millis);
      if (!say(c, "ping %ld\n", ++c->pings)) fail(c, "the server takes no question");
      break;
    case WAITING:
      pause_connecting(c);
      break;
    case ENDED:
      say_bye(c);
      break;
  }
}

static void end_program(struct client *c) {
  close_stream(c, false);
  uv_close((uv_handle_t *)&c->timer, NULL);
  uv_close((uv_handle_t *)&c->term, NULL);
  uv_close((uv_handle_t *)&c->interrupt, NULL);
}

int run_client(const struct options *options) {
  struct client c = {.options = options};
  signal(SIGPIPE, SIG_IGN);  // libuv writes without MSG_NOSIGNAL
  check(uv_loop_init(&c.loop), "uv_loop_init");
  check(uv_timer_init(&c.loop, &c.timer), "uv_timer_init");
  check(uv_signal_init(&c.loop, &c.term), "uv_signal_init");
  check(uv_signal_init(&c.loop, &c.interrupt), "uv_signal_init");
  c.stream.data = c.connect.data = c.timer.data = c.term.data = c.interrupt.data = &c;
  check(uv_signal_start(&c.term, on_signal, SIGTERM), "uv_signal_start");
  check(uv_signal_start(&c.interrupt, on_signal, SIGINT), "uv_signal_start");
  enter(&c, CONNECTING);
  uv_run(&c.loop, UV_RUN_DEFAULT);
  if (c.status == 0) check(uv_loop_close(&c.loop), "uv_loop_close");  // a handle that stays is a fault
  return c.status;
}
