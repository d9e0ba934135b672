// The engine where io_uring is refused: edge-triggered epoll, sending tried at once.
#include "gen.h"
#include <fcntl.h>
#include <sys/epoll.h>

enum { EVENTS = 1024, BUFFER_BYTES = 256 * 1024 };
static int epoll;
static char buffer[BUFFER_BYTES];

static void engine_send(struct connection *c) {
  while (c->sent < c->queued && !c->dead) {
    uint64_t length = c->queued - c->sent;
    if (length > PATTERN_SPAN) length = PATTERN_SPAN;
    ssize_t n = send(c->fd, pattern + c->send_at, length, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) return connection_ended(c, "send", errno);
    connection_sent(c, (size_t)n);
  }
}

static void receive(struct connection *c, uint32_t events) {
  while (!c->dead) {
    ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return connection_ended(c, n == 0 ? "ended by the server" : "receive", n == 0 ? 0 : errno);
    connection_data(c, buffer, (size_t)n);
    if (n < (ssize_t)sizeof buffer && !(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))) return;
  }
}

static bool engine_open(struct connection *connections, long count) {
  epoll = epoll_create1(EPOLL_CLOEXEC);
  for (long i = 0; i < count; i++) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = &connections[i]};
    fcntl(connections[i].fd, F_SETFL, O_NONBLOCK);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &event) != 0) quit(EXIT_FAILED, "epoll_ctl: %s", strerror(errno));
  }
  return true;
}

static void engine_turn(bool wait, int64_t timeout_nanos) {
  static struct epoll_event events[EVENTS];
  int n = epoll_wait(epoll, events, EVENTS, wait ? (int)(timeout_nanos / 1000000 + 1) : 0);
  for (int i = 0; i < n; i++) {
    struct connection *c = events[i].data.ptr;
    if (events[i].events & ~(uint32_t)EPOLLOUT) receive(c, events[i].events);
    if (c->sent < c->queued) engine_send(c);
  }
}

const struct engine engine_epoll = {"epoll", engine_open, engine_send, engine_turn};
