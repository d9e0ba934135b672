// The queue of posted callbacks of the bare C peers: bounded, many producers, one consumer, no memory per post. The lowest bit of what a cell
// holds tells the lap it was filled in, so that four of them share a line, which goes from the producers to the consumer once and not to and fro:
// the consumer writes none, and only says from time to time how far it is. `asleep` is set by the consumer before it looks a last time and waits:
// whoever finds it set clears it and wakes.
#ifndef GYRE_LAB_QUEUE_H
#define GYRE_LAB_QUEUE_H
#include "lab.h"
#include <sched.h>
#include <stdatomic.h>

enum {
  QUEUE_CELLS = 1 << 14,
  QUEUE_BATCH = 256, // positions that are free but not yet said to be
  QUEUE_LOOKS = 8,
  QUEUE_PAUSES = 32, // between two looks: each takes a line away from the producer that fills it
};
struct queue_cell {
  void (*run)(void *);
  _Atomic uintptr_t argument; // aligned to two bytes at least, so that its lowest bit is free
};
struct queue {
  struct queue_cell *cells;
  _Alignas(64) _Atomic uint64_t tail;      // of the producers
  _Alignas(64) _Atomic uint64_t free_from; // all before it is free
  _Alignas(64) _Atomic bool asleep;
  _Alignas(64) uint64_t head; // of the consumer
  bool streaming;             // more than one was found at the last look: more will come
};

static inline void queue_open(struct queue *q) {
  q->cells = (struct queue_cell *)aligned_alloc(64, QUEUE_CELLS * sizeof *q->cells);
  for (uint64_t i = 0; i < QUEUE_CELLS; i++) atomic_init(&q->cells[i].argument, 1);
  atomic_init(&q->tail, 0);
  atomic_init(&q->free_from, 0);
  atomic_init(&q->asleep, false);
  q->head = 0;
  q->streaming = false;
}

// 0 in the first lap, 1 in the second.
static inline uintptr_t queue_lap(uint64_t position) { return position / QUEUE_CELLS & 1; }

// True when the consumer must be woken now. Full: yields until it is not.
static inline bool queue_post(struct queue *q, void (*run)(void *), void *argument) {
  uint64_t at = atomic_fetch_add_explicit(&q->tail, 1, memory_order_relaxed);
  struct queue_cell *cell = &q->cells[at & (QUEUE_CELLS - 1)];
  while (at >= atomic_load_explicit(&q->free_from, memory_order_acquire) + QUEUE_CELLS) sched_yield();
  cell->run = run;
  atomic_store_explicit(&cell->argument, (uintptr_t)argument | queue_lap(at), memory_order_seq_cst);
  return atomic_load_explicit(&q->asleep, memory_order_seq_cst) && atomic_exchange(&q->asleep, false);
}

static inline bool queue_empty(struct queue *q) {
  return (atomic_load_explicit(&q->cells[q->head & (QUEUE_CELLS - 1)].argument, memory_order_seq_cst) & 1) != queue_lap(q->head);
}

static inline void queue_run(struct queue *q) {
  uint64_t begin = q->head, end = begin + QUEUE_CELLS;
  while (q->head < end) {
    struct queue_cell *cell = &q->cells[q->head & (QUEUE_CELLS - 1)];
    uintptr_t argument = atomic_load_explicit(&cell->argument, memory_order_acquire);
    if ((argument & 1) != queue_lap(q->head)) break;
    void (*run)(void *) = cell->run;
    if (++q->head % QUEUE_BATCH == 0) atomic_store_explicit(&q->free_from, q->head, memory_order_release);
    run((void *)(argument & ~(uintptr_t)1));
  }
  q->streaming = q->head - begin > 1;
}

// True: nothing is posted and whoever posts will wake. False: there is work.
static inline bool queue_may_sleep(struct queue *q) {
  for (int looks = q->streaming ? QUEUE_LOOKS : 0; looks > 0; looks--) {
    for (int pauses = QUEUE_PAUSES; pauses > 0; pauses--) spin_pause();
    if (!queue_empty(q)) return false;
  }
  atomic_store_explicit(&q->asleep, true, memory_order_seq_cst);
  if (queue_empty(q)) return true;
  atomic_store_explicit(&q->asleep, false, memory_order_relaxed);
  return false;
}

// After waiting: whoever posts need not wake.
static inline void queue_awake(struct queue *q) {
  if (atomic_load_explicit(&q->asleep, memory_order_relaxed)) atomic_store_explicit(&q->asleep, false, memory_order_relaxed);
}
#endif
