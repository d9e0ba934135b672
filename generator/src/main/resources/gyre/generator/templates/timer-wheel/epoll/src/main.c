// {{name}}: many timers, set and cancelled by lines on standard input, on epoll.
#define _GNU_SOURCE
#include "wheel.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 256, ID_BYTES = 200, BUCKETS = 1 << 16, EVENTS = 4 };
static const int64_t MOST_MILLIS = INT64_C(30) * 24 * 3600 * 1000;

// A timer with its name, in a bucket of the table of names.
struct entry {
  struct timer timer;  // first: a timer leads to its entry
  struct entry *next;
  char id[];
};

struct program {
  struct wheel wheel;
  struct entry *buckets[BUCKETS];
  long max_timers;
  int epoll, signals;
  bool input_is_file;  // which epoll does not take, and which is always there to read
  bool input_ended, stopped;
  char line[LINE_BYTES];
  size_t line_end;
};

static int64_t now_millis(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fail(const char *what) {
  fprintf(stderr, "{{name}}: %s: %s\n", what, strerror(errno));
  exit(1);
}

// ---- names

static struct entry **find(struct program *p, const char *id) {
  uint32_t hash = 2166136261u;  // FNV-1a
  for (const char *c = id; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
  struct entry **place = &p->buckets[hash % BUCKETS];
  while (*place && strcmp((*place)->id, id) != 0) place = &(*place)->next;
  return place;
}

static void forget(struct program *p, struct entry *entry) {
  struct entry **place = find(p, entry->id);
  *place = entry->next;
  free(entry);
}

// ---- commands

static void set(struct program *p, const char *id, int64_t millis) {
  struct entry **place = find(p, id);
  if (!*place) {
    struct entry *made = NULL;
    if ((long)p->wheel.active < p->max_timers) made = calloc(1, sizeof *made + strlen(id) + 1);
    if (!made) {
      puts("error too many timers");
      return;
    }
    strcpy(made->id, id);
    *place = made;
  }
  // From now, and not from when the loop woke up: else it might fire before its time.
  wheel_set(&p->wheel, &(*place)->timer, now_millis() + 1 + millis);
}

static void cancel(struct program *p, const char *id) {
  struct entry *entry = *find(p, id);
  if (!entry) {
    printf("error no timer %s\n", id);
    return;
  }
  wheel_cancel(&p->wheel, &entry->timer);
  forget(p, entry);
}

static void command(struct program *p, char *line) {
  char verb[8], id[ID_BYTES + 1], millis[16], more;
  int words = sscanf(line, "%7s %200s %15s %c", verb, id, millis, &more);
  if (words == 2 && strcmp(verb, "cancel") == 0) {
    cancel(p, id);
    return;
  }
  if (words == 3 && strcmp(verb, "set") == 0) {
    char *end;
    long long value = strtoll(millis, &end, 10);
    if (*millis >= '0' && *millis <= '9' && !*end && value <= MOST_MILLIS) {
      set(p, id, value);
      return;
    }
  }
  puts("error expected set ID MILLIS or cancel ID");
}

// Lines as they come, whatever the pieces.
static void take_input(struct program *p) {
  char piece[65536];
  ssize_t count = read(STDIN_FILENO, piece, sizeof piece);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count < 0) fail("read");
  if (count == 0) p->input_ended = true;
  for (ssize_t i = 0; i < count; i++) {
    if (piece[i] == '\n') {
      p->line[p->line_end] = 0;
      command(p, p->line);
      p->line_end = 0;
    } else if (p->line_end == LINE_BYTES - 1) {
      puts("error line too long, the rest is not read");
      p->input_ended = true;
      return;
    } else {
      p->line[p->line_end++] = piece[i];
    }
  }
}

// ---- the program

static void fire(struct program *p) {
  int64_t now = now_millis();
  for (struct timer *timer; (timer = wheel_take(&p->wheel, now));) {
    struct entry *entry = (struct entry *)timer;
    printf("fired %s\n", entry->id);
    forget(p, entry);
  }
}

static void open_all(struct program *p) {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  if (sigprocmask(SIG_BLOCK, &stops, NULL) < 0) fail("sigprocmask");
  p->signals = signalfd(-1, &stops, SFD_NONBLOCK | SFD_CLOEXEC);
  if (p->signals < 0) fail("signalfd");
  p->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (p->epoll < 0) fail("epoll_create1");
  struct epoll_event event = {.events = EPOLLIN, .data.fd = p->signals};
  if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, p->signals, &event) < 0) fail("epoll_ctl");
  event.data.fd = STDIN_FILENO;
  if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event) < 0) {
    if (errno != EPERM) fail("epoll_ctl of standard input");
    p->input_is_file = true;
  }
  wheel_init(&p->wheel, now_millis());
}

static int timeout_millis(const struct program *p) {
  if (p->input_is_file && !p->input_ended) return 0;
  int64_t next = wheel_next(&p->wheel);
  if (next == INT64_MAX) return -1;
  int64_t left = next - now_millis();
  return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

static void turn(struct program *p) {
  struct epoll_event events[EVENTS];
  int count = epoll_wait(p->epoll, events, EVENTS, timeout_millis(p));
  if (count < 0 && errno != EINTR) fail("epoll_wait");
  fire(p);
  for (int i = 0; i < count; i++) {
    if (events[i].data.fd == p->signals) p->stopped = true;
    else take_input(p);
  }
  if (p->input_is_file && !p->input_ended) take_input(p);
  if (p->input_ended && !p->input_is_file) {
    p->input_is_file = true;  // it would be reported for ever
    epoll_ctl(p->epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
  }
  fflush(stdout);
}

static long parse_max(int argc, char **argv) {
  if (argc == 1) return 1000000;
  char *end = NULL;
  long value = argc == 3 && strcmp(argv[1], "--max-timers") == 0 ? strtol(argv[2], &end, 10) : 0;
  if (value > 0 && value < 100000000 && !*end) return value;
  bool help = argc == 2 && strcmp(argv[1], "--help") == 0;
  fprintf(help ? stdout : stderr, "usage: {{name}} [--max-timers N]\n");
  exit(help ? 0 : 2);
}

int main(int argc, char **argv) {
  static struct program p;
  p.max_timers = parse_max(argc, argv);
  open_all(&p);
  while (!p.stopped && !(p.input_ended && p.wheel.active == 0)) turn(&p);
  if (p.stopped) fprintf(stderr, "{{name}}: stopped with %zu timers active\n", p.wheel.active);
  return 0;
}
