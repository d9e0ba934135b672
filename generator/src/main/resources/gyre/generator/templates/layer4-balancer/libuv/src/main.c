// {{name}}: passes TCP connections on to several targets, on libuv.
#include "service.h"

#include <assert.h>
#include <stdint.h>
#include <sys/socket.h>

enum { BUFFER_BYTES = 16384, TELL_MILLIS = 1000 };

struct target {
  long connections;
  int64_t down_until_millis;  // left alone until then
  int64_t tell_millis;        // nothing more is told of it until then, however many clients come
};

struct balancer {
  struct service service;  // first: a service leads to its balancer
  struct target targets[TARGETS_MAX];
  int turn;
};

struct pair;

// One end of a pair, and the bytes that were read from it and are being written to the other.
struct side {
  struct pair *pair;
  uv_tcp_t stream;
  uv_write_t write;        // of the buffer, to the other side; nothing is read meanwhile
  uv_shutdown_t shutdown;
  bool output_ended;       // after the last byte of the other
  size_t unsent;           // of what libuv writes to it, when it was looked at last
  char buffer[BUFFER_BYTES];
};

struct pair {
  struct balancer *balancer;
  struct side client, server;
  uv_connect_t connect;
  uv_timer_t timer;
  enum { CONNECTING, PASSING, CLOSED } state;
  int open_handles;
  int target;           // or -1
  uint64_t tried;       // a bit for each target that has been
  int64_t last_millis;  // when something moved
};

static uv_stream_t *stream_of(struct side *side) { return (uv_stream_t *)&side->stream; }

static struct side *other_of(struct side *side) {
  struct pair *pair = side->pair;
  return side == &pair->client ? &pair->server : &pair->client;
}

static int64_t now_millis(const struct pair *pair) {
  return (int64_t)uv_now(&pair->balancer->service.loop);
}

// ---- the end of a pair

static void connect_next(struct pair *pair);

static void on_closed(uv_handle_t *handle) {
  struct pair *pair = handle->data;
  if (--pair->open_handles > 0) return;
  struct service *service = &pair->balancer->service;
  free(pair);
  service_closed(service);
}

static void on_side_closed(uv_handle_t *handle) {
  struct pair *pair = ((struct side *)handle->data)->pair;
  if (pair->state == CLOSED) {
    handle->data = pair;
    on_closed(handle);
  } else {  // a target that did not accept
    pair->open_handles--;
    connect_next(pair);
  }
}

static void close_side(struct side *side, bool reset) {
  if (uv_is_closing((uv_handle_t *)&side->stream)) return;
  // libuv refuses a reset while it shuts that side down: then all that was for it has been sent, and an end is the truth.
  if (reset && uv_tcp_close_reset(&side->stream, on_side_closed) == 0) return;
  uv_close((uv_handle_t *)&side->stream, on_side_closed);
}

// With a reset if anything may be missing: a transfer that was cut must not look complete.
static void close_pair(struct pair *pair, bool reset) {
  if (pair->state == CLOSED) return;
  pair->state = CLOSED;
  if (pair->target >= 0) {
    pair->balancer->targets[pair->target].connections--;
    close_side(&pair->server, reset);
  }
  close_side(&pair->client, reset);
  uv_close((uv_handle_t *)&pair->timer, on_closed);
}

// ---- targets

// The one with the fewest connections among those that may be tried; among equals they take turns. -1 if there is none.
static int choose(const struct pair *pair) {
  struct balancer *b = pair->balancer;
  int best = -1;
  int count = b->service.options->target_count;
  for (int i = 0; i < count; i++) {
    int each = (b->turn + i) % count;
    const struct target *target = &b->targets[each];
    if (pair->tried >> each & 1 || target->down_until_millis > now_millis(pair)) continue;
    if (best < 0 || target->connections < b->targets[best].connections) best = each;
  }
  b->turn = (b->turn + 1) % count;
  return best;
}

