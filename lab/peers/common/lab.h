// What every native peer shares and what must not differ between them: options, clocks, rounds, socket pairs, the output of samples.
// The contract is ../README.md. Header only; compiles as C11 (GNU) and C++20.
#ifndef GYRE_LAB_H
#define GYRE_LAB_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_UNSUPPORTED = 3 };

__attribute__((noreturn, format(printf, 2, 3), unused)) static void quit(int code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  _exit(code);
}

// What a loop does that only looks until something is there.
static inline void spin_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

// ---- options: every one is asked for by name, then options_end() refuses what nobody asked for ----

// Weak: one for all files of a program that include this.
__attribute__((weak)) char **option_words;
__attribute__((weak)) bool option_seen[128];

static inline const char *options_begin(int count, char **words) {
  if (count < 2 || count > 120) quit(EXIT_USAGE, "usage: %s MODE [--option value]...", words[0]);
  option_words = words;
  return words[1];
}

static inline const char *option_text(const char *name, const char *otherwise) {
  for (int i = 2; option_words[i]; i++) {
    if (strcmp(option_words[i], name) != 0) continue;
    if (!option_words[i + 1]) quit(EXIT_USAGE, "%s needs a value", name);
    option_seen[i] = option_seen[i + 1] = true;
    return option_words[i + 1];
  }
  return otherwise;
}

static inline long option_long(const char *name, long otherwise, long least, long most) {
  const char *text = option_text(name, NULL);
  if (!text) return otherwise;
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno || *end || end == text || value < least || value > most)
    quit(EXIT_USAGE, "%s %s: not a number from %ld to %ld", name, text, least, most);
  return value;
}

static inline bool option_flag(const char *name) {
  for (int i = 2; option_words[i]; i++)
    if (strcmp(option_words[i], name) == 0) return option_seen[i] = true;
  return false;
}

static inline void options_end(void) {
  for (int i = 2; option_words[i]; i++)
    if (!option_seen[i]) quit(EXIT_USAGE, "unknown option: %s", option_words[i]);
}

// ---- clocks ----

static inline uint64_t clock_nanos(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
static inline uint64_t now_nanos(void) { return clock_nanos(CLOCK_MONOTONIC); }
static inline uint64_t cpu_nanos(void) { return clock_nanos(CLOCK_PROCESS_CPUTIME_ID); }

// ---- seeded randomness (splitmix64) ----

static inline uint64_t random_next(uint64_t *state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// ---- descriptors and sockets ----

static inline void need_descriptors(long needed) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if ((rlim_t)(needed + 16) > limit.rlim_max)
    quit(EXIT_UNSUPPORTED, "needs %ld descriptors, the limit is %lu (ulimit -Hn)", needed + 16, (unsigned long)limit.rlim_max);
}

static inline void on_terminate(int signal) {
  (void)signal;
  _exit(0);
}

// Ready to accept; announces itself later with listening(), when the loop is about to run.
static inline int listen_tcp(long port, int socket_flags) {
  need_descriptors(0);
  signal(SIGPIPE, SIG_IGN);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | socket_flags, 0), one = 1;
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); // accepted sockets inherit it
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) quit(EXIT_FAILED, "bind to port %ld: %s", port, strerror(errno));
  if (listen(fd, 4096) != 0) quit(EXIT_FAILED, "listen: %s", strerror(errno));
  return fd;
}

static inline void on_input(int signal) {
  struct pollfd input;
  (void)signal;
  input.fd = STDIN_FILENO;
  input.events = POLLIN;
  if (poll(&input, 1, 0) > 0 && (input.revents & POLLHUP)) _exit(0);
}

// A server whose standard input is a pipe ends when nobody holds the other end any more, so that none outlives a caller that was killed. By a
// signal: the loop is not touched. Any other input says nothing about the caller (a shell gives /dev/null).
static inline void end_with_input(void) {
  struct stat input;
  if (fstat(STDIN_FILENO, &input) != 0 || !S_ISFIFO(input.st_mode)) return;
  signal(SIGIO, on_input);
  fcntl(STDIN_FILENO, F_SETOWN, getpid());
  fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_ASYNC);
  on_input(SIGIO); // perhaps it has ended already
}

static inline void announce_port(long port) {
  end_with_input();
  printf("listening %ld\n", port);
  fflush(stdout);
}

