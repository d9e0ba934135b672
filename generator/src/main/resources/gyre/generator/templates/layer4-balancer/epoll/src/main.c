// {{name}}: passes TCP connections on to several targets, on epoll.
#define _GNU_SOURCE
#include "options.h"

#include <assert.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_BYTES = 16384, EVENTS = 256, ACCEPTS_PER_EVENT = 64, BACKLOG = 1024, PAUSE_MILLIS = 100 };
enum { LOOK_MILLIS = 10 };  // all pairs are looked at no more often than that

struct pair;

// One end of a pair, and the bytes that were read from it and not yet written to the other.
struct side {
  struct pair *pair;  // first: an event leads to its side
  int fd;             // -1 if there is none
  uint32_t watched;
  bool input_ended;   // the peer has shut down its side
  bool output_ended;  // and so have we, after the last byte of the other
  bool hung;          // the system has told that it is shut on both sides
  bool rests;         // so it is not watched while nothing is wanted of it
  size_t begin, end;
  char buffer[BUFFER_BYTES];
};

struct pair {
  struct side client, server;
  enum { CONNECTING, PASSING, CLOSED } state;
  int target;
  uint64_t tried;      // a bit for each target that has been
  int64_t last_millis; // when something moved last, or connecting began
  struct pair *previous, *next;
};

struct target {
  long connections;
  int64_t down_until_millis;  // left alone until then
};

struct server {
  struct options options;
  struct target targets[TARGETS_MAX];
  int turn;
  int epoll, listener, signals;
  long pairs;
  bool draining, accepting;
  int64_t now_millis;     // of this turn
  int64_t look_millis;    // when a pair may be due
  int64_t resume_millis;  // when accepting goes on, or 0
  int64_t drain_millis;   // when those that are left are cut off
  struct pair *first;
  struct pair *closed;    // freed when no event can name them any more
};

