// Watches a directory and all below it, and tells on standard output what changes.
#pragma once
#include "tree.hpp"

#include <boost/asio.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <set>
#include <string>
#include <sys/inotify.h>
#include <system_error>
#include <unordered_map>

namespace asio = boost::asio;
using asio::awaitable;
using boost::system::error_code;

class watcher {
 public:
  watcher(asio::io_context &context, std::string root_path)
      : root_path_(std::move(root_path)), inotify_(context, open_inotify()), settling_(context) {
    root_.is_directory = true;
  }

  // Returns when all of the tree is watched.
  void start() {
    watch(root_, false);
    std::cout << "watching " << root_path_ << '\n';
    flush();
    asio::co_spawn(inotify_.get_executor(), take_all(), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }

 private:
  static constexpr std::uint32_t mask = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                        IN_MODIFY | IN_CLOSE_WRITE | IN_ONLYDIR | IN_DONT_FOLLOW |
                                        IN_EXCL_UNLINK;
  static constexpr std::chrono::milliseconds move_time{50};
  static constexpr std::size_t piece_bytes = 64 * 1024;

  [[noreturn]] static void fail(const std::string &what) {
    error_code failure(errno, boost::system::system_category());
    std::string advice;
    if (failure == boost::system::errc::no_space_on_device) {
      advice = "; raise fs.inotify.max_user_watches";
    } else if (failure == boost::system::errc::too_many_files_open) {
      advice = "; raise fs.inotify.max_user_instances, or the limit of descriptors";
    }
    throw std::runtime_error(what + ": " + failure.message() + advice);
  }

  static int open_inotify() {
    int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) fail("inotify_init1");
    return fd;
  }

  // ---- what is said

  // A line feed in a name must not look like another line.
  static std::string escaped(const std::string &text) {
    std::string result;
    for (char c : text) {
      if (c == '\n') result += "\\n";
      else if (c == '\\') result += "\\\\";
      else result += c;
    }
    return result;
  }

  static void say(const char *what, const node &about) {
    std::cout << what << ' ' << escaped(about.path()) << '\n';
  }

  // Throws broken_pipe if nobody reads it any more; as a rule SIGPIPE has ended us by then.
  static void flush() {
    errno = 0;
    if (std::cout.flush()) return;
    throw std::system_error(errno ? errno : EIO, std::generic_category(), "write");
  }

  // ---- watching

  std::string full_path(const node &of) const {
    return of.parent ? root_path_ + "/" + of.path() : root_path_;
  }

  void forget_watch(node &directory) {
    watched_.erase(directory.watch);
    directory.watch = no_watch;
  }

  // Watched first and looked at then: what is made in it meanwhile is told at least once.
  void watch(node &directory, bool is_told) {
    int number = ::inotify_add_watch(inotify_.native_handle(), full_path(directory).c_str(), mask);
    if (number < 0) {
      // Gone already, or not ours.
      if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return;
      fail("inotify_add_watch");
    }
    if (directory.watch != number) {
      auto known = watched_.find(number);  // of whatever was taken for this one before it came here
      if (known != watched_.end()) known->second->watch = no_watch;
      forget_watch(directory);
      directory.watch = number;
      watched_[number] = &directory;
    }
    compare(directory, is_told);
  }

  void appeared(node &parent, const std::string &name, bool is_told) {
    std::error_code failure;
    auto status = std::filesystem::symlink_status(full_path(parent) + "/" + name, failure);
    // Gone already: an event will tell.
    if (failure || status.type() == std::filesystem::file_type::not_found) return;
    bool is_directory = status.type() == std::filesystem::file_type::directory;
    node *known = parent.find(name);
    if (known && known->is_directory != is_directory) {
      remove(*known, is_told);
      known = nullptr;
    }
    bool is_new = !known;
    if (is_new) known = parent.add(name, is_directory);
    if (is_new && is_told) say("created", *known);
    if (is_directory && known->watch == no_watch) watch(*known, is_told);
  }

  // What is there with what was there.
  void compare(node &directory, bool is_told) {
    std::error_code failure;
    std::filesystem::directory_iterator listing(full_path(directory), failure), end;
    if (failure) return;  // gone already, or not ours
    std::set<std::string> there;
    for (; !failure && listing != end; listing.increment(failure)) {
      there.insert(listing->path().filename().string());
    }
    if (failure) return;  // what could not be listed is not known to be gone
    for (const std::string &name : there) appeared(directory, name, is_told);
    for (auto child = directory.children.begin(); child != directory.children.end();) {
      node &each = *(child++)->second;  // before it is removed
      if (!there.count(each.name)) remove(each, is_told);
    }
  }

