// {{name}}: passes TCP connections on to several targets, on io_uring.
#define _GNU_SOURCE
#include "acceptor.h"
#include "options.h"
#include "ring.h"

#include <assert.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 16384 };

struct pair;

struct side {
  struct pair *pair;
  int fd;                     // -1 if there is none
  struct operation watching;  // tells of a reset, whatever else is done
};

// One direction. It receives from one side and sends to the other, by turns; so its buffer has one user at a time.
struct flow {
  struct pair *pair;
  struct side *from, *to;
  struct operation moving;
  enum { RECEIVING, SENDING, ENDED } state;
  bool input_ended;   // passed on as ENDED, after the last byte
  size_t begin, end;  // what is to be sent: buffer[begin, end)
  char buffer[BUFFER_BYTES];
};

struct pair {
  struct balancer *balancer;
  enum { CONNECTING, PASSING, CLOSING } state;
  bool resets;          // both sides, as it is freed
  struct side client, server;
  struct flow up, down;  // from the client, and to it
  struct operation connecting;
  int target;           // -1 if there is none
  uint64_t tried;       // a bit for each target that has been
  int64_t last_millis;  // when something moved last
  struct pair *older, *newer;
};

struct target {
  long connections;
  int64_t down_until_millis;  // left alone until then
};

struct balancer {
  struct options options;
  struct target targets[TARGETS_MAX];
  int turn;
  struct ring ring;
  struct acceptor acceptor;
  struct signals signals;
  struct __kernel_timespec connect_timeout;
  long pairs;             // those that are closing, too
  bool draining;
  int64_t now_millis;     // of this turn
  int64_t drain_millis;   // when those that are left are cut off
  struct pair *oldest, *newest;
};

// ---- pairs, by last use

static void unlink_pair(struct balancer *b, struct pair *pair) {
  if (pair->older) pair->older->newer = pair->newer;
  else b->oldest = pair->newer;
  if (pair->newer) pair->newer->older = pair->older;
  else b->newest = pair->older;
  pair->older = pair->newer = NULL;
}

static void append_pair(struct balancer *b, struct pair *pair) {
  pair->older = b->newest;
  pair->newer = NULL;
  if (b->newest) b->newest->newer = pair;
  else b->oldest = pair;
  b->newest = pair;
}

static void moved(struct balancer *b, struct pair *pair) {
  pair->last_millis = b->now_millis;
  unlink_pair(b, pair);
  append_pair(b, pair);
}

