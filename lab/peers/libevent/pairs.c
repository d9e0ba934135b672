// Plain events, as bench.c and bench_cascade.c of libevent itself: persistent for the one, for a single time in the other.
#include "libevent.h"

static struct event_base *base;
static struct event *events;
static struct pairs *pairs;

static void on_event(evutil_socket_t fd, short what, void *number) {
  (void)fd;
  if (what & EV_TIMEOUT) pairs->errors++;
  pair_event(pairs, (long)number);
}

static void open_events(struct pairs *p) {
  base = event_base_new();
  pairs = p;
  events = calloc((size_t)p->count, sizeof *events);
}

static void watch(struct pairs *p) {
  open_events(p);
  for (long i = 0; i < p->count; i++) {
    struct timeval timeout = timeval_of(p->timeout_nanos[i]);
    event_assign(&events[i], base, pair_reader(p, i), EV_READ | EV_PERSIST, on_event, (void *)i);
    event_add(&events[i], p->timeouts ? &timeout : NULL);
  }
}

static void run_events(struct pairs *p) {
  while (p->read != p->fired && p->errors == 0) event_base_loop(base, EVLOOP_ONCE);
}

static void on_cascade(evutil_socket_t fd, short what, void *number) {
  (void)fd;
  (void)what;
  long i = (long)number;
  pair_read(pairs, i);
  if (i + 1 < pairs->count) pair_write(pairs, i + 1);
}

static void run_cascade(struct pairs *p) {
  for (long i = 0; i < p->count; i++) {
    event_assign(&events[i], base, pair_reader(p, i), EV_READ, on_cascade, (void *)i);
    event_add(&events[i], NULL);
  }
  pair_write(p, 0);
  event_base_dispatch(base); // ends when no event is left
}

void le_events_main(void) { events_main(watch, run_events); }
void le_cascade_main(void) { cascade_main(open_events, run_cascade); }
