// Output is tried at once, and what the system does not take is libuv's until it is written. A connection has one timer, for whatever is
// due first; that something moves does not set it again: it looks when it fires.
#include "server.h"

#include <assert.h>

enum { PIECE_BYTES = 16384 };
enum { ENDING_MILLIS = 5000 };  // how long a peer may take to read the last of its output

static int64_t loop_millis(const struct connection *c) {
  return (int64_t)uv_now(&c->server->service.loop);
}

static void call(void (*function)(struct server *s, struct connection *c), struct connection *c) {
  struct server *s = c->server;
  if (!function) return;
  s->now_millis = (int64_t)(uv_hrtime() / 1000000);
  function(s, c);
}

static uv_stream_t *stream_of(struct connection *c) { return (uv_stream_t *)&c->stream; }

// ---- buffers

// Room for so many bytes behind its end; false if there is no memory.
static bool make_room(struct buffer *b, size_t count) {
  if (b->begin == b->end) b->begin = b->end = 0;
  if (b->capacity - b->end >= count) return true;
  if (b->begin > 0) {
    memmove(b->bytes, b->bytes + b->begin, buffered(b));
    b->end -= b->begin;
    b->begin = 0;
  }
  if (b->capacity - b->end >= count) return true;
  size_t capacity = b->capacity * 2 > b->end + count ? b->capacity * 2 : b->end + count;
  char *bytes = realloc(b->bytes, capacity);
  if (!bytes) return false;
  b->bytes = bytes;
  b->capacity = capacity;
  return true;
}

// An idle connection owns no buffers.
static void free_if_empty(struct buffer *b) {
  if (b->begin < b->end || !b->bytes) return;
  free(b->bytes);
  *b = (struct buffer){0};
}

void put(struct connection *c, const void *bytes, size_t count) {
  if (count == 0) return;
  if (!make_room(&c->out, count)) {
    c->ending = true;
    return;
  }
  memcpy(c->out.bytes + c->out.end, bytes, count);
  c->out.end += count;
}

void consume(struct connection *c, size_t count) {
  assert(count <= buffered(&c->in));
  c->in.begin += count;
}

static size_t waiting_to_be_sent(const struct connection *c) {
  return buffered(&c->out) + uv_stream_get_write_queue_size((const uv_stream_t *)&c->stream);
}

bool is_writable(const struct server *s, const struct connection *c) {
  return !c->ending && !c->paused && waiting_to_be_sent(c) <= s->handler->output_limit;
}

// ---- the end of a connection

static void on_closed(uv_handle_t *handle) {
  struct connection *c = handle->data;
  if (--c->open_handles > 0) return;
  struct service *service = &c->server->service;
  free(c->in.bytes);
  free(c->out.bytes);
  free(c->sending.bytes);
  free(c->extra);
  free(c);
  service_closed(service);
}

static void close_connection(struct connection *c) {
  if (c->closing) return;
  c->closing = true;
  uv_close((uv_handle_t *)&c->stream, on_closed);
  uv_close((uv_handle_t *)&c->timer, on_closed);
}

// ---- time

static int64_t due_millis(const struct connection *c) {
  int64_t due = c->last_millis + c->server->options.idle_seconds * 1000;
  if (c->paused) due = INT64_MAX;  // an answer is under way
  if (c->wake_millis && c->wake_millis < due) due = c->wake_millis;
  if (c->ending_millis && c->ending_millis < due) due = c->ending_millis;
  return due;
}

static void go_on(struct connection *c);
static void on_time(uv_timer_t *timer);

static void set_timer(struct connection *c) {
  int64_t due = due_millis(c);
  if (due >= c->timer_millis) return;
  int64_t left = due - loop_millis(c);
  c->timer_millis = due;
  uv_timer_start(&c->timer, on_time, left > 0 ? (uint64_t)left : 0, 0);
}

// The peer takes a long answer by and by: libuv tells when all is written, but the queue tells that it gets shorter.
static void look_at_progress(struct connection *c) {
  size_t unsent = uv_stream_get_write_queue_size(stream_of(c));
  if (unsent < c->unsent) c->last_millis = loop_millis(c);
  c->unsent = unsent;
}

static void on_time(uv_timer_t *timer) {
  struct connection *c = timer->data;
  int64_t now = loop_millis(c);
  c->timer_millis = INT64_MAX;
  look_at_progress(c);
  if (c->wake_millis && now >= c->wake_millis) {
    c->wake_millis = 0;
    call(c->server->handler->on_wake, c);
    go_on(c);
  } else if (now >= due_millis(c)) {
    close_connection(c);
  } else {
    set_timer(c);
  }
}

// ---- output

static void on_written(uv_write_t *write, int status) {
  struct connection *c = write->data;
  if (c->closing) return;  // its buffers are freed when it is closed
  c->writing = false;
  c->sending.begin = c->sending.end;
  free_if_empty(&c->sending);
  c->last_millis = loop_millis(c);
  if (status < 0) close_connection(c);
  else go_on(c);
}

