// The directories that are watched, and what was in them: enough to compare after the kernel's queue was full.
#pragma once
#include <cassert>
#include <map>
#include <memory>
#include <string>
#include <utility>

constexpr int no_watch = -1;

struct node {
  bool is_directory = false;
  int watch = no_watch;  // of inotify
  node *parent = nullptr;
  std::string name;
  std::map<std::string, std::unique_ptr<node>> children = {};

  node *find(const std::string &child) const {
    auto found = children.find(child);
    return found == children.end() ? nullptr : found->second.get();
  }

  node *add(const std::string &child, bool child_is_directory) {
    auto made = std::make_unique<node>();
    made->is_directory = child_is_directory;
    return link(child, std::move(made));
  }

  // Takes what has another name elsewhere.
  node *link(const std::string &child, std::unique_ptr<node> moved) {
    moved->parent = this;
    moved->name = child;
    auto [place, is_new] = children.emplace(child, std::move(moved));
    assert(is_new);
    return place->second.get();
  }

  // From its parent, which it must have.
  std::unique_ptr<node> unlink() {
    auto its = parent->children.extract(name);
    parent = nullptr;
    return std::move(its.mapped());
  }

  // Below the root, without that; the root's own is empty.
  std::string path() const {
    if (!parent) return {};
    return parent->parent ? parent->path() + "/" + name : name;
  }
};
