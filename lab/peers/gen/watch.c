// Whether two cores are ours alone at the moment, and how far apart they are. Not a load: every millisecond a thread on each of them wakes up,
// before all others where that is permitted, and looks for one or two microseconds; to wake up costs ten times that on a virtual machine.
//
// It looks how long always the same arithmetic in registers takes, which nothing slows down but the core itself, as when somebody else's work runs
// on its other hardware thread. And every few looks the two threads meet and send a line of the cache to and fro: a virtual machine's two cores may
// be moved, for seconds at a time, to where they have no cache in common, and everything that one of them hands to the other then costs more.
//
// Most of both comes of cores that sleep in between, so they are kept awake (awake.h). Two that are far from each other stay so as long as both
// are busy; when they are asked to gather, they sleep and wake each other up in turns, and whoever runs them then mostly brings them together.
#include "awake.h"
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { CORES = 2, PERIOD_NANOS = 1000000, LOOKS_BETWEEN = 4, STEPS = 1000, BLOCKS = 4, TRIPS = 8, LEAST = 16, MEETINGS_MISSED = 5 };
enum { SLOW_PERCENT = 107, FAR_PERCENT = 250, CLOSE_NANOS = 150 };
static const uint64_t MEETING_NANOS = 60000;           // at most so long is waited for the other one
static const uint64_t LEARNING_NANOS = 1000000000;     // to see how fast the cores can be
static const uint64_t COMING_CLOSE_NANOS = 10000000000; // at most so long for the cores to come close, to know what close is
static const uint64_t GATHERING_NANOS = 600000000;      // mostly it takes a tenth of it
static const uint64_t CALL_NANOS = 100000;              // the other one is asleep by then

// The least of all figures so far; not the very least, which may be a mistake.
struct least {
  uint64_t nanos[LEAST];
  int count;
};

static uint64_t least_of(struct least *least, uint64_t nanos) {
  if (least->count == LEAST && nanos >= least->nanos[LEAST - 1]) return least->nanos[LEAST - 1];
  int at = least->count < LEAST ? least->count++ : LEAST - 1;
  for (; at > 0 && least->nanos[at - 1] > nanos; at--) least->nanos[at] = least->nanos[at - 1];
  least->nanos[at] = nanos;
  return least->nanos[least->count - 1];
}

static struct core {
  int number;
  struct least spins;
  // What the one who is asked tells:
  atomic_ulong looks, disturbed; // since it was asked
  atomic_bool is_disturbed;      // at the last look
} cores[CORES];

static const char *awake;
static atomic_bool has_learnt; // how close the cores can be
static atomic_int watched = CORES; // of them, so many: who works on the first one alone is not to be delayed by meetings
static uint64_t begun;
static struct {
  _Alignas(128) _Atomic uint64_t ball;
  _Alignas(128) struct least trips;
  atomic_ulong count, trip_nanos, closest_nanos; // meetings since it was asked; of the last one; of all
  atomic_bool was_far, is_far; // since it was asked, and at the last meeting; before the first one nobody knows
} meeting;

static uint64_t spin_nanos(void) {
  uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, from = now_nanos();
  for (uint64_t i = 0; i < STEPS; i++) { // independent of each other, so that they use what a core has to share
    a += i, b ^= a, c += 3, d += c, e ^= 7, f += e;
    __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
  }
  return now_nanos() - from;
}

static bool is_slow(struct least *least, uint64_t nanos) { return nanos * 100 > least_of(least, nanos) * SLOW_PERCENT; }

// An interrupt hits one of two tries, a neighbour both.
static void look(struct core *core) {
  bool disturbed = is_slow(&core->spins, spin_nanos()) && is_slow(&core->spins, spin_nanos());
  core->disturbed += disturbed;
  core->is_disturbed = disturbed;
  core->looks++; // at last: who sees it sees what was seen
}

static struct {
  _Atomic uint64_t until; // 0: nobody is to gather
  _Alignas(128) _Atomic uint32_t calls; // the first core's turn where even
} gathering;

