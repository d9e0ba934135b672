#include "libevent.h"

static struct event_base *base;
static struct event *events;
static struct timers *work;

static void on_fire(evutil_socket_t fd, short what, void *unused) {
  (void)fd;
  (void)what;
  (void)unused;
  work->fired++;
}
static void prepare(struct timers *t) {
  work = t;
  base = event_base_new();
  events = calloc((size_t)(t->alive + t->ops), sizeof *events);
  for (long i = 0; i < t->alive + t->ops; i++) evtimer_assign(&events[i], base, on_fire, NULL);
}
static void start(struct timers *t, long first, long count) {
  for (long i = 0; i < count; i++) {
    struct timeval delay = timeval_of(t->delay_nanos[i]);
    event_add(&events[first + i], &delay);
  }
}
static void restart(struct timers *t) {
  for (long i = 0; i < t->ops; i++) {
    struct timeval delay = timeval_of(t->delay_nanos[i]);
    event_add(&events[t->order[i]], &delay);
  }
}
static void cancel(struct timers *t) {
  for (long i = 0; i < t->ops; i++) event_del(&events[t->order[i]]);
}
static void run(struct timers *t) {
  while (t->fired < t->ops) event_base_loop(base, EVLOOP_ONCE);
}

void le_timers_main(void) {
  static struct timer_peer peer = {prepare, start, restart, cancel, run, 0};
  struct timespec tick; // what it looks at goes on with the kernel's ticks
  if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) == 0) peer.clock_age_nanos = (uint64_t)tick.tv_nsec;
  timers_main(&peer);
}
