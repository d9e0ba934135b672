// uv_async_send wakes a loop and may run one callback for several sends, so what is posted stands in a queue.
#include "../common/queue.h"
#include "libuv.h"

struct loop {
  uv_loop_t uv;
  uv_async_t async;
  struct queue queue;
  long counter;
};
static struct loop mine, other;
static long target;

static void on_async(uv_async_t *async) { queue_run(async->data); }

static void open_loop(struct loop *l) {
  uv_loop_init(&l->uv);
  queue_open(&l->queue);
  uv_async_init(&l->uv, &l->async, on_async);
  l->async.data = &l->queue;
}

static void post(struct loop *to, void (*run)(void *)) {
  queue_post(&to->queue, run, to);
  uv_async_send(&to->async);
}

static void add_one(void *loop) {
  struct loop *l = loop;
  if (++l->counter == target) uv_stop(&l->uv);
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
static void second_loop(void *unused) {
  wake_place(true);
  (void)unused;
  uv_run(&other.uv, UV_RUN_DEFAULT);
}

static void prepare(struct wake *w) {
  uv_thread_t thread;
  open_loop(&mine);
  target = w->ops;
  if (w->variant != WAKE_ROUNDTRIP) return;
  open_loop(&other);
  uv_thread_create(&thread, second_loop, NULL);
}

static void run(struct wake *w) {
  if (w->variant == WAKE_ROUNDTRIP) post(&other, asked);
  uv_run(&mine.uv, UV_RUN_DEFAULT);
  if (mine.counter != target) w->errors++;
  mine.counter = 0;
}

void uv_wake_main(void) {
  static const struct wake_peer peer = {prepare, produce, run};
  wake_main(&peer);
}
