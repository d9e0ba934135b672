// uv_poll on the socket pairs; for timeouts a uv_timer each, started anew with every event.
#include "libuv.h"

static uv_loop_t *loop;
static uv_poll_t *polls;
static uv_timer_t *timers;
static struct pairs *pairs;

static uint64_t timeout_ms(long i) { return pairs->timeout_nanos[i] / 1000000; }
static void on_timeout(uv_timer_t *timer) {
  (void)timer;
  pairs->errors++;
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  (void)events;
  long i = poll - polls;
  if (status != 0) pairs->errors++;
  if (timers) uv_timer_start(&timers[i], on_timeout, timeout_ms(i), 0);
  pair_event(pairs, i);
}

static void open_polls(struct pairs *p) {
  loop = uv_default_loop();
  pairs = p;
  polls = calloc((size_t)p->count, sizeof *polls);
  for (long i = 0; i < p->count; i++) uv_poll_init_socket(loop, &polls[i], pair_reader(p, i));
}

static void watch(struct pairs *p) {
  open_polls(p);
  if (p->timeouts) timers = calloc((size_t)p->count, sizeof *timers);
  for (long i = 0; i < p->count; i++) {
    uv_poll_start(&polls[i], UV_READABLE, on_readable);
    if (!timers) continue;
    uv_timer_init(loop, &timers[i]);
    uv_timer_start(&timers[i], on_timeout, timeout_ms(i), 0);
  }
}

static void run_events(struct pairs *p) {
  while (p->read != p->fired && p->errors == 0) uv_run(loop, UV_RUN_ONCE);
}

static void on_cascade(uv_poll_t *poll, int status, int events) {
  (void)events;
  long i = poll - polls;
  if (status != 0) pairs->errors++;
  uv_poll_stop(poll);
  pair_read(pairs, i);
  if (i + 1 < pairs->count) pair_write(pairs, i + 1);
}

static void run_cascade(struct pairs *p) {
  for (long i = 0; i < p->count; i++) uv_poll_start(&polls[i], UV_READABLE, on_cascade);
  pair_write(p, 0);
  while (p->read != p->count && p->errors == 0) uv_run(loop, UV_RUN_ONCE);
}

void uv_events_main(void) { events_main(watch, run_events); }
void uv_cascade_main(void) { cascade_main(open_polls, run_cascade); }