static inline void announce(int listener) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  getsockname(listener, (struct sockaddr *)&address, &length);
  signal(SIGTERM, on_terminate);
  announce_port(ntohs(address.sin_port));
}

// ---- rounds ----

struct rounds {
  long count, done;
  uint64_t warmup_nanos, round_nanos;
  bool step;
};

static inline struct rounds rounds_options(void) {
  struct rounds r;
  r.count = option_long("--rounds", 5, 1, 1000000);
  r.warmup_nanos = (uint64_t)option_long("--warmup-ms", 300, 0, 600000) * 1000000u;
  r.round_nanos = (uint64_t)option_long("--round-ms", 300, 1, 600000) * 1000000u;
  r.step = option_flag("--step");
  r.done = -1;
  return r;
}

// True when another round is wanted; its number is then r->done.
static inline bool rounds_next(struct rounds *r) {
  r->done++;
  if (!r->step) return r->done < r->count;
  if (r->done == 0) {
    puts("ready");
    fflush(stdout);
  }
  char line[64];
  return fgets(line, sizeof line, stdin) != NULL;
}

// ---- the work of `events` and `cascade`: one byte passed along socket pairs ----

struct pairs {
  int *fds; // 2 * count: [2i] is watched and read, [2i + 1] is written
  long count, active, writes;
  bool timeouts;
  uint64_t *timeout_nanos; // of each pair, with `timeouts`
  long writes_left, fired, read; // of the run; it is over when read == fired
  long errors;
};

static inline int pair_reader(const struct pairs *p, long i) { return p->fds[2 * i]; }
static inline int pair_writer(const struct pairs *p, long i) { return p->fds[2 * i + 1]; }
static inline long pair_after(const struct pairs *p, long i) { return i + 1 == p->count ? 0 : i + 1; }

static inline void pair_write(struct pairs *p, long i) {
  if (send(pair_writer(p, i), "e", 1, 0) != 1) p->errors++;
}
static inline void pair_read(struct pairs *p, long i) {
  char byte;
  if (recv(pair_reader(p, i), &byte, 1, 0) == 1 && byte == 'e') p->read++;
  else p->errors++;
}
// What an event of `events` does, with plain system calls.
static inline void pair_event(struct pairs *p, long i) {
  pair_read(p, i);
  if (p->writes_left > 0) {
    p->writes_left--;
    p->fired++;
    pair_write(p, pair_after(p, i));
  }
}

static inline void pairs_open(struct pairs *p) {
  need_descriptors(2 * p->count);
  p->fds = (int *)malloc(sizeof(int) * 2 * (size_t)p->count);
  for (long i = 0; i < p->count; i++)
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, p->fds + 2 * i) != 0)
      quit(EXIT_UNSUPPORTED, "socket pair %ld: %s", i, strerror(errno));
  uint64_t seed = 42;
  p->timeout_nanos = (uint64_t *)malloc(sizeof(uint64_t) * (size_t)p->count);
  for (long i = 0; i < p->count; i++) p->timeout_nanos[i] = 3600000000000u + random_next(&seed) % 1000000000u;
}

struct samples {
  uint64_t elapsed, cpu;
  long runs, events;
};

static inline void samples_print(const struct samples *s) {
  printf(", \"runs\": %ld, \"events\": %ld, \"elapsedNanos\": %lu, \"cpuNanos\": %lu}\n", s->runs, s->events, (unsigned long)s->elapsed,
         (unsigned long)s->cpu);
  fflush(stdout);
}

static inline void samples_run(struct samples *s, struct pairs *p, void (*run)(struct pairs *)) {
  uint64_t cpu = cpu_nanos(), begin = now_nanos();
  run(p);
  s->elapsed += now_nanos() - begin;
  s->cpu += cpu_nanos() - cpu;
  s->runs++;
  s->events += p->read;
}

static inline void pairs_run_for(struct samples *s, struct pairs *p, uint64_t nanos, bool cascade, void (*run)(struct pairs *)) {
  memset(s, 0, sizeof *s);
  uint64_t begin = now_nanos();
  while (s->runs < 3 || now_nanos() - begin < nanos) {
    p->read = 0;
    p->writes_left = cascade ? p->count - 1 : p->writes;
    p->fired = cascade ? 1 : p->active;
    for (long i = 0; !cascade && i < p->active; i++) pair_write(p, i * (p->count / p->active));
    samples_run(s, p, run);
  }
}

