// The timers of the bare C peers: a heap with four children to a node, keys beside each other, timers known by number. A later deadline is
// only noted and the heap put right when the old one comes up, since most timers are pushed back or cancelled and never fire.
#ifndef GYRE_LAB_HEAP_H
#define GYRE_LAB_HEAP_H
#include "lab.h"

struct heap_node {
  uint64_t key; // never later than the deadline
  uint32_t timer;
};
struct heap {
  struct heap_node *nodes;
  uint32_t *place;    // of each timer, HEAP_NONE when it is not running
  uint64_t *deadline; // of each running timer
  uint32_t size;
};
static const uint32_t HEAP_NONE = UINT32_MAX;

static inline void heap_open(struct heap *h, size_t timers) {
  h->nodes = (struct heap_node *)malloc(timers * sizeof *h->nodes);
  h->place = (uint32_t *)malloc(timers * sizeof *h->place);
  h->deadline = (uint64_t *)malloc(timers * sizeof *h->deadline);
  h->size = 0;
  for (size_t i = 0; i < timers; i++) h->place[i] = HEAP_NONE;
}

static inline void heap_put(struct heap *h, uint32_t at, struct heap_node node) {
  h->nodes[at] = node;
  h->place[node.timer] = at;
}

static inline void heap_up(struct heap *h, uint32_t at, struct heap_node node) {
  while (at > 0) {
    uint32_t parent = (at - 1) >> 2;
    if (h->nodes[parent].key <= node.key) break;
    heap_put(h, at, h->nodes[parent]);
    at = parent;
  }
  heap_put(h, at, node);
}

static inline void heap_down(struct heap *h, uint32_t at, struct heap_node node) {
  for (;;) {
    uint32_t first = (at << 2) + 1, end = first + 4 < h->size ? first + 4 : h->size;
    if (first >= h->size) break;
    uint32_t least = first;
    for (uint32_t child = first + 1; child < end; child++)
      if (h->nodes[child].key < h->nodes[least].key) least = child;
    if (h->nodes[least].key >= node.key) break;
    heap_put(h, at, h->nodes[least]);
    at = least;
  }
  heap_put(h, at, node);
}

static inline void heap_remove_at(struct heap *h, uint32_t at) {
  struct heap_node last = h->nodes[--h->size];
  if (at == h->size) return;
  if (at > 0 && h->nodes[(at - 1) >> 2].key > last.key) heap_up(h, at, last);
  else heap_down(h, at, last);
}

// Starts or restarts.
static inline void heap_set(struct heap *h, uint32_t timer, uint64_t deadline) {
  uint32_t at = h->place[timer];
  h->deadline[timer] = deadline;
  if (at == HEAP_NONE) heap_up(h, h->size++, (struct heap_node){deadline, timer});
  else if (deadline < h->nodes[at].key) heap_up(h, at, (struct heap_node){deadline, timer});
}

static inline void heap_cancel(struct heap *h, uint32_t timer) {
  uint32_t at = h->place[timer];
  if (at == HEAP_NONE) return;
  h->place[timer] = HEAP_NONE;
  heap_remove_at(h, at);
}

// A timer whose deadline has passed, no longer running, or HEAP_NONE.
static inline uint32_t heap_due(struct heap *h, uint64_t now) {
  while (h->size > 0 && h->nodes[0].key <= now) {
    struct heap_node top = h->nodes[0];
    if (h->deadline[top.timer] > now) {
      heap_down(h, 0, (struct heap_node){h->deadline[top.timer], top.timer});
      continue;
    }
    heap_cancel(h, top.timer);
    return top.timer;
  }
  return HEAP_NONE;
}

// Nanoseconds until something may be due, -1 for never.
static inline int64_t heap_wait(const struct heap *h, uint64_t now) {
  if (h->size == 0) return -1;
  return h->nodes[0].key <= now ? 0 : (int64_t)(h->nodes[0].key - now);
}
#endif
