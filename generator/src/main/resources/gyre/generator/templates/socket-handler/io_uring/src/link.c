// The client's connection, on io_uring. One that has been given up may still have requests under way while the next one is made, so each
// has memory of its own, which is freed when they are done.
#define _GNU_SOURCE
#include "client.h"
#include "ring.h"

#include <assert.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN_BYTES = 4096, OUT_BYTES = 512 };

struct channel {
  struct link *link;
  int fd;
  struct operation connecting, receiving, sending;
  bool is_closing;
  char in[IN_BYTES];
  char out[OUT_BYTES];  // what is appended leaves alone what is being sent
  size_t begin, end;    // what is to be sent: out[begin, end)
};

struct link {
  struct client client;
  struct ring ring;
  struct signals signals;
  struct channel *channel;  // NULL if there is none
  int channels;             // those that are closing, too
  int64_t now_millis;       // of this turn
};

// ---- channels

static bool is_quiet(const struct channel *c) {
  return !c->connecting.is_under_way && !c->receiving.is_under_way && !c->sending.is_under_way;
}

// No completion names it any more, and the kernel uses none of its buffers.
static void free_if_quiet(struct channel *c) {
  assert(c->is_closing);
  if (!is_quiet(c)) return;
  close(c->fd);
  c->link->channels--;
  free(c);
}

static void receive_some(struct channel *c) {
  struct io_uring_sqe *request = ring_request(&c->link->ring, 1);
  io_uring_prep_recv(request, c->fd, c->in, IN_BYTES, 0);
  ring_begin(request, &c->receiving);
}

static void send_rest(struct channel *c) {
  struct io_uring_sqe *request = ring_request(&c->link->ring, 1);
  io_uring_prep_send(request, c->fd, c->out + c->begin, c->end - c->begin, MSG_NOSIGNAL);
  ring_begin(request, &c->sending);
}

static void lost(struct channel *c, const char *why) {
  client_lost(&c->link->client, why, c->link->now_millis);
}

static void on_connected(void *owner, int result, uint32_t flags) {
  (void)flags;
  struct channel *c = owner;
  if (c->is_closing) {
    free_if_quiet(c);
    return;
  }
  if (result < 0) {
    lost(c, strerror(-result));
    return;
  }
  receive_some(c);
  client_connected(&c->link->client, c->link->now_millis);
}

static void on_received(void *owner, int result, uint32_t flags) {
  (void)flags;
  struct channel *c = owner;
  if (c->is_closing) {
    free_if_quiet(c);
    return;
  }
  if (result == 0) {
    lost(c, "the server has ended");
  } else if (result < 0 && result != -EINTR && result != -EAGAIN) {
    lost(c, strerror(-result));
  } else {
    struct link *link = c->link;
    if (result > 0) client_received(&link->client, c->in, (size_t)result, link->now_millis);
    if (link->channel == c) receive_some(c);  // else it has been closed, and may have been freed
  }
}

static void on_sent(void *owner, int result, uint32_t flags) {
  (void)flags;
  struct channel *c = owner;
  if (c->is_closing) {
    free_if_quiet(c);
    return;
  }
  if (result < 0 && result != -EINTR && result != -EAGAIN) {
    lost(c, strerror(-result));
    return;
  }
  if (result > 0) c->begin += (size_t)result;
  if (c->begin == c->end) c->begin = c->end = 0;
  else send_rest(c);
}

static struct channel *make_channel(struct link *link) {
  struct channel *c = calloc(1, sizeof *c);
  if (!c) return NULL;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (c->fd < 0) {
    free(c);
    return NULL;
  }
  int on = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  c->link = link;
  c->connecting = (struct operation){.on_done = on_connected, .owner = c};
  c->receiving = (struct operation){.on_done = on_received, .owner = c};
  c->sending = (struct operation){.on_done = on_sent, .owner = c};
  link->channels++;
  return c;
}

// ---- what the client wants

void link_connect(struct link *l) {
  assert(!l->channel);
  struct channel *c = make_channel(l);
  if (!c) {
    client_lost(&l->client, strerror(errno), l->now_millis);
    return;
  }
  l->channel = c;
  const struct sockaddr_in *address = &l->client.options->connect;
  struct io_uring_sqe *request = ring_request(&l->ring, 1);
  io_uring_prep_connect(request, c->fd, (const struct sockaddr *)address, sizeof *address);
  ring_begin(request, &c->connecting);
}

// There is room: the server has answered all before but one line.
void link_say(struct link *l, const char *text, size_t count) {
  struct channel *c = l->channel;
  assert(c && count <= OUT_BYTES - c->end);
  memcpy(c->out + c->end, text, count);
  c->end += count;
  if (!c->sending.is_under_way) send_rest(c);
}

void link_close(struct link *l) {
  struct channel *c = l->channel;
  if (!c) return;
  l->channel = NULL;
  c->is_closing = true;
  if (!is_quiet(c)) ring_cancel(&l->ring, c->fd);
  free_if_quiet(c);
}

// ---- the program

static void on_signal(void *owner, int result, uint32_t flags) {
  (void)result, (void)flags;
  struct link *l = owner;
  client_stop(&l->client, l->now_millis);
  signals_await(&l->signals, &l->ring);
}

int run_client(const struct options *options) {
  static struct link l;
  l.client.options = options;
  l.client.link = &l;
  ring_open(&l.ring);
  signals_open(&l.signals, &l.ring, on_signal, &l);
  l.now_millis = clock_millis();
  client_begin(&l.client, l.now_millis);
  while (!l.client.is_over || l.channels > 0) {
    ring_wait(&l.ring, l.client.due_millis - l.now_millis);
    l.now_millis = clock_millis();
    ring_dispatch(&l.ring);
    if (!l.client.is_over && l.now_millis >= l.client.due_millis) client_due(&l.client, l.now_millis);
  }
  return 0;
}