static int64_t clock_millis(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fail(const char *what) {
  fprintf(stderr, "{{name}}: %s: %s\n", what, strerror(errno));
  exit(1);
}

// ---- pairs

static void close_side(struct side *side, bool reset) {
  if (side->fd < 0) return;
  if (reset) {  // a transfer that was cut must not look complete
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(side->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  close(side->fd);
  side->fd = -1;
}

static void close_pair(struct server *s, struct pair *pair, bool reset) {
  assert(pair->state != CLOSED);
  close_side(&pair->client, reset);
  close_side(&pair->server, reset);
  if (pair->target >= 0) s->targets[pair->target].connections--;
  pair->state = CLOSED;
  if (pair->previous) pair->previous->next = pair->next;
  else s->first = pair->next;
  if (pair->next) pair->next->previous = pair->previous;
  pair->next = s->closed;
  s->closed = pair;
  s->pairs--;
}

static void free_closed(struct server *s) {
  while (s->closed) {
    struct pair *next = s->closed->next;
    free(s->closed);
    s->closed = next;
  }
}

static int64_t due_millis(const struct server *s, const struct pair *pair) {
  long seconds = pair->state == CONNECTING ? s->options.connect_seconds : s->options.idle_seconds;
  return pair->last_millis + seconds * 1000;
}

static void moved(struct server *s, struct pair *pair) {
  pair->last_millis = s->now_millis;
  int64_t due = due_millis(s, pair);
  if (due < s->look_millis) s->look_millis = due;
}

// ---- targets

// The one with the fewest connections among those that may be tried; among equals they take turns. -1 if there is none.
static int choose(struct server *s, uint64_t tried) {
  int best = -1;
  int count = s->options.target_count;
  for (int i = 0; i < count; i++) {
    int each = (s->turn + i) % count;
    const struct target *target = &s->targets[each];
    if (tried >> each & 1 || target->down_until_millis > s->now_millis) continue;
    if (best < 0 || target->connections < s->targets[best].connections) best = each;
  }
  s->turn = (s->turn + 1) % count;
  return best;
}

static void down(struct server *s, int target, int error) {
  const struct sockaddr_in *address = &s->options.targets[target];
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &address->sin_addr, host, sizeof host);
  fprintf(stderr, "{{name}}: connect to %s:%d: %s\n", host, ntohs(address->sin_port), strerror(error));
  // Those are ours, and not the target's.
  bool ours = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
              error == EADDRNOTAVAIL;
  if (!ours) s->targets[target].down_until_millis = s->now_millis + s->options.retry_seconds * 1000;
}

static bool watch(struct server *s, struct side *side, uint32_t wanted) {
  if (wanted == side->watched) return true;
  struct epoll_event event = {.events = wanted, .data.ptr = side};
  // That it is shut on both sides would be told again and again, whatever is wanted.
  bool rests = wanted == 0 && side->hung;
  int operation = rests ? EPOLL_CTL_DEL : side->rests ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(s->epoll, operation, side->fd, &event) < 0) return false;
  side->watched = wanted;
  side->rests = rests;
  return true;
}

static bool add(struct server *s, struct side *side, uint32_t wanted) {
  struct epoll_event event = {.events = wanted, .data.ptr = side};
  side->watched = wanted;
  side->hung = side->rests = false;
  int on = 1;
  setsockopt(side->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return epoll_ctl(s->epoll, EPOLL_CTL_ADD, side->fd, &event) == 0;
}

// 0, or the error. Whether it has worked is told by an event.
static int begin_connect(struct server *s, struct pair *pair) {
  struct side *side = &pair->server;
  side->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (side->fd < 0) return errno;
  const struct sockaddr_in *address = &s->options.targets[pair->target];
  bool begun = connect(side->fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
               errno == EINPROGRESS;
  if (begun && add(s, side, EPOLLOUT)) return 0;
  int error = errno;
  close_side(side, false);
  return error;
}

// Tries one target after the other; if none is left the client is reset.
static void connect_next(struct server *s, struct pair *pair) {
  for (;;) {
    pair->target = choose(s, pair->tried);
    if (pair->target < 0) {
      close_pair(s, pair, true);
      return;
    }
    pair->tried |= UINT64_C(1) << pair->target;
    s->targets[pair->target].connections++;
    int error = begin_connect(s, pair);
    if (!error) {
      pair->state = CONNECTING;
      moved(s, pair);
      return;
    }
    s->targets[pair->target].connections--;
    down(s, pair->target, error);
  }
}

static void refused(struct server *s, struct pair *pair, int error) {
  close_side(&pair->server, false);
  s->targets[pair->target].connections--;
  down(s, pair->target, error);
  pair->target = -1;
  connect_next(s, pair);
}

// ---- passing on

static bool receive_some(struct side *side) {
  if (side->input_ended || side->end == BUFFER_BYTES) return true;
  ssize_t got;
  do {
    got = recv(side->fd, side->buffer + side->end, BUFFER_BYTES - side->end, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return errno == EAGAIN;
  if (got == 0) side->input_ended = true;
  side->end += (size_t)got;
  return true;
}

// Writes what one side has received to the other, and passes on its end after the last byte.
static bool send_some(struct side *from, struct side *to) {
  while (from->begin < from->end) {
    ssize_t sent = send(to->fd, from->buffer + from->begin, from->end - from->begin, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    from->begin += (size_t)sent;
  }
  from->begin = from->end = 0;
  if (from->input_ended && !to->output_ended) {
    to->output_ended = true;
    return shutdown(to->fd, SHUT_WR) == 0;
  }
  return true;
}

static uint32_t wanted_of(const struct side *side, const struct side *other) {
  bool reads = !side->input_ended && side->end < BUFFER_BYTES;
  bool writes = other->begin < other->end;
  return (reads ? (uint32_t)EPOLLIN : 0u) | (writes ? (uint32_t)EPOLLOUT : 0u);
}

static void pass_on(struct server *s, struct pair *pair) {
  struct side *client = &pair->client, *server = &pair->server;
  bool stands = send_some(client, server) && send_some(server, client);
  if (!stands) {
    close_pair(s, pair, true);
  } else if (client->output_ended && server->output_ended) {
    close_pair(s, pair, false);
  } else if (!watch(s, client, wanted_of(client, server)) ||
             !watch(s, server, wanted_of(server, client))) {
    close_pair(s, pair, true);
  } else {
    moved(s, pair);
  }
}

static void connected(struct server *s, struct pair *pair) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(pair->server.fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) error = errno;
  if (error) {
    refused(s, pair, error);
    return;
  }
  s->targets[pair->target].down_until_millis = 0;
  pair->state = PASSING;
  if (!watch(s, &pair->client, EPOLLIN)) close_pair(s, pair, true);
  else pass_on(s, pair);
}

static void serve(struct server *s, struct side *side, uint32_t events) {
  struct pair *pair = side->pair;
  if (pair->state == CONNECTING) {
    if (side == &pair->server) connected(s, pair);
    else if (events & (EPOLLERR | EPOLLHUP)) close_pair(s, pair, true);  // the client has gone first
    return;
  }
  if (events & EPOLLERR) {  // a reset of one side is one of the other
    close_pair(s, pair, true);
    return;
  }
  if (events & EPOLLHUP && !side->hung) {
    side->hung = true;
    side->watched = UINT32_MAX;  // so that what is wanted is said anew
  }
  if (events & (EPOLLIN | EPOLLHUP) && !receive_some(side)) {
    close_pair(s, pair, true);
    return;
  }
  pass_on(s, pair);
}

// ---- accepting

static void watch_listener(struct server *s, bool wanted) {
  if (wanted == s->accepting) return;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &s->listener};
  if (epoll_ctl(s->epoll, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, s->listener, &event) < 0) {
    fail("epoll_ctl of the listener");
  }
  s->accepting = wanted;
}

static void add_pair(struct server *s, int fd) {
  struct pair *pair = s->pairs < s->options.max_connections ? calloc(1, sizeof *pair) : NULL;
  if (!pair) {
    close(fd);  // too many, or no memory: better one less than all of them slow
    return;
  }
  pair->client.pair = pair->server.pair = pair;
  pair->client.fd = fd;
  pair->server.fd = pair->target = -1;
  if (!add(s, &pair->client, 0)) {  // nothing is read before there is somebody to write it to
    close(fd);
    free(pair);
    return;
  }
  pair->next = s->first;
  if (s->first) s->first->previous = pair;
  s->first = pair;
  s->pairs++;
  connect_next(s, pair);
}

static void accept_some(struct server *s) {
  for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
    int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      add_pair(s, fd);
      continue;
    }
    switch (errno) {
      case EAGAIN:
        return;
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:  // the event would come again at once: wait until some have ended
        fprintf(stderr, "{{name}}: accept: %s; pausing for %d ms\n", strerror(errno), PAUSE_MILLIS);
        watch_listener(s, false);
        s->resume_millis = s->now_millis + PAUSE_MILLIS;
        return;
      default:  // of a connection that has gone meanwhile
        break;
    }
  }
}

// ---- time and signals

static void take_signal(struct server *s) {
  struct signalfd_siginfo info;
  if (read(s->signals, &info, sizeof info) != sizeof info) return;
  if (s->draining) exit(1);  // asked twice
  s->draining = true;
  s->drain_millis = s->now_millis + s->options.drain_seconds * 1000;
  watch_listener(s, false);
  close(s->listener);
  fprintf(stderr, "{{name}}: draining %ld connections\n", s->pairs);
}

static void check_pairs(struct server *s) {
  s->look_millis = INT64_MAX;
  for (struct pair *pair = s->first, *next; pair; pair = next) {
    next = pair->next;
    int64_t due = due_millis(s, pair);
    if (s->now_millis < due) {
      if (due < s->look_millis) s->look_millis = due;
    } else if (pair->state == CONNECTING) {
      refused(s, pair, ETIMEDOUT);
    } else {
      close_pair(s, pair, true);
    }
  }
  int64_t soonest = s->now_millis + LOOK_MILLIS;
  if (s->look_millis < soonest) s->look_millis = soonest;
}

static int timeout_millis(const struct server *s) {
  int64_t next = s->look_millis;
  if (s->resume_millis && s->resume_millis < next) next = s->resume_millis;
  if (s->draining && s->drain_millis < next) next = s->drain_millis;
  if (next == INT64_MAX) return -1;
  int64_t left = next - s->now_millis;
  return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

// ---- the program

static void open_all(struct server *s) {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  if (sigprocmask(SIG_BLOCK, &stops, NULL) < 0) fail("sigprocmask");
  s->signals = signalfd(-1, &stops, SFD_NONBLOCK | SFD_CLOEXEC);
  if (s->signals < 0) fail("signalfd");
  s->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (s->epoll < 0) fail("epoll_create1");
  s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (s->listener < 0) fail("socket");
  int on = 1;
  setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(s->listener, (struct sockaddr *)&s->options.address, sizeof s->options.address) < 0) {
    fail("bind");
  }
  if (listen(s->listener, BACKLOG) < 0) fail("listen");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &s->signals};
  if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->signals, &event) < 0) fail("epoll_ctl of the signals");
  watch_listener(s, true);

  struct sockaddr_in bound;
  socklen_t length = sizeof bound;
  if (getsockname(s->listener, (struct sockaddr *)&bound, &length) < 0) fail("getsockname");
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &bound.sin_addr, host, sizeof host);
  printf("listening on %s:%d\n", host, ntohs(bound.sin_port));
  fflush(stdout);
}