static void tell(const struct pair *pair, int error) {
  struct target *target = &pair->balancer->targets[pair->target];
  if (now_millis(pair) < target->tell_millis) return;
  target->tell_millis = now_millis(pair) + TELL_MILLIS;
  const struct sockaddr_in *address = &pair->balancer->service.options->targets[pair->target];
  char host[INET_ADDRSTRLEN];
  uv_ip4_name(address, host, sizeof host);
  fprintf(stderr, "{{name}}: connect to %s:%d: %s\n", host, ntohs(address->sin_port), uv_strerror(error));
}

// The next one is tried when the handle is closed, since it is the same.
static void refused(struct pair *pair, int error) {
  const struct options *options = pair->balancer->service.options;
  struct target *target = &pair->balancer->targets[pair->target];
  tell(pair, error);
  bool ours = error == UV_EMFILE || error == UV_ENFILE || error == UV_ENOBUFS || error == UV_ENOMEM ||
              error == UV_EADDRNOTAVAIL;  // and not the target's
  if (!ours) target->down_until_millis = now_millis(pair) + options->retry_seconds * 1000;
  target->connections--;
  pair->target = -1;
  close_side(&pair->server, false);
}

static void start_timer(struct pair *pair, int64_t millis);
static void begin_passing(struct pair *pair);

static void on_connected(uv_connect_t *connect, int status) {
  struct pair *pair = connect->data;
  if (status == UV_ECANCELED) return;  // closed meanwhile, by whoever had a reason
  if (status < 0) refused(pair, status);
  else begin_passing(pair);
}

// Tries one target after the other; if none is left the client is reset.
static void connect_next(struct pair *pair) {
  struct service *service = &pair->balancer->service;
  pair->target = choose(pair);
  if (pair->target < 0) {
    close_pair(pair, true);
    return;
  }
  pair->tried |= UINT64_C(1) << pair->target;
  pair->balancer->targets[pair->target].connections++;
  check(uv_tcp_init(&service->loop, &pair->server.stream), "uv_tcp_init");
  pair->server.stream.data = &pair->server;
  pair->open_handles++;
  start_timer(pair, service->options->connect_seconds * 1000);
  const struct sockaddr *address = (const struct sockaddr *)&service->options->targets[pair->target];
  int error = uv_tcp_connect(&pair->connect, &pair->server.stream, address, on_connected);
  if (error < 0) refused(pair, error);
}

// ---- passing on

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room) {
  (void)suggested;
  struct side *side = handle->data;
  *room = uv_buf_init(side->buffer, BUFFER_BYTES);
}

static void on_shut_down(uv_shutdown_t *shutdown, int status) {
  struct side *side = shutdown->data;
  struct pair *pair = side->pair;
  if (status == UV_ECANCELED) return;
  side->output_ended = true;
  if (status < 0) close_pair(pair, true);
  else if (other_of(side)->output_ended) close_pair(pair, false);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *room);

static void on_written(uv_write_t *write, int status) {
  struct side *from = write->data;
  struct pair *pair = from->pair;
  if (status == UV_ECANCELED) return;
  pair->last_millis = now_millis(pair);
  if (status < 0 || uv_read_start(stream_of(from), on_room, on_read) < 0) close_pair(pair, true);
}

// Tries to write at once. What the system does not take is libuv's, and until that is written nothing more is read.
static int pass_on(struct side *from, uv_buf_t bytes) {
  struct side *to = other_of(from);
  int sent = uv_try_write(stream_of(to), &bytes, 1);
  if (sent < 0 && sent != UV_EAGAIN) return sent;
  if (sent < 0) sent = 0;
  if ((size_t)sent == bytes.len) return 0;
  bytes = uv_buf_init(bytes.base + sent, (unsigned int)(bytes.len - (size_t)sent));
  to->unsent = bytes.len;
  uv_read_stop(stream_of(from));
  return uv_write(&from->write, stream_of(to), &bytes, 1, on_written);
}

