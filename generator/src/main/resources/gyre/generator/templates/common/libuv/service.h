// What every server on libuv has: the loop, the listener, the limit, the signals, and the end. Connections are their owner's.
#pragma once
#include "options.h"

#include <stdbool.h>
#include <uv.h>

struct service {
  const struct options *options;
  // Takes a connection by uv_accept, and calls service_opened; false if there is no memory for it. There is room when it is called.
  bool (*on_connection)(struct service *s, uv_stream_t *listener);
  void (*on_stop)(struct service *s);  // SIGTERM has come; may be NULL
  uv_loop_t loop;
  long connections;
  bool draining;

  // The service's own from here on.
  uv_tcp_t listener, refused;
  uv_timer_t pause, drain;
  uv_signal_t term, interrupt;
  struct sockaddr_in bound;
  bool listening, refusing, owes_accept;
  int status;
};

// Runs until SIGTERM and the end of all connections; the exit code. Options and functions have been set.
int service_run(struct service *s);

void service_opened(struct service *s);

// All handles of a connection have been closed.
void service_closed(struct service *s);

// Ends the program if that has failed which needs nothing but memory.
void check(int result, const char *what);
