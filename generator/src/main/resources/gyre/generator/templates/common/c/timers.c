#define _GNU_SOURCE
#include "timers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ID_BYTES = 200 };
static const int64_t MOST_MILLIS = INT64_C(30) * 24 * 3600 * 1000;

// A timer with its name, in a bucket of the table of names.
struct entry {
  struct timer timer;  // first: a timer leads to its entry
  struct entry *next;
  char id[];
};

static int64_t now_millis(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void timers_init(struct timers *t, long max_timers) {
  wheel_init(&t->wheel, now_millis());
  t->max_timers = max_timers;
}

// ---- names

static struct entry **find(struct timers *t, const char *id) {
  uint32_t hash = 2166136261u;  // FNV-1a
  for (const char *c = id; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
  struct entry **place = &t->buckets[hash % NAME_BUCKETS];
  while (*place && strcmp((*place)->id, id) != 0) place = &(*place)->next;
  return place;
}

static void forget(struct timers *t, struct entry *entry) {
  struct entry **place = find(t, entry->id);
  *place = entry->next;
  free(entry);
}

// ---- commands

static void set(struct timers *t, const char *id, int64_t millis) {
  struct entry **place = find(t, id);
  if (!*place) {
    struct entry *made = NULL;
    if ((long)t->wheel.active < t->max_timers) made = calloc(1, sizeof *made + strlen(id) + 1);
    if (!made) {
      puts("error too many timers");
      return;
    }
    strcpy(made->id, id);
    *place = made;
  }
  // From now, and not from when the loop woke up: else it might fire before its time.
  wheel_set(&t->wheel, &(*place)->timer, now_millis() + 1 + millis);
}

static void cancel(struct timers *t, const char *id) {
  struct entry *entry = *find(t, id);
  if (!entry) {
    printf("error no timer %s\n", id);
    return;
  }
  wheel_cancel(&t->wheel, &entry->timer);
  forget(t, entry);
}

static void command(struct timers *t, char *line) {
  char verb[8], id[ID_BYTES + 1], millis[16], more;
  int words = sscanf(line, "%7s %200s %15s %c", verb, id, millis, &more);
  if (words == 2 && strcmp(verb, "cancel") == 0) {
    cancel(t, id);
    return;
  }
  if (words == 3 && strcmp(verb, "set") == 0) {
    char *end;
    long long value = strtoll(millis, &end, 10);
    if (*millis >= '0' && *millis <= '9' && !*end && value <= MOST_MILLIS) {
      set(t, id, value);
      return;
    }
  }
  puts("error expected set ID MILLIS or cancel ID");
}

bool timers_take(struct timers *t, const char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (bytes[i] == '\n') {
      t->line[t->line_end] = 0;
      command(t, t->line);
      t->line_end = 0;
    } else if (t->line_end == LINE_BYTES - 1) {
      puts("error line too long, the rest is not read");
      return false;
    } else {
      t->line[t->line_end++] = bytes[i];
    }
  }
  return true;
}

// Whoever reads may have left, as head does: then there is nobody to tell, and as a rule SIGPIPE has ended us by now.
void timers_flush(void) {
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout)) return;
  if (errno == EPIPE) exit(0);
  fprintf(stderr, "{{name}}: write: %s\n", errno ? strerror(errno) : "some of the output is lost");
  exit(1);
}

// ---- time

void timers_fire(struct timers *t) {
  int64_t now = now_millis();
  for (struct timer *timer; (timer = wheel_take(&t->wheel, now));) {
    struct entry *entry = (struct entry *)timer;
    printf("fired %s\n", entry->id);
    forget(t, entry);
  }
}

int64_t timers_left_millis(const struct timers *t) {
  int64_t next = wheel_next(&t->wheel);
  if (next == INT64_MAX) return -1;
  int64_t left = next - now_millis();
  return left < 0 ? 0 : left;
}

long parse_max_timers(int argc, char **argv) {
  if (argc == 1) return 1000000;
  char *end = NULL;
  long value = argc == 3 && strcmp(argv[1], "--max-timers") == 0 ? strtol(argv[2], &end, 10) : 0;
  if (value > 0 && value < 100000000 && !*end) return value;
  bool help = argc == 2 && strcmp(argv[1], "--help") == 0;
  fprintf(help ? stdout : stderr, "usage: {{name}} [--max-timers N]\n");
  exit(help ? 0 : 2);
}
