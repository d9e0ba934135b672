// `events`: registered once, edge-triggered. `cascade`: registered once too, armed for one event at a time, which costs one call, not two.
#include "../common/heap.h"
#include "c-epoll.h"

static int epoll;
static struct epoll_event ready[EVENTS];
static struct heap heap;

static void watch(struct pairs *p) {
  epoll = epoll_create1(EPOLL_CLOEXEC);
  if (p->timeouts) heap_open(&heap, (size_t)p->count);
  uint64_t now = now_nanos();
  for (long i = 0; i < p->count; i++) {
    watch_fd(epoll, pair_reader(p, i), EPOLLIN | EPOLLET, (uint64_t)i);
    if (p->timeouts) heap_set(&heap, (uint32_t)i, now + p->timeout_nanos[i]);
  }
}

static void run_events(struct pairs *p) {
  while (p->read != p->fired && p->errors == 0) {
    int n = wait_events(epoll, ready, p->timeouts ? heap_wait(&heap, now_nanos()) : -1);
    uint64_t now = p->timeouts ? now_nanos() : 0;
    for (int i = 0; i < n; i++) {
      uint32_t at = (uint32_t)ready[i].data.u64;
      if (p->timeouts) heap_set(&heap, at, now + p->timeout_nanos[at]);
      pair_event(p, at);
    }
    for (uint32_t timer; p->timeouts && (timer = heap_due(&heap, now)) != HEAP_NONE;) p->errors++;
  }
}

static void prepare_cascade(struct pairs *p) {
  epoll = epoll_create1(EPOLL_CLOEXEC);
  for (long i = 0; i < p->count; i++) watch_fd(epoll, pair_reader(p, i), EPOLLONESHOT, (uint64_t)i);
}

static void arm_once(struct pairs *p, long i) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = (uint64_t)i};
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, pair_reader(p, i), &event) != 0) p->errors++;
}

static void run_cascade(struct pairs *p) {
  for (long i = 0; i < p->count; i++) arm_once(p, i);
  pair_write(p, 0);
  while (p->read != p->count && p->errors == 0) {
    int n = wait_events(epoll, ready, -1);
    for (int i = 0; i < n; i++) {
      long at = (long)ready[i].data.u64;
      pair_read(p, at);
      if (at + 1 < p->count) pair_write(p, at + 1);
    }
  }
}

void epoll_events_main(void) { events_main(watch, run_events); }
void epoll_cascade_main(void) { cascade_main(prepare_cascade, run_cascade); }
