// Which target gets a connection.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

class targets {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using set = std::uint64_t;  // a bit for each target

  explicit targets(std::size_t count) : all_(count) {}

  // The one with the fewest connections among those that may be tried; among equals they take turns.
  std::optional<std::size_t> choose(set tried, time_point now) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < all_.size(); i++) {
      std::size_t each = (turn_ + i) % all_.size();
      if ((tried >> each & 1) || now < all_[each].down_until) continue;
      if (!best || all_[each].connections < all_[*best].connections) best = each;
    }
    turn_ = (turn_ + 1) % all_.size();
    return best;
  }

  void opened(std::size_t which) { all_[which].connections++; }
  void closed(std::size_t which) { all_[which].connections--; }
  void up(std::size_t which) { all_[which].down_until = time_point::min(); }
  void down(std::size_t which, time_point until) { all_[which].down_until = until; }

 private:
  struct target {
    std::size_t connections = 0;
    time_point down_until = time_point::min();
  };

  std::vector<target> all_;
  std::size_t turn_ = 0;
};
