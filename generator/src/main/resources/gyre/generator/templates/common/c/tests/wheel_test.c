#include "../src/wheel.h"
#include "expect.h"

enum { MANY = 5000, BEGIN_MILLIS = 123456 };

static void should_fire_in_order_and_none_early(void) {
  static struct wheel wheel;
  static struct timer timers[MANY];
  wheel_init(&wheel, BEGIN_MILLIS);
  uint32_t random = 1;
  for (int i = 0; i < MANY; i++) {
    random = random * 1664525 + 1013904223;
    int shift = (int)(random >> 28) + 8;  // of each order of length
    wheel_set(&wheel, &timers[i], BEGIN_MILLIS + (int64_t)(random >> shift));
  }
  int64_t last = BEGIN_MILLIS;
  int fired = 0;
  for (int turns = 0; wheel.active > 0 && turns < 10 * MANY; turns++) {
    int64_t now = wheel_next(&wheel);
    EXPECT(now >= last && now < INT64_MAX);
    for (struct timer *timer; (timer = wheel_take(&wheel, now)); fired++) {
      EXPECT(timer->due_millis <= now && timer->due_millis >= last);
      last = timer->due_millis;
    }
  }
  EXPECT(fired == MANY && wheel_next(&wheel) == INT64_MAX);
}

static void should_not_fire_what_was_cancelled_or_set_anew(void) {
  static struct wheel wheel;
  struct timer cancelled = {0}, moved = {0};
  wheel_init(&wheel, BEGIN_MILLIS);
  wheel_set(&wheel, &cancelled, BEGIN_MILLIS + 10);
  wheel_set(&wheel, &moved, BEGIN_MILLIS + 20);
  wheel_cancel(&wheel, &cancelled);
  wheel_cancel(&wheel, &cancelled);
  wheel_set(&wheel, &moved, BEGIN_MILLIS + 5000);
  EXPECT(wheel.active == 1);
  EXPECT(!wheel_take(&wheel, BEGIN_MILLIS + 4999));
  EXPECT(wheel_take(&wheel, BEGIN_MILLIS + 5000) == &moved);
  EXPECT(!wheel_take(&wheel, BEGIN_MILLIS + 100000) && wheel.active == 0);
}

static void should_fire_what_is_due_already(void) {
  static struct wheel wheel;
  struct timer late = {0};
  wheel_init(&wheel, BEGIN_MILLIS);
  wheel_set(&wheel, &late, BEGIN_MILLIS - 1000);
  EXPECT(wheel_take(&wheel, BEGIN_MILLIS) == &late);
}

int main(void) {
  should_fire_in_order_and_none_early();
  should_not_fire_what_was_cancelled_or_set_anew();
  should_fire_what_is_due_already();
  return failures > 0;
}
