// Posting between threads: a queue, and one MSG_RING when the other loop may be asleep. A thread without a loop has a small ring to send it
// from.
#include "../common/queue.h"
#include "c-uring.h"

struct loop {
  struct ring ring;
  struct queue queue;
  long counter;
  _Atomic bool ready;
};
static struct loop mine, other;
static long target;

static void post(struct ring *from, struct loop *to, void (*run)(void *)) {
  if (!queue_post(&to->queue, run, to)) return;
  struct io_uring_sqe *sqe = ring_sqe(from, IORING_OP_MSG_RING, to->ring.fd, 0);
  sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
  if (from != &mine.ring && from != &other.ring) ring_enter(from, 0, -1); // a loop submits when its turn ends
}

static void turn(struct loop *l) {
  bool sleep = queue_may_sleep(&l->queue);
  if (sleep || l->ring.sq_tail != l->ring.sq_submitted) ring_enter(&l->ring, sleep, -1);
  queue_awake(&l->queue);
  ring_seen(&l->ring, ring_tail(&l->ring));
  queue_run(&l->queue);
}

static void add_one(void *loop) { ((struct loop *)loop)->counter++; }

static void produce(struct wake *w, long count) {
  struct ring ring;
  ring_open_or_quit(&ring, 8, 16);
  wake_go(w);
  for (long i = 0; i < count; i++) post(&ring, &mine, add_one);
  close(ring.fd);
}
static void answered(void *loop);
static void asked(void *loop) {
  (void)loop;
  post(&other.ring, &mine, answered);
}
static void answered(void *loop) {
  (void)loop;
  if (++mine.counter < target) post(&mine.ring, &other, asked);
}
// Lives as long as the process.
static void *second_loop(void *unused) {
  wake_place(true);
  ring_open_or_quit(&other.ring, 64, 128);
  atomic_store(&other.ready, true);
  for (;;) turn(&other);
  return unused;
}

static void prepare(struct wake *w) {
  pthread_t thread;
  ring_open_or_quit(&mine.ring, 64, 128);
  queue_open(&mine.queue);
  target = w->ops;
  if (w->variant != WAKE_ROUNDTRIP) return;
  queue_open(&other.queue);
  pthread_create(&thread, NULL, second_loop, NULL);
  while (!atomic_load(&other.ready)) sched_yield();
}

static void run(struct wake *w) {
  if (w->variant == WAKE_ROUNDTRIP) post(&mine.ring, &other, asked);
  while (mine.counter < target) turn(&mine);
  if (mine.counter != target) w->errors++;
  mine.counter = 0;
}

void uring_wake_main(void) {
  static const struct wake_peer peer = {prepare, produce, run};
  wake_main(&peer);
}
