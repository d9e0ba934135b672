// One thread, level-triggered epoll. Connections are in a list by last use, since all have the same time-out.
#define _GNU_SOURCE
#include "server.h"

#include <assert.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIECE_BYTES = 16384, EVENTS = 256, ACCEPTS_PER_EVENT = 64, BACKLOG = 1024, PAUSE_MILLIS = 100 };
enum { LOOK_MILLIS = 10 };      // all connections are looked at no more often than that
enum { ENDING_MILLIS = 5000 };  // how long a peer may take to read the last of its output

static int64_t clock_millis(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fail(const char *what) {
  fprintf(stderr, "{{name}}: %s: %s\n", what, strerror(errno));
  exit(1);
}

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

bool is_writable(const struct server *s, const struct connection *c) {
  return !c->ending && !c->paused && buffered(&c->out) <= s->handler->output_limit;
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

static void close_connection(struct server *s, struct connection *c) {
  close(c->fd);
  c->fd = -1;
  unlink_connection(s, c);
  c->newer = s->closed;
  s->closed = c;
  s->connections--;
}

static void free_closed(struct server *s) {
  while (s->closed) {
    struct connection *next = s->closed->newer;
    free(s->closed->in.bytes);
    free(s->closed->out.bytes);
    free(s->closed->extra);
    free(s->closed);
    s->closed = next;
  }
}

// ---- serving

static bool wants_input(const struct server *s, const struct connection *c) {
  if (c->input_ended) return false;
  if (c->ending) return true;  // what comes is dropped: unread bytes at the close would be a reset
  return is_writable(s, c) && buffered(&c->in) < s->handler->input_limit;
}

static bool receive_some(struct server *s, struct connection *c) {
  if (!make_room(&c->in, PIECE_BYTES)) return false;
  ssize_t got;
  do {
    got = recv(c->fd, c->in.bytes + c->in.end, PIECE_BYTES, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return errno == EAGAIN;
  if (got == 0) c->input_ended = true;
  else if (!c->ending) c->in.end += (size_t)got;
{{#metrics}}
  s->metrics.received_bytes += (size_t)got;
{{/metrics}}
  c->last_millis = s->now_millis;
  return true;
}

static bool send_some(struct server *s, struct connection *c) {
  while (buffered(&c->out) > 0) {
    ssize_t sent = send(c->fd, buffer_start(&c->out), buffered(&c->out), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    c->out.begin += (size_t)sent;
{{#metrics}}
    s->metrics.sent_bytes += (size_t)sent;
{{/metrics}}
    c->last_millis = s->now_millis;
  }
  return true;
}

// Whether nothing is left to be done for it.
static bool is_over(const struct server *s, const struct connection *c) {
  if (buffered(&c->out) > 0 || c->paused) return false;
  if (c->input_ended) return true;  // a message that was cut is dropped
  return s->draining && !c->ending && buffered(&c->in) == 0;
}

static bool watch(struct server *s, struct connection *c) {
  uint32_t wanted = (wants_input(s, c) ? (uint32_t)EPOLLIN : 0u) |
                    (buffered(&c->out) > 0 ? (uint32_t)EPOLLOUT : 0u);
  if (wanted == c->watched) return true;
  struct epoll_event event = {.events = wanted, .data.ptr = c};
  if (epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &event) < 0) return false;
  c->watched = wanted;
  return true;
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

// Takes what is whole, sends what there is, and says what to wait for. Closes it when it is over.
static void go_on(struct server *s, struct connection *c) {
  bool stands = true;
  for (;;) {  // each round takes from the input, which is bounded
    size_t before = buffered(&c->in);
    if (before > 0 && is_writable(s, c)) s->handler->on_input(s, c);
    if (!send_some(s, c)) stands = false;
    if (!stands || buffered(&c->in) == before || !is_writable(s, c)) break;
  }
  if (stands && c->ending && buffered(&c->out) == 0 && c->ending_millis == 0) {
    shutdown(c->fd, SHUT_WR);  // the peer reads all of it, ends too, and then it is closed
    c->ending_millis = s->now_millis + ENDING_MILLIS;
  }
  if (c->ending) c->in.begin = c->in.end = 0;
  free_if_empty(&c->in);
  free_if_empty(&c->out);
{{#metrics}}
  if (!stands) s->metrics.failed++;
{{/metrics}}
  if (!stands || is_over(s, c) || !watch(s, c)) {
    close_connection(s, c);
    return;
  }
  unlink_connection(s, c);
  append_connection(s, c);
  look_in_time(s, c);
}

static void serve(struct server *s, struct connection *c, uint32_t events) {
  bool stands = !(events & (EPOLLERR | EPOLLHUP));  // reset, or closed on both sides
  if (stands && (events & EPOLLIN)) stands = receive_some(s, c);
{{#metrics}}
  if (stands) {
    go_on(s, c);
  } else {
    close_connection(s, c);
    s->metrics.failed++;
  }
{{/metrics}}
{{^metrics}}
  if (stands) go_on(s, c);
  else close_connection(s, c);
{{/metrics}}
}

// ---- accepting

static void watch_listener(struct server *s, bool wanted) {
  if (wanted == s->accepting) return;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &s->listener};
  if (epoll_ctl(s->epoll, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, s->listener, &event) < 0) {
    fail("epoll_ctl of the listener");
  }
  s->accepting = wanted;
}

static void add_connection(struct server *s, int fd) {
  struct connection *c = NULL;
  if (s->connections < s->options.max_connections) c = calloc(1, sizeof *c);
  if (!c) {
{{#metrics}}
    s->metrics.refused++;
{{/metrics}}
    close(fd);  // too many, or no memory: better one less than all of them slow
    return;
  }
  c->fd = fd;
  c->watched = EPOLLIN;
  c->last_millis = s->now_millis;
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
    close(fd);
    free(c);
    return;
  }
  append_connection(s, c);
  s->connections++;
{{#metrics}}
  s->metrics.opened++;
{{/metrics}}
  if (s->handler->on_open) s->handler->on_open(s, c);
  look_in_time(s, c);
}

static void accept_some(struct server *s) {
  for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
    int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      add_connection(s, fd);
      continue;
    }
    switch (errno) {
      case EAGAIN:
        return;
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:  // the event would come again at once: wait until some have ended
        fprintf(stderr, "{{name}}: accept: %s; pausing for %d ms\n", strerror(errno), PAUSE_MILLIS);
        watch_listener(s, false);
        s->resume_millis = s->now_millis + PAUSE_MILLIS;
        return;
      default:  // of a connection that has gone meanwhile
        break;
    }
  }
}

// ---- time and signals

static void take_signal(struct server *s) {
  struct signalfd_siginfo info;
  if (read(s->signals, &info, sizeof info) != sizeof info) return;
  if (s->draining) exit(1);  // asked twice
  s->draining = true;
  s->drain_millis = s->now_millis + s->options.drain_seconds * 1000;
  watch_listener(s, false);
  close(s->listener);
  fprintf(stderr, "{{name}}: draining %ld connections\n", s->connections);
  struct connection *last = s->newest;  // going on moves each behind this one, or closes it
  for (struct connection *c = s->oldest, *next; c; c = next) {
    next = c == last ? NULL : c->newer;
    if (s->handler->on_stop) s->handler->on_stop(s, c);
    go_on(s, c);
  }
}

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
{{#metrics}}
      s->metrics.failed++;
{{/metrics}}
    } else {
      look_in_time(s, c);
    }
  }
  int64_t soonest = s->now_millis + LOOK_MILLIS;
  if (s->look_millis < soonest) s->look_millis = soonest;
}

static int timeout_millis(const struct server *s) {
  int64_t next = s->look_millis;
  if (s->resume_millis && s->resume_millis < next) next = s->resume_millis;
  if (s->draining && s->drain_millis < next) next = s->drain_millis;
  if (next == INT64_MAX) return -1;
  int64_t left = next - s->now_millis;
  return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

// ---- the program

static void open_all(struct server *s) {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  if (sigprocmask(SIG_BLOCK, &stops, NULL) < 0) fail("sigprocmask");
  s->signals = signalfd(-1, &stops, SFD_NONBLOCK | SFD_CLOEXEC);
  if (s->signals < 0) fail("signalfd");
  s->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (s->epoll < 0) fail("epoll_create1");
  s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (s->listener < 0) fail("socket");
  int on = 1;
  setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(s->listener, (struct sockaddr *)&s->options.address, sizeof s->options.address) < 0) {
    fail("bind");
  }
  if (listen(s->listener, BACKLOG) < 0) fail("listen");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &s->signals};
  if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->signals, &event) < 0) fail("epoll_ctl of the signals");
  watch_listener(s, true);

  struct sockaddr_in bound;
  socklen_t length = sizeof bound;
  if (getsockname(s->listener, (struct sockaddr *)&bound, &length) < 0) fail("getsockname");
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &bound.sin_addr, host, sizeof host);
  printf("listening on %s:%d\n", host, ntohs(bound.sin_port));
  fflush(stdout);
{{#metrics}}
  if (!metrics_open(&s->metrics, &s->options.metrics)) fail("the page of metrics");
  if (s->metrics.epoll >= 0) {
    event.data.ptr = &s->metrics;
    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->metrics.epoll, &event) < 0) fail("epoll_ctl of the metrics");
  }
{{/metrics}}
}

static void dispatch(struct server *s, const struct epoll_event *event) {
  void *what = event->data.ptr;
  if (what == &s->listener) {
    if (!s->draining) accept_some(s);
  } else if (what == &s->signals) {
    take_signal(s);
{{#metrics}}
  } else if (what == &s->metrics) {
    metrics_turn(&s->metrics, s->connections);
{{/metrics}}
  } else {
    struct connection *c = what;
    if (c->fd >= 0) serve(s, c, event->events);
  }
}

int run_server(const struct options *options, const struct handler *handler) {
  struct server s = {.options = *options, .handler = handler, .look_millis = INT64_MAX};
  open_all(&s);
  struct epoll_event events[EVENTS];
  for (;;) {
    s.now_millis = clock_millis();
    if (s.now_millis >= s.look_millis) check_connections(&s);
    if (s.resume_millis && s.now_millis >= s.resume_millis) {
      s.resume_millis = 0;
      if (!s.draining) watch_listener(&s, true);
    }
    if (s.draining && s.connections == 0) return 0;
    if (s.draining && s.now_millis >= s.drain_millis) {
      fprintf(stderr, "{{name}}: %ld connections did not end in time\n", s.connections);
      return 1;
    }
    int count = epoll_wait(s.epoll, events, EVENTS, timeout_millis(&s));
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    s.now_millis = clock_millis();
    for (int i = 0; i < count; i++) dispatch(&s, &events[i]);
    free_closed(&s);
  }
}
