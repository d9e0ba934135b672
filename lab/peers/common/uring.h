// io_uring by its three system calls, without liburing: only what the peer and the generator use, and the constants that older kernel
// headers lack. The ring belongs to the thread that opened it (SINGLE_ISSUER), completions are made when that thread asks
// (DEFER_TASKRUN), one io_uring_enter a turn submits, waits and reaps.
#ifndef GYRE_LAB_URING_H
#define GYRE_LAB_URING_H
#include "lab.h"
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif
#ifndef IORING_SETUP_NO_SQARRAY // Linux 6.6
#define IORING_SETUP_NO_SQARRAY (1U << 16)
#endif
#define LAB_PBUF_RING_INC 2         // IOU_PBUF_RING_INC, Linux 6.12: a buffer is consumed piece by piece
#define LAB_CQE_F_BUF_MORE (1U << 4) // IORING_CQE_F_BUF_MORE: the buffer has room left and stays the kernel's

struct ring {
  int fd, enter_fd;
  unsigned enter_flags;
  unsigned sq_mask, cq_mask, sq_entries;
  unsigned sq_tail, sq_submitted; // tail written by us; how far the kernel was told
  _Atomic unsigned *sq_khead, *sq_ktail, *cq_khead, *cq_ktail;
  struct io_uring_sqe *sqes;
  struct io_uring_cqe *cqes;
};

static inline int ring_try_setup(unsigned entries, struct io_uring_params *params, unsigned flags, unsigned cq_entries) {
  memset(params, 0, sizeof *params);
  params->flags = flags | IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL;
  params->cq_entries = cq_entries;
  return (int)syscall(__NR_io_uring_setup, entries, params);
}

// False, with errno, when this kernel or its policy refuses.
static inline bool ring_open(struct ring *r, unsigned entries, unsigned cq_entries) {
  struct io_uring_params params;
  r->fd = ring_try_setup(entries, &params, IORING_SETUP_NO_SQARRAY, cq_entries);
  bool sq_array = r->fd < 0 && errno == EINVAL;
  if (sq_array) r->fd = ring_try_setup(entries, &params, 0, cq_entries);
  if (r->fd < 0) return false;
  size_t cq_bytes = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
  size_t sq_bytes = sq_array ? params.sq_off.array + params.sq_entries * sizeof(unsigned) : 0;
  size_t ring_bytes = cq_bytes > sq_bytes ? cq_bytes : sq_bytes;
  char *base = (char *)mmap(NULL, ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQ_RING);
  r->sqes = (struct io_uring_sqe *)mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
                                        MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES);
  if (base == MAP_FAILED || r->sqes == MAP_FAILED) return false;
  r->sq_khead = (_Atomic unsigned *)(base + params.sq_off.head);
  r->sq_ktail = (_Atomic unsigned *)(base + params.sq_off.tail);
  r->cq_khead = (_Atomic unsigned *)(base + params.cq_off.head);
  r->cq_ktail = (_Atomic unsigned *)(base + params.cq_off.tail);
  r->cqes = (struct io_uring_cqe *)(base + params.cq_off.cqes);
  r->sq_entries = params.sq_entries;
  r->sq_mask = params.sq_entries - 1;
  r->cq_mask = params.cq_entries - 1;
  r->sq_tail = r->sq_submitted = 0;
  for (unsigned i = 0; sq_array && i < params.sq_entries; i++) ((unsigned *)(base + params.sq_off.array))[i] = i;
  r->enter_fd = r->fd;
  r->enter_flags = 0;
  struct io_uring_rsrc_update registered = {.offset = -1U, .data = (unsigned)r->fd};
  if (syscall(__NR_io_uring_register, r->fd, IORING_REGISTER_RING_FDS, &registered, 1) == 1) {
    r->enter_fd = (int)registered.offset; // spares a look-up of the descriptor in every enter
    r->enter_flags = IORING_ENTER_REGISTERED_RING;
  }
  return true;
}

static inline void ring_open_or_quit(struct ring *r, unsigned entries, unsigned cq_entries) {
  if (!ring_open(r, entries, cq_entries)) quit(EXIT_UNSUPPORTED, "no io_uring with SINGLE_ISSUER and DEFER_TASKRUN here: %s", strerror(errno));
}

static inline int ring_register(struct ring *r, unsigned what, const void *argument, unsigned count) {
  return (int)syscall(__NR_io_uring_register, r->fd, what, argument, count);
}

