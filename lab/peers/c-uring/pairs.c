// `events`: a multishot poll on every pair, then a plain recv for the one byte and the write queued for the turn's end: for tiny messages on
// many descriptors this beats multishot receive, which tries a second time after every message and picks a buffer for each.
// `cascade`: a single receive waits on every pair. The ring knows all descriptors beforehand (fixed files), by their place in pairs->fds.
#include "../common/heap.h"
#include "c-uring.h"

static struct ring ring;
static struct heap heap;
static char *bytes; // cascade: where each pair's byte arrives
static const uint64_t WRITE = UINT64_MAX;

static void open_ring(struct pairs *p) {
  ring_open_or_quit(&ring, 4096, 32768);
  if (ring_register(&ring, IORING_REGISTER_FILES, p->fds, 2 * (unsigned)p->count) != 0)
    quit(EXIT_UNSUPPORTED, "registering %ld descriptors: %s", 2 * p->count, strerror(errno));
}

static int fixed_reader(long i) { return (int)(2 * i); }
static int fixed_writer(long i) { return (int)(2 * i + 1); }

// A write that succeeds makes no completion.
static void queue_write(long i) {
  struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_SEND, fixed_writer(i), WRITE);
  sqe->flags = IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
  sqe->addr = (uint64_t)(uintptr_t)"e";
  sqe->len = 1;
}

static void poll_pair(long i) {
  struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_POLL_ADD, fixed_reader(i), (uint64_t)i);
  sqe->flags = IOSQE_FIXED_FILE;
  sqe->len = IORING_POLL_ADD_MULTI;
  sqe->poll32_events = 1; // POLLIN
}

static void watch(struct pairs *p) {
  open_ring(p);
  if (p->timeouts) heap_open(&heap, (size_t)p->count);
  uint64_t now = now_nanos();
  for (long i = 0; i < p->count; i++) {
    poll_pair(i);
    if (p->timeouts) heap_set(&heap, (uint32_t)i, now + p->timeout_nanos[i]);
  }
  ring_enter(&ring, 0, -1);
}

static void on_event(struct pairs *p, const struct io_uring_cqe *cqe, uint64_t now) {
  if (cqe->user_data == WRITE || cqe->res < 0) {
    p->errors++;
    return;
  }
  long i = (long)cqe->user_data;
  if (!(cqe->flags & IORING_CQE_F_MORE)) poll_pair(i);
  if (p->timeouts) heap_set(&heap, (uint32_t)i, now + p->timeout_nanos[i]);
  pair_read(p, i);
  if (p->writes_left == 0) return;
  p->writes_left--;
  p->fired++;
  queue_write(pair_after(p, i));
}

static void expire(struct pairs *p, uint64_t now) {
  for (uint32_t timer; (timer = heap_due(&heap, now)) != HEAP_NONE;) p->errors++;
}

static void run_events(struct pairs *p) {
  while (p->read != p->fired && p->errors == 0) {
    uint64_t now = p->timeouts ? now_nanos() : 0;
    ring_enter(&ring, 1, p->timeouts ? heap_wait(&heap, now) : -1);
    if (p->timeouts) now = now_nanos();
    unsigned head = ring_head(&ring), tail = ring_tail(&ring);
    for (; head != tail; head++) on_event(p, ring_cqe(&ring, head), now);
    ring_seen(&ring, tail);
    if (p->timeouts) expire(p, now);
  }
}

static void prepare_cascade(struct pairs *p) {
  open_ring(p);
  bytes = calloc(1, (size_t)p->count);
}

static void run_cascade(struct pairs *p) {
  for (long i = 0; i < p->count; i++) {
    struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_RECV, fixed_reader(i), (uint64_t)i);
    sqe->flags = IOSQE_FIXED_FILE;
    sqe->ioprio = IORING_RECVSEND_POLL_FIRST;
    sqe->addr = (uint64_t)(uintptr_t)&bytes[i];
    sqe->len = 1;
  }
  queue_write(0);
  while (p->read != p->count && p->errors == 0) {
    ring_enter(&ring, 1, -1);
    unsigned head = ring_head(&ring), tail = ring_tail(&ring);
    for (; head != tail; head++) {
      const struct io_uring_cqe *cqe = ring_cqe(&ring, head);
      long i = (long)cqe->user_data;
      if (cqe->user_data == WRITE || cqe->res != 1 || bytes[i] != 'e') p->errors++;
      else if (++p->read < p->count) queue_write(i + 1);
    }
    ring_seen(&ring, tail);
  }
  memset(bytes, 0, (size_t)p->count);
}

void uring_events_main(void) { events_main(watch, run_events); }
void uring_cascade_main(void) { cascade_main(prepare_cascade, run_cascade); }