// Sleeps until the other one calls, lets that one sleep, calls it, and so on.
static void gather(uint32_t me, uint64_t until) {
  for (uint64_t now = now_nanos(); now < until; now = now_nanos()) {
    uint32_t calls = gathering.calls;
    if (calls % CORES == me) {
      if (now + CALL_NANOS >= until) return; // too late: the next meeting is close
      while (now_nanos() < now + CALL_NANOS) spin_pause();
      gathering.calls++;
      syscall(SYS_futex, &gathering.calls, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    } else {
      struct timespec rest = {.tv_nsec = (long)(until - now)};
      syscall(SYS_futex, &gathering.calls, FUTEX_WAIT_PRIVATE, calls, &rest, NULL, 0);
    }
  }
}

static bool await_ball(uint64_t value, uint64_t deadline) {
  while (now_nanos() <= deadline) // looked at first: who comes late plays with nobody
    if (atomic_load_explicit(&meeting.ball, memory_order_acquire) == value) return true;
  return false;
}

static bool await_ball_soon(uint64_t value) {
  for (int i = 0; i < 20000; i++)
    if (atomic_load_explicit(&meeting.ball, memory_order_acquire) == value) return true;
  return false;
}

// Balls of a meeting have its number in front: nobody takes a late one of another meeting for one of this.
static void meet_first(uint64_t ball, uint64_t deadline) {
  uint64_t best = UINT64_MAX;
  atomic_store(&meeting.ball, ball);
  if (!await_ball(++ball, deadline)) return;
  for (int block = 0; block < BLOCKS; block++) {
    uint64_t from = now_nanos();
    for (int i = 0; i < TRIPS; i++) {
      atomic_store_explicit(&meeting.ball, ++ball, memory_order_release);
      if (!await_ball_soon(++ball)) return;
    }
    uint64_t nanos = (now_nanos() - from) / TRIPS;
    best = nanos < best ? nanos : best;
  }
  uint64_t least = least_of(&meeting.trips, best);
  bool is_far = best > CLOSE_NANOS && best * 100 > least * FAR_PERCENT;
  meeting.trip_nanos = best;
  meeting.closest_nanos = least;
  if (is_far) meeting.was_far = true;
  if (has_learnt ? !is_far : best <= CLOSE_NANOS) gathering.until = 0;
  meeting.is_far = is_far;
  meeting.count++;
}

static void meet_second(uint64_t ball, uint64_t deadline) {
  if (!await_ball(ball, deadline)) return;
  atomic_store_explicit(&meeting.ball, ++ball, memory_order_release);
  for (int i = 0; i < BLOCKS * TRIPS; i++) {
    if (!await_ball_soon(++ball)) return;
    atomic_store_explicit(&meeting.ball, ++ball, memory_order_release);
  }
}

static void *watch(void *argument) {
  struct core *core = argument;
  prctl(PR_SET_TIMERSLACK, 1UL); // nanosecond: who may not come first is woken up to 50 µs late else, and misses the other one
  while (true) {
    uint64_t number = (now_nanos() - begun) / PERIOD_NANOS + 1, due = begun + number * PERIOD_NANOS;
    struct timespec until = {.tv_sec = (time_t)(due / 1000000000u), .tv_nsec = (long)(due % 1000000000u)};
    if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) continue;
    if (core - cores >= watched) continue;
    look(core);
    if (watched < CORES) continue;
    if (number % LOOKS_BETWEEN == 0) (core == cores ? meet_first : meet_second)(number << 16, due + MEETING_NANOS);
    else if (due < gathering.until) gather((uint32_t)(core - cores), due + PERIOD_NANOS * 9 / 10);
  }
}

// Before all others where that is permitted; else as soon as the system lets us. For all threads that are started from then on too.
static void come_first(void) {
  struct sched_param priority = {.sched_priority = 1};
  sched_setscheduler(0, SCHED_FIFO, &priority);
}

