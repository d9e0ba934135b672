#define _GNU_SOURCE
#include "acceptor.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, PAUSE_MILLIS = 100 };

static void accept_all(struct acceptor *a) {
  struct io_uring_sqe *request = ring_request(a->ring, 1);
  io_uring_prep_multishot_accept(request, a->fd, NULL, NULL, SOCK_CLOEXEC);
  ring_begin(request, &a->accepting);
}

// The request wants a descriptor before there is a connection, so it fails again for as long as there are too few.
static void pause_accepting(struct acceptor *a, int error) {
  if (!a->is_full) {
    fprintf(stderr, "{{name}}: accept: %s; pausing for %d ms, again and again until there is room\n",
            strerror(error), PAUSE_MILLIS);
  }
  a->is_full = true;
  a->resume_millis = clock_millis() + PAUSE_MILLIS;
}

static void take(struct acceptor *a, int fd) {
  a->is_full = false;
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  a->on_accepted(a->owner, fd);
}

static void on_accept(void *owner, int result, uint32_t flags) {
  struct acceptor *a = owner;
  if (a->is_stopped) {
    if (result >= 0) close(result);
    return;
  }
  if (result >= 0) take(a, result);
  if (flags & IORING_CQE_F_MORE) return;
  switch (-result) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      pause_accepting(a, -result);
      break;
    default:  // of a connection that has gone meanwhile, or only the end of this request
      accept_all(a);
  }
}

static void say_where(const struct acceptor *a) {
  struct sockaddr_in bound;
  socklen_t length = sizeof bound;
  if (getsockname(a->fd, (struct sockaddr *)&bound, &length) < 0) fail("getsockname", errno);
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &bound.sin_addr, host, sizeof host);
  printf("listening on %s:%d\n", host, ntohs(bound.sin_port));
  fflush(stdout);
}

void acceptor_open(struct acceptor *a, struct ring *ring, const struct sockaddr_in *address,
                   void (*on_accepted)(void *owner, int fd), void *owner) {
  *a = (struct acceptor){.ring = ring, .on_accepted = on_accepted, .owner = owner};
  a->accepting = (struct operation){.on_done = on_accept, .owner = a};
  a->resume_millis = INT64_MAX;
  a->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (a->fd < 0) fail("socket", errno);
  int on = 1;
  setsockopt(a->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(a->fd, (const struct sockaddr *)address, sizeof *address) < 0) fail("bind", errno);
  if (listen(a->fd, BACKLOG) < 0) fail("listen", errno);
  accept_all(a);
  say_where(a);
}

void acceptor_check(struct acceptor *a, int64_t now_millis) {
  if (a->is_stopped || now_millis < a->resume_millis) return;
  a->resume_millis = INT64_MAX;
  accept_all(a);
}

void acceptor_stop(struct acceptor *a) {
  assert(!a->is_stopped);
  a->is_stopped = true;
  a->resume_millis = INT64_MAX;
  shutdown(a->fd, SHUT_RDWR);  // which ends the request, too
  close(a->fd);
}
