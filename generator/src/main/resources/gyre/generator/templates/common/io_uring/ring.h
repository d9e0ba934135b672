// The ring: requests, and what is called when they are done.
#pragma once
#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/signalfd.h>

// A request that may be under way. While it is, the kernel may use its buffer and name this, so both stay where they are: whoever
// wants to free them earlier cancels it, and waits until it is done.
struct operation {
  void (*on_done)(void *owner, int result, uint32_t flags);
  void *owner;
  bool is_under_way;
};

struct ring {
  struct io_uring uring;
};

void ring_open(struct ring *ring);

// Room for a request, and for others that are linked to it: so many together.
struct io_uring_sqe *ring_request(struct ring *ring, unsigned count);

// Of a request that has been prepared.
void ring_begin(struct io_uring_sqe *request, struct operation *operation);

// Cancels all that is under way on a descriptor. Each operation is done soon, by its own result or by -ECANCELED.
void ring_cancel(struct ring *ring, int fd);

// Submits what has been prepared, and waits until something is done, or for that time.
void ring_wait(struct ring *ring, int64_t millis);

// Calls what is to be called, and tells for how many.
unsigned ring_dispatch(struct ring *ring);

// SIGTERM and SIGINT.
struct signals {
  struct operation reading;
  int fd;
  struct signalfd_siginfo info;
};

void signals_open(struct signals *signals, struct ring *ring,
                  void (*on_signal)(void *owner, int result, uint32_t flags), void *owner);

// The next one; the first is awaited from the beginning.
void signals_await(struct signals *signals, struct ring *ring);

int64_t clock_millis(void);

_Noreturn void fail(const char *what, int error);