static void begin(struct core *core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET((unsigned)core->number, &set);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setaffinity_np(&attributes, sizeof set, &set);
  pthread_t thread;
  int error = pthread_create(&thread, &attributes, watch, core);
  if (error) quit(EXIT_FAILED, "a thread on core %d: %s", core->number, strerror(error));
}

// Of some cores, and of the way between them.
static void nothing_is_known(struct core *core, int count) {
  for (; count > 0; count--, core++) {
    core->looks = core->disturbed = 0;
    core->is_disturbed = false;
  }
  meeting.count = 0;
  meeting.was_far = false;
  meeting.is_far = true;
}

static void tell(void) {
  printf("{\"mode\": \"watch\", \"cores\": [");
  for (int i = 0; i < watched; i++) {
    struct core *core = &cores[i];
    unsigned long looks = atomic_exchange(&core->looks, 0), disturbed = atomic_exchange(&core->disturbed, 0);
    printf("%s{\"looks\": %lu, \"disturbed\": %lu, \"isDisturbed\": %s}", i ? ", " : "", looks, disturbed, core->is_disturbed ? "true" : "false");
  }
  unsigned long meetings = atomic_exchange(&meeting.count, 0);
  bool far = atomic_exchange(&meeting.was_far, false) || meeting.is_far;
  printf("], \"meetings\": %lu, \"tripNanos\": %lu, \"closestNanos\": %lu, \"isFar\": %s, \"awake\": \"%s\"}\n", meetings, meeting.trip_nanos,
         meeting.closest_nanos, far ? "true" : "false", awake);
  fflush(stdout);
}

static void pass(uint64_t nanos) { nanosleep(&(struct timespec){.tv_nsec = (long)nanos}, NULL); }

// What was seen before is forgotten: it is of other places.
static void come_together(void) {
  awake_suspend(true);
  uint64_t until = now_nanos() + GATHERING_NANOS;
  gathering.until = until;
  while (gathering.until != 0 && now_nanos() < until) pass(LOOKS_BETWEEN * PERIOD_NANOS);
  gathering.until = 0;
  awake_suspend(false);
  nothing_is_known(cores, CORES);
  for (int i = 0; i < MEETINGS_MISSED && meeting.count == 0; i++) pass(LOOKS_BETWEEN * PERIOD_NANOS);
}

static void learn(void) {
  uint64_t passed;
  bool are_close;
  do {
    pass(LEARNING_NANOS / 4);
    passed = now_nanos() - begun;
    are_close = meeting.closest_nanos > 0 && meeting.closest_nanos <= CLOSE_NANOS;
    if (!are_close && passed < COMING_CLOSE_NANOS) come_together();
  } while (passed < (are_close ? LEARNING_NANOS : COMING_CLOSE_NANOS));
}

void watch_main(void) {
  const char *names = option_text("--cores", "");
  options_end();
  char rest;
  if (sscanf(names, "%d,%d%c", &cores[0].number, &cores[1].number, &rest) != CORES)
    quit(EXIT_USAGE, "--cores %s: not two numbers of cores, such as 0,1", names);
  if (cores[0].number == cores[1].number) quit(EXIT_USAGE, "--cores %s: it takes two of them", names);
  nothing_is_known(cores, CORES);
  awake = awake_begin((int[]){cores[0].number, cores[1].number});
  come_first();
  begun = now_nanos();
  for (int i = 0; i < CORES; i++) begin(&cores[i]);
  learn();
  has_learnt = true;
  puts("ready"), fflush(stdout);
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    bool is_gathering = strcmp(line, "gather\n") == 0;
    int more = is_gathering ? CORES : atoi(line);
    if (more < 1 || more > CORES) quit(EXIT_USAGE, "a question is how many cores to watch from now on, 1 or 2, or gather, not: %s", line);
    if (!is_gathering) tell();
    if (more > watched) nothing_is_known(&cores[1], 1);
    watched = more;
    if (is_gathering) come_together(), tell();
  }
}
