// Waiting for readiness (async_wait), then plain system calls; for timeouts a steady_timer each, started anew with every event.
#include "asio.h"
#include <deque>

namespace {

using asio::posix::stream_descriptor;

struct watched {
  watched(asio::io_context &context, int fd) : descriptor(context, fd), timer(context) {}
  stream_descriptor descriptor;
  asio::steady_timer timer;
};

asio::io_context context(single_threaded);
std::deque<watched> all;

void open_all(struct pairs *p) {
  for (long i = 0; i < p->count; i++) all.emplace_back(context, pair_reader(p, i));
}

void start_timeout(struct pairs *p, long i) {
  all[i].timer.expires_after(std::chrono::nanoseconds(p->timeout_nanos[i])); // cancels the wait before
  all[i].timer.async_wait([p](error_code error) {
    if (!error) p->errors++;
  });
}

void wait_event(struct pairs *p, long i) {
  all[i].descriptor.async_wait(stream_descriptor::wait_read, [p, i](error_code error) {
    if (error) p->errors++;
    if (p->timeouts) start_timeout(p, i);
    pair_event(p, i);
    wait_event(p, i);
  });
}

void watch(struct pairs *p) {
  open_all(p);
  for (long i = 0; i < p->count; i++) {
    wait_event(p, i);
    if (p->timeouts) start_timeout(p, i);
  }
}

void run_events(struct pairs *p) {
  while (p->read != p->fired && p->errors == 0) context.run_one();
}

void run_cascade(struct pairs *p) {
  context.restart();
  for (long i = 0; i < p->count; i++)
    all[i].descriptor.async_wait(stream_descriptor::wait_read, [p, i](error_code error) {
      if (error) p->errors++;
      pair_read(p, i);
      if (i + 1 < p->count) pair_write(p, i + 1);
    });
  pair_write(p, 0);
  context.run();  // ends when nothing is waited for
}

}  // namespace

void asio_events_main() { events_main(watch, run_events); }
void asio_cascade_main() { cascade_main(open_all, run_cascade); }
