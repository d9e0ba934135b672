#include "libuv.h"

static uv_loop_t *loop;
static uv_timer_t *timers;
static struct timers *work;

// It counts whole milliseconds; a timer is not to fire early.
static uint64_t millis(uint64_t nanos) { return (nanos + 999999) / 1000000; }

static void on_fire(uv_timer_t *timer) {
  (void)timer;
  work->fired++;
}
static void prepare(struct timers *t) {
  work = t;
  loop = uv_default_loop();
  timers = calloc((size_t)(t->alive + t->ops), sizeof *timers);
  for (long i = 0; i < t->alive + t->ops; i++) uv_timer_init(loop, &timers[i]);
}
static void start(struct timers *t, long first, long count) {
  uv_update_time(loop);
  for (long i = 0; i < count; i++) uv_timer_start(&timers[first + i], on_fire, millis(t->delay_nanos[i]), 0);
}
static void restart(struct timers *t) {
  uv_update_time(loop);
  for (long i = 0; i < t->ops; i++) uv_timer_start(&timers[t->order[i]], on_fire, millis(t->delay_nanos[i]), 0);
}
static void cancel(struct timers *t) {
  for (long i = 0; i < t->ops; i++) uv_timer_stop(&timers[t->order[i]]);
}
static void run(struct timers *t) {
  while (t->fired < t->ops) uv_run(loop, UV_RUN_NOWAIT);
}

void uv_timers_main(void) {
  static const struct timer_peer peer = {prepare, start, restart, cancel, run, 0};
  timers_main(&peer);
}
