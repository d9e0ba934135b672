// How fast the core is at the moment. Not a load: a few microseconds of arithmetic in registers, which nothing slows down but the core itself,
// as when somebody else's work runs on its other hardware thread, or its clock goes down.
#include "gen.h"

enum { STEPS = 10000, TRIES = 7 };

static uint64_t spin_nanos(void) {
  uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, begun = now_nanos();
  for (uint64_t i = 0; i < STEPS; i++) { // independent of each other, so that they use what a core has to share
    a += i, b ^= a, c += 3, d += c, e ^= 7, f += e;
    __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
  }
  return now_nanos() - begun;
}

// The middle of some tries: an interrupt in one of them is of no account.
static uint64_t middle_nanos(void) {
  uint64_t tries[TRIES];
  for (int i = 0; i < TRIES; i++) {
    uint64_t nanos = spin_nanos();
    int at = i;
    for (; at > 0 && tries[at - 1] > nanos; at--) tries[at] = tries[at - 1];
    tries[at] = nanos;
  }
  return tries[TRIES / 2];
}

void speed_main(void) {
  options_end();
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    printf("{\"mode\": \"speed\", \"spinNanos\": %lu}\n", (unsigned long)middle_nanos());
    fflush(stdout);
  }
}
