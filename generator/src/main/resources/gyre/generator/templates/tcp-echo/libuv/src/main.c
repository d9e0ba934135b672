// {{name}}: a TCP echo server on libuv.
#include "service.h"

enum { BUFFER_BYTES = 16384 };

struct connection {
  struct service *service;
  uv_tcp_t stream;
  uv_timer_t idle;
  uv_write_t write;
  int open_handles;
  bool closing;
  char buffer[BUFFER_BYTES];
};

static void on_closed(uv_handle_t *handle) {
  struct connection *c = handle->data;
  if (--c->open_handles > 0) return;
  struct service *service = c->service;
  free(c);
  service_closed(service);
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

static bool on_connection(struct service *s, uv_stream_t *listener) {
  struct connection *c = malloc(sizeof *c);
  if (!c) return false;
  c->service = s;
  c->open_handles = 2;
  c->closing = false;
  c->stream.data = c->idle.data = c->write.data = c;
  check(uv_tcp_init(&s->loop, &c->stream), "uv_tcp_init");
  check(uv_timer_init(&s->loop, &c->idle), "uv_timer_init");
  service_opened(s);
  uint64_t idle_millis = (uint64_t)s->options->idle_seconds * 1000;
  if (uv_accept(listener, (uv_stream_t *)&c->stream) < 0 ||
      uv_timer_start(&c->idle, on_idle, idle_millis, idle_millis) < 0 ||
      uv_read_start((uv_stream_t *)&c->stream, on_room, on_read) < 0) {
    close_connection(c);
    return true;
  }
  uv_tcp_nodelay(&c->stream, 1);
  return true;
}

int main(int argc, char **argv) {
  struct options options = parse_options("{{name}}", argc, argv);
  struct service service = {.options = &options, .on_connection = on_connection};
  return service_run(&service);
}
