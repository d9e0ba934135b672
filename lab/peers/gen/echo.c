// Closed loop: a connection says `depth` messages at once, waits for all answers, says the next. Open loop: messages have their times, and
// latency counts from those.
#include "gen.h"

enum { OUTSTANDING_LIMIT = 4096 }; // open loop, messages of one connection; beyond that they are late, and counted so

static struct connection *connections;
static long depth, rate, alive;
static const char *mode;
static answers *reader;
static uint64_t turn_began, turn_ends; // closed loop: answers were there at the one, questions leave at the other
static bool turn_timed;
static uint64_t *asked;                // closed loop, of each connection: when its batch left
static uint32_t *asking, asking_count; // closed loop: those that ask at the end of this turn
static uint64_t *answered, *worst;     // with --by-connection: of each, answers of this round, and the longest wait for one

void connection_ended(struct connection *c, const char *how, int error) {
  if (c->dead) return;
  c->dead = true;
  load_error(how, c->index, error);
  if (--alive == 0) quit(EXIT_FAILED, "no connection is left");
}

static void note(const struct connection *c, uint64_t nanos, uint64_t messages) {
  if (!answered) return;
  answered[c->index] += messages;
  if (nanos > worst[c->index]) worst[c->index] = nanos;
}

static void answered_closed(struct connection *c, uint64_t messages) {
  if (!turn_timed) turn_began = now_nanos(), turn_timed = true; // the first answer of this turn: those of the last one are older than the question
  histogram_record(&load.histogram, turn_began - asked[c->index], messages);
  note(c, turn_began - asked[c->index], messages);
  if (c->received == c->queued) asking[asking_count++] = c->index;
}

static void answered_open(struct connection *c, uint64_t messages) {
  uint64_t now = now_nanos();
  for (; messages > 0; messages--) {
    uint64_t intended = c->intended[c->intended_first++ & (OUTSTANDING_LIMIT - 1)];
    c->intended_count--;
    histogram_record(&load.histogram, now - intended, 1);
    note(c, now - intended, 1);
  }
}

static int64_t refuse(struct connection *c, const char *why) {
  connection_ended(c, why, 0);
  return -1;
}

static int64_t read_echo(struct connection *c, const char *bytes, size_t length) {
  if (c->received + length > c->queued) return refuse(c, "more bytes than were asked for");
  if (memcmp(bytes, pattern + c->receive_at, length) != 0) return refuse(c, "a wrong byte");
  uint64_t before = c->received / (uint64_t)load.bytes;
  c->received += length;
  c->receive_at = pattern_forward(c->receive_at, length);
  return (int64_t)(c->received / (uint64_t)load.bytes - before);
}

void connection_data(struct connection *c, const char *bytes, size_t length) {
  if (c->dead) return;
  int64_t messages = reader(c, bytes, length);
  if (messages < 0) return;
  load.requests += (uint64_t)messages;
  if (rate) answered_open(c, (uint64_t)messages);
  else answered_closed(c, (uint64_t)messages);
}

static void ask_closed(void) {
  if (asking_count == 0) return;
  turn_ends = now_nanos();
  for (uint32_t i = 0; i < asking_count; i++) {
    struct connection *c = &connections[asking[i]];
    c->queued += (uint64_t)(depth * load.bytes);
    asked[c->index] = turn_ends;
    load.engine->send(c);
  }
  asking_count = 0;
}

// Returns how many messages have been due since the start; `said` is how many were said.
static uint64_t ask_open(uint64_t begin, uint64_t said, uint64_t now) {
  static long next;
  uint64_t due = (uint64_t)((double)(now - begin) * 1e-9 * (double)rate);
  for (long skipped = 0; said < due && skipped < load.connections; next = (next + 1) % load.connections) {
    struct connection *c = &connections[next];
    skipped++;
    if (c->dead || c->intended_count == OUTSTANDING_LIMIT) continue;
    c->intended[(c->intended_first + c->intended_count++) & (OUTSTANDING_LIMIT - 1)] = begin + (uint64_t)((double)said * 1e9 / (double)rate);
    c->queued += (uint64_t)load.bytes;
    load.engine->send(c);
    said++;
    skipped = 0;
  }
  return said;
}