// Submits what is queued and waits for `wait` completions; timeout_nanos < 0: for ever.
static inline void ring_enter(struct ring *r, unsigned wait, int64_t timeout_nanos) {
  unsigned count = r->sq_tail - r->sq_submitted;
  atomic_store_explicit(r->sq_ktail, r->sq_tail, memory_order_release);
  unsigned flags = r->enter_flags | IORING_ENTER_GETEVENTS;
  long result;
  if (timeout_nanos < 0) {
    result = syscall(__NR_io_uring_enter, r->enter_fd, count, wait, flags, NULL, 0);
  } else {
    struct __kernel_timespec ts = {.tv_sec = timeout_nanos / 1000000000, .tv_nsec = timeout_nanos % 1000000000};
    struct io_uring_getevents_arg argument = {.ts = (uint64_t)(uintptr_t)&ts};
    result = syscall(__NR_io_uring_enter, r->enter_fd, count, wait, flags | IORING_ENTER_EXT_ARG, &argument, sizeof argument);
  }
  if (result < 0 && errno != ETIME && errno != EINTR && errno != EAGAIN && errno != EBUSY)
    quit(EXIT_FAILED, "io_uring_enter: %s", strerror(errno));
  r->sq_submitted = atomic_load_explicit(r->sq_khead, memory_order_acquire); // what was taken, also when the wait then failed
}

static inline struct io_uring_sqe *ring_sqe(struct ring *r, uint8_t opcode, int fd, uint64_t user_data) {
  if (r->sq_tail - r->sq_submitted == r->sq_entries) ring_enter(r, 0, -1);
  struct io_uring_sqe *sqe = &r->sqes[r->sq_tail++ & r->sq_mask];
  memset(sqe, 0, sizeof *sqe);
  sqe->opcode = opcode;
  sqe->fd = fd;
  sqe->user_data = user_data;
  return sqe;
}

// for (unsigned head = ring_head(r), tail = ring_tail(r); head != tail; head++) { cqe = ring_cqe(r, head); … } ring_seen(r, tail);
static inline unsigned ring_head(struct ring *r) { return atomic_load_explicit(r->cq_khead, memory_order_relaxed); }
static inline unsigned ring_tail(struct ring *r) { return atomic_load_explicit(r->cq_ktail, memory_order_acquire); }
static inline struct io_uring_cqe *ring_cqe(struct ring *r, unsigned at) { return &r->cqes[at & r->cq_mask]; }
static inline void ring_seen(struct ring *r, unsigned head) { atomic_store_explicit(r->cq_khead, head, memory_order_release); }

// ---- a ring of provided buffers, consumed piece by piece where the kernel can ----

struct buffers {
  struct io_uring_buf_ring *ring;
  char *memory;
  uint32_t *used; // of each buffer: bytes the kernel has filled since it was last given
  unsigned count, size;
  uint16_t tail, group;
  bool incremental;
};

static inline void buffers_give(struct buffers *b, unsigned id) {
  struct io_uring_buf *entry = &b->ring->bufs[b->tail++ & (b->count - 1)];
  entry->addr = (uint64_t)(uintptr_t)(b->memory + (size_t)id * b->size);
  entry->len = b->size;
  entry->bid = (uint16_t)id; // field by field: the ring's tail lies over the reserved field of entry 0
  b->used[id] = 0;
}
static inline void buffers_publish(struct buffers *b) {
  atomic_store_explicit((_Atomic uint16_t *)&b->ring->tail, b->tail, memory_order_release);
}

static inline void buffers_open(struct buffers *b, struct ring *r, uint16_t group, unsigned count, unsigned size) {
  memset(b, 0, sizeof *b);
  b->count = count;
  b->size = size;
  b->group = group;
  b->used = (uint32_t *)calloc(count, sizeof *b->used);
  b->ring = (struct io_uring_buf_ring *)mmap(NULL, count * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE,
                                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  b->memory = (char *)mmap(NULL, (size_t)count * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct io_uring_buf_reg reg;
  memset(&reg, 0, sizeof reg);
  reg.ring_addr = (uint64_t)(uintptr_t)b->ring;
  reg.ring_entries = count;
  reg.bgid = group;
  reg.pad = LAB_PBUF_RING_INC; // named `flags` since Linux 6.4
  b->incremental = ring_register(r, IORING_REGISTER_PBUF_RING, &reg, 1) == 0;
  reg.pad = 0;
  if (!b->incremental && ring_register(r, IORING_REGISTER_PBUF_RING, &reg, 1) != 0)
    quit(EXIT_UNSUPPORTED, "no provided buffer ring: %s", strerror(errno));
  for (unsigned i = 0; i < count; i++) buffers_give(b, i);
  buffers_publish(b);
}

// Where the bytes of a receive lie; *last says that the kernel has let go of the buffer.
static inline char *buffers_filled(struct buffers *b, const struct io_uring_cqe *cqe, unsigned *id, bool *last) {
  *id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
  char *at = b->memory + (size_t)*id * b->size + b->used[*id];
  b->used[*id] += (uint32_t)cqe->res;
  *last = !b->incremental || !(cqe->flags & LAB_CQE_F_BUF_MORE);
  return at;
}
#endif
