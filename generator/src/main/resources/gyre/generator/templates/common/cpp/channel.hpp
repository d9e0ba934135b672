// A socket with what has been received, for one coroutine: no wait on it is without an end.
#pragma once
#include "deadline.hpp"
#include "server.hpp"

#include <cassert>
#include <string_view>

constexpr std::size_t piece_bytes = 4096;

class channel {
 public:
  using clock = deadline::clock;

  // So much input that is no whole message is kept at most.
  channel(tcp::socket socket, std::size_t input_limit)
      : socket_(std::move(socket)), input_(input_limit + piece_bytes), input_limit_(input_limit),
        pause_(socket_.get_executor()), deadline_(socket_.get_executor(), [this] {
          error_code ignored;
          socket_.cancel(ignored);
        }) {}

  // Of whom this is a part.
  void belongs_to(const std::weak_ptr<void> &owner) {
    owner_ = owner;
    deadline_.belongs_to(owner);
  }

  std::string_view input() const {
    auto bytes = input_.data();
    return {static_cast<const char *>(bytes.data()), bytes.size()};
  }

  void consume(std::size_t count) { input_.consume(count); }

  // Whether something has come that was not received yet.
  bool has_more() {
    error_code failure;
    return socket_.available(failure) > 0;
  }

  // Appends to the input. Fails with timed_out, with eof, with operation_aborted after interrupt(), or as the
  // connection does.
  awaitable<error_code> receive(clock::time_point due) {
    assert(input_.size() <= input_limit_);
    if (clock::now() >= due) co_return asio::error::timed_out;
    deadline_.move_to(due);
    is_receiving_ = true;
    error_code failure;
    std::size_t count = co_await socket_.async_read_some(
        input_.prepare(piece_bytes), asio::redirect_error(asio::use_awaitable, failure));
    is_receiving_ = false;
    input_.commit(count);
    if (failure == asio::error::operation_aborted && clock::now() >= due) {
      failure = asio::error::timed_out;
    }
    co_return failure;
  }

  // All of it; the peer must take some at least each `idle`. Throws if the connection fails.
  awaitable<void> send(std::string_view bytes, clock::duration idle) {
    while (!bytes.empty()) {
      deadline_.move_to(clock::now() + idle);
      bytes.remove_prefix(
          co_await socket_.async_write_some(asio::buffer(bytes), asio::use_awaitable));
    }
  }

  // Lets time pass. Throws if the peer goes meanwhile; urgent data, which nobody sends here, counts as that.
  awaitable<void> pause(clock::duration time) {
    deadline_.never();
    socket_.async_wait(tcp::socket::wait_error, [this, owner = owner_](const error_code &failure) {
      auto alive = owner.lock();
      if (!alive || failure) return;
      error_code ignored;
      socket_.close(ignored);
      pause_.cancel();
    });
    pause_.expires_after(time);
    co_await pause_.async_wait(asio::use_awaitable);
    socket_.cancel();
  }

  // Ends when the peer has received the last answer.
  awaitable<void> finish() {
    auto due = clock::now() + finish_timeout;
    deadline_.move_to(due);
    co_await ::finish(socket_, due);
  }

  // Ends a receive() that is under way.
  void interrupt() {
    error_code ignored;
    if (is_receiving_) socket_.cancel(ignored);
  }

 private:
  tcp::socket socket_;
  asio::streambuf input_;
  std::size_t input_limit_;
  asio::steady_timer pause_;
  deadline deadline_;
  std::weak_ptr<void> owner_;
  bool is_receiving_ = false;
};
