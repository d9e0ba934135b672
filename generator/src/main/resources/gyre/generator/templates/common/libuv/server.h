// A TCP server on libuv whose connections have buffers and time-outs. What is spoken is the handler's.
#pragma once
#include "service.h"

#include <stddef.h>
#include <stdint.h>

struct buffer {
  char *bytes;
  size_t begin, end, capacity;  // what is there: bytes[begin, end)
};

struct connection {
  struct buffer in, out;
  int state;             // the handler's own
  bool paused;           // the handler takes no input, until it says false again
  bool ending;           // ends when its output has been sent; input is dropped
  int64_t wake_millis;   // when on_wake is called, or 0
  void *extra;           // the handler's own; freed with the connection

  // The server's own from here on.
  struct server *server;
  uv_tcp_t stream;
  uv_timer_t timer;
  uv_write_t write;
  uv_shutdown_t shutdown;
  struct buffer sending;  // is being written by libuv, and stays where it is
  size_t unsent;          // of that, when it was looked at last
  int open_handles;
  bool reading, writing, input_ended, closing;
  int64_t last_millis;    // when something moved
  int64_t ending_millis;  // when it is closed, whether the peer has read the last of its output or not
  int64_t timer_millis;   // when the timer is due
};

struct server;

struct handler {
  size_t input_limit;   // bytes of a message at most: as much input is kept at most
  size_t output_limit;  // no input is handled while more than that waits to be sent
  void (*on_input)(struct server *s, struct connection *c);  // takes from in what is whole
  void (*on_wake)(struct server *s, struct connection *c);   // its time has come; may be NULL
  void (*on_stop)(struct server *s, struct connection *c);   // SIGTERM has come; may be NULL
};

struct server {
  struct service service;  // first: a service leads to its server
  struct options options;
  const struct handler *handler;
  int64_t now_millis;      // when a handler was called, and not when the loop woke up: what waits from then on ends none too early
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