// `watch` is called once, before anything is measured; `run` returns when p->read == p->fired.
static inline void events_main(void (*watch)(struct pairs *), void (*run)(struct pairs *)) {
  static struct pairs p;
  static struct samples s;
  p.count = option_long("--pairs", 100, 1, 1000000);
  p.active = option_long("--active", 1, 1, p.count > 1 ? p.count / 2 : 1); // so that no pair ever holds two bytes
  p.writes = option_long("--writes", 100, 0, 100000000);
  p.timeouts = option_flag("--timeouts");
  struct rounds rounds = rounds_options();
  options_end();
  pairs_open(&p);
  watch(&p);
  pairs_run_for(&s, &p, rounds.warmup_nanos, false, run);
  while (rounds_next(&rounds)) {
    pairs_run_for(&s, &p, rounds.round_nanos, false, run);
    printf("{\"mode\": \"events\", \"round\": %ld, \"errors\": %ld, \"pairs\": %ld, \"active\": %ld, \"writes\": %ld, \"timeouts\": %s",
           rounds.done, p.errors, p.count, p.active, p.writes, p.timeouts ? "true" : "false");
    samples_print(&s);
  }
}

// `run` watches all, writes into pair 0, passes the byte on until pair count - 1 was read, and leaves nothing watched.
static inline void cascade_main(void (*prepare)(struct pairs *), void (*run)(struct pairs *)) {
  static struct pairs p;
  static struct samples s;
  p.count = option_long("--pairs", 100, 1, 1000000);
  struct rounds rounds = rounds_options();
  options_end();
  pairs_open(&p);
  prepare(&p);
  pairs_run_for(&s, &p, rounds.warmup_nanos, true, run);
  while (rounds_next(&rounds)) {
    pairs_run_for(&s, &p, rounds.round_nanos, true, run);
    if (s.events != s.runs * p.count) p.errors++;
    printf("{\"mode\": \"cascade\", \"round\": %ld, \"errors\": %ld, \"pairs\": %ld", rounds.done, p.errors, p.count);
    samples_print(&s);
  }
}

// ---- the work of `timers` ----

struct timers {
  long alive, ops;      // timers are numbered 0 .. alive + ops - 1
  long passes;          // in a round
  uint64_t begun_nanos;
  uint32_t *order;      // the numbers alive .. alive + ops - 1 in random order
  uint64_t *delay_nanos; // one of each operation of the part that runs
  long fired, errors;
};

struct timer_peer {
  void (*prepare)(struct timers *);                     // memory for alive + ops timers
  void (*start)(struct timers *, long first, long count); // timer first + i with delay_nanos[i]; the loop's clock is fresh
  void (*restart)(struct timers *);                     // timer order[i] with delay_nanos[i]
  void (*cancel)(struct timers *);                      // timer order[i]
  void (*run)(struct timers *);                         // turns of the loop until fired == ops
  uint64_t clock_age_nanos;                             // at most; of the clock that the library looks at
};

// Deadlines of timers that must not fire lie 60 to 70 minutes after the work began, however old it is: where a new one finds its place among
// those that are there must not depend on how long they have been there. A process that lives longer counts them as errors.
static const uint64_t TIMER_LEAST = 3600000000000u, TIMER_SPREAD = 600000000000u;
// Those that are to fire are due in 0.4 to 0.8 ms, which some libraries round up to whole ones. No longer is waited than that takes: meanwhile
// somebody else's work drives them out of the caches.
static const uint64_t TIMER_SOON_NANOS = 400000u, TIMER_DUE_NANOS = 2500000u;

static inline void timers_delays(struct timers *t, uint64_t *seed, long count, uint64_t least, uint64_t spread) {
  for (long i = 0; i < count; i++) t->delay_nanos[i] = least + random_next(seed) % spread;
}
static inline void timers_far(struct timers *t, uint64_t *seed, long count) {
  timers_delays(t, seed, count, TIMER_LEAST - (now_nanos() - t->begun_nanos), TIMER_SPREAD);
}
static inline void timers_shuffle(struct timers *t, uint64_t *seed) {
  for (long i = t->ops - 1; i > 0; i--) {
    long j = (long)(random_next(seed) % (uint64_t)(i + 1));
    uint32_t other = t->order[i];
    t->order[i] = t->order[j];
    t->order[j] = other;
  }
}

