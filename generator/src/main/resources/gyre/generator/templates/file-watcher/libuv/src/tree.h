// What was where when it was looked at last: enough to tell what has happened from what is there now.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum { BUCKETS = 1 << 16 };

// What a look at a file has told of it.
struct look {
  uint64_t device, inode;
  int64_t born_nanos;      // an inode's number is used again, but not with the time of its birth
  int64_t modified_nanos;
  uint64_t bytes;
  int64_t looked_nanos;
  bool is_directory;
};

struct node {
  char *name;
  struct look look;
  struct node *parent, *children, *previous, *next;
  struct node *next_by_name, *next_by_file;  // in buckets
  uv_fs_event_t *watch;                      // of a directory, or NULL
  unsigned hints;                            // that name it as their directory: it is not freed before them
  bool is_removed;                           // and freed when there are none
  unsigned seen_by, written_by;              // numbers of a comparison, and of a batch

  // It is not where it was. It keeps that place, unseen, until it is found at another one or is deleted.
  bool is_gone;
  int64_t gone_millis;
  struct node *gone_before, *gone_after;
};

struct tree {
  struct node *root;
  struct node *by_name[BUCKETS], *by_file[BUCKETS];
  struct node *gone_first, *gone_last;  // by time
};

// What malloc returns. Ends the program if that is nothing.
void *must(void *memory);

bool is_same_file(const struct look *one, const struct look *other);

// Below the root, without that; the root's own is empty. To be freed.
char *node_path(const struct node *node);

// Whether neither it nor anything above it is gone.
bool is_present(const struct node *node);

struct node *tree_find(const struct tree *tree, const struct node *parent, const char *name);

// One that was there, and is gone.
struct node *tree_find_gone(const struct tree *tree, const struct node *parent, const char *name);

// The next one that is the same file, after one or from the first; NULL if there is none.
struct node *tree_find_file(const struct tree *tree, const struct look *look, const struct node *after);

struct node *tree_add(struct tree *tree, struct node *parent, const char *name, const struct look *look);

void tree_leave(struct tree *tree, struct node *node, int64_t now_millis);

// Gives a place to one that is gone.
void tree_arrive(struct tree *tree, struct node *node, struct node *parent, const char *name);

// Of a node without children. Frees it if no hint names it.
void tree_remove(struct tree *tree, struct node *node);
void node_free_if_unused(struct node *node);
