// {{name}}: a TCP echo server on kqueue, for FreeBSD, OpenBSD, NetBSD and macOS.
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/event.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_BYTES = 16384, EVENTS = 256, ACCEPTS_PER_EVENT = 64, BACKLOG = 1024, PAUSE_MILLIS = 100 };

struct connection {
  int fd;
  bool reads, writes;                // filters that are enabled
  bool input_ended;                  // the peer has shut down its side
  size_t begin, end;                 // what is to be sent: buffer[begin, end)
  int64_t last_millis;               // when something moved last
  struct connection *older, *newer;  // by last use
  char buffer[BUFFER_BYTES];
};

struct server {
  struct options options;
  int queue, listener;
  long connections;
  bool draining, accepting;
  int64_t resume_millis;  // when accepting goes on, or 0
  int64_t drain_millis;   // when those that are left are cut off
  struct connection *oldest, *newest;
  struct connection *closed;  // freed when no event can name them any more
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

static bool change(struct server *s, int fd, short filter, unsigned short flags, void *of) {
  struct kevent change;
  EV_SET(&change, fd, filter, flags, 0, 0, of);
  return kevent(s->queue, &change, 1, NULL, 0, NULL) == 0;
}

// Whether it still stands.
static bool watch_connection(struct server *s, struct connection *c) {
  bool reads = !c->input_ended && c->end < BUFFER_BYTES;
  bool writes = c->begin < c->end;
  if (reads != c->reads && !change(s, c->fd, EVFILT_READ, reads ? EV_ENABLE : EV_DISABLE, c)) {
    return false;
  }
  if (writes != c->writes && !change(s, c->fd, EVFILT_WRITE, writes ? EV_ENABLE : EV_DISABLE, c)) {
    return false;
  }
  c->reads = reads;
  c->writes = writes;
  return true;
}

static bool send_some(struct connection *c) {
  while (c->begin < c->end) {
    ssize_t sent = send(c->fd, c->buffer + c->begin, c->end - c->begin, 0);
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

static void serve(struct server *s, struct connection *c, short filter, int64_t now) {
  bool stands = true;
  if (filter == EVFILT_READ && c->end < BUFFER_BYTES) stands = receive_some(c);  // EV_EOF: so it tells
  if (stands) stands = send_some(c);
  if (stands && c->input_ended && c->begin == c->end) stands = false;  // all is sent back
  if (stands) stands = watch_connection(s, c);
  if (stands) touch(s, c, now);
  else close_connection(s, c);
}

// ---- accepting

static void watch_listener(struct server *s, bool wanted) {
  if (wanted == s->accepting) return;
  if (!change(s, s->listener, EVFILT_READ, wanted ? EV_ADD | EV_ENABLE : EV_DELETE, &s->listener)) {
    fail("kevent of the listener");
  }
  s->accepting = wanted;
}

static void add_connection(struct server *s, int fd, int64_t now) {
  struct connection *c = s->connections < s->options.max_connections ? malloc(sizeof *c) : NULL;
  if (!c) {
    close(fd);  // too many, or no memory: better one less than all of them slow
    return;
  }
  c->fd = fd;
  c->reads = true;
  c->writes = false;
  c->input_ended = false;
  c->begin = c->end = 0;
  c->last_millis = now;
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
      !change(s, fd, EVFILT_READ, EV_ADD, c) || !change(s, fd, EVFILT_WRITE, EV_ADD | EV_DISABLE, c)) {
    close(fd);
    free(c);
    return;
  }
  append_connection(s, c);
  s->connections++;
}

static void accept_some(struct server *s, int64_t now) {
  for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
    int fd = accept(s->listener, NULL, NULL);
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
  if (s->draining) exit(1);  // asked twice
  s->draining = true;
  s->drain_millis = now + s->options.drain_seconds * 1000;
  watch_listener(s, false);
  close(s->listener);
  fprintf(stderr, "{{name}}: draining %ld connections\n", s->connections);
}

static void check_time(struct server *s, int64_t now) {
  int64_t idle = s->options.idle_seconds * 1000;
  while (s->oldest && now - s->oldest->last_millis >= idle) close_connection(s, s->oldest);
  if (s->resume_millis && now >= s->resume_millis) {
    s->resume_millis = 0;
    if (!s->draining) watch_listener(s, true);
  }
}

static struct timespec time_left(const struct server *s, int64_t now) {
  int64_t next = now + 60000;
  if (s->oldest) {
    int64_t idle = s->oldest->last_millis + s->options.idle_seconds * 1000;
    if (idle < next) next = idle;
  }
  if (s->resume_millis && s->resume_millis < next) next = s->resume_millis;
  if (s->draining && s->drain_millis < next) next = s->drain_millis;
  int64_t left = next > now ? next - now : 0;
  return (struct timespec){.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
}

// ---- the program

static void open_all(struct server *s) {
  s->queue = kqueue();
  if (s->queue < 0) fail("kqueue");
  signal(SIGPIPE, SIG_IGN);
  const int stops[] = {SIGTERM, SIGINT};
  for (int i = 0; i < 2; i++) {  // the filter tells of them; what they would do is turned off
    signal(stops[i], SIG_IGN);
    if (!change(s, stops[i], EVFILT_SIGNAL, EV_ADD, NULL)) fail("kevent of the signals");
  }
  s->listener = socket(AF_INET, SOCK_STREAM, 0);
  if (s->listener < 0) fail("socket");
  if (fcntl(s->listener, F_SETFL, O_NONBLOCK) < 0 || fcntl(s->listener, F_SETFD, FD_CLOEXEC) < 0) {
    fail("fcntl");
  }
  int on = 1;
  setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(s->listener, (struct sockaddr *)&s->options.address, sizeof s->options.address) < 0) {
    fail("bind");
  }
  if (listen(s->listener, BACKLOG) < 0) fail("listen");
  watch_listener(s, true);

  struct sockaddr_in bound;
  socklen_t length = sizeof bound;
  if (getsockname(s->listener, (struct sockaddr *)&bound, &length) < 0) fail("getsockname");
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &bound.sin_addr, host, sizeof host);
  printf("listening on %s:%d\n", host, ntohs(bound.sin_port));
  fflush(stdout);
}

static void dispatch(struct server *s, const struct kevent *event, int64_t now) {
  if (event->filter == EVFILT_SIGNAL) {
    take_signal(s, now);
  } else if (event->udata == &s->listener) {
    if (!s->draining) accept_some(s, now);
  } else {
    struct connection *c = event->udata;
    if (c->fd >= 0) serve(s, c, event->filter, now);
  }
}

int main(int argc, char **argv) {
  static struct server s;
  s.options = parse_options("{{name}}", argc, argv);
  open_all(&s);
  struct kevent events[EVENTS];
  for (;;) {
    int64_t now = now_millis();
    check_time(&s, now);
    if (s.draining && s.connections == 0) return 0;
    if (s.draining && now >= s.drain_millis) {
      fprintf(stderr, "{{name}}: %ld connections did not end in time\n", s.connections);
      return 1;
    }
    struct timespec left = time_left(&s, now);
    int count = kevent(s.queue, NULL, 0, events, EVENTS, &left);
    if (count < 0 && errno != EINTR) fail("kevent");
    now = now_millis();
    for (int i = 0; i < count; i++) dispatch(&s, &events[i], now);
    free_closed(&s);
  }
}
