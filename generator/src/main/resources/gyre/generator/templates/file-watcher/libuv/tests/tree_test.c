#include "../src/tree.h"
#include "expect.h"

#include <stdlib.h>
#include <string.h>

static const struct look DIRECTORY = {.inode = 1, .is_directory = true};
static const struct look FILE_2 = {.inode = 2}, FILE_3 = {.inode = 3};

static bool has_path(const struct node *node, const char *expected) {
  char *path = node_path(node);
  bool result = strcmp(path, expected) == 0;
  free(path);
  return result;
}

static void should_tell_paths(void) {
  static struct tree tree;
  struct node *root = tree_add(&tree, NULL, "", &DIRECTORY);
  struct node *a = tree_add(&tree, root, "a", &DIRECTORY);
  struct node *b = tree_add(&tree, a, "b", &FILE_2);
  EXPECT(has_path(root, "") && has_path(a, "a") && has_path(b, "a/b"));
  EXPECT(tree_find(&tree, a, "b") == b && !tree_find(&tree, root, "b"));
  tree_remove(&tree, b);
  EXPECT(!tree_find(&tree, a, "b") && !tree_find_file(&tree, &FILE_2, NULL) && !a->children);
}

static void should_keep_the_place_of_what_is_gone(void) {
  static struct tree tree;
  struct node *root = tree_add(&tree, NULL, "", &DIRECTORY);
  struct node *a = tree_add(&tree, root, "a", &DIRECTORY);
  struct node *b = tree_add(&tree, a, "b", &FILE_2);
  tree_leave(&tree, a, 5);
  EXPECT(!is_present(a) && !is_present(b) && is_present(root));
  EXPECT(!tree_find(&tree, root, "a") && tree_find_gone(&tree, root, "a") == a && tree.gone_first == a);
  struct node *other = tree_add(&tree, root, "a", &FILE_3);
  EXPECT(tree_find(&tree, root, "a") == other && has_path(a, "a"));
  tree_arrive(&tree, a, root, "c");
  EXPECT(is_present(b) && has_path(b, "c/b") && !tree.gone_first && !tree_find_gone(&tree, root, "a"));
}

static void should_find_each_name_of_a_file(void) {
  static struct tree tree;
  struct node *root = tree_add(&tree, NULL, "", &DIRECTORY);
  struct node *one = tree_add(&tree, root, "one", &FILE_2);
  struct node *two = tree_add(&tree, root, "two", &FILE_2);
  struct node *first = tree_find_file(&tree, &FILE_2, NULL);
  struct node *second = tree_find_file(&tree, &FILE_2, first);
  EXPECT((first == one && second == two) || (first == two && second == one));
  EXPECT(!tree_find_file(&tree, &FILE_2, second));
  struct look reused = FILE_2;
  reused.born_nanos = 1;
  EXPECT(!tree_find_file(&tree, &reused, NULL));
}

static void should_free_no_directory_that_a_hint_names(void) {
  static struct tree tree;
  struct node *root = tree_add(&tree, NULL, "", &DIRECTORY);
  struct node *a = tree_add(&tree, root, "a", &DIRECTORY);
  a->hints = 1;
  tree_remove(&tree, a);
  EXPECT(a->is_removed && !is_present(a) && !root->children);
  a->hints = 0;
  node_free_if_unused(a);
}

int main(void) {
  should_tell_paths();
  should_keep_the_place_of_what_is_gone();
  should_find_each_name_of_a_file();
  should_free_no_directory_that_a_hint_names();
  return failures > 0;
}
