// Echo on raw io_uring: multishot accept into direct descriptors, multishot receive into a ring of provided buffers, and sending straight
// from those buffers. A turn handles all completions, then queues one send for each connection that has something to say; the next
// io_uring_enter submits them all. One send is in flight per connection, so nothing can be reordered. A buffer goes back to the kernel when it
// has let go of it and every piece of it has been sent.
#include "c-uring.h"
#include <sys/uio.h>

enum {
  BUFFERS = 32,
  BUFFER_BYTES = 64 * 1024,
  VECTOR_LIMIT = 16,           // pieces sent at once
  UNSENT_LIMIT = 256 * 1024,   // bytes of a connection that wait to be sent, before its receiving pauses
};

enum operation { ACCEPT, RECEIVE, SEND, CANCEL, CLOSE };

struct piece {
  char *at;
  uint32_t length;
  uint32_t buffer;
};

// The send in flight, when it has several pieces.
struct several {
  struct msghdr message;
  struct iovec vector[VECTOR_LIMIT];
};

struct connection {
  struct piece *pieces; // those not yet sent, oldest at `first`; grows, never more than the buffers can hold
  uint32_t first, count, capacity;
  uint32_t unsent;  // bytes in them
  uint32_t sending; // bytes of the send in flight
  bool receiving, cancelling, ended, dirty, open;
  struct several *several; // made when first needed
};

static struct ring ring;
static struct buffers buffers;
static uint32_t pieces_out[BUFFERS]; // of each buffer: pieces not yet sent, and one while the kernel has it
static struct connection *connections;
static uint32_t *dirty, dirty_count;    // connections to look at when the turn ends
static uint32_t *starving, starving_count; // connections whose receive ended because there was no buffer
static bool given;

static uint64_t tag(enum operation operation, uint32_t connection) { return (uint64_t)operation << 32 | connection; }

static void mark(uint32_t id) {
  if (connections[id].dirty) return;
  connections[id].dirty = true;
  dirty[dirty_count++] = id;
}

static void accept_more(int listener) {
  struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_ACCEPT, listener, tag(ACCEPT, 0));
  sqe->ioprio = IORING_ACCEPT_MULTISHOT;
  sqe->file_index = IORING_FILE_INDEX_ALLOC;
}

static void receive(uint32_t id) {
  struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_RECV, (int)id, tag(RECEIVE, id));
  sqe->flags = IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
  sqe->ioprio = IORING_RECV_MULTISHOT | IORING_RECVSEND_POLL_FIRST;
  sqe->buf_group = buffers.group;
  connections[id].receiving = true;
}

static void release(uint32_t buffer) {
  if (--pieces_out[buffer] > 0) return;
  buffers_give(&buffers, buffer);
  pieces_out[buffer] = 1;
  given = true;
}

static void append(struct connection *c, char *at, uint32_t length, uint32_t buffer) {
  c->unsent += length;
  if (c->count > 0 && c->sending == 0) {
    struct piece *last = &c->pieces[c->first + c->count - 1];
    if (last->buffer == buffer && last->at + last->length == at) {
      last->length += length;
      return;
    }
  }
  if (c->first + c->count == c->capacity) {
    memmove(c->pieces, c->pieces + c->first, c->count * sizeof *c->pieces);
    c->first = 0;
    if (c->count * 2 > c->capacity) {
      c->capacity *= 2;
      c->pieces = realloc(c->pieces, c->capacity * sizeof *c->pieces);
    }
  }
  c->pieces[c->first + c->count++] = (struct piece){at, length, buffer};
  pieces_out[buffer]++;
}

static void on_receive(uint32_t id, const struct io_uring_cqe *cqe) {
  struct connection *c = &connections[id];
  if (!(cqe->flags & IORING_CQE_F_MORE)) c->receiving = c->cancelling = false;
  if (cqe->res > 0) {
    unsigned buffer;
    bool last;
    char *at = buffers_filled(&buffers, cqe, &buffer, &last);
    append(c, at, (uint32_t)cqe->res, buffer);
    if (last) release(buffer);
  } else if (cqe->res == -ENOBUFS) {
    starving[starving_count++] = id;
    return;
  } else if (cqe->res != -ECANCELED) {
    c->ended = true;
  }
  mark(id);
}

static void on_send(uint32_t id, int result) {
  struct connection *c = &connections[id];
  if (result < 0) c->ended = true;
  uint32_t sent = result < 0 ? c->unsent : (uint32_t)result; // after an error all is dropped
  c->sending = 0;
  c->unsent -= sent;
  while (sent > 0) {
    struct piece *p = &c->pieces[c->first];
    uint32_t part = sent < p->length ? sent : p->length;
    sent -= part;
    p->at += part;
    p->length -= part;
    if (p->length > 0) break;
    release(p->buffer);
    c->first = --c->count == 0 ? 0 : c->first + 1;
  }
  mark(id);
}

