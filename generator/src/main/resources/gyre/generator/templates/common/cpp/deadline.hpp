// A time after which something is done. Moving it later, as each byte does, costs no more than an assignment.
#pragma once
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>

class deadline {
 public:
  using clock = std::chrono::steady_clock;

  deadline(const boost::asio::any_io_executor &executor, std::function<void()> passed)
      : timer_(executor), passed_(std::move(passed)) {}

  // Of whom this is a part: once the owner is gone, nothing happens any more.
  void belongs_to(std::weak_ptr<void> owner) { owner_ = std::move(owner); }

  void move_to(clock::time_point due) {
    due_ = due;
    if (!is_waiting_ || due < timer_.expiry()) wait();
  }

  void never() { due_ = clock::time_point::max(); }

 private:
  void wait() {
    is_waiting_ = due_ != clock::time_point::max();
    if (!is_waiting_) return;
    timer_.expires_at(due_);
    timer_.async_wait([this, owner = owner_](const boost::system::error_code &) {
      auto alive = owner.lock();
      if (alive) look();
    });
  }

  // It may have been moved since the timer was set, either way.
  void look() {
    auto now = clock::now();
    if (!is_waiting_ || now < timer_.expiry()) return;  // a newer wait is on its way
    is_waiting_ = false;
    if (now < due_) wait();
    else passed_();
  }

  boost::asio::steady_timer timer_;
  std::function<void()> passed_;
  std::weak_ptr<void> owner_;
  clock::time_point due_ = clock::time_point::max();
  bool is_waiting_ = false;
};
