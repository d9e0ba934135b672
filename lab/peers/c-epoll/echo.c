// Echo on epoll. A connection is registered once for both directions, edge-triggered. What was read is sent at once from the one buffer all
// share; only what the socket did not take is kept, and then nothing more is read until it has gone.
#include "c-epoll.h"

enum { BUFFER_BYTES = 256 * 1024 };

struct connection {
  int fd;
  uint32_t length, sent; // of `rest`
  char *rest;
};

static char buffer[BUFFER_BYTES];

static void close_connection(struct connection *c) {
  close(c->fd);
  free(c->rest);
  free(c);
}

// The bytes taken; -1 when the connection is broken.
static ssize_t send_some(int fd, const char *bytes, size_t length) {
  size_t sent = 0;
  while (sent < length) {
    ssize_t n = send(fd, bytes + sent, length - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return -1;
    sent += (size_t)n;
  }
  return (ssize_t)sent;
}

// False when the connection is broken.
static bool send_rest(struct connection *c) {
  ssize_t n = send_some(c->fd, c->rest + c->sent, c->length - c->sent);
  if (n < 0) return false;
  c->sent += (uint32_t)n;
  if (c->sent < c->length) return true;
  free(c->rest);
  c->rest = NULL;
  return true;
}

// False when the connection is broken or at its end.
static bool serve(struct connection *c, uint32_t events) {
  if (c->rest && !send_rest(c)) return false;
  bool drained = false;
  while (!c->rest && !drained) {
    ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
    if (n < 0) return errno == EAGAIN;
    if (n == 0) break;
    drained = n < (ssize_t)sizeof buffer && !(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)); // a new edge comes with new bytes
    ssize_t sent = send_some(c->fd, buffer, (size_t)n);
    if (sent < 0) return false;
    if (sent == n) continue;
    c->length = (uint32_t)(n - sent);
    c->sent = 0;
    c->rest = memcpy(malloc(c->length), buffer + sent, c->length);
    return true; // the edge of the free socket brings us back, and reads on
  }
  return drained || c->rest;
}

static void accept_all(int epoll, int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    struct connection *c = calloc(1, sizeof *c);
    c->fd = fd;
    watch_fd(epoll, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, (uint64_t)(uintptr_t)c);
  }
}

void echo_main(void) {
  long port = option_long("--port", 0, 0, 65535);
  options_end();
  int listener = listen_tcp(port, SOCK_NONBLOCK), epoll = epoll_create1(EPOLL_CLOEXEC);
  watch_fd(epoll, listener, EPOLLIN | EPOLLET, 0);
  announce(listener);
  static struct epoll_event events[EVENTS];
  for (;;) {
    int n = wait_events(epoll, events, -1);
    for (int i = 0; i < n; i++) {
      struct connection *c = (struct connection *)(uintptr_t)events[i].data.u64;
      if (!c) accept_all(epoll, listener);
      else if (!(events[i].events & ~(uint32_t)EPOLLOUT) && !c->rest) continue; // writable, and nothing to write
      else if (!serve(c, events[i].events)) close_connection(c);
    }
  }
}
