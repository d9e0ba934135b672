// {{name}}: many timers, set and cancelled by lines on standard input, on epoll.
#define _GNU_SOURCE
#include "timers.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { PIECE_BYTES = 65536, EVENTS = 4, WAIT_MAX_MILLIS = 60000 };

struct program {
  struct timers timers;
  int epoll, signals;
  bool input_is_file;  // which epoll does not take, and which is always there to read
  bool input_ended, stopped;
};

static void fail(const char *what) {
  fprintf(stderr, "{{name}}: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void take_input(struct program *p) {
  char piece[PIECE_BYTES];
  ssize_t count = read(STDIN_FILENO, piece, sizeof piece);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count < 0) fail("read");
  if (count == 0 || !timers_take(&p->timers, piece, (size_t)count)) p->input_ended = true;
}

static void open_all(struct program *p) {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  if (sigprocmask(SIG_BLOCK, &stops, NULL) < 0) fail("sigprocmask");
  p->signals = signalfd(-1, &stops, SFD_NONBLOCK | SFD_CLOEXEC);
  if (p->signals < 0) fail("signalfd");
  p->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (p->epoll < 0) fail("epoll_create1");
  struct epoll_event event = {.events = EPOLLIN, .data.fd = p->signals};
  if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, p->signals, &event) < 0) fail("epoll_ctl");
  event.data.fd = STDIN_FILENO;
  if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event) < 0) {
    if (errno != EPERM) fail("epoll_ctl of standard input");
    p->input_is_file = true;
  }
}

static int timeout_millis(const struct program *p) {
  if (p->input_is_file && !p->input_ended) return 0;
  int64_t left = timers_left_millis(&p->timers);
  return left > WAIT_MAX_MILLIS ? WAIT_MAX_MILLIS : (int)left;
}

static void turn(struct program *p) {
  struct epoll_event events[EVENTS];
  int count = epoll_wait(p->epoll, events, EVENTS, timeout_millis(p));
  if (count < 0 && errno != EINTR) fail("epoll_wait");
  timers_fire(&p->timers);
  for (int i = 0; i < count; i++) {
    if (events[i].data.fd == p->signals) p->stopped = true;
    else take_input(p);
  }
  if (p->input_is_file && !p->input_ended) take_input(p);
  if (p->input_ended && !p->input_is_file) {
    p->input_is_file = true;  // it would be reported for ever
    epoll_ctl(p->epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
  }
  timers_flush();
}

int main(int argc, char **argv) {
  static struct program p;
  timers_init(&p.timers, parse_max_timers(argc, argv));
  open_all(&p);
  while (!p.stopped && !(p.input_ended && p.timers.wheel.active == 0)) turn(&p);
  if (p.stopped) fprintf(stderr, "{{name}}: stopped with %zu timers active\n", p.timers.wheel.active);
  return 0;
}
