// A page of a few hundred bytes always finds room in the buffer of a new socket, so it is sent at once. Nobody is waited for: who has
// not asked to an end by the time that eight others have come gives way to them, so there is no time-out either.
#define _GNU_SOURCE
#include "metrics.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAGE_BYTES = 2048, BACKLOG = 16 };

// ---- the page

static void add(char *page, const char *name, const char *type, const char *help, unsigned long long value) {
  size_t used = strlen(page);
  int count = snprintf(page + used, PAGE_BYTES - used,
                       "# HELP {{name_}}_%s %s\n# TYPE {{name_}}_%s %s\n{{name_}}_%s %llu\n", name, help, name, type,
                       name, value);
  assert(count > 0 && (size_t)count < PAGE_BYTES - used);
  (void)count;
}

static void write_page(const struct metrics *m, long connections_open, char *page) {
  page[0] = 0;
  add(page, "connections_open", "gauge", "Connections that are open now.", (unsigned long long)connections_open);
  add(page, "connections_total", "counter", "Connections that were opened.", m->opened);
  add(page, "refused_total", "counter", "Connections that were one too many.", m->refused);
  add(page, "failures_total", "counter", "Connections that ended by a failure or a time-out.", m->failed);
  add(page, "received_bytes_total", "counter", "Bytes that came from peers.", m->received_bytes);
  add(page, "sent_bytes_total", "counter", "Bytes that went to peers.", m->sent_bytes);
}

// ---- those who ask

static void end(struct scrape *scrape) {
  close(scrape->fd);
  scrape->fd = -1;
}

static void answer(const struct metrics *m, struct scrape *scrape, long connections_open) {
  char page[PAGE_BYTES] = "", all[PAGE_BYTES + 256];
  const char *status = "404 Not Found";
  if (strncmp(scrape->request, "GET /metrics ", 13) == 0) {
    status = "200 OK";
    write_page(m, connections_open, page);
  }
  int count = snprintf(all, sizeof all,
                       "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4\r\n"
                       "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                       status, strlen(page), page);
  assert(count > 0 && (size_t)count < sizeof all);
  (void)!send(scrape->fd, all, (size_t)count, MSG_NOSIGNAL);  // who has gone is not told
  end(scrape);
}

static void receive(const struct metrics *m, struct scrape *scrape, long connections_open) {
  size_t room = REQUEST_BYTES - 1 - scrape->count;
  ssize_t got = recv(scrape->fd, scrape->request + scrape->count, room, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    end(scrape);
    return;
  }
  scrape->count += (size_t)got;
  scrape->request[scrape->count] = 0;
  if (strstr(scrape->request, "\r\n\r\n")) answer(m, scrape, connections_open);
  else if (scrape->count == REQUEST_BYTES - 1) end(scrape);
}

// The listener is watched for edges, so that nothing spins while there is no descriptor: it is tried again whenever something happens here.
static void accept_all(struct metrics *m) {
  for (int i = 0; i < BACKLOG; i++) {
    int fd = accept4(m->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    struct scrape *scrape = &m->scrapes[m->next];
    m->next = (m->next + 1) % SCRAPES_MAX;
    if (scrape->fd >= 0) end(scrape);
    scrape->fd = fd;
    scrape->count = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = scrape};
    if (epoll_ctl(m->epoll, EPOLL_CTL_ADD, fd, &event) < 0) end(scrape);
  }
}

void metrics_turn(struct metrics *m, long connections_open) {
  struct epoll_event events[SCRAPES_MAX + 1];
  int count = epoll_wait(m->epoll, events, SCRAPES_MAX + 1, 0);
  for (int i = 0; i < count; i++) {
    struct scrape *scrape = events[i].data.ptr;
    if (scrape && scrape->fd >= 0) receive(m, scrape, connections_open);
  }
  accept_all(m);  // last: a place that changes hands has no event of before
}

// ---- the beginning

int metrics_open(struct metrics *m, const struct sockaddr_in *address) {
  m->epoll = m->listener = -1;
  for (int i = 0; i < SCRAPES_MAX; i++) m->scrapes[i].fd = -1;
  if (address->sin_family == 0) return 1;
  m->epoll = epoll_create1(EPOLL_CLOEXEC);
  m->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (m->epoll < 0 || m->listener < 0) return 0;
  int on = 1;
  setsockopt(m->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in bound;
  socklen_t length = sizeof bound;
  struct epoll_event event = {.events = EPOLLIN | EPOLLET};
  if (bind(m->listener, (const struct sockaddr *)address, sizeof *address) < 0 ||
      listen(m->listener, BACKLOG) < 0 || getsockname(m->listener, (struct sockaddr *)&bound, &length) < 0 ||
      epoll_ctl(m->epoll, EPOLL_CTL_ADD, m->listener, &event) < 0) {
    return 0;
  }
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &bound.sin_addr, host, sizeof host);
  printf("metrics on %s:%d\n", host, ntohs(bound.sin_port));
  fflush(stdout);
  return 1;
}
