// {{name}}: tells what changes in a directory and below it, by inotify and epoll.
#define _GNU_SOURCE
#include "watcher.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { EVENTS = 4 };

struct program {
  struct watcher watcher;
  int epoll, signals;
  bool stopped;
};

static void fail(const char *what) {
  fprintf(stderr, "{{name}}: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void watch(struct program *p, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

static void open_all(struct program *p, const char *directory) {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  if (sigprocmask(SIG_BLOCK, &stops, NULL) < 0) fail("sigprocmask");
  p->signals = signalfd(-1, &stops, SFD_NONBLOCK | SFD_CLOEXEC);
  if (p->signals < 0) fail("signalfd");
  p->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (p->epoll < 0) fail("epoll_create1");
  watch(p, p->signals);
  watcher_open(&p->watcher, directory, IN_NONBLOCK | IN_CLOEXEC);
  watch(p, p->watcher.inotify);
}

static void take_events(struct program *p) {
  _Alignas(struct inotify_event) char events[EVENTS_BYTES];
  ssize_t count = read(p->watcher.inotify, events, sizeof events);
  if (count < 0 && errno != EAGAIN && errno != EINTR) fail("read of inotify");
  if (count > 0) watcher_take(&p->watcher, events, (size_t)count);
}

static void turn(struct program *p) {
  struct epoll_event events[EVENTS];
  int count = epoll_wait(p->epoll, events, EVENTS, p->watcher.moving ? MOVE_MILLIS : -1);
  if (count < 0 && errno != EINTR) fail("epoll_wait");
  if (count == 0) watcher_settle(&p->watcher);
  for (int i = 0; i < count; i++) {
    if (events[i].data.fd == p->signals) p->stopped = true;
    else take_events(p);
  }
}

int main(int argc, char **argv) {
  static struct program p;
  open_all(&p, parse_directory(argc, argv));
  while (!p.stopped) turn(&p);
  return 0;
}
