// The engine of choice: direct descriptors, multishot receive into provided buffers, sends gathered over a turn, one system call a turn.
#include "../common/uring.h"
#include "gen.h"

enum { BUFFERS = 32, BUFFER_BYTES = 64 * 1024 };
static const uint64_t SEND = 1ull << 32;
static struct ring ring;
static struct buffers buffers;
static struct connection *all;

static void receive(uint32_t index) {
  struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_RECV, (int)index, index);
  sqe->flags = IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
  sqe->ioprio = IORING_RECV_MULTISHOT | IORING_RECVSEND_POLL_FIRST;
  sqe->buf_group = buffers.group;
}

static void engine_send(struct connection *c) {
  if (c->sending || c->sent == c->queued || c->dead) return; // one at a time, or bytes could be reordered
  uint64_t length = c->queued - c->sent;
  struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_SEND, (int)c->index, SEND | c->index);
  sqe->flags = IOSQE_FIXED_FILE;
  sqe->msg_flags = MSG_WAITALL | MSG_NOSIGNAL;
  sqe->addr = (uint64_t)(uintptr_t)(pattern + c->send_at);
  sqe->len = (uint32_t)(length < PATTERN_SPAN ? length : PATTERN_SPAN);
  c->sending = true;
}

static void on_sent(struct connection *c, int result) {
  c->sending = false;
  if (result < 0) return connection_ended(c, "send", -result);
  connection_sent(c, (size_t)result);
  engine_send(c);
}

// Bytes are verified at once, so the buffer goes straight back.
static void on_received(struct connection *c, const struct io_uring_cqe *cqe) {
  if (cqe->res > 0) {
    unsigned id;
    bool last;
    char *at = buffers_filled(&buffers, cqe, &id, &last);
    connection_data(c, at, (size_t)cqe->res);
    if (last) {
      buffers_give(&buffers, id);
      buffers_publish(&buffers);
    }
  } else if (cqe->res != -ENOBUFS) {
    return connection_ended(c, cqe->res == 0 ? "ended by the server" : "receive", -cqe->res);
  }
  if (!(cqe->flags & IORING_CQE_F_MORE) && !c->dead) receive(c->index);
}

static bool engine_open(struct connection *connections, long count) {
  if (!ring_open(&ring, 4096, 32768)) return false;
  all = connections;
  int *fds = malloc(sizeof(int) * (size_t)count);
  for (long i = 0; i < count; i++) fds[i] = connections[i].fd;
  if (ring_register(&ring, IORING_REGISTER_FILES, fds, (unsigned)count) != 0) return false;
  free(fds);
  buffers_open(&buffers, &ring, 0, BUFFERS, BUFFER_BYTES);
  for (long i = 0; i < count; i++) receive((uint32_t)i);
  return true;
}

static void engine_turn(bool wait, int64_t timeout_nanos) {
  ring_enter(&ring, wait, wait ? timeout_nanos : -1);
  unsigned head = ring_head(&ring), tail = ring_tail(&ring);
  for (; head != tail; head++) {
    const struct io_uring_cqe *cqe = ring_cqe(&ring, head);
    struct connection *c = &all[(uint32_t)cqe->user_data];
    if (cqe->user_data & SEND) on_sent(c, cqe->res);
    else on_received(c, cqe);
  }
  ring_seen(&ring, tail);
}

const struct engine engine_uring = {"uring", engine_open, engine_send, engine_turn};