static void run_until(uint64_t end, uint64_t begin) {
  static uint64_t said;
  do {
    if (rate) said = ask_open(begin, said, now_nanos());
    else ask_closed();
    turn_timed = false;
    load.engine->turn(!rate, (int64_t)(end > turn_began ? end - turn_began : 1));
    turn_began = now_nanos();
  } while (turn_began < end);
}

static bool settled(void) {
  for (long i = 0; i < load.connections; i++)
    if (!connections[i].dead && connections[i].received != connections[i].queued) return false;
  return true;
}

static void settle(void) {
  uint64_t end = now_nanos() + SETTLE_NANOS;
  while (!settled()) {
    if (now_nanos() > end) quit(EXIT_SILENT, "questions were not answered");
    turn_timed = false;
    load.engine->turn(true, (int64_t)SETTLE_NANOS);
  }
}

// Those that have no answer yet have waited too: without them, a server that answers nobody would have no bad latencies.
static uint64_t note_unanswered(void) {
  uint64_t now = now_nanos(), count = 0;
  for (long i = 0; i < load.connections; i++) {
    struct connection *c = &connections[i];
    if (rate) {
      for (uint32_t k = 0; k < c->intended_count; k++, count++) {
        uint64_t nanos = now - c->intended[(c->intended_first + k) & (OUTSTANDING_LIMIT - 1)];
        histogram_record(&load.histogram, nanos, 1);
        note(c, nanos, 0);
      }
    } else if (c->received != c->queued) {
      note(c, now - asked[c->index], 0);
      count++;
    }
  }
  return count;
}

static char *by_connection(void) {
  char *text = NULL;
  size_t length = 0;
  if (!answered) return strdup("");
  uint64_t unanswered = note_unanswered();
  FILE *out = open_memstream(&text, &length);
  fprintf(out, "\"unanswered\": %lu, ", (unsigned long)unanswered);
  for (int pass = 0; pass < 2; pass++) {
    fprintf(out, pass == 0 ? "\"answered\": [" : "\"worstNanos\": [");
    for (long i = 0; i < load.connections; i++) fprintf(out, i == 0 ? "%lu" : ", %lu", (unsigned long)(pass == 0 ? answered : worst)[i]);
    fprintf(out, "], ");
  }
  fclose(out);
  return text;
}

void echo_main(void) {
  options_server();
  closed_loop("echo", read_echo);
}

void closed_loop(const char *name, answers *reads) {
  mode = name;
  reader = reads;
  options_measure();
  depth = option_long("--depth", 1, 1, 65536);
  rate = option_long("--rate", 0, 0, 100000000);
  bool each = option_flag("--by-connection");
  options_end();
  if (rate && load.step) quit(EXIT_USAGE, "--rate goes on by itself, --step stops and waits: not both");
  if (depth * load.bytes > 64 << 20) quit(EXIT_USAGE, "more than 64 MiB at once");
  connections = open_connections();
  alive = load.connections;
  asked = calloc((size_t)alive, sizeof *asked);
  asking = calloc((size_t)alive, sizeof *asking);
  for (long i = 0; i < alive; i++) {
    if (rate) connections[i].intended = malloc(OUTSTANDING_LIMIT * sizeof(uint64_t));
    else asking[asking_count++] = (uint32_t)i;
  }
  if (each) answered = calloc((size_t)alive, sizeof *answered), worst = calloc((size_t)alive, sizeof *worst);
  uint64_t begin = now_nanos();
  while (next_round()) {
    turn_began = now_nanos();
    run_until(turn_began + load.warmup_nanos, begin);
    if (load.step) settle(); // from rest to rest: what the server did and what was answered belong together
    if (each) memset(answered, 0, (size_t)load.connections * sizeof *answered), memset(worst, 0, (size_t)load.connections * sizeof *worst);
    struct measured m = measure_begin();
    run_until(m.at + load.measure_nanos, begin);
    if (load.step) settle();
    measure_end(&m);
    char *details = by_connection();
    measure_print(&m, mode, "\"depth\": %ld, \"rate\": %ld, %s", depth, rate, details);
    free(details);
  }
}
