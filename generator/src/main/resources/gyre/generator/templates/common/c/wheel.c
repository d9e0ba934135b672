// Level 0 has a slot for each of the next 64 ms, level 1 one for each 64 ms, level 2 one for each 4096 ms, and so on. When the time
// reaches a slot of a higher level, its timers move to lower ones. A word of bits for each level finds the next slot without a search.
#include "wheel.h"

#include <assert.h>

static int shift(int level) { return level * WHEEL_BITS; }

void wheel_init(struct wheel *wheel, int64_t now_millis) {
  for (int level = 0; level < WHEEL_LEVELS; level++) {
    wheel->used[level] = 0;
    for (int slot = 0; slot < WHEEL_SLOTS; slot++) {
      struct timer *head = &wheel->slots[level][slot];
      head->next = head->previous = head;
    }
  }
  wheel->now_millis = now_millis;
  wheel->active = 0;
}

static void place(struct wheel *wheel, struct timer *timer) {
  int64_t due = timer->due_millis < wheel->now_millis ? wheel->now_millis : timer->due_millis;
  uint64_t differs = (uint64_t)due ^ (uint64_t)wheel->now_millis;  // the highest bit tells the level
  int level = differs ? (63 - __builtin_clzll(differs)) / WHEEL_BITS : 0;
  assert(level < WHEEL_LEVELS);
  int slot = (int)(due >> shift(level)) & (WHEEL_SLOTS - 1);
  struct timer *head = &wheel->slots[level][slot];
  timer->next = head;  // behind those that were set before
  timer->previous = head->previous;
  head->previous->next = timer;
  head->previous = timer;
  wheel->used[level] |= UINT64_C(1) << slot;
}

static void take_out(struct timer *timer) {
  timer->next->previous = timer->previous;
  timer->previous->next = timer->next;
  timer->next = timer->previous = NULL;
}

void wheel_set(struct wheel *wheel, struct timer *timer, int64_t due_millis) {
  if (timer->next) take_out(timer);
  else wheel->active++;
  timer->due_millis = due_millis;
  place(wheel, timer);
}

// The bit of its slot stays; it is cleared when the time comes there.
void wheel_cancel(struct wheel *wheel, struct timer *timer) {
  if (!timer->next) return;
  take_out(timer);
  wheel->active--;
}

// When the first slot of a level that is used begins, at or after the wheel's time.
static int64_t slot_time(const struct wheel *wheel, int level, int *slot) {
  int now = (int)(wheel->now_millis >> shift(level)) & (WHEEL_SLOTS - 1);
  uint64_t ahead = wheel->used[level] >> now;  // slots behind are of the next round of a level above
  if (!ahead) return INT64_MAX;
  *slot = now + __builtin_ctzll(ahead);
  int64_t round = wheel->now_millis >> shift(level + 1) << shift(level + 1);
  int64_t begin = round + ((int64_t)*slot << shift(level));
  return begin < wheel->now_millis ? wheel->now_millis : begin;
}

// The first slot in time; among equals that of the highest level, whose timers have to move down first.
static int64_t first_slot(const struct wheel *wheel, int *level, int *slot) {
  int64_t first = INT64_MAX;
  for (int each = WHEEL_LEVELS - 1; each >= 0; each--) {
    int at = 0;
    int64_t time = slot_time(wheel, each, &at);
    if (time < first) {
      first = time;
      *level = each;
      *slot = at;
    }
  }
  return first;
}

int64_t wheel_next(const struct wheel *wheel) {
  int level, slot;
  return wheel->active ? first_slot(wheel, &level, &slot) : INT64_MAX;
}

static void move_down(struct wheel *wheel, int level, int slot) {
  struct timer *head = &wheel->slots[level][slot];
  struct timer *timer = head->next;
  head->next = head->previous = head;
  wheel->used[level] &= ~(UINT64_C(1) << slot);
  while (timer != head) {
    struct timer *next = timer->next;
    place(wheel, timer);
    timer = next;
  }
}

struct timer *wheel_take(struct wheel *wheel, int64_t now_millis) {
  for (;;) {
    int level = 0, slot = 0;
    int64_t time = first_slot(wheel, &level, &slot);
    if (time > now_millis) {
      if (now_millis > wheel->now_millis) wheel->now_millis = now_millis;
      return NULL;
    }
    wheel->now_millis = time;
    if (level > 0) {
      move_down(wheel, level, slot);
      continue;
    }
    struct timer *head = &wheel->slots[0][slot];
    if (head->next == head) {
      wheel->used[0] &= ~(UINT64_C(1) << slot);
      continue;
    }
    struct timer *timer = head->next;
    take_out(timer);
    wheel->active--;
    return timer;
  }
}
