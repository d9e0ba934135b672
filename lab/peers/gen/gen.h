// The load generator. Two engines move bytes (net_uring.c, net_epoll.c); the modes decide what to say and verify what comes back.
//
// A connection says an endless text of its own: the bytes of `pattern` from a start that differs by connection, round and round. Answers must
// be the same text, so a comparison of memory finds a lost, doubled, swapped or misrouted byte. The length of the pattern is prime, so that
// texts of different connections, and messages of usual sizes, do not repeat in step.
#ifndef GYRE_LAB_GEN_H
#define GYRE_LAB_GEN_H
#include "../common/lab.h"

enum { PATTERN_PERIOD = 65521, PATTERN_SPAN = 1 << 20 }; // any SPAN bytes from any start lie in one piece
extern uint32_t pattern_period; // PATTERN_PERIOD, or that of a text which consists of requests

struct connection {
  int fd;
  uint32_t index;
  uint64_t queued, sent, received; // positions in its text
  uint32_t send_at, receive_at;    // the last two within the pattern
  bool sending, dead;
  uint64_t *intended; // open loop: when each outstanding message should have gone, a ring
  uint32_t intended_first, intended_count;
};

struct engine {
  const char *name;
  bool (*open)(struct connection *connections, long count); // false: not possible here
  void (*send)(struct connection *c);                       // something was queued
  void (*turn)(bool wait, int64_t timeout_nanos);           // moves bytes; calls connection_data and connection_ended
};
extern const struct engine engine_uring, engine_epoll, engine_tls;

extern char *pattern;
// Called by the engines.
void connection_data(struct connection *c, const char *bytes, size_t length);
void connection_ended(struct connection *c, const char *how, int error);
static inline uint32_t pattern_forward(uint32_t at, uint64_t length) {
  uint64_t to = at + length;
  return (uint32_t)(to < pattern_period ? to : to % pattern_period);
}
static inline void connection_sent(struct connection *c, size_t length) {
  c->sent += length;
  c->send_at = pattern_forward(c->send_at, length);
}

// ---- latencies: 128 buckets to a power of two ----

enum { HISTOGRAM_SUB = 128, HISTOGRAM_BUCKETS = 58 * HISTOGRAM_SUB };
struct histogram {
  uint64_t counts[HISTOGRAM_BUCKETS];
};
static inline void histogram_record(struct histogram *h, uint64_t nanos, uint64_t count) {
  if (nanos < 2 * HISTOGRAM_SUB) {
    h->counts[nanos] += count;
    return;
  }
  unsigned shift = 63 - (unsigned)__builtin_clzll(nanos) - 7;
  h->counts[(shift + 1) * HISTOGRAM_SUB + (nanos >> shift) - HISTOGRAM_SUB] += count;
}
void histogram_print(const struct histogram *h);

// ---- what the modes share ----

struct load {
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } server;
  socklen_t server_length;
  int port;
  const char *tls_name; // that a server is asked for in the handshake; may be empty
  long connections, bytes;
  pid_t pid;
  const struct engine *engine;
  uint64_t warmup_nanos, measure_nanos;
  long rounds, round;
  bool step; // rounds are asked for, a line each
  uint64_t requests, errors; // since the start
  struct histogram histogram; // of the round
};
extern struct load load;

void options_server(void);
void options_measure(void);
void load_error(const char *what, long connection, int error); // counts it, describes the first
void open_pattern(void);
void open_requests(const char *request, uint32_t length); // before open_connections: their text is this, again and again
extern void (*greet)(int fd, long number); // says what comes before the text, on a socket that blocks; or NULL
int open_socket(long number, int flags);    // bound to a source address that has ports left
struct connection *open_connections(void); // and gives them to load.engine, if there is one

struct measured {
  uint64_t at, cpu, server_cpu, requests;
};
struct measured measure_begin(void);
void measure_end(struct measured *m); // what were states is now what came since
void measure_print(const struct measured *m, const char *mode, const char *more, ...) __attribute__((format(printf, 3, 4)));

// True when another round is wanted, of load.warmup_nanos and load.measure_nanos.
bool next_round(void);
// After a round that was asked for, no question stays open: a server that still works would disturb the next one's round.
static const uint64_t SETTLE_NANOS = 10000000000u;
enum { EXIT_SILENT = 4 }; // the server does not answer; what it has answered was right

void echo_main(void);
void http_main(void);
void get_main(void);
void websocket_main(void);

// What comes back, and what it must be: how many messages that many bytes complete, after which c->received has grown by what asked for them.
// Negative: the connection has been ended.
typedef int64_t answers(struct connection *c, const char *bytes, size_t length);
void closed_loop(const char *mode, answers *reader); // the rest of the options, and all rounds
void connect_main(void);
void idle_main(void);
void finish_main(void);
void watch_main(void);
#endif
