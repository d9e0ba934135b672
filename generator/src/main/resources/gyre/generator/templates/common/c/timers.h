// Timers with names, set and cancelled by lines: `set ID MILLIS`, `cancel ID`.
#pragma once
#include "wheel.h"

enum { LINE_BYTES = 256, NAME_BUCKETS = 1 << 16 };

struct timers {
  struct wheel wheel;
  struct entry *buckets[NAME_BUCKETS];  // by name
  long max_timers;
  char line[LINE_BYTES];  // that has begun
  size_t line_end;
};

void timers_init(struct timers *timers, long max_timers);

// Takes some bytes of the input, whatever the pieces. False after a line that is too long: the rest can't be told apart.
bool timers_take(struct timers *timers, const char *bytes, size_t count);

// Those that are due.
void timers_fire(struct timers *timers);

// Writes what has been said. Ends the program if that fails; quietly if nobody reads any more.
void timers_flush(void);

// How long none is due; -1 if there is none.
int64_t timers_left_millis(const struct timers *timers);

// The options; ends the program if they are wrong. How many timers there may be.
long parse_max_timers(int argc, char **argv);
