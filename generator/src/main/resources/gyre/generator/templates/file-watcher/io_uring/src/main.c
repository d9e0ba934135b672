// {{name}}: tells what changes in a directory and below it, by inotify and io_uring.
#define _GNU_SOURCE
#include "ring.h"
#include "watcher.h"

#include <errno.h>
#include <sys/inotify.h>

struct program {
  struct watcher watcher;
  struct ring ring;
  struct signals signals;
  struct operation reading;
  int64_t settle_millis;  // when what is moving has left the tree
  bool stopped;
  _Alignas(struct inotify_event) char events[EVENTS_BYTES];
};

static void read_some(struct program *p) {
  struct io_uring_sqe *request = ring_request(&p->ring, 1);
  io_uring_prep_read(request, p->watcher.inotify, p->events, EVENTS_BYTES, 0);
  ring_begin(request, &p->reading);
}

static void on_read(void *owner, int result, uint32_t flags) {
  (void)flags;
  struct program *p = owner;
  if (result < 0 && result != -EINTR && result != -EAGAIN) fail("read of inotify", -result);
  if (result > 0) {
    watcher_take(&p->watcher, p->events, (size_t)result);
    p->settle_millis = clock_millis() + MOVE_MILLIS;
  }
  read_some(p);
}

static void on_signal(void *owner, int result, uint32_t flags) {
  (void)result, (void)flags;
  ((struct program *)owner)->stopped = true;
}

static void open_all(struct program *p, const char *directory) {
  p->reading = (struct operation){.on_done = on_read, .owner = p};
  ring_open(&p->ring);
  signals_open(&p->signals, &p->ring, on_signal, p);
  watcher_open(&p->watcher, directory, IN_CLOEXEC);  // with O_NONBLOCK the request would not wait
  read_some(p);
}

static void turn(struct program *p) {
  int64_t left = p->watcher.moving ? p->settle_millis - clock_millis() : INT64_MAX;
  ring_wait(&p->ring, left);
  unsigned done = ring_dispatch(&p->ring);
  bool is_late = p->watcher.moving && clock_millis() >= p->settle_millis;
  if (done == 0 && is_late) watcher_settle(&p->watcher);
}

int main(int argc, char **argv) {
  static struct program p;
  open_all(&p, parse_directory(argc, argv));
  while (!p.stopped) turn(&p);
  return 0;
}
