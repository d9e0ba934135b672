// {{name}}: many timers, set and cancelled by lines on standard input, on libuv.
#include "input.h"
#include "wheel.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { ID_BYTES = 200, BUCKETS = 1 << 16 };
static const int64_t MOST_MILLIS = INT64_C(30) * 24 * 3600 * 1000;

// A timer with its name, in a bucket of the table of names.
struct entry {
  struct timer timer;  // first: a timer leads to its entry
  struct entry *next;
  char id[];
};

struct program {
  uv_loop_t loop;
  uv_timer_t turn;  // when the wheel has something to do
  uv_signal_t term, interrupt;
  struct input input;
  struct wheel wheel;
  struct entry *buckets[BUCKETS];
  long max_timers;
  bool ending;
};

// Of now: the loop's time is that of when it woke up.
static int64_t now_millis(void) { return (int64_t)(uv_hrtime() / 1000000); }

static void check(int result, const char *what) {
  if (result >= 0) return;
  fprintf(stderr, "{{name}}: %s: %s\n", what, uv_strerror(result));
  exit(1);
}

// Whoever reads may have left, as head does: then there is nobody to tell, and as a rule SIGPIPE has ended us by now.
static void flush_output(void) {
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout)) return;
  if (errno == EPIPE) exit(0);
  fprintf(stderr, "{{name}}: write: %s\n", errno ? strerror(errno) : "some of the output is lost");
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

// ---- the turn of the wheel, and the end

static void end_program(struct program *p) {
  if (p->ending) return;
  p->ending = true;
  close_input(&p->input);
  uv_close((uv_handle_t *)&p->turn, NULL);
  uv_close((uv_handle_t *)&p->term, NULL);
  uv_close((uv_handle_t *)&p->interrupt, NULL);
}

static void on_turn(uv_timer_t *timer);

// One timer of libuv is for all: it is set to what is next.
static void wait_for_next(struct program *p) {
  int64_t next = wheel_next(&p->wheel);
  if (next == INT64_MAX) {
    uv_timer_stop(&p->turn);
    if (p->input.ended) end_program(p);
    return;
  }
  int64_t left = next - (int64_t)uv_now(&p->loop);  // both count from where uv_hrtime does
  check(uv_timer_start(&p->turn, on_turn, left > 0 ? (uint64_t)left : 0, 0), "uv_timer_start");
}

static void on_turn(uv_timer_t *timer) {
  struct program *p = timer->data;
  int64_t now = now_millis();
  for (struct timer *due; (due = wheel_take(&p->wheel, now));) {
    struct entry *entry = (struct entry *)due;
    printf("fired %s\n", entry->id);
    forget(p, entry);
  }
  flush_output();
  wait_for_next(p);
}

static void on_signal(uv_signal_t *signal, int number) {
  (void)number;
  struct program *p = signal->data;
  fprintf(stderr, "{{name}}: stopped with %zu timers active\n", p->wheel.active);
  end_program(p);
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

static void on_line(struct input *input, const char *line) {
  struct program *p = input->data;
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

// After the lines of a piece, or the end.
static void on_piece(struct input *input) {
  struct program *p = input->data;
  flush_output();
  if (!p->ending) wait_for_next(p);
}

// ---- the program

static void open_all(struct program *p) {
  check(uv_loop_init(&p->loop), "uv_loop_init");
  check(uv_timer_init(&p->loop, &p->turn), "uv_timer_init");
  check(uv_signal_init(&p->loop, &p->term), "uv_signal_init");
  check(uv_signal_init(&p->loop, &p->interrupt), "uv_signal_init");
  p->turn.data = p->term.data = p->interrupt.data = p->input.data = p;
  check(uv_signal_start(&p->term, on_signal, SIGTERM), "uv_signal_start");
  check(uv_signal_start(&p->interrupt, on_signal, SIGINT), "uv_signal_start");
  wheel_init(&p->wheel, now_millis());
  check(open_input(&p->input, &p->loop, on_line, on_piece), "standard input");
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
  uv_run(&p.loop, UV_RUN_DEFAULT);
  check(uv_loop_close(&p.loop), "uv_loop_close");  // a handle that stays is a fault
  return 0;
}
