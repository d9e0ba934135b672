// A TCP server on epoll: accepts, buffers, time-outs, limits and the end. What is spoken is the handler's.
#pragma once
{{#metrics}}
#include "metrics.h"
{{/metrics}}
#include "options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
  char *bytes;
  size_t begin, end, capacity;  // what is there: bytes[begin, end)
};

struct connection {
  int fd;
  struct buffer in, out;
  int state;             // the handler's own
  bool paused;           // the handler takes no input, until it says false again
  bool ending;           // ends when its output has been sent; input is dropped
  int64_t wake_millis;   // when on_wake is called, or 0
  void *extra;           // the handler's own; freed with the connection

  // The server's own from here on.
  uint32_t watched;
  bool input_ended;
  int64_t last_millis;
  int64_t ending_millis;
  struct connection *older, *newer;
};

struct server;

struct handler {
  size_t input_limit;   // bytes of a message at most: as much input is kept at most
  size_t output_limit;  // no input is handled while more than that waits to be sent
  void (*on_open)(struct server *s, struct connection *c);   // may be NULL
  void (*on_input)(struct server *s, struct connection *c);  // takes from in what is whole
  void (*on_wake)(struct server *s, struct connection *c);   // its time has come; may be NULL
  void (*on_stop)(struct server *s, struct connection *c);   // SIGTERM has come; may be NULL
};

struct server {
  struct options options;
  const struct handler *handler;
  int epoll, listener, signals;
  long connections;
  bool draining, accepting;
  int64_t now_millis;     // of this turn
  int64_t look_millis;    // when a connection may be due
  int64_t resume_millis;  // when accepting goes on, or 0
  int64_t drain_millis;   // when those that are left are cut off
  struct connection *oldest, *newest;
  struct connection *closed;  // freed when no event can name them any more
{{#metrics}}
  struct metrics metrics;
{{/metrics}}
};

static inline size_t buffered(const struct buffer *b) { return b->end - b->begin; }
static inline char *buffer_start(const struct buffer *b) { return b->bytes + b->begin; }

// Whether the handler may go on taking messages.
bool is_writable(const struct server *s, const struct connection *c);

// Appends to its output. Without memory the connection ends.
void put(struct connection *c, const void *bytes, size_t count);

// Of its input.
void consume(struct connection *c, size_t count);

// Runs until SIGTERM and the end of all connections; the exit code.
int run_server(const struct options *options, const struct handler *handler);
