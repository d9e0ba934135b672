// asio::post is the library's own way from thread to thread.
#include "asio.h"
#include <thread>
#include <vector>

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

void flood(long count) {
  wake_place(true);
  for (long i = 0; i < count; i++) asio::post(mine.context, add_one);
}

void answered();
void asked() { asio::post(mine.context, answered); }
void answered() {
  add_one();
  if (counter < target) asio::post(other.context, asked);
}

void prepare(struct wake *w) {
  if (w->variant == WAKE_ROUNDTRIP)
    std::thread([] {
      wake_place(true);
      other.context.run();
    }).detach();
}

void work(struct wake *w) {
  std::vector<std::thread> threads;
  counter = 0;
  target = w->ops;
  mine.context.restart();
  if (w->variant == WAKE_ROUNDTRIP) asio::post(other.context, asked);
  else
    for (long i = 0; i < w->producers; i++) threads.emplace_back(flood, w->ops / w->producers);
  mine.context.run();
  if (counter != target) w->errors++;
  for (std::thread &t : threads) t.join();
}

}  // namespace

// Leaves without destructors: the other loop still runs.
void asio_wake_main() {
  wake_main(prepare, work);
  std::_Exit(0);
}
