// How long a client waits before it connects again: longer each time, and not all clients alike.
#pragma once
#include <stdint.h>

// Half to all of a time that doubles with each failure.
static inline int64_t pause_millis(int failures, int64_t most_millis, uint32_t random) {
  int64_t whole = INT64_C(100) << (failures < 20 ? failures : 20);
  if (whole > most_millis) whole = most_millis;
  int64_t millis = whole / 2 + random % (whole / 2 + 1);
  return millis > 0 ? millis : 1;
}
