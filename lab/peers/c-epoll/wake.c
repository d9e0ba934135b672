// Posting between threads: a queue, and an eventfd when the other loop may be asleep.
#include "../common/queue.h"
#include "c-epoll.h"

struct loop {
  int epoll, wakeup;
  struct queue queue;
  long counter;
};
static struct loop mine, other;
static long target;

static void open_loop(struct loop *l) {
  l->epoll = epoll_create1(EPOLL_CLOEXEC);
  l->wakeup = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  watch_fd(l->epoll, l->wakeup, EPOLLIN | EPOLLET, 0); // edge-triggered: never read, every write is a new edge
  queue_open(&l->queue);
}

static void post(struct loop *to, void (*run)(void *)) {
  if (queue_post(&to->queue, run, to)) eventfd_write(to->wakeup, 1);
}

static void turn(struct loop *l) {
  struct epoll_event event;
  if (queue_may_sleep(&l->queue)) epoll_wait(l->epoll, &event, 1, -1);
  queue_awake(&l->queue);
  queue_run(&l->queue);
}

static void add_one(void *loop) { ((struct loop *)loop)->counter++; }

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
  (void)loop;
  if (++mine.counter < target) post(&other, asked);
}

// Lives as long as the process.
static void *second_loop(void *unused) {
  wake_place(true);
  for (;;) turn(&other);
  return unused;
}

static void prepare(struct wake *w) {
  pthread_t thread;
  open_loop(&mine);
  target = w->ops;
  if (w->variant != WAKE_ROUNDTRIP) return;
  open_loop(&other);
  pthread_create(&thread, NULL, second_loop, NULL);
}

static void run(struct wake *w) {
  if (w->variant == WAKE_ROUNDTRIP) post(&other, asked);
  while (mine.counter < target) turn(&mine);
  if (mine.counter != target) w->errors++;
  mine.counter = 0;
}

void epoll_wake_main(void) {
  static const struct wake_peer peer = {prepare, produce, run};
  wake_main(&peer);
}
