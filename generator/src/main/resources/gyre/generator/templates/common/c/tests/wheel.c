// The wheel without a clock: `make check` builds and runs this.
#include "wheel.c"

#include <stdio.h>
#include <stdlib.h>

#define CHECK(what) \
  do { \
    if (!(what)) { \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
      exit(1); \
    } \
  } while (0)

enum { TIMERS = 5000 };
static const int64_t BEGIN = 123456789;

static void should_fire_in_the_order_of_times_and_none_early(void) {
  static struct wheel wheel;
  static struct timer timers[TIMERS];
  wheel_init(&wheel, BEGIN);
  srandom(7);
  for (int i = 0; i < TIMERS; i++) wheel_set(&wheel, &timers[i], BEGIN + random() % (1L << (i % 30)));
  int fired = 0;
  int64_t last = BEGIN;
  while (wheel.active > 0) {
    int64_t now = wheel_next(&wheel);
    CHECK(now >= last);
    for (struct timer *timer; (timer = wheel_take(&wheel, now)); fired++) {
      CHECK(timer->due_millis <= now && timer->due_millis >= last);
      last = timer->due_millis;
    }
  }
  CHECK(fired == TIMERS && wheel_next(&wheel) == INT64_MAX);
}

static void should_not_fire_what_was_cancelled(void) {
  static struct wheel wheel;
  struct timer stays = {0}, goes = {0};
  wheel_init(&wheel, BEGIN);
  wheel_set(&wheel, &stays, BEGIN + 5000);
  wheel_set(&wheel, &goes, BEGIN + 5000);
  wheel_cancel(&wheel, &goes);
  wheel_cancel(&wheel, &goes);
  CHECK(wheel.active == 1 && wheel_take(&wheel, BEGIN + 4999) == NULL);
  CHECK(wheel_take(&wheel, BEGIN + 5000) == &stays && wheel_take(&wheel, BEGIN + 9000) == NULL);
}

static void should_give_a_new_time_to_what_is_set_again(void) {
  static struct wheel wheel;
  struct timer first = {0}, second = {0};
  wheel_init(&wheel, BEGIN);
  wheel_set(&wheel, &first, BEGIN + 10);
  wheel_set(&wheel, &second, BEGIN + 20);
  wheel_set(&wheel, &first, BEGIN + 100000);
  CHECK(wheel_take(&wheel, BEGIN + 50) == &second && wheel_take(&wheel, BEGIN + 99999) == NULL);
  CHECK(wheel_take(&wheel, BEGIN + 100000) == &first);
}

int main(void) {
  should_fire_in_the_order_of_times_and_none_early();
  should_not_fire_what_was_cancelled();
  should_give_a_new_time_to_what_is_set_again();
  return 0;
}
