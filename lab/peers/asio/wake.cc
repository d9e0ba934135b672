// asio::post is the library's own way from thread to thread.
#include "asio.h"
#include <thread>

namespace {

struct loop {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
};
loop mine, other;
long counter, target;

void add_one() {
  if (++counter == target) mine.context.stop();
}

void produce(struct wake *w, long count) {
  wake_go(w);
  for (long i = 0; i < count; i++) asio::post(mine.context, add_one);
}

void answered();
void asked() { asio::post(mine.context, answered); }
void answered() {
  add_one();
  if (counter < target) asio::post(other.context, asked);
}

void prepare(struct wake *w) {
  target = w->ops;
  if (w->variant == WAKE_ROUNDTRIP)
    std::thread([] {
      wake_place(true);
      other.context.run();
    }).detach();
}

void run(struct wake *w) {
  mine.context.restart();
  if (w->variant == WAKE_ROUNDTRIP) asio::post(other.context, asked);
  mine.context.run();
  if (counter != target) w->errors++;
  counter = 0;
}

}  // namespace

// Leaves without destructors: the other loop still runs.
void asio_wake_main() {
  static const struct wake_peer peer = {prepare, produce, run};
  wake_main(&peer);
  std::_Exit(0);
}
