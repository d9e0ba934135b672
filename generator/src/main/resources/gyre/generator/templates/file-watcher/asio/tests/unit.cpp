#include "check.hpp"
#include "tree.hpp"

static void should_know_paths() {
  node root;
  node *a = root.add("a", true);
  node *b = a->add("b", false);
  CHECK(root.path().empty());
  CHECK(a->path() == "a");
  CHECK(b->path() == "a/b");
  CHECK(root.find("a") == a && a->find("b") == b && !root.find("b"));
}

static void should_move_what_is_below_too() {
  node root;
  node *a = root.add("a", true);
  node *below = a->add("below", false);
  node *to = root.add("to", true);
  node *moved = to->link("other", a->unlink());
  CHECK(moved == a && !root.find("a"));
  CHECK(below->path() == "to/other/below");
}

int main() {
  should_know_paths();
  should_move_what_is_below_too();
  return failed_checks == 0 ? 0 : 1;
}
