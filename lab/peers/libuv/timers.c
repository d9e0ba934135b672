#include "libuv.h"

static uv_loop_t *loop;
static uv_timer_t *timers;
static struct timers *work;

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
  for (long i = 0; i < count; i++) uv_timer_start(&timers[first + i], on_fire, t->delay_nanos[i] / 1000000, 0);
}
static void restart(struct timers *t) {
  uv_update_time(loop);
  for (long i = 0; i < t->ops; i++) uv_timer_start(&timers[t->order[i]], on_fire, t->delay_nanos[i] / 1000000, 0);
}
static void cancel(struct timers *t) {
  for (long i = 0; i < t->ops; i++) uv_timer_stop(&timers[t->order[i]]);
}
static void run(struct timers *t) {
  while (t->fired < t->ops) uv_run(loop, UV_RUN_NOWAIT);
}

void uv_timers_main(void) {
  static const struct timer_peer peer = {prepare, start, restart, cancel, run};
  timers_main(&peer);
}
