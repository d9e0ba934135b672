// One thread, one ring. A connection has at most one request under way that receives and one that sends.
#define _GNU_SOURCE
#include "server.h"

#include <assert.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOOK_MILLIS = 10 };      // all connections are looked at no more often than that
enum { ENDING_MILLIS = 5000 };  // how long a peer may take to read the last of its output

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

static bool append(struct buffer *b, const void *bytes, size_t count) {
  if (count == 0) return true;
  if (!make_room(b, count)) return false;
  memcpy(b->bytes + b->end, bytes, count);
  b->end += count;
  return true;
}

// An idle connection owns no buffers.
static void free_if_empty(struct buffer *b) {
  if (b->begin < b->end || !b->bytes) return;
  free(b->bytes);
  *b = (struct buffer){0};
}

void put(struct connection *c, const void *bytes, size_t count) {
  if (!append(&c->out, bytes, count)) c->ending = true;
}

void consume(struct connection *c, size_t count) {
  assert(count <= buffered(&c->in));
  c->in.begin += count;
}

static size_t unsent(const struct connection *c) {
  return buffered(&c->out) + buffered(&c->departing);
}

bool is_writable(const struct server *s, const struct connection *c) {
  return !c->ending && !c->paused && unsent(c) <= s->handler->output_limit;
}

// ---- connections, by last use

static void unlink_connection(struct server *s, struct connection *c) {
  if (c->older) c->older->newer = c->newer;
  else s->oldest = c->newer;
  if (c->newer) c->newer->older = c->older;
  else s->newest = c->older;
  c->older = c->newer = NULL;
}

static void append_connection(struct server *s, struct connection *c) {
  c->older = s->newest;
  c->newer = NULL;
  if (s->newest) s->newest->newer = c;
  else s->oldest = c;
  s->newest = c;
}

static bool is_quiet(const struct connection *c) {
  return !c->receiving.is_under_way && !c->sending.is_under_way;
}

// No completion names it any more, and the kernel uses none of its buffers.
static void free_connection(struct server *s, struct connection *c) {
  assert(c->is_closing && is_quiet(c));
  close(c->fd);
  free(c->in.bytes);
  free(c->out.bytes);
  free(c->departing.bytes);
  free(c->extra);
  free(c);
  s->connections--;
}

static void close_connection(struct server *s, struct connection *c) {
  assert(!c->is_closing);
  unlink_connection(s, c);
  c->is_closing = true;
  if (is_quiet(c)) free_connection(s, c);
  else ring_cancel(&s->ring, c->fd);
}

// ---- serving

static bool wants_input(const struct server *s, const struct connection *c) {
  if (c->input_ended) return false;
  if (c->ending) return true;  // what comes is dropped: unread bytes at the close would be a reset
  return is_writable(s, c) && buffered(&c->in) < s->handler->input_limit;
}

static void receive_some(struct server *s, struct connection *c) {
  struct io_uring_sqe *request = ring_request(&s->ring, 1);
  io_uring_prep_recv(request, c->fd, NULL, 0, 0);
  buffers_offer(request);
  ring_begin(request, &c->receiving);
}

// What is put meanwhile goes into another buffer.
static void send_some(struct server *s, struct connection *c) {
  if (buffered(&c->departing) == 0) {
    free_if_empty(&c->departing);
    c->departing = c->out;
    c->out = (struct buffer){0};
  }
  struct io_uring_sqe *request = ring_request(&s->ring, 1);
  io_uring_prep_send(request, c->fd, buffer_start(&c->departing), buffered(&c->departing), MSG_NOSIGNAL);
  ring_begin(request, &c->sending);
}

// Whether nothing is left to be done for it.
static bool is_over(const struct server *s, const struct connection *c) {
  if (unsent(c) > 0 || c->paused) return false;
  if (c->input_ended) return true;  // a message that was cut is dropped
  return s->draining && !c->ending && buffered(&c->in) == 0;
}

static int64_t due_millis(const struct server *s, const struct connection *c) {
  int64_t due = c->last_millis + s->options.idle_seconds * 1000;
  if (c->paused) due = INT64_MAX;  // an answer is under way
  if (c->wake_millis && c->wake_millis < due) due = c->wake_millis;
  if (c->ending_millis && c->ending_millis < due) due = c->ending_millis;
  return due;
}

static void look_in_time(struct server *s, const struct connection *c) {
  int64_t due = due_millis(s, c);
  if (due < s->look_millis) s->look_millis = due;
}

static void take_input(struct server *s, struct connection *c) {
  for (;;) {  // each round takes from the input, which is bounded
    size_t before = buffered(&c->in);
    if (before == 0 || !is_writable(s, c)) break;
    s->handler->on_input(s, c);
    if (buffered(&c->in) == before) break;
  }
}

// Takes what is whole, sends what there is, and asks for more. Closes it when it is over; the caller does not use it any more then.
static void go_on(struct server *s, struct connection *c) {
  assert(!c->is_closing);
  take_input(s, c);
  if (c->ending) {
    c->in.begin = c->in.end = 0;
    if (unsent(c) == 0 && c->ending_millis == 0) {
      shutdown(c->fd, SHUT_WR);  // the peer reads all of it, ends too, and then it is closed
      c->ending_millis = s->now_millis + ENDING_MILLIS;
    }
  }
  if (is_over(s, c)) {
    close_connection(s, c);
    return;
  }
  if (unsent(c) > 0 && !c->sending.is_under_way) send_some(s, c);
  if (wants_input(s, c) && !c->receiving.is_under_way) receive_some(s, c);
  free_if_empty(&c->in);
  unlink_connection(s, c);
  append_connection(s, c);
  look_in_time(s, c);
}

