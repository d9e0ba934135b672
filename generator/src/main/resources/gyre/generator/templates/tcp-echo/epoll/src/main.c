// {{name}}: a TCP echo server on epoll.
#define _GNU_SOURCE
{{#metrics}}
#include "metrics.h"
{{/metrics}}
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_BYTES = 16384, EVENTS = 256, ACCEPTS_PER_EVENT = 64, BACKLOG = 1024, PAUSE_MILLIS = 100 };

struct connection {
  int fd;
  uint32_t watched;                  // events that epoll is asked for
  bool input_ended;                  // the peer has shut down its side
  size_t begin, end;                 // what is to be sent: buffer[begin, end)
  int64_t last_millis;               // when something moved last
  struct connection *older, *newer;  // by last use
  char buffer[BUFFER_BYTES];
};

struct server {
  struct options options;
  int epoll, listener, signals;
  long connections;
  bool draining, accepting;
  int64_t resume_millis;  // when accepting goes on, or 0
  int64_t drain_millis;   // when those that are left are cut off
  struct connection *oldest, *newest;
  struct connection *closed;  // freed when no event can name them any more
{{#metrics}}
  struct metrics metrics;
{{/metrics}}
};

static int64_t now_millis(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fail(const char *what) {
  fprintf(stderr, "{{name}}: %s: %s\n", what, strerror(errno));
  exit(1);
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

static void touch(struct server *s, struct connection *c, int64_t now) {
  c->last_millis = now;
  unlink_connection(s, c);
  append_connection(s, c);
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
    free(s->closed);
    s->closed = next;
  }
}

// ---- echoing

// Whether it still stands.
static bool watch_connection(struct server *s, struct connection *c) {
  bool full = c->end == BUFFER_BYTES;
  uint32_t wanted = (c->input_ended || full ? 0u : EPOLLIN) | (c->begin < c->end ? EPOLLOUT : 0u);
  if (wanted == c->watched) return true;
  struct epoll_event event = {.events = wanted, .data.ptr = c};
  if (epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &event) < 0) return false;
  c->watched = wanted;
  return true;
}

static bool send_some(struct connection *c) {
  while (c->begin < c->end) {
    ssize_t sent = send(c->fd, c->buffer + c->begin, c->end - c->begin, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    c->begin += (size_t)sent;
  }
  c->begin = c->end = 0;
  return true;
}

static bool receive_some(struct connection *c) {
  ssize_t got;
  do {
    got = recv(c->fd, c->buffer + c->end, BUFFER_BYTES - c->end, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return errno == EAGAIN;
  if (got == 0) c->input_ended = true;
  c->end += (size_t)got;
  return true;
}

static void serve(struct server *s, struct connection *c, uint32_t events, int64_t now) {
  bool stands = !(events & (EPOLLERR | EPOLLHUP));  // reset, or closed on both sides
{{#metrics}}
  size_t end_before = c->end;
{{/metrics}}
  if (stands && (events & EPOLLIN)) stands = receive_some(c);
{{#metrics}}
  s->metrics.received_bytes += c->end - end_before;
  size_t waiting = c->end - c->begin;
{{/metrics}}
  if (stands) stands = send_some(c);
{{#metrics}}
  s->metrics.sent_bytes += waiting - (c->end - c->begin);
  if (!stands) s->metrics.failed++;
{{/metrics}}
  if (stands && c->input_ended && c->begin == c->end) stands = false;  // all is sent back
  if (stands) stands = watch_connection(s, c);
  if (stands) touch(s, c, now);
  else close_connection(s, c);
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

static void add_connection(struct server *s, int fd, int64_t now) {
  struct connection *c = s->connections < s->options.max_connections ? malloc(sizeof *c) : NULL;
  if (!c) {
{{#metrics}}
    s->metrics.refused++;
{{/metrics}}
    close(fd);  // too many, or no memory: better one less than all of them slow
    return;
  }
  c->fd = fd;
  c->watched = EPOLLIN;
  c->input_ended = false;
  c->begin = c->end = 0;
  c->last_millis = now;
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
}

static void accept_some(struct server *s, int64_t now) {
  for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
    int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      add_connection(s, fd, now);
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
        s->resume_millis = now + PAUSE_MILLIS;
        return;
      default:  // of a connection that has gone meanwhile
        break;
    }
  }
}

// ---- time and signals

static void take_signal(struct server *s, int64_t now) {
  struct signalfd_siginfo info;
  if (read(s->signals, &info, sizeof info) != sizeof info) return;
  if (s->draining) exit(1);  // asked twice
  s->draining = true;
  s->drain_millis = now + s->options.drain_seconds * 1000;
  watch_listener(s, false);
  close(s->listener);
  fprintf(stderr, "{{name}}: draining %ld connections\n", s->connections);
}

static void check_time(struct server *s, int64_t now) {
  int64_t idle = s->options.idle_seconds * 1000;
{{#metrics}}
  while (s->oldest && now - s->oldest->last_millis >= idle) {
    close_connection(s, s->oldest);
    s->metrics.failed++;
  }
{{/metrics}}
{{^metrics}}
  while (s->oldest && now - s->oldest->last_millis >= idle) close_connection(s, s->oldest);
{{/metrics}}
  if (s->resume_millis && now >= s->resume_millis) {
    s->resume_millis = 0;
    if (!s->draining) watch_listener(s, true);
  }
}

static int timeout_millis(const struct server *s, int64_t now) {
  int64_t next = INT64_MAX;
  if (s->oldest) next = s->oldest->last_millis + s->options.idle_seconds * 1000;
  if (s->resume_millis && s->resume_millis < next) next = s->resume_millis;
  if (s->draining && s->drain_millis < next) next = s->drain_millis;
  if (next == INT64_MAX) return -1;
  int64_t left = next - now;
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

static void dispatch(struct server *s, const struct epoll_event *event, int64_t now) {
  void *what = event->data.ptr;
  if (what == &s->listener) {
    if (!s->draining) accept_some(s, now);
  } else if (what == &s->signals) {
    take_signal(s, now);
{{#metrics}}
  } else if (what == &s->metrics) {
    metrics_turn(&s->metrics, s->connections);
{{/metrics}}
  } else {
    struct connection *c = what;
    if (c->fd >= 0) serve(s, c, event->events, now);
  }
}

int main(int argc, char **argv) {
  static struct server s;
  s.options = parse_options("{{name}}", argc, argv);
  open_all(&s);
  struct epoll_event events[EVENTS];
  for (;;) {
    int64_t now = now_millis();
    check_time(&s, now);
    if (s.draining && s.connections == 0) return 0;
    if (s.draining && now >= s.drain_millis) {
      fprintf(stderr, "{{name}}: %ld connections did not end in time\n", s.connections);
      return 1;
    }
    int count = epoll_wait(s.epoll, events, EVENTS, timeout_millis(&s, now));
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    now = now_millis();
    for (int i = 0; i < count; i++) dispatch(&s, &events[i], now);
    free_closed(&s);
  }
}