static void send_pieces(uint32_t id, struct connection *c) {
  struct piece *p = c->pieces + c->first;
  struct io_uring_sqe *sqe = ring_sqe(&ring, c->count == 1 ? IORING_OP_SEND : IORING_OP_SENDMSG, (int)id, tag(SEND, id));
  sqe->flags = IOSQE_FIXED_FILE;
  sqe->msg_flags = MSG_WAITALL | MSG_NOSIGNAL; // the kernel goes on after a short send
  if (c->count == 1) {
    sqe->addr = (uint64_t)(uintptr_t)p->at;
    sqe->len = c->sending = p->length;
    return;
  }
  uint32_t n = c->count < VECTOR_LIMIT ? c->count : VECTOR_LIMIT;
  if (!c->several) c->several = calloc(1, sizeof *c->several);
  for (uint32_t i = 0; i < n; i++) {
    c->several->vector[i] = (struct iovec){p[i].at, p[i].length};
    c->sending += p[i].length;
  }
  c->several->message.msg_iov = c->several->vector;
  c->several->message.msg_iovlen = n;
  sqe->addr = (uint64_t)(uintptr_t)&c->several->message;
  sqe->len = 1;
}

static void settle(uint32_t id) {
  struct connection *c = &connections[id];
  c->dirty = false;
  if (!c->open) return;
  if (c->sending == 0 && c->count > 0) send_pieces(id, c);
  if (c->unsent > UNSENT_LIMIT && c->receiving && !c->cancelling) {
    ring_sqe(&ring, IORING_OP_ASYNC_CANCEL, -1, tag(CANCEL, id))->addr = tag(RECEIVE, id);
    c->cancelling = true;
  }
  if (c->ended && c->count == 0 && c->sending == 0 && !c->receiving) {
    struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_CLOSE, 0, tag(CLOSE, id));
    sqe->file_index = id + 1;
    c->open = false;
  } else if (!c->ended && !c->receiving && c->unsent <= UNSENT_LIMIT / 2) {
    receive(id);
  }
}

static void on_accept(uint32_t id) {
  struct connection *c = &connections[id];
  if (!c->pieces) c->pieces = malloc((c->capacity = 4) * sizeof *c->pieces); // kept for whoever has the number next
  *c = (struct connection){.pieces = c->pieces, .capacity = c->capacity, .several = c->several, .open = true};
  receive(id);
}

static void handle(const struct io_uring_cqe *cqe, int listener) {
  uint32_t id = (uint32_t)cqe->user_data;
  switch ((enum operation)(cqe->user_data >> 32)) {
    case ACCEPT:
      if (cqe->res >= 0) on_accept((uint32_t)cqe->res);
      if (!(cqe->flags & IORING_CQE_F_MORE)) accept_more(listener);
      break;
    case RECEIVE: on_receive(id, cqe); break;
    case SEND: on_send(id, cqe->res); break;
    case CANCEL: case CLOSE: break;
  }
}

static void end_turn(void) {
  if (given) {
    buffers_publish(&buffers);
    given = false;
    for (uint32_t i = 0; i < starving_count; i++) mark(starving[i]);
    starving_count = 0;
  }
  for (uint32_t i = 0; i < dirty_count; i++) settle(dirty[i]);
  dirty_count = 0;
}

static void turn(int listener) {
  ring_enter(&ring, 1, -1);
  unsigned head = ring_head(&ring), tail = ring_tail(&ring);
  for (; head != tail; head++) handle(ring_cqe(&ring, head), listener);
  ring_seen(&ring, tail);
  end_turn();
}

void echo_main(void) {
  long port = option_long("--port", 0, 0, 65535);
  options_end();
  int listener = listen_tcp(port, 0);
  ring_open_or_quit(&ring, 4096, 16384);
  buffers_open(&buffers, &ring, 0, BUFFERS, BUFFER_BYTES);
  for (int i = 0; i < BUFFERS; i++) pieces_out[i] = 1;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  uint32_t files = limit.rlim_cur < 32768 ? (uint32_t)limit.rlim_cur : 32768; // the kernel allows no more than the limit
  struct io_uring_rsrc_register table = {.nr = files, .flags = IORING_RSRC_REGISTER_SPARSE};
  if (ring_register(&ring, IORING_REGISTER_FILES2, &table, sizeof table) != 0) quit(EXIT_UNSUPPORTED, "no direct descriptors: %s", strerror(errno));
  connections = calloc(files, sizeof *connections);
  dirty = calloc(files, sizeof *dirty);
  starving = calloc(files, sizeof *starving);
  accept_more(listener);
  announce(listener);
  for (;;) turn(listener);
}
