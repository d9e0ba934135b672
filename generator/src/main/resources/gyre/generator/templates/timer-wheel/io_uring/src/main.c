// {{name}}: many timers, set and cancelled by lines on standard input, on io_uring.
#define _GNU_SOURCE
#include "ring.h"
#include "timers.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { PIECE_BYTES = 65536 };

struct program {
  struct timers timers;
  struct ring ring;
  struct signals signals;
  struct operation reading, polling;  // one of them, until the input has ended
  char piece[PIECE_BYTES];
  bool input_ended, stopped;
};

static void read_some(struct program *p) {
  struct io_uring_sqe *request = ring_request(&p->ring, 1);
  io_uring_prep_read(request, STDIN_FILENO, p->piece, PIECE_BYTES, (uint64_t)-1);  // from where it stands
  ring_begin(request, &p->reading);
}

static void on_read(void *owner, int result, uint32_t flags) {
  (void)flags;
  struct program *p = owner;
  if (result == -EAGAIN) {  // whoever made the pipe has set O_NONBLOCK
    struct io_uring_sqe *request = ring_request(&p->ring, 1);
    io_uring_prep_poll_add(request, STDIN_FILENO, POLLIN);
    ring_begin(request, &p->polling);
    return;
  }
  if (result < 0 && result != -EINTR) fail("read of standard input", -result);
  if (result == 0 || (result > 0 && !timers_take(&p->timers, p->piece, (size_t)result))) {
    p->input_ended = true;
  } else {
    read_some(p);
  }
}

static void on_polled(void *owner, int result, uint32_t flags) {
  (void)flags;
  if (result < 0) fail("poll of standard input", -result);
  read_some(owner);
}

static void on_signal(void *owner, int result, uint32_t flags) {
  (void)result, (void)flags;
  ((struct program *)owner)->stopped = true;
}

static void open_all(struct program *p) {
  p->reading = (struct operation){.on_done = on_read, .owner = p};
  p->polling = (struct operation){.on_done = on_polled, .owner = p};
  ring_open(&p->ring);
  signals_open(&p->signals, &p->ring, on_signal, p);
  read_some(p);
}

static void turn(struct program *p) {
  int64_t left = timers_left_millis(&p->timers);
  ring_wait(&p->ring, left < 0 ? INT64_MAX : left);
  timers_fire(&p->timers);
  ring_dispatch(&p->ring);
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
