// A hierarchical timing wheel: setting, cancelling and firing a timer take the same small time, however many there are.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WHEEL_BITS = 6, WHEEL_SLOTS = 1 << WHEEL_BITS, WHEEL_LEVELS = 6 };  // 2^36 ms: two years

struct timer {
  struct timer *next, *previous;  // in its slot; NULL if it is not active
  int64_t due_millis;
};

struct wheel {
  struct timer slots[WHEEL_LEVELS][WHEEL_SLOTS];  // heads of rings
  uint64_t used[WHEEL_LEVELS];                    // a bit for each slot that is not empty
  int64_t now_millis;                             // all before this has fired
  size_t active;
};

void wheel_init(struct wheel *wheel, int64_t now_millis);

// A timer that is active gets the new time.
void wheel_set(struct wheel *wheel, struct timer *timer, int64_t due_millis);

void wheel_cancel(struct wheel *wheel, struct timer *timer);

// Takes the next timer that is due by then, in the order of times; NULL if there is none, and only then is that the wheel's time.
struct timer *wheel_take(struct wheel *wheel, int64_t now_millis);

// A time at which something may be due, not later than the next timer's; INT64_MAX if none is active.
int64_t wheel_next(const struct wheel *wheel);