static void dispatch(struct server *s, const struct epoll_event *event) {
  void *what = event->data.ptr;
  if (what == &s->listener) {
    if (!s->draining) accept_some(s);
  } else if (what == &s->signals) {
    take_signal(s);
  } else {
    struct side *side = what;
    if (side->fd >= 0) serve(s, side, event->events);
  }
}

int main(int argc, char **argv) {
  static struct server s;
  s.options = parse_options("{{name}}", argc, argv);
  if (s.options.target_count == 0) {
    fprintf(stderr, "{{name}}: --target HOST:PORT is needed, at least once; see --help\n");
    return 2;
  }
  s.look_millis = INT64_MAX;
  open_all(&s);
  struct epoll_event events[EVENTS];
  for (;;) {
    s.now_millis = clock_millis();
    if (s.now_millis >= s.look_millis) check_pairs(&s);
    if (s.resume_millis && s.now_millis >= s.resume_millis) {
      s.resume_millis = 0;
      if (!s.draining) watch_listener(&s, true);
    }
    if (s.draining && s.pairs == 0) return 0;
    if (s.draining && s.now_millis >= s.drain_millis) {
      fprintf(stderr, "{{name}}: %ld connections did not end in time\n", s.pairs);
      return 1;
    }
    int count = epoll_wait(s.epoll, events, EVENTS, timeout_millis(&s));
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    s.now_millis = clock_millis();
    for (int i = 0; i < count; i++) dispatch(&s, &events[i]);
    free_closed(&s);
  }
}
