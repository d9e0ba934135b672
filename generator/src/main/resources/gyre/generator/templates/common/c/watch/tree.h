// The directories that are watched, and what was in them: enough to compare after the kernel's queue was full.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node {
  char *name;
  bool is_directory;
  int watch;                 // of inotify, or -1
  struct node *parent, *children, *next;
  struct node *next_watched; // in a bucket of watches
  unsigned round;            // of the comparison that has seen it last
};

// Its path below the root, without that; the root's own is empty. To be freed.
char *node_path(const struct node *node);

struct node *node_add(struct node *parent, const char *name, bool is_directory);
struct node *node_find(const struct node *parent, const char *name);
void node_unlink(struct node *node);
void node_link(struct node *parent, struct node *node);
bool node_rename(struct node *node, const char *name);