// ---- completions

// Of a request that is to be made again.
static bool is_passing(int result) { return result == -EINTR || result == -EAGAIN || result == -ENOBUFS; }

static void on_received(void *owner, int result, uint32_t flags) {
  struct connection *c = owner;
  struct server *s = c->server;
  bool stands = result >= 0 || is_passing(result);
  if (result > 0 && !c->is_closing && !c->ending) {
    stands = append(&c->in, buffers_taken(&s->buffers, flags), (size_t)result);
  }
  buffers_return(&s->buffers, flags);
  if (c->is_closing) {
    if (is_quiet(c)) free_connection(s, c);
    return;
  }
  if (result == 0) c->input_ended = true;
  if (result >= 0) c->last_millis = s->now_millis;
  if (stands) go_on(s, c);
  else close_connection(s, c);
}

static void on_sent(void *owner, int result, uint32_t flags) {
  (void)flags;
  struct connection *c = owner;
  struct server *s = c->server;
  if (c->is_closing) {
    if (is_quiet(c)) free_connection(s, c);
    return;
  }
  if (result < 0 && !is_passing(result)) {
    close_connection(s, c);
    return;
  }
  if (result > 0) {
    assert((size_t)result <= buffered(&c->departing));
    c->departing.begin += (size_t)result;
    c->last_millis = s->now_millis;
  }
  free_if_empty(&c->departing);
  go_on(s, c);
}

static void on_accepted(void *owner, int fd) {
  struct server *s = owner;
  struct connection *c = NULL;
  if (s->connections < s->options.max_connections) c = calloc(1, sizeof *c);
  if (!c) {
    close(fd);  // too many, or no memory: better one less than all of them slow
    return;
  }
  c->fd = fd;
  c->server = s;
  c->receiving = (struct operation){.on_done = on_received, .owner = c};
  c->sending = (struct operation){.on_done = on_sent, .owner = c};
  c->last_millis = s->now_millis;
  append_connection(s, c);
  s->connections++;
  if (s->handler->on_open) s->handler->on_open(s, c);
  go_on(s, c);
}

static void on_signal(void *owner, int result, uint32_t flags) {
  (void)result, (void)flags;
  struct server *s = owner;
  if (s->draining) exit(1);  // asked twice
  s->draining = true;
  s->drain_millis = s->now_millis + s->options.drain_seconds * 1000;
  acceptor_stop(&s->acceptor);
  signals_await(&s->signals, &s->ring);
  fprintf(stderr, "{{name}}: draining %ld connections\n", s->connections);
  struct connection *last = s->newest;  // going on moves each behind this one, or closes it
  for (struct connection *c = s->oldest, *next; c; c = next) {
    next = c == last ? NULL : c->newer;
    if (s->handler->on_stop) s->handler->on_stop(s, c);
    go_on(s, c);
  }
}

// ---- time

// It looks at each connection, and so is done only when one of them may be due.
static void check_connections(struct server *s) {
  s->look_millis = INT64_MAX;
  struct connection *last = s->newest;  // going on moves each behind this one, or closes it
  for (struct connection *c = s->oldest, *next; c; c = next) {
    next = c == last ? NULL : c->newer;
    if (c->wake_millis && s->now_millis >= c->wake_millis) {
      c->wake_millis = 0;
      s->handler->on_wake(s, c);
      go_on(s, c);
    } else if (s->now_millis >= due_millis(s, c)) {
      close_connection(s, c);
    } else {
      look_in_time(s, c);
    }
  }
  int64_t soonest = s->now_millis + LOOK_MILLIS;
  if (s->look_millis < soonest) s->look_millis = soonest;
}

static int64_t left_millis(const struct server *s) {
  int64_t next = s->look_millis;
  if (s->acceptor.resume_millis < next) next = s->acceptor.resume_millis;
  if (s->draining && s->drain_millis < next) next = s->drain_millis;
  return next == INT64_MAX ? next : next - s->now_millis;
}

// ---- the program

int run_server(const struct options *options, const struct handler *handler) {
  static struct server s;
  s.options = *options;
  s.handler = handler;
  s.look_millis = INT64_MAX;
  ring_open(&s.ring);
  buffers_open(&s.buffers, &s.ring);
  signals_open(&s.signals, &s.ring, on_signal, &s);
  acceptor_open(&s.acceptor, &s.ring, &s.options.address, on_accepted, &s);
  for (;;) {
    s.now_millis = clock_millis();
    if (s.now_millis >= s.look_millis) check_connections(&s);
    acceptor_check(&s.acceptor, s.now_millis);
    if (s.draining && s.connections == 0) return 0;
    if (s.draining && s.now_millis >= s.drain_millis) {
      fprintf(stderr, "{{name}}: %ld connections did not end in time\n", s.connections);
      return 1;
    }
    ring_wait(&s.ring, left_millis(&s));
    s.now_millis = clock_millis();
    ring_dispatch(&s.ring);
  }
}
