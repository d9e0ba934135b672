// How long a client waits before it connects again: longer each time, and not all clients alike.
#pragma once
#include <algorithm>
#include <chrono>
#include <random>

class pauses {
 public:
  using millis = std::chrono::milliseconds;

  pauses(millis most, unsigned seed) : most_(most.count()), random_(seed) {}

  // Half to all of a time that doubles with each failure.
  millis next() {
    long most = std::min(most_, first_millis << std::min(failures_, doublings_max));
    failures_++;
    return millis(std::max(1L, std::uniform_int_distribution<long>(most / 2, most)(random_)));
  }

  // It has connected, and was welcome.
  void reset() { failures_ = 0; }

 private:
  static constexpr long first_millis = 100;
  static constexpr int doublings_max = 20;

  long most_;
  std::mt19937 random_;
  int failures_ = 0;
};