#define TIMED(slot, call)            \
  cpu_begin = cpu_nanos();           \
  begin = now_nanos();               \
  call;                              \
  took[slot] += now_nanos() - begin; \
  *cpu += cpu_nanos() - cpu_begin
static inline void timers_pass(struct timers *t, const struct timer_peer *peer, uint64_t *seed, uint64_t took[4], uint64_t *cpu) {
  uint64_t begin, cpu_begin;
  timers_far(t, seed, t->ops);
  TIMED(0, peer->start(t, t->alive, t->ops));
  timers_shuffle(t, seed);
  timers_far(t, seed, t->ops);
  TIMED(1, peer->restart(t));
  timers_shuffle(t, seed);
  TIMED(2, peer->cancel(t));
}
static inline void timers_fire(struct timers *t, const struct timer_peer *peer, uint64_t *seed, uint64_t took[4], uint64_t *cpu) {
  uint64_t begin, cpu_begin;
  timers_delays(t, seed, t->ops, TIMER_SOON_NANOS, TIMER_SOON_NANOS);
  t->fired = 0;
  peer->start(t, t->alive, t->ops);
  begin = now_nanos();
  while (now_nanos() - begin < TIMER_DUE_NANOS + peer->clock_age_nanos) {
  }
  TIMED(3, peer->run(t));
  if (t->fired != t->ops) t->errors++;
}
#undef TIMED

// The nanoseconds that each of the four parts took. The first pass brings back what others drove out of the caches since the last round: it
// does not count.
static inline void timers_round(struct timers *t, const struct timer_peer *peer, uint64_t *seed, uint64_t took[4], uint64_t *cpu) {
  for (long pass = 0; pass <= t->passes; pass++) {
    if (pass <= 1) {
      memset(took, 0, 4 * sizeof *took);
      *cpu = 0;
    }
    timers_pass(t, peer, seed, took, cpu);
  }
  timers_fire(t, peer, seed, took, cpu);
}

static inline void timers_main(const struct timer_peer *peer) {
  struct timers t;
  memset(&t, 0, sizeof t);
  t.alive = option_long("--alive", 1000, 0, 10000000);
  t.ops = option_long("--ops", 1000, 1, 10000000);
  t.passes = option_long("--passes", 10, 1, 1000);
  struct rounds rounds = rounds_options();
  options_end();
  long larger = t.alive > t.ops ? t.alive : t.ops;
  t.order = (uint32_t *)malloc(sizeof(uint32_t) * (size_t)t.ops);
  t.delay_nanos = (uint64_t *)malloc(sizeof(uint64_t) * (size_t)larger);
  for (long i = 0; i < t.ops; i++) t.order[i] = (uint32_t)(t.alive + i);
  uint64_t seed = 42, took[4], cpu;
  peer->prepare(&t);
  t.begun_nanos = now_nanos();
  timers_far(&t, &seed, t.alive);
  peer->start(&t, 0, t.alive);
  uint64_t begin = now_nanos();
  do timers_round(&t, peer, &seed, took, &cpu);
  while (now_nanos() - begin < rounds.warmup_nanos);
  while (rounds_next(&rounds)) {
    timers_round(&t, peer, &seed, took, &cpu);
    printf("{\"mode\": \"timers\", \"round\": %ld, \"errors\": %ld, \"alive\": %ld, \"ops\": %ld, \"startNanos\": %lu, \"restartNanos\": %lu, "
           "\"cancelNanos\": %lu, \"fires\": %ld, \"fireNanos\": %lu, \"cpuNanos\": %lu}\n",
           rounds.done, t.errors, t.alive, t.ops * t.passes, (unsigned long)took[0], (unsigned long)took[1], (unsigned long)took[2],
           t.ops, (unsigned long)took[3], (unsigned long)cpu);
    fflush(stdout);
  }
}

// ---- the work of `wake` ----

enum wake_variant { WAKE_ROUNDTRIP, WAKE_FLOOD1, WAKE_FLOODN };
struct wake_peer;
struct wake {
  enum wake_variant variant;
  long ops, producers;
  long errors;
  const struct wake_peer *peer;
  pthread_mutex_t lock; // of what follows: the barrier that producers stand at
  pthread_cond_t changed;
  long ready;
  bool open;
};

