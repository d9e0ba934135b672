// Buffers that the kernel receives into: it takes one only when bytes are there, so a connection that waits for them owns none.
#pragma once
#include "ring.h"

enum { BUFFER_COUNT = 256, BUFFER_BYTES = 16384, BUFFER_GROUP = 0 };

struct buffers {
  struct io_uring_buf_ring *free;  // which the kernel takes from
  char *bytes;
};

void buffers_open(struct buffers *buffers, struct ring *ring);

// Lets a request that receives take one of them.
void buffers_offer(struct io_uring_sqe *request);

// The one that it has taken; NULL if it has taken none.
char *buffers_taken(const struct buffers *buffers, uint32_t flags);

// Gives it back.
void buffers_return(struct buffers *buffers, uint32_t flags);