  // At all of it, after something was or may have been missed.
  void look_again(node &directory) {
    watch(directory, true);
    for (auto &[name, child] : directory.children) {
      if (child->is_directory) look_again(*child);
    }
  }

  void remove(node &gone, bool is_told) {
    while (!gone.children.empty()) remove(*gone.children.begin()->second, is_told);
    if (is_told) say("deleted", gone);
    if (gone.watch != no_watch) {
      ::inotify_rm_watch(inotify_.native_handle(), gone.watch);  // fails if the directory is gone
      forget_watch(gone);
    }
    gone.unlink();
  }

  // ---- moves

  // What has left its directory may come to another one, by the next event or soon.
  void moved_from(node *which, std::uint32_t cookie) {
    moving_ = which;
    moving_cookie_ = cookie;
    if (!which) return;
    settling_.expires_after(move_time);
    settling_.async_wait([this, cookie](const error_code &failure) {
      if (failure || !moving_ || moving_cookie_ != cookie) return;
      settle_move();
      flush();
    });
  }

  // It has not come to another directory of the tree: it has left that.
  void settle_move() {
    if (node *left = std::exchange(moving_, nullptr)) remove(*left, true);
  }

  // From outside of what is watched, perhaps in the place of something, which nothing else tells.
  void came(node &parent, const std::string &name) {
    node *before = parent.find(name);
    bool was_directory = before && before->is_directory;
    appeared(parent, name, true);
    node *now = parent.find(name);
    if (!before || !now || now->is_directory != was_directory) return;
    if (now->is_directory) look_again(*now);
    else say("written", *now);
  }

  static bool is_within(const node *which, const node *directory) {
    while (which && which != directory) which = which->parent;
    return which;
  }

  // The events are behind what they tell of: what was looked for by an old path may have been found where that path led
  // already. So a directory that has moved is looked at again, and if it seems to be within itself, all is.
  void moved_to(node &parent, const std::string &name) {
    node *moved = std::exchange(moving_, nullptr);
    if (!moved) return came(parent, name);
    node *replaced = parent.find(name);
    if (replaced == moved) replaced = nullptr;
    bool is_in_itself = is_within(&parent, moved);
    if (is_in_itself || (replaced && is_within(moved, replaced))) {
      remove(is_in_itself ? *moved : *replaced, true);
      return look_again(root_);
    }
    if (replaced) remove(*replaced, false);
    std::string from = moved->path();
    moved = parent.link(name, moved->unlink());
    std::cout << "moved " << escaped(from) << " to " << escaped(moved->path()) << '\n';
    if (moved->is_directory) look_again(*moved);
  }

  // ---- events

  awaitable<void> take_all() {
    alignas(inotify_event) std::array<char, piece_bytes> piece;
    for (;;) {
      std::size_t count =
          co_await inotify_.async_read_some(asio::buffer(piece), asio::use_awaitable);
      for (std::size_t at = 0; at < count;) {
        auto event = reinterpret_cast<const inotify_event *>(piece.data() + at);
        on_event(*event);
        at += sizeof *event + event->len;
      }
      flush();
    }
  }

  void on_event(const inotify_event &event) {
    if (event.mask & IN_Q_OVERFLOW) {
      settle_move();
      std::cout << "overflowed, comparing\n";
      return look_again(root_);
    }
    bool is_completing = event.mask & IN_MOVED_TO && moving_ && moving_cookie_ == event.cookie;
    if (!is_completing) settle_move();  // before anybody is looked up: it may be what has left
    auto found = watched_.find(event.wd);
    if (found == watched_.end()) return;  // of a directory that is gone
    node &parent = *found->second;
    if (event.mask & IN_IGNORED) return forget_watch(parent);
    if (event.len > 0) on_change(parent, event.name, event);
  }

  void on_change(node &parent, const std::string &name, const inotify_event &event) {
    node *known = parent.find(name);
    if (event.mask & IN_CREATE) {
      appeared(parent, name, true);
    } else if (event.mask & (IN_MODIFY | IN_CLOSE_WRITE)) {
      if (known && !known->is_directory) say("written", *known);
    } else if (event.mask & IN_DELETE) {
      if (known) remove(*known, true);
    } else if (event.mask & IN_MOVED_FROM) {
      moved_from(known, event.cookie);
    } else if (event.mask & IN_MOVED_TO) {
      moved_to(parent, name);
    }
  }

  std::string root_path_;
  node root_;
  std::unordered_map<int, node *> watched_;
  asio::posix::stream_descriptor inotify_;
  node *moving_ = nullptr;  // has left its directory, and may come to another one
  std::uint32_t moving_cookie_ = 0;
  asio::steady_timer settling_;
};
