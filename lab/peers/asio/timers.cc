#include "asio.h"
#include <deque>

namespace {

asio::io_context context(single_threaded);
std::deque<asio::steady_timer> all;

void start_one(struct timers *t, long i, std::uint64_t delay_nanos) {
  all[i].expires_after(std::chrono::nanoseconds(delay_nanos)); // a wait before is cancelled: its handler runs with an error
  all[i].async_wait([t](error_code error) {
    if (!error) t->fired++;
  });
}

void prepare(struct timers *t) {
  for (long i = 0; i < t->alive + t->ops; i++) all.emplace_back(context);
}
void start(struct timers *t, long first, long count) {
  context.restart();  // it has stopped if nothing was waited for
  for (long i = 0; i < count; i++) start_one(t, first + i, t->delay_nanos[i]);
}
// The handlers of cancelled waits belong to the operation that cancelled them, so they are run within its time.
void restart(struct timers *t) {
  for (long i = 0; i < t->ops; i++) start_one(t, t->order[i], t->delay_nanos[i]);
  context.poll();
}
void cancel(struct timers *t) {
  for (long i = 0; i < t->ops; i++) all[t->order[i]].cancel();
  context.poll();
}
void run(struct timers *t) {
  while (t->fired < t->ops) context.run_one();
}

}  // namespace

void asio_timers_main() {
  static const struct timer_peer peer = {prepare, start, restart, cancel, run, 0};
  timers_main(&peer);
}
