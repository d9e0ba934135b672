// {{name}}: a TCP echo server on io_uring.
#define _GNU_SOURCE
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <liburing.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_BYTES = 16384, ENTRIES = 1024, COMPLETIONS = 256, BACKLOG = 1024, PAUSE_MILLIS = 100 };

struct connection {
  int fd;
  enum { RECEIVING, SENDING, CLOSING } state;  // one request is under way in each
  size_t begin, end;                           // what is to be sent: buffer[begin, end)
  int64_t last_millis;                         // when something moved last
  struct connection *older, *newer;            // by last use
  char buffer[BUFFER_BYTES];
};

struct server {
  struct options options;
  struct io_uring ring;
  int listener, signals;
  struct signalfd_siginfo signal;
  long connections;
  bool draining;
  int64_t resume_millis;  // when accepting goes on, or 0
  int64_t drain_millis;   // when those that are left are cut off
  struct connection *oldest, *newest;
};

static int64_t now_millis(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fail(const char *what, int error) {
  fprintf(stderr, "{{name}}: %s: %s\n", what, strerror(error));
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

// ---- requests

// There is room after those that wait have been submitted.
static struct io_uring_sqe *request(struct server *s) {
  struct io_uring_sqe *sqe = io_uring_get_sqe(&s->ring);
  if (!sqe) {
    int result = io_uring_submit(&s->ring);
    if (result < 0) fail("io_uring_submit", -result);
    sqe = io_uring_get_sqe(&s->ring);
    if (!sqe) fail("io_uring_get_sqe", EBUSY);
  }
  return sqe;
}

static void receive(struct server *s, struct connection *c) {
  c->state = RECEIVING;
  c->begin = c->end = 0;
  struct io_uring_sqe *sqe = request(s);
  io_uring_prep_recv(sqe, c->fd, c->buffer, BUFFER_BYTES, 0);
  io_uring_sqe_set_data(sqe, c);
}

static void send_rest(struct server *s, struct connection *c) {
  c->state = SENDING;
  struct io_uring_sqe *sqe = request(s);
  io_uring_prep_send(sqe, c->fd, c->buffer + c->begin, c->end - c->begin, MSG_NOSIGNAL);
  io_uring_sqe_set_data(sqe, c);
}

static void accept_all(struct server *s) {
  struct io_uring_sqe *sqe = request(s);
  io_uring_prep_multishot_accept(sqe, s->listener, NULL, NULL, SOCK_CLOEXEC);
  io_uring_sqe_set_data(sqe, &s->listener);
}

static void await_signal(struct server *s) {
  struct io_uring_sqe *sqe = request(s);
  io_uring_prep_read(sqe, s->signals, &s->signal, sizeof s->signal, 0);
  io_uring_sqe_set_data(sqe, &s->signals);
}

// ---- completions

// Nothing is under way for it any more.
static void free_connection(struct server *s, struct connection *c) {
  close(c->fd);
  unlink_connection(s, c);
  free(c);
  s->connections--;
}

// Its request ends at once, and with it the connection.
static void close_connection(struct connection *c) {
  c->state = CLOSING;
  shutdown(c->fd, SHUT_RDWR);
}

static void on_connection(struct server *s, struct connection *c, int result, int64_t now) {
  bool again = result == -EINTR || result == -EAGAIN;
  if (c->state == CLOSING || (result < 0 && !again) || (result == 0 && c->state == RECEIVING)) {
    free_connection(s, c);  // all that was received has been sent back: only then it receives
    return;
  }
  c->last_millis = now;
  unlink_connection(s, c);
  append_connection(s, c);
  if (c->state == RECEIVING) {
    if (again) {
      receive(s, c);
    } else {
      c->end = (size_t)result;
      send_rest(s, c);
    }
    return;
  }
  c->begin += again ? 0 : (size_t)result;
  if (c->begin < c->end) send_rest(s, c);
  else receive(s, c);
}

static void add_connection(struct server *s, int fd, int64_t now) {
  struct connection *c = NULL;
  if (!s->draining && s->connections < s->options.max_connections) c = malloc(sizeof *c);
  if (!c) {
    close(fd);  // too many, or no memory: better one less than all of them slow
    return;
  }
  c->fd = fd;
  c->last_millis = now;
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  append_connection(s, c);
  s->connections++;
  receive(s, c);
}

static void on_accept(struct server *s, const struct io_uring_cqe *cqe, int64_t now) {
  if (cqe->res >= 0) add_connection(s, cqe->res, now);
  if (cqe->flags & IORING_CQE_F_MORE || s->draining) return;
  switch (-cqe->res) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:  // it would fail again at once: wait until some have ended
      fprintf(stderr, "{{name}}: accept: %s; pausing for %d ms\n", strerror(-cqe->res), PAUSE_MILLIS);
      s->resume_millis = now + PAUSE_MILLIS;
      return;
    case EINVAL:
    case EOPNOTSUPP:
      fail("accept (multishot needs Linux 5.19)", -cqe->res);
      return;
    default:  // of a connection that has gone meanwhile, or only the end of this request
      accept_all(s);
  }
}

static void on_signal(struct server *s, int64_t now) {
  if (s->draining) exit(1);  // asked twice
  s->draining = true;
  s->drain_millis = now + s->options.drain_seconds * 1000;
  shutdown(s->listener, SHUT_RDWR);  // which ends the request that accepts
  close(s->listener);
  fprintf(stderr, "{{name}}: draining %ld connections\n", s->connections);
  await_signal(s);
}

static void dispatch(struct server *s, const struct io_uring_cqe *cqe, int64_t now) {
  void *of = io_uring_cqe_get_data(cqe);
  if (of == &s->listener) on_accept(s, cqe, now);
  else if (of == &s->signals) on_signal(s, now);
  else on_connection(s, of, cqe->res, now);
}

// ---- time

static void check_time(struct server *s, int64_t now) {
  int64_t idle = s->options.idle_seconds * 1000;
  for (struct connection *c = s->oldest; c && now - c->last_millis >= idle; c = c->newer) {
    if (c->state != CLOSING) close_connection(c);
  }
  if (s->resume_millis && now >= s->resume_millis) {
    s->resume_millis = 0;
    if (!s->draining) accept_all(s);
  }
}

static struct __kernel_timespec time_left(const struct server *s, int64_t now) {
  int64_t next = now + 60000;
  int64_t idle = s->oldest ? s->oldest->last_millis + s->options.idle_seconds * 1000 : next;
  if (idle < next) next = idle;
  if (s->resume_millis && s->resume_millis < next) next = s->resume_millis;
  if (s->draining && s->drain_millis < next) next = s->drain_millis;
  int64_t left = next > now ? next - now : 1;
  return (struct __kernel_timespec){.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
}

// ---- the program

static void open_all(struct server *s) {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  if (sigprocmask(SIG_BLOCK, &stops, NULL) < 0) fail("sigprocmask", errno);
  s->signals = signalfd(-1, &stops, SFD_CLOEXEC);
  if (s->signals < 0) fail("signalfd", errno);
  int result = io_uring_queue_init(ENTRIES, &s->ring, IORING_SETUP_CLAMP);
  if (result < 0) fail("io_uring_setup (does the system allow it?)", -result);
  s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (s->listener < 0) fail("socket", errno);
  int on = 1;
  setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(s->listener, (struct sockaddr *)&s->options.address, sizeof s->options.address) < 0) {
    fail("bind", errno);
  }
  if (listen(s->listener, BACKLOG) < 0) fail("listen", errno);
  accept_all(s);
  await_signal(s);

  struct sockaddr_in bound;
  socklen_t length = sizeof bound;
  if (getsockname(s->listener, (struct sockaddr *)&bound, &length) < 0) fail("getsockname", errno);
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &bound.sin_addr, host, sizeof host);
  printf("listening on %s:%d\n", host, ntohs(bound.sin_port));
  fflush(stdout);
}

int main(int argc, char **argv) {
  static struct server s;
  s.options = parse_options("{{name}}", argc, argv);
  open_all(&s);
  for (;;) {
    int64_t now = now_millis();
    check_time(&s, now);
    if (s.draining && s.connections == 0) return 0;
    if (s.draining && now >= s.drain_millis) {
      fprintf(stderr, "{{name}}: %ld connections did not end in time\n", s.connections);
      return 1;
    }
    struct __kernel_timespec left = time_left(&s, now);
    struct io_uring_cqe *first, *cqes[COMPLETIONS];
    int result = io_uring_submit_and_wait_timeout(&s.ring, &first, 1, &left, NULL);
    if (result < 0 && result != -ETIME && result != -EINTR && result != -EBUSY) {
      fail("io_uring_enter", -result);
    }
    now = now_millis();
    unsigned count = io_uring_peek_batch_cqe(&s.ring, cqes, COMPLETIONS);
    for (unsigned i = 0; i < count; i++) {
      struct io_uring_cqe cqe = *cqes[i];
      io_uring_cqe_seen(&s.ring, cqes[i]);
      dispatch(&s, &cqe, now);
    }
  }
}
