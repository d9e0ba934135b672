// {{name}}: a TCP echo server on libuv.
#include "options.h"

#include <signal.h>
#include <stdbool.h>
#include <uv.h>

enum { BUFFER_BYTES = 16384, BACKLOG = 1024 };

struct server {
  struct options options;
  uv_loop_t loop;
  uv_tcp_t listener;
  uv_signal_t term, interrupt;
  uv_timer_t drain;
  long connections;
  bool draining;
  int status;
};

struct connection {
  struct server *server;
  uv_tcp_t stream;
  uv_timer_t idle;
  uv_write_t write;
  int open_handles;
  bool closing;
  char buffer[BUFFER_BYTES];
};

static void check(int result, const char *what) {
  if (result == 0) return;
  fprintf(stderr, "{{name}}: %s: %s\n", what, uv_strerror(result));
  exit(1);
}

// ---- the end of the program

static void close_server(struct server *s) {
  uv_close((uv_handle_t *)&s->term, NULL);
  uv_close((uv_handle_t *)&s->interrupt, NULL);
  uv_close((uv_handle_t *)&s->drain, NULL);
}

static void on_drained_too_long(uv_timer_t *timer) {
  struct server *s = timer->data;
  fprintf(stderr, "{{name}}: %ld connections did not end in time\n", s->connections);
  s->status = 1;
  uv_stop(&s->loop);
}

static void on_stop(uv_signal_t *signal, int number) {
  (void)number;
  struct server *s = signal->data;
  if (s->draining) {  // asked twice
    s->status = 1;
    uv_stop(&s->loop);
    return;
  }
  s->draining = true;
  uv_close((uv_handle_t *)&s->listener, NULL);
  fprintf(stderr, "{{name}}: draining %ld connections\n", s->connections);
  if (s->connections == 0) {
    close_server(s);
  } else {
    uv_timer_start(&s->drain, on_drained_too_long, (uint64_t)s->options.drain_seconds * 1000, 0);
  }
}

// ---- a connection

static void on_closed(uv_handle_t *handle) {
  struct connection *c = handle->data;
  if (--c->open_handles > 0) return;
  struct server *s = c->server;
  free(c);
  s->connections--;
  if (s->draining && s->connections == 0) close_server(s);
}

static void close_connection(struct connection *c) {
  if (c->closing) return;
  c->closing = true;
  uv_close((uv_handle_t *)&c->stream, on_closed);
  uv_close((uv_handle_t *)&c->idle, on_closed);
}

static void on_idle(uv_timer_t *timer) { close_connection(timer->data); }

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room) {
  (void)suggested;
  struct connection *c = handle->data;
  *room = uv_buf_init(c->buffer, BUFFER_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer);

static void on_written(uv_write_t *write, int status) {
  struct connection *c = write->data;
  if (status < 0 || c->closing) {
    close_connection(c);
    return;
  }
  uv_timer_again(&c->idle);
  if (uv_read_start((uv_stream_t *)&c->stream, on_room, on_read) < 0) close_connection(c);
}

// All that was read has been sent back when this is called with an end: nothing is read before that.
static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  struct connection *c = stream->data;
  if (count == 0) return;
  if (count < 0) {
    close_connection(c);
    return;
  }
  uv_timer_again(&c->idle);
  uv_read_stop(stream);
  uv_buf_t bytes = uv_buf_init(buffer->base, (unsigned int)count);
  if (uv_write(&c->write, stream, &bytes, 1, on_written) < 0) close_connection(c);
}

static void on_connection(uv_stream_t *listener, int status) {
  struct server *s = listener->data;
  if (status < 0) {
    fprintf(stderr, "{{name}}: accept: %s\n", uv_strerror(status));
    return;
  }
  struct connection *c = malloc(sizeof *c);
  if (!c) {
    fprintf(stderr, "{{name}}: there is no memory for a connection\n");
    return;
  }
  *c = (struct connection){.server = s, .open_handles = 2};
  c->stream.data = c->idle.data = c->write.data = c;
  check(uv_tcp_init(&s->loop, &c->stream), "uv_tcp_init");
  check(uv_timer_init(&s->loop, &c->idle), "uv_timer_init");
  s->connections++;
  uint64_t idle_millis = (uint64_t)s->options.idle_seconds * 1000;
  if (uv_accept(listener, (uv_stream_t *)&c->stream) < 0 ||
      s->connections > s->options.max_connections ||
      uv_timer_start(&c->idle, on_idle, idle_millis, idle_millis) < 0 ||
      uv_read_start((uv_stream_t *)&c->stream, on_room, on_read) < 0) {
    close_connection(c);
    return;
  }
  uv_tcp_nodelay(&c->stream, 1);
}

// ---- the program

static void open_all(struct server *s) {
  check(uv_loop_init(&s->loop), "uv_loop_init");
  check(uv_tcp_init(&s->loop, &s->listener), "uv_tcp_init");
  check(uv_timer_init(&s->loop, &s->drain), "uv_timer_init");
  check(uv_signal_init(&s->loop, &s->term), "uv_signal_init");
  check(uv_signal_init(&s->loop, &s->interrupt), "uv_signal_init");
  s->listener.data = s->drain.data = s->term.data = s->interrupt.data = s;
  check(uv_tcp_bind(&s->listener, (const struct sockaddr *)&s->options.address, 0), "bind");
  check(uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection), "listen");
  check(uv_signal_start(&s->term, on_stop, SIGTERM), "uv_signal_start");
  check(uv_signal_start(&s->interrupt, on_stop, SIGINT), "uv_signal_start");

  struct sockaddr_in bound;
  int length = sizeof bound;
  check(uv_tcp_getsockname(&s->listener, (struct sockaddr *)&bound, &length), "getsockname");
  char host[INET_ADDRSTRLEN];
  check(uv_ip4_name(&bound, host, sizeof host), "uv_ip4_name");
  printf("listening on %s:%d\n", host, ntohs(bound.sin_port));
  fflush(stdout);
}

int main(int argc, char **argv) {
  static struct server s;
  s.options = parse_options("{{name}}", argc, argv);
  signal(SIGPIPE, SIG_IGN);
  open_all(&s);
  uv_run(&s.loop, UV_RUN_DEFAULT);
  return s.status;
}