// False if the connection is broken.
static bool send_some(struct connection *c) {
  if (c->writing || buffered(&c->out) == 0) return true;
  uv_buf_t bytes = uv_buf_init(buffer_start(&c->out), (unsigned int)buffered(&c->out));
  int sent = uv_try_write(stream_of(c), &bytes, 1);
  if (sent < 0 && sent != UV_EAGAIN) return false;
  if (sent > 0) {
    c->out.begin += (size_t)sent;
    c->last_millis = loop_millis(c);
  }
  if (buffered(&c->out) == 0) return true;
  c->sending = c->out;
  c->out = (struct buffer){0};
  bytes = uv_buf_init(buffer_start(&c->sending), (unsigned int)buffered(&c->sending));
  c->unsent = buffered(&c->sending);
  c->writing = true;
  return uv_write(&c->write, stream_of(c), &bytes, 1, on_written) == 0;
}

static void on_shut_down(uv_shutdown_t *shutdown, int status) {
  struct connection *c = shutdown->data;
  if (status < 0) close_connection(c);
}

// The peer reads all of it, ends too, and then it is closed.
static bool end_output(struct connection *c) {
  c->ending_millis = loop_millis(c) + ENDING_MILLIS;
  return uv_shutdown(&c->shutdown, stream_of(c), on_shut_down) == 0;
}

// ---- input

static bool wants_input(const struct connection *c) {
  if (c->input_ended) return false;
  if (c->ending) return true;  // what comes is dropped: unread bytes at the close would be a reset
  return is_writable(c->server, c) && buffered(&c->in) < c->server->handler->input_limit;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room) {
  (void)suggested;
  struct connection *c = handle->data;
  *room = make_room(&c->in, PIECE_BYTES) ? uv_buf_init(c->in.bytes + c->in.end, PIECE_BYTES)
                                         : uv_buf_init(NULL, 0);  // UV_ENOBUFS
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *room) {
  (void)room;
  struct connection *c = stream->data;
  if (count < 0 && count != UV_EOF) {
    close_connection(c);
    return;
  }
  if (count == UV_EOF) {
    c->input_ended = true;
    c->reading = false;
    uv_read_stop(stream);
  } else if (!c->ending) {
    c->in.end += (size_t)count;
  }
  if (count != 0) c->last_millis = loop_millis(c);
  go_on(c);
}

static bool read_if_wanted(struct connection *c) {
  bool wanted = wants_input(c);
  if (wanted == c->reading) return true;
  c->reading = wanted;
  return (wanted ? uv_read_start(stream_of(c), on_room, on_read) : uv_read_stop(stream_of(c))) == 0;
}

// ---- serving

// Whether nothing is left to be done for it.
static bool is_over(const struct connection *c) {
  if (buffered(&c->out) > 0 || c->writing || c->paused) return false;
  if (c->input_ended) return true;  // a message that was cut is dropped
  return c->server->service.draining && !c->ending && buffered(&c->in) == 0;
}

// Takes what is whole, sends what there is, and says what to wait for. Closes it when it is over.
static void go_on(struct connection *c) {
  bool stands = true;
  for (;;) {  // each round takes from the input, which is bounded
    size_t before = buffered(&c->in);
    if (before > 0 && is_writable(c->server, c)) call(c->server->handler->on_input, c);
    stands = send_some(c);
    if (!stands || buffered(&c->in) == before || !is_writable(c->server, c)) break;
  }
  bool is_sent = !c->writing && buffered(&c->out) == 0;
  if (stands && c->ending && is_sent && c->ending_millis == 0) stands = end_output(c);
  if (c->ending) c->in.begin = c->in.end = 0;
  free_if_empty(&c->in);
  free_if_empty(&c->out);
  if (!stands || is_over(c) || !read_if_wanted(c)) close_connection(c);
  else set_timer(c);
}

// ---- the server

static bool on_connection(struct service *service, uv_stream_t *listener) {
  struct connection *c = calloc(1, sizeof *c);
  if (!c) return false;
  c->server = (struct server *)service;
  check(uv_tcp_init(&service->loop, &c->stream), "uv_tcp_init");
  check(uv_timer_init(&service->loop, &c->timer), "uv_timer_init");
  c->open_handles = 2;
  c->stream.data = c->timer.data = c->write.data = c->shutdown.data = c;
  c->last_millis = loop_millis(c);
  c->timer_millis = INT64_MAX;
  service_opened(service);
  if (uv_accept(listener, stream_of(c)) < 0) {
    close_connection(c);
    return true;
  }
  uv_tcp_nodelay(&c->stream, 1);
  go_on(c);
  return true;
}

static void stop_each(uv_handle_t *handle, void *service) {
  struct service *s = service;
  bool is_connection = handle->type == UV_TCP && handle != (uv_handle_t *)&s->listener &&
                       handle != (uv_handle_t *)&s->refused;
  if (!is_connection || uv_is_closing(handle)) return;
  struct connection *c = handle->data;
  call(c->server->handler->on_stop, c);
  go_on(c);
}

static void on_stop(struct service *service) { uv_walk(&service->loop, stop_each, service); }

int run_server(const struct options *options, const struct handler *handler) {
  struct server s = {
      .service = {.on_connection = on_connection, .on_stop = on_stop},
      .options = *options,
      .handler = handler,
  };
  s.service.options = &s.options;
  return service_run(&s.service);
}
