// The queue of posted callbacks of the bare C peers: bounded, many producers, one consumer, no memory per post. Each cell carries a
// sequence number: equal to the position, it is free for the producer of that position; one more, it is filled. (Vyukov's design.)
// `asleep` is set by the consumer before it looks a last time and waits: whoever finds it set clears it and wakes.
#ifndef GYRE_LAB_QUEUE_H
#define GYRE_LAB_QUEUE_H
#include "lab.h"
#include <sched.h>
#include <stdatomic.h>

enum { QUEUE_CELLS = 1 << 14 };
struct queue_cell {
  _Atomic uint64_t sequence;
  void (*run)(void *);
  void *argument;
};
struct queue {
  struct queue_cell *cells;
  _Alignas(64) _Atomic uint64_t tail; // producers
  _Alignas(64) uint64_t head;         // the consumer
  _Alignas(64) _Atomic bool asleep;
};

static inline void queue_open(struct queue *q) {
  q->cells = (struct queue_cell *)calloc(QUEUE_CELLS, sizeof *q->cells);
  for (uint64_t i = 0; i < QUEUE_CELLS; i++) atomic_init(&q->cells[i].sequence, i);
  atomic_init(&q->tail, 0);
  atomic_init(&q->asleep, false);
  q->head = 0;
}

// True when the consumer must be woken now. Full: yields until it is not.
static inline bool queue_post(struct queue *q, void (*run)(void *), void *argument) {
  uint64_t at = atomic_fetch_add_explicit(&q->tail, 1, memory_order_relaxed);
  struct queue_cell *cell = &q->cells[at & (QUEUE_CELLS - 1)];
  while (atomic_load_explicit(&cell->sequence, memory_order_acquire) != at) sched_yield();
  cell->run = run;
  cell->argument = argument;
  atomic_store_explicit(&cell->sequence, at + 1, memory_order_seq_cst);
  return atomic_load_explicit(&q->asleep, memory_order_seq_cst) && atomic_exchange(&q->asleep, false);
}

static inline bool queue_empty(struct queue *q) {
  return atomic_load_explicit(&q->cells[q->head & (QUEUE_CELLS - 1)].sequence, memory_order_seq_cst) != q->head + 1;
}

static inline void queue_run(struct queue *q) {
  for (int budget = QUEUE_CELLS; budget > 0; budget--) {
    struct queue_cell *cell = &q->cells[q->head & (QUEUE_CELLS - 1)];
    if (atomic_load_explicit(&cell->sequence, memory_order_acquire) != q->head + 1) return;
    void (*run)(void *) = cell->run;
    void *argument = cell->argument;
    atomic_store_explicit(&cell->sequence, q->head + QUEUE_CELLS, memory_order_release);
    q->head++;
    run(argument);
  }
}

// True: nothing is posted and whoever posts will wake. False: there is work.
static inline bool queue_may_sleep(struct queue *q) {
  atomic_store_explicit(&q->asleep, true, memory_order_seq_cst);
  if (queue_empty(q)) return true;
  atomic_store_explicit(&q->asleep, false, memory_order_relaxed);
  return false;
}
#endif
