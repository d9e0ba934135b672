// The client's connection, on epoll: at most one, and the signals.
#define _GNU_SOURCE
#include "client.h"

#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIECE_BYTES = 4096, EVENTS = 4, WAIT_MAX_MILLIS = 60000 };

struct link {
  struct client client;
  int epoll, signals;
  int fd;              // -1 if there is none
  bool is_connecting;
  int64_t now_millis;  // of this turn
};

static int64_t clock_millis(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fail(const char *what) {
  fprintf(stderr, "{{name}}: %s: %s\n", what, strerror(errno));
  exit(1);
}

// ---- what the client wants

static bool begin_connecting(struct link *l) {
  l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (l->fd < 0) return false;
  l->is_connecting = true;
  int on = 1;
  setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const struct sockaddr_in *address = &l->client.options->connect;
  if (connect(l->fd, (const struct sockaddr *)address, sizeof *address) < 0 && errno != EINPROGRESS) {
    return false;
  }
  struct epoll_event event = {.events = EPOLLOUT, .data.fd = l->fd};
  return epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->fd, &event) == 0;
}

void link_connect(struct link *l) {
  if (!begin_connecting(l)) client_lost(&l->client, strerror(errno), l->now_millis);
}

// They are few, and the server has answered all before: they fit. If not, they are not answered in time.
void link_say(struct link *l, const char *text, size_t count) {
  ssize_t sent;
  do {
    sent = send(l->fd, text, count, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
}

void link_close(struct link *l) {
  if (l->fd >= 0) close(l->fd);
  l->fd = -1;
}

// ---- events

static void connected(struct link *l) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) error = errno;
  struct epoll_event event = {.events = EPOLLIN, .data.fd = l->fd};
  if (!error && epoll_ctl(l->epoll, EPOLL_CTL_MOD, l->fd, &event) < 0) error = errno;
  l->is_connecting = false;
  if (error) client_lost(&l->client, strerror(error), l->now_millis);
  else client_connected(&l->client, l->now_millis);
}

static void receive_some(struct link *l) {
  char piece[PIECE_BYTES];
  ssize_t got = recv(l->fd, piece, sizeof piece, 0);
  if (got > 0) {
    client_received(&l->client, piece, (size_t)got, l->now_millis);
  } else if (got == 0) {
    client_lost(&l->client, "the server has ended", l->now_millis);
  } else if (errno != EAGAIN && errno != EINTR) {
    client_lost(&l->client, strerror(errno), l->now_millis);
  }
}

static void take_signal(struct link *l) {
  struct signalfd_siginfo info;
  if (read(l->signals, &info, sizeof info) == sizeof info) client_stop(&l->client, l->now_millis);
}

static void dispatch(struct link *l, const struct epoll_event *event) {
  if (event->data.fd == l->signals) take_signal(l);
  else if (event->data.fd != l->fd) return;  // it has been closed in this turn
  else if (l->is_connecting) connected(l);
  else receive_some(l);
}

// ---- the program

static void open_all(struct link *l) {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  if (sigprocmask(SIG_BLOCK, &stops, NULL) < 0) fail("sigprocmask");
  l->signals = signalfd(-1, &stops, SFD_NONBLOCK | SFD_CLOEXEC);
  if (l->signals < 0) fail("signalfd");
  l->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (l->epoll < 0) fail("epoll_create1");
  struct epoll_event event = {.events = EPOLLIN, .data.fd = l->signals};
  if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->signals, &event) < 0) fail("epoll_ctl of the signals");
}

static int timeout_millis(const struct link *l) {
  int64_t left = l->client.due_millis - l->now_millis;
  return left < 0 ? 0 : left > WAIT_MAX_MILLIS ? WAIT_MAX_MILLIS : (int)left;
}

int run_client(const struct options *options) {
  struct link l = {.fd = -1, .client = {.options = options, .link = &l}};
  open_all(&l);
  l.now_millis = clock_millis();
  client_begin(&l.client, l.now_millis);
  while (!l.client.is_over) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(l.epoll, events, EVENTS, timeout_millis(&l));
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    l.now_millis = clock_millis();
    for (int i = 0; i < count && !l.client.is_over; i++) dispatch(&l, &events[i]);
    if (!l.client.is_over && l.now_millis >= l.client.due_millis) client_due(&l.client, l.now_millis);
  }
  return 0;
}