static void close_side(struct side *side, bool reset) {
  if (side->fd < 0) return;
  if (reset) {  // a transfer that was cut must not look complete
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(side->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  close(side->fd);
  side->fd = -1;
}

static bool is_quiet(const struct pair *pair) {
  return !pair->up.moving.is_under_way && !pair->down.moving.is_under_way &&
         !pair->client.watching.is_under_way && !pair->server.watching.is_under_way &&
         !pair->connecting.is_under_way;
}

// Frees it as soon as no completion names it any more, and the kernel uses none of its buffers.
static void free_if_quiet(struct pair *pair) {
  assert(pair->state == CLOSING);
  if (!is_quiet(pair)) return;
  close_side(&pair->client, pair->resets);
  close_side(&pair->server, pair->resets);
  pair->balancer->pairs--;
  free(pair);
}

static void leave_target(struct balancer *b, struct pair *pair) {
  if (pair->target >= 0) b->targets[pair->target].connections--;
  pair->target = -1;
}

// The caller does not use it any more then.
static void close_pair(struct balancer *b, struct pair *pair, bool reset) {
  assert(pair->state != CLOSING);
  leave_target(b, pair);
  unlink_pair(b, pair);
  pair->state = CLOSING;
  pair->resets = reset;
  if (!is_quiet(pair)) {
    ring_cancel(&b->ring, pair->client.fd);
    if (pair->server.fd >= 0) ring_cancel(&b->ring, pair->server.fd);
  }
  free_if_quiet(pair);
}

// ---- passing on

// Not to be done now, and perhaps at once again.
static bool is_passing(int result) { return result == -EINTR || result == -EAGAIN; }

static void receive_some(struct balancer *b, struct flow *flow) {
  flow->state = RECEIVING;
  struct io_uring_sqe *request = ring_request(&b->ring, 1);
  io_uring_prep_recv(request, flow->from->fd, flow->buffer, BUFFER_BYTES, 0);
  ring_begin(request, &flow->moving);
}

static void send_rest(struct balancer *b, struct flow *flow) {
  flow->state = SENDING;
  struct io_uring_sqe *request = ring_request(&b->ring, 1);
  io_uring_prep_send(request, flow->to->fd, flow->buffer + flow->begin, flow->end - flow->begin,
                     MSG_NOSIGNAL);
  ring_begin(request, &flow->moving);
}

static void end_flow(struct balancer *b, struct flow *flow) {
  struct pair *pair = flow->pair;
  flow->state = ENDED;
  bool reset = shutdown(flow->to->fd, SHUT_WR) < 0;
  if (reset || (pair->up.state == ENDED && pair->down.state == ENDED)) close_pair(b, pair, reset);
}

// Its next request. What a client sends before there is somebody to pass it on to waits, and is at most one buffer.
static void go_on(struct balancer *b, struct flow *flow) {
  assert(!flow->moving.is_under_way && flow->state != ENDED);
  bool has_bytes = flow->begin < flow->end;
  if (!has_bytes && !flow->input_ended) receive_some(b, flow);
  else if (flow->pair->state != PASSING) return;
  else if (has_bytes) send_rest(b, flow);
  else end_flow(b, flow);
}

static void on_moved(void *owner, int result, uint32_t flags) {
  (void)flags;
  struct flow *flow = owner;
  struct pair *pair = flow->pair;
  struct balancer *b = pair->balancer;
  if (pair->state == CLOSING) {
    free_if_quiet(pair);
    return;
  }
  if (result < 0 && !is_passing(result)) {
    close_pair(b, pair, true);
    return;
  }
  if (result == 0 && flow->state == RECEIVING) flow->input_ended = true;
  if (result > 0 && flow->state == RECEIVING) {
    flow->begin = 0;
    flow->end = (size_t)result;
  } else if (result > 0) {
    flow->begin += (size_t)result;
    assert(flow->begin <= flow->end);
  }
  if (pair->state == PASSING) moved(b, pair);
  go_on(b, flow);
}

// Asks for nothing: resets and ends are told all the same. It goes on after an end (multishot), which is a matter of the flow.
static void watch(struct balancer *b, struct side *side) {
  struct io_uring_sqe *request = ring_request(&b->ring, 1);
  io_uring_prep_poll_multishot(request, side->fd, 0);
  ring_begin(request, &side->watching);
}

static void on_watched(void *owner, int result, uint32_t flags) {
  (void)flags;
  struct pair *pair = ((struct side *)owner)->pair;
  if (pair->state == CLOSING) free_if_quiet(pair);
  else if (result < 0 || result & POLLERR) close_pair(pair->balancer, pair, true);
}

// ---- targets

// The one with the fewest connections among those that may be tried; among equals they take turns. -1 if there is none.
static int choose(struct balancer *b, uint64_t tried) {
  int best = -1;
  int count = b->options.target_count;
  for (int i = 0; i < count; i++) {
    int each = (b->turn + i) % count;
    const struct target *target = &b->targets[each];
    if (tried >> each & 1 || target->down_until_millis > b->now_millis) continue;
    if (best < 0 || target->connections < b->targets[best].connections) best = each;
  }
  b->turn = (b->turn + 1) % count;
  return best;
}

static void down(struct balancer *b, int target, int error) {
  const struct sockaddr_in *address = &b->options.targets[target];
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &address->sin_addr, host, sizeof host);
  fprintf(stderr, "{{name}}: connect to %s:%d: %s\n", host, ntohs(address->sin_port), strerror(error));
  // Those are ours, and not the target's.
  bool ours = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
              error == EADDRNOTAVAIL;
  if (!ours) b->targets[target].down_until_millis = b->now_millis + b->options.retry_seconds * 1000;
}

// 0, or the error. Whether it has worked is told by its completion; the time-out that is linked to it cancels it.
static int begin_connect(struct balancer *b, struct pair *pair) {
  struct side *side = &pair->server;
  side->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (side->fd < 0) return errno;
  int on = 1;
  setsockopt(side->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const struct sockaddr_in *address = &b->options.targets[pair->target];
  struct io_uring_sqe *request = ring_request(&b->ring, 2);
  io_uring_prep_connect(request, side->fd, (const struct sockaddr *)address, sizeof *address);
  io_uring_sqe_set_flags(request, IOSQE_IO_LINK);
  ring_begin(request, &pair->connecting);
  struct io_uring_sqe *timeout = ring_request(&b->ring, 1);
  io_uring_prep_link_timeout(timeout, &b->connect_timeout, 0);
  io_uring_sqe_set_data(timeout, NULL);
  return 0;
}

// Tries one target after the other; if none is left the client is reset.
static void connect_next(struct balancer *b, struct pair *pair) {
  for (;;) {
    pair->target = choose(b, pair->tried);
    if (pair->target < 0) {
      close_pair(b, pair, true);
      return;
    }
    pair->tried |= UINT64_C(1) << pair->target;
    b->targets[pair->target].connections++;
    int error = begin_connect(b, pair);
    if (!error) return;
    down(b, pair->target, error);
    leave_target(b, pair);
  }
}

static void refused(struct balancer *b, struct pair *pair, int error) {
  close_side(&pair->server, false);
  down(b, pair->target, error);
  leave_target(b, pair);
  connect_next(b, pair);
}

static void on_connected(void *owner, int result, uint32_t flags) {
  (void)flags;
  struct pair *pair = owner;
  struct balancer *b = pair->balancer;
  if (pair->state == CLOSING) {
    free_if_quiet(pair);
    return;
  }
  if (result < 0) {
    refused(b, pair, result == -ECANCELED ? ETIMEDOUT : -result);
    return;
  }
  b->targets[pair->target].down_until_millis = 0;
  pair->state = PASSING;
  moved(b, pair);
  watch(b, &pair->server);
  go_on(b, &pair->down);
  if (!pair->up.moving.is_under_way) go_on(b, &pair->up);  // it has bytes or the end already
}

// ---- accepting, signals and time

static void set_flow(struct flow *flow, struct side *from, struct side *to) {
  flow->pair = from->pair;
  flow->from = from;
  flow->to = to;
  flow->moving = (struct operation){.on_done = on_moved, .owner = flow};
}

static struct pair *make_pair(struct balancer *b, int fd) {
  struct pair *pair = calloc(1, sizeof *pair);
  if (!pair) return NULL;
  pair->balancer = b;
  pair->client.pair = pair->server.pair = pair;
  pair->client.fd = fd;
  pair->server.fd = pair->target = -1;
  pair->client.watching = (struct operation){.on_done = on_watched, .owner = &pair->client};
  pair->server.watching = (struct operation){.on_done = on_watched, .owner = &pair->server};
  pair->connecting = (struct operation){.on_done = on_connected, .owner = pair};
  set_flow(&pair->up, &pair->client, &pair->server);
  set_flow(&pair->down, &pair->server, &pair->client);
  pair->last_millis = b->now_millis;
  return pair;
}

static void on_accepted(void *owner, int fd) {
  struct balancer *b = owner;
  struct pair *pair = b->pairs < b->options.max_connections ? make_pair(b, fd) : NULL;
  if (!pair) {
    close(fd);  // too many, or no memory: better one less than all of them slow
    return;
  }
  append_pair(b, pair);
  b->pairs++;
  watch(b, &pair->client);
  go_on(b, &pair->up);
  connect_next(b, pair);
}

static void on_signal(void *owner, int result, uint32_t flags) {
  (void)result, (void)flags;
  struct balancer *b = owner;
  if (b->draining) exit(1);  // asked twice
  b->draining = true;
  b->drain_millis = b->now_millis + b->options.drain_seconds * 1000;
  acceptor_stop(&b->acceptor);
  signals_await(&b->signals, &b->ring);
  fprintf(stderr, "{{name}}: draining %ld connections\n", b->pairs);
}

// Those that connect have another time-out.
static int64_t idle_due_millis(const struct balancer *b, const struct pair *pair) {
  return pair->last_millis + b->options.idle_seconds * 1000;
}

static void check_pairs(struct balancer *b) {
  while (b->oldest && b->now_millis >= idle_due_millis(b, b->oldest)) {
    if (b->oldest->state == CONNECTING) moved(b, b->oldest);
    else close_pair(b, b->oldest, true);
  }
}

static int64_t left_millis(const struct balancer *b) {
  int64_t next = b->oldest ? idle_due_millis(b, b->oldest) : INT64_MAX;
  if (b->acceptor.resume_millis < next) next = b->acceptor.resume_millis;
  if (b->draining && b->drain_millis < next) next = b->drain_millis;
  return next == INT64_MAX ? next : next - b->now_millis;
}

// ---- the program

int main(int argc, char **argv) {
  static struct balancer b;
  b.options = parse_options("{{name}}", argc, argv);
  if (b.options.target_count == 0) {
    fprintf(stderr, "{{name}}: --target HOST:PORT is needed, at least once; see --help\n");
    return 2;
  }
  b.connect_timeout.tv_sec = b.options.connect_seconds;
  ring_open(&b.ring);
  signals_open(&b.signals, &b.ring, on_signal, &b);
  acceptor_open(&b.acceptor, &b.ring, &b.options.address, on_accepted, &b);
  for (;;) {
    b.now_millis = clock_millis();
    check_pairs(&b);
    acceptor_check(&b.acceptor, b.now_millis);
    if (b.draining && b.pairs == 0) return 0;
    if (b.draining && b.now_millis >= b.drain_millis) {
      fprintf(stderr, "{{name}}: %ld connections did not end in time\n", b.pairs);
      return 1;
    }
    ring_wait(&b.ring, left_millis(&b));
    b.now_millis = clock_millis();
    ring_dispatch(&b.ring);
  }
}