// When a side hangs up behind its last bytes, libuv tells an end, though it may have been a reset: the socket knows.
static int error_at_end(uv_stream_t *stream) {
  uv_os_fd_t fd;
  int error = 0;
  socklen_t length = sizeof error;
  int result = uv_fileno((uv_handle_t *)stream, &fd);
  if (result < 0) return result;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) error = errno;
  return uv_translate_sys_error(error);
}

// All that was read before has been written when this is called, with an end too.
static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *room) {
  struct side *from = stream->data;
  struct side *to = other_of(from);
  struct pair *pair = from->pair;
  assert(pair->state == PASSING);
  int result = 0;
  if (count > 0) {
    result = pass_on(from, uv_buf_init(room->base, (unsigned int)count));
  } else if (count == UV_EOF) {
    uv_read_stop(stream);
    result = error_at_end(stream);
    if (result == 0) result = uv_shutdown(&to->shutdown, stream_of(to), on_shut_down);
  } else {
    result = (int)count;  // a reset of one side is one of the other
  }
  if (count != 0) pair->last_millis = now_millis(pair);
  if (result < 0) close_pair(pair, true);
}

static void begin_passing(struct pair *pair) {
  struct balancer *b = pair->balancer;
  b->targets[pair->target].down_until_millis = 0;
  pair->state = PASSING;
  pair->last_millis = now_millis(pair);
  start_timer(pair, b->service.options->idle_seconds * 1000);
  uv_tcp_nodelay(&pair->server.stream, 1);
  // Nothing was read before, since there was nobody to write it to.
  if (uv_read_start(stream_of(&pair->client), on_room, on_read) < 0 ||
      uv_read_start(stream_of(&pair->server), on_room, on_read) < 0) {
    close_pair(pair, true);
  }
}

// ---- time

// A slow reader takes a buffer by and by: libuv tells when all is written, but the queue tells that it gets shorter.
static bool is_progressing(struct side *side) {
  size_t before = side->unsent;
  side->unsent = uv_stream_get_write_queue_size(stream_of(side));
  return side->unsent < before;
}

static void on_time(uv_timer_t *timer) {
  struct pair *pair = timer->data;
  if (pair->state == CONNECTING) {
    if (pair->target >= 0) refused(pair, UV_ETIMEDOUT);
    return;
  }
  bool client_reads = is_progressing(&pair->client), server_reads = is_progressing(&pair->server);
  if (client_reads || server_reads) pair->last_millis = now_millis(pair);
  int64_t left = pair->last_millis + pair->balancer->service.options->idle_seconds * 1000 - now_millis(pair);
  if (left > 0) start_timer(pair, left);  // that something moves does not set it again
  else close_pair(pair, true);
}

static void start_timer(struct pair *pair, int64_t millis) {
  uv_timer_start(&pair->timer, on_time, (uint64_t)millis, 0);
}

// ---- the program

static bool on_connection(struct service *service, uv_stream_t *listener) {
  struct pair *pair = calloc(1, sizeof *pair);
  if (!pair) return false;
  pair->balancer = (struct balancer *)service;
  pair->client.pair = pair->server.pair = pair;
  pair->target = -1;
  check(uv_tcp_init(&service->loop, &pair->client.stream), "uv_tcp_init");
  check(uv_timer_init(&service->loop, &pair->timer), "uv_timer_init");
  pair->open_handles = 2;
  pair->timer.data = pair->connect.data = pair;
  pair->client.stream.data = pair->client.write.data = pair->client.shutdown.data = &pair->client;
  pair->server.write.data = pair->server.shutdown.data = &pair->server;
  service_opened(service);
  if (uv_accept(listener, stream_of(&pair->client)) < 0) {
    close_pair(pair, false);
    return true;
  }
  uv_tcp_nodelay(&pair->client.stream, 1);
  connect_next(pair);
  return true;
}

int main(int argc, char **argv) {
  struct options options = parse_options("{{name}}", argc, argv);
  static struct balancer b = {.service.on_connection = on_connection};
  b.service.options = &options;
  if (options.target_count == 0) {
    fprintf(stderr, "{{name}}: --target HOST:PORT is needed, at least once; see --help\n");
    return 2;
  }
  return service_run(&b.service);
}
