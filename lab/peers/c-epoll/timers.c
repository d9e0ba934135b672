// The kernel is told of the next deadline only, as the limit of a wait; the rest is the heap.
#include "../common/heap.h"
#include "c-epoll.h"

static int epoll;
static struct epoll_event ready[EVENTS];
static struct heap heap;

static void prepare(struct timers *t) {
  epoll = epoll_create1(EPOLL_CLOEXEC);
  heap_open(&heap, (size_t)(t->alive + t->ops));
}
static void start(struct timers *t, long first, long count) {
  uint64_t now = now_nanos();
  for (long i = 0; i < count; i++) heap_set(&heap, (uint32_t)(first + i), now + t->delay_nanos[i]);
}
static void restart(struct timers *t) {
  uint64_t now = now_nanos();
  for (long i = 0; i < t->ops; i++) heap_set(&heap, t->order[i], now + t->delay_nanos[i]);
}
static void cancel(struct timers *t) {
  for (long i = 0; i < t->ops; i++) heap_cancel(&heap, t->order[i]);
}
static void run(struct timers *t) {
  while (t->fired < t->ops) {
    int64_t wait = heap_wait(&heap, now_nanos());
    wait_events(epoll, ready, wait);
    uint64_t now = now_nanos();
    for (uint32_t timer; (timer = heap_due(&heap, now)) != HEAP_NONE;) t->fired++;
  }
}

void epoll_timers_main(void) {
  static const struct timer_peer peer = {prepare, start, restart, cancel, run, 0};
  timers_main(&peer);
}
