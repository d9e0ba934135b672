#include "tree.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *must(void *memory) {
  if (memory) return memory;
  fputs("{{name}}: there is no memory\n", stderr);
  exit(1);
}

bool is_same_file(const struct look *one, const struct look *other) {
  return one->inode == other->inode && one->device == other->device && one->born_nanos == other->born_nanos &&
         one->is_directory == other->is_directory;
}

// ---- buckets

static struct node **name_bucket(const struct tree *tree, const struct node *parent, const char *name) {
  uint64_t hash = (uint64_t)(uintptr_t)parent ^ UINT64_C(14695981039346656037);  // FNV-1a
  for (const char *c = name; *c; c++) hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
  return (struct node **)&tree->by_name[(hash ^ hash >> 32) % BUCKETS];
}

static struct node **file_bucket(const struct tree *tree, const struct look *look) {
  uint64_t hash = (look->inode ^ look->device << 40) * UINT64_C(0x9e3779b97f4a7c15);
  return (struct node **)&tree->by_file[hash >> 48];
}

static void link_name(struct tree *tree, struct node *node) {
  struct node **bucket = name_bucket(tree, node->parent, node->name);
  node->next_by_name = *bucket;
  *bucket = node;
}

static void unlink_name(struct tree *tree, struct node *node) {
  struct node **place = name_bucket(tree, node->parent, node->name);
  while (*place != node) place = &(*place)->next_by_name;
  *place = node->next_by_name;
}

static void link_file(struct tree *tree, struct node *node) {
  struct node **bucket = file_bucket(tree, &node->look);
  node->next_by_file = *bucket;
  *bucket = node;
}

static void unlink_file(struct tree *tree, struct node *node) {
  struct node **place = file_bucket(tree, &node->look);
  while (*place != node) place = &(*place)->next_by_file;
  *place = node->next_by_file;
}

// ---- looking up

char *node_path(const struct node *node) {
  size_t length = 0;
  for (const struct node *n = node; n->parent; n = n->parent) length += strlen(n->name) + 1;
  if (length > 0) length--;  // no slash at the begin
  char *path = must(malloc(length + 1));
  char *end = path + length;
  *end = 0;
  for (const struct node *n = node; n->parent; n = n->parent) {
    size_t count = strlen(n->name);
    end -= count;
    memcpy(end, n->name, count);
    if (end > path) *--end = '/';
  }
  return path;
}

bool is_present(const struct node *node) {
  while (node && !node->is_gone) node = node->parent;
  return !node;
}

static struct node *find(const struct tree *tree, const struct node *parent, const char *name, bool is_gone) {
  struct node *node = *name_bucket(tree, parent, name);
  while (node && (node->parent != parent || node->is_gone != is_gone || strcmp(node->name, name) != 0)) {
    node = node->next_by_name;
  }
  return node;
}

struct node *tree_find(const struct tree *tree, const struct node *parent, const char *name) {
  return find(tree, parent, name, false);
}

struct node *tree_find_gone(const struct tree *tree, const struct node *parent, const char *name) {
  return find(tree, parent, name, true);
}

struct node *tree_find_file(const struct tree *tree, const struct look *look, const struct node *after) {
  struct node *node = after ? after->next_by_file : *file_bucket(tree, look);
  while (node && !is_same_file(&node->look, look)) node = node->next_by_file;
  return node;
}

// ---- changing

static void link_child(struct node *parent, struct node *node) {
  node->parent = parent;
  node->previous = NULL;
  node->next = parent->children;
  if (node->next) node->next->previous = node;
  parent->children = node;
}

static void unlink_child(struct node *node) {
  if (node->previous) node->previous->next = node->next;
  else node->parent->children = node->next;
  if (node->next) node->next->previous = node->previous;
  node->parent = node->previous = node->next = NULL;
}

struct node *tree_add(struct tree *tree, struct node *parent, const char *name, const struct look *look) {
  struct node *node = must(calloc(1, sizeof *node));
  node->name = must(strdup(name));
  node->look = *look;
  link_file(tree, node);
  if (!parent) {
    tree->root = node;
    return node;
  }
  link_child(parent, node);
  link_name(tree, node);
  return node;
}

void tree_leave(struct tree *tree, struct node *node, int64_t now_millis) {
  assert(node->parent && !node->is_gone);
  node->is_gone = true;
  node->gone_millis = now_millis;
  node->gone_before = tree->gone_last;
  node->gone_after = NULL;
  if (tree->gone_last) tree->gone_last->gone_after = node;
  else tree->gone_first = node;
  tree->gone_last = node;
}

static void unlink_gone(struct tree *tree, struct node *node) {
  if (node->gone_before) node->gone_before->gone_after = node->gone_after;
  else tree->gone_first = node->gone_after;
  if (node->gone_after) node->gone_after->gone_before = node->gone_before;
  else tree->gone_last = node->gone_before;
  node->is_gone = false;
}

void tree_arrive(struct tree *tree, struct node *node, struct node *parent, const char *name) {
  assert(node->is_gone);
  unlink_gone(tree, node);
  unlink_name(tree, node);
  unlink_child(node);
  char *copy = must(strdup(name));
  free(node->name);
  node->name = copy;
  link_child(parent, node);
  link_name(tree, node);
}

void tree_remove(struct tree *tree, struct node *node) {
  assert(!node->children && !node->watch && !node->is_removed);
  if (node->is_gone) unlink_gone(tree, node);
  unlink_name(tree, node);
  unlink_file(tree, node);
  unlink_child(node);
  node->is_gone = node->is_removed = true;
  node_free_if_unused(node);
}

void node_free_if_unused(struct node *node) {
  if (!node->is_removed || node->hints > 0) return;
  free(node->name);
  free(node);
}
