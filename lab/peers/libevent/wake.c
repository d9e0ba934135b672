// event_active from another thread makes an event run; several before it runs make it run once, so what is posted stands in a queue.
#include "../common/queue.h"
#include "libevent.h"

struct loop {
  struct event_base *base;
  struct event *posted;
  struct queue queue;
  long counter;
};
static struct loop mine, other;
static long target;

static void on_posted(evutil_socket_t fd, short what, void *loop) {
  (void)fd;
  (void)what;
  queue_run(&((struct loop *)loop)->queue);
}

static void open_loop(struct loop *l) {
  l->base = event_base_new();
  l->posted = event_new(l->base, -1, EV_PERSIST, on_posted, l);
  queue_open(&l->queue);
}

static void post(struct loop *to, void (*run)(void *)) {
  queue_post(&to->queue, run, to);
  event_active(to->posted, EV_READ, 0);
}

static void add_one(void *loop) {
  struct loop *l = loop;
  if (++l->counter == target) event_base_loopbreak(l->base);
}
static void produce(struct wake *w, long count) {
  wake_go(w);
  for (long i = 0; i < count; i++) post(&mine, add_one);
}

static void answered(void *loop);
static void asked(void *loop) {
  (void)loop;
  post(&mine, answered);
}
static void answered(void *loop) {
  add_one(loop);
  if (mine.counter < target) post(&other, asked);
}
static void *second_loop(void *unused) {
  wake_place(true);
  event_base_loop(other.base, EVLOOP_NO_EXIT_ON_EMPTY);
  return unused;
}

static void prepare(struct wake *w) {
  pthread_t thread;
  evthread_use_pthreads();
  open_loop(&mine);
  target = w->ops;
  if (w->variant != WAKE_ROUNDTRIP) return;
  open_loop(&other);
  pthread_create(&thread, NULL, second_loop, NULL);
}

static void run(struct wake *w) {
  if (w->variant == WAKE_ROUNDTRIP) post(&other, asked);
  event_base_loop(mine.base, EVLOOP_NO_EXIT_ON_EMPTY);
  if (mine.counter != target) w->errors++;
  mine.counter = 0;
}

void le_wake_main(void) {
  static const struct wake_peer peer = {prepare, produce, run};
  wake_main(&peer);
}