struct wake_peer {
  void (*prepare)(struct wake *);              // the loop; in WAKE_ROUNDTRIP a second one on a thread of its own too
  void (*produce)(struct wake *, long count);  // on a thread of its own: makes itself ready, then wake_go(), then posts so many
  void (*run)(struct wake *);                  // turns of the loop until its counter says ops; in WAKE_ROUNDTRIP posts the first itself
};

// Puts the calling thread on the first core of the process (the loop that is measured) or on the second (all others): a wake-up costs several
// times as much between cores as on one, and the scheduler's mood would decide which is measured.
static inline void wake_place(bool others) {
  static cpu_set_t allowed; // as the process had it at first: the main thread asks before there are others
  if (!others) sched_getaffinity(0, sizeof allowed, &allowed);
  if (CPU_COUNT(&allowed) < 2) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  int core = 0;
  for (int skip = others ? 1 : 0;; core++)
    if (CPU_ISSET(core, &allowed) && skip-- == 0) break;
  CPU_SET(core, &one);
  sched_setaffinity(0, sizeof one, &one);
}

// A producer is ready: returns when all are and the clock runs.
static inline void wake_go(struct wake *w) {
  pthread_mutex_lock(&w->lock);
  w->ready++;
  pthread_cond_broadcast(&w->changed);
  while (!w->open) pthread_cond_wait(&w->changed, &w->lock);
  pthread_mutex_unlock(&w->lock);
}

static inline void *wake_producer(void *wake) {
  struct wake *w = (struct wake *)wake;
  wake_place(true);
  w->peer->produce(w, w->ops / w->producers);
  return NULL;
}

// Producers are made and made ready before the clock starts, and joined after it has stopped.
static inline void wake_round(struct wake *w, uint64_t *took, uint64_t *cpu) {
  pthread_t threads[64];
  long producers = w->variant == WAKE_ROUNDTRIP ? 0 : w->producers;
  w->ready = 0;
  w->open = false;
  for (long i = 0; i < producers; i++)
    if (pthread_create(&threads[i], NULL, wake_producer, w) != 0) quit(EXIT_FAILED, "producer %ld cannot be started", i);
  pthread_mutex_lock(&w->lock);
  while (w->ready < producers) pthread_cond_wait(&w->changed, &w->lock);
  uint64_t cpu_begin = cpu_nanos(), begin = now_nanos();
  w->open = true;
  pthread_cond_broadcast(&w->changed);
  pthread_mutex_unlock(&w->lock);
  w->peer->run(w);
  *took = now_nanos() - begin;
  *cpu = cpu_nanos() - cpu_begin;
  for (long i = 0; i < producers; i++) pthread_join(threads[i], NULL);
}

static inline void wake_main(const struct wake_peer *peer) {
  static const char *const names[] = {"roundtrip", "flood1", "floodN"};
  struct wake w;
  memset(&w, 0, sizeof w);
  const char *name = option_text("--variant", "roundtrip");
  int v = 0;
  while (v < 3 && strcmp(name, names[v]) != 0) v++;
  if (v == 3) quit(EXIT_USAGE, "--variant %s: not one of roundtrip, flood1, floodN", name);
  w.variant = (enum wake_variant)v;
  w.ops = option_long("--ops", w.variant == WAKE_ROUNDTRIP ? 5000 : 200000, 1, 100000000);
  w.producers = option_long("--producers", 4, 1, 64);
  if (w.variant != WAKE_FLOODN) w.producers = 1;
  struct rounds rounds = rounds_options();
  options_end();
  w.ops -= w.ops % w.producers;
  w.peer = peer;
  pthread_mutex_init(&w.lock, NULL);
  pthread_cond_init(&w.changed, NULL);
  wake_place(false);
  peer->prepare(&w);
  uint64_t begin = now_nanos(), took, cpu;
  do wake_round(&w, &took, &cpu);
  while (now_nanos() - begin < rounds.warmup_nanos);
  while (rounds_next(&rounds)) {
    wake_round(&w, &took, &cpu);
    printf("{\"mode\": \"wake\", \"round\": %ld, \"errors\": %ld, \"variant\": \"%s\", \"ops\": %ld, \"producers\": %ld, \"elapsedNanos\": %lu, "
           "\"cpuNanos\": %lu}\n",
           rounds.done, w.errors, name, w.ops, w.producers, (unsigned long)took, (unsigned long)cpu);
    fflush(stdout);
  }
}
#endif
