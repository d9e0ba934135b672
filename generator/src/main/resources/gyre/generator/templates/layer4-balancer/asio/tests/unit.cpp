#include "check.hpp"
#include "targets.hpp"

static const auto now = targets::time_point() + std::chrono::hours(1);

static void should_choose_the_one_with_the_fewest_connections() {
  targets all(2);
  all.opened(0);
  CHECK(all.choose(0, now) == 1u);
  all.opened(1);
  all.opened(1);
  CHECK(all.choose(0, now) == 0u);
  all.closed(1);
  all.closed(1);
  CHECK(all.choose(0, now) == 1u);
}

static void should_take_turns_among_equals() {
  targets all(3);
  for (std::size_t turn : {0, 1, 2, 0}) CHECK(all.choose(0, now) == turn);
}

static void should_leave_out_what_is_down_for_a_while() {
  targets all(2);
  all.down(0, now + std::chrono::seconds(5));
  for (int i = 0; i < 3; i++) CHECK(all.choose(0, now) == 1u);
  all.opened(1);
  CHECK(all.choose(0, now + std::chrono::seconds(5)) == 0u);
  all.up(0);
  CHECK(all.choose(0, now) == 0u);
}

static void should_choose_none_if_all_were_tried() {
  targets all(2);
  CHECK(all.choose(0b01, now) == 1u);
  CHECK(!all.choose(0b11, now));
}

int main() {
  should_choose_the_one_with_the_fewest_connections();
  should_take_turns_among_equals();
  should_leave_out_what_is_down_for_a_while();
  should_choose_none_if_all_were_tried();
  return failed_checks == 0 ? 0 : 1;
}
