// Which target a connection gets.
#define main program_main
#include "../src/main.c"
#undef main

#include "expect.h"

static struct options options;
static struct balancer balancer;

static struct pair pair_of(int targets) {
  memset(&balancer, 0, sizeof balancer);
  options.target_count = targets;
  options.retry_seconds = 5;
  balancer.service.options = &options;
  return (struct pair){.balancer = &balancer, .target = -1};
}

static void should_take_turns_among_equals(void) {
  struct pair pair = pair_of(3);
  int counts[3] = {0};
  for (int i = 0; i < 9; i++) counts[choose(&pair)]++;
  EXPECT(counts[0] == 3 && counts[1] == 3 && counts[2] == 3);
}

static void should_choose_the_one_with_the_fewest_connections(void) {
  struct pair pair = pair_of(3);
  balancer.targets[0].connections = 2;
  balancer.targets[1].connections = 1;
  balancer.targets[2].connections = 2;
  for (int i = 0; i < 5; i++) EXPECT(choose(&pair) == 1);
}

static void should_leave_out_what_is_down_or_was_tried(void) {
  struct pair pair = pair_of(3);
  balancer.targets[0].down_until_millis = INT64_MAX;
  pair.tried = 1 << 1;
  for (int i = 0; i < 5; i++) EXPECT(choose(&pair) == 2);
  pair.tried |= 1 << 2;
  EXPECT(choose(&pair) == -1);
}

int main(void) {
  should_take_turns_among_equals();
  should_choose_the_one_with_the_fewest_connections();
  should_leave_out_what_is_down_or_was_tried();
  return failures > 0;
}
