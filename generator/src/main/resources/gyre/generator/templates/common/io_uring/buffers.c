#define _GNU_SOURCE
#include "buffers.h"

#include <errno.h>
#include <sys/mman.h>

static unsigned number(uint32_t flags) { return flags >> IORING_CQE_BUFFER_SHIFT; }

static void *pages(size_t count) {
  void *memory = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("mmap", errno);
  return memory;
}

static void give(struct buffers *b, unsigned number) {
  int mask = io_uring_buf_ring_mask(BUFFER_COUNT);
  io_uring_buf_ring_add(b->free, b->bytes + (size_t)number * BUFFER_BYTES, BUFFER_BYTES,
                        (unsigned short)number, mask, 0);
  io_uring_buf_ring_advance(b->free, 1);
}

void buffers_open(struct buffers *b, struct ring *ring) {
  b->free = pages(BUFFER_COUNT * sizeof(struct io_uring_buf));
  b->bytes = pages((size_t)BUFFER_COUNT * BUFFER_BYTES);
  struct io_uring_buf_reg registration = {.ring_addr = (uintptr_t)b->free,
                                          .ring_entries = BUFFER_COUNT,
                                          .bgid = BUFFER_GROUP};
  int result = io_uring_register_buf_ring(&ring->uring, &registration, 0);
  if (result < 0) fail("io_uring_register_buf_ring", -result);
  io_uring_buf_ring_init(b->free);
  for (unsigned i = 0; i < BUFFER_COUNT; i++) give(b, i);
}

void buffers_offer(struct io_uring_sqe *request) {
  io_uring_sqe_set_flags(request, IOSQE_BUFFER_SELECT);
  request->buf_group = BUFFER_GROUP;
}

char *buffers_taken(const struct buffers *b, uint32_t flags) {
  if (!(flags & IORING_CQE_F_BUFFER)) return NULL;
  return b->bytes + (size_t)number(flags) * BUFFER_BYTES;
}

void buffers_return(struct buffers *b, uint32_t flags) {
  if (flags & IORING_CQE_F_BUFFER) give(b, number(flags));
}
