#define _GNU_SOURCE
#include "tree.h"

#include <stdlib.h>
#include <string.h>

char *node_path(const struct node *node) {
  size_t length = 0;
  for (const struct node *n = node; n->parent; n = n->parent) length += strlen(n->name) + 1;
  char *path = malloc(length + 1);
  if (!path) return NULL;
  char *end = path + (length ? length - 1 : 0);
  *end = 0;
  for (const struct node *n = node; n->parent; n = n->parent) {
    size_t count = strlen(n->name);
    end -= count;
    memcpy(end, n->name, count);
    if (n->parent->parent) *--end = '/';
  }
  return path;
}

void node_link(struct node *parent, struct node *node) {
  node->parent = parent;
  if (!parent) return;
  node->next = parent->children;
  parent->children = node;
}

struct node *node_add(struct node *parent, const char *name, bool is_directory) {
  struct node *node = calloc(1, sizeof *node);
  if (!node) return NULL;
  node->name = strdup(name);
  if (!node->name) {
    free(node);
    return NULL;
  }
  node->is_directory = is_directory;
  node->watch = -1;
  node_link(parent, node);
  return node;
}

struct node *node_find(const struct node *parent, const char *name) {
  struct node *node = parent->children;
  while (node && strcmp(node->name, name) != 0) node = node->next;
  return node;
}

void node_unlink(struct node *node) {
  struct node **place = &node->parent->children;
  while (*place != node) place = &(*place)->next;
  *place = node->next;
  node->next = NULL;
}

bool node_rename(struct node *node, const char *name) {
  char *copy = strdup(name);
  if (!copy) return false;
  free(node->name);
  node->name = copy;
  return true;
}
