// A TCP server: accepts, keeps to limits, and ends in order. What is spoken is a matter of its connections.
#pragma once
#include "options.hpp"

#include <boost/asio.hpp>

#include <array>
#include <csignal>
#include <functional>
#include <iostream>
#include <new>
#include <unordered_set>

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto accept_pause = std::chrono::milliseconds(100);
constexpr auto finish_timeout = std::chrono::seconds(5);

// Ours, and not the peer's: it would come again at once.
inline bool is_shortage(const error_code &failure) {
  return failure == asio::error::no_descriptors || failure == asio::error::no_memory ||
         failure == asio::error::no_buffer_space ||
         failure == boost::system::errc::too_many_files_open_in_system;
}

// The end of one connection is never an error of the program.
inline void ignore(std::exception_ptr) {}

// Ends our side, and drops what still comes: bytes that nobody has read at the close would be a reset, and the last
// answer might be lost. Who calls it has set a timer that ends the last read.
inline awaitable<void> finish(tcp::socket &socket, std::chrono::steady_clock::time_point due) {
  std::array<char, 1024> dropped;
  error_code failure;
  socket.shutdown(tcp::socket::shutdown_send, failure);
  while (!failure && std::chrono::steady_clock::now() < due) {
    co_await socket.async_read_some(asio::buffer(dropped),
                                    asio::redirect_error(asio::use_awaitable, failure));
  }
}

class server;

// Counted by the server as long as it lives.
class connection {
 public:
  explicit connection(server &owner);
  connection(const connection &) = delete;
  connection &operator=(const connection &) = delete;
  virtual ~connection();

  // SIGTERM has come: let what is under way end, and nothing else begin. Must not destroy a connection.
  virtual void stop() = 0;

 protected:
  server &server_;
};

class server {
 public:
  // What makes a connection of a socket and starts it; the connection keeps itself alive.
  using handler = std::function<void(tcp::socket, server &)>;

  server(asio::io_context &context, const options &o, handler serve)
      : context_(context), options_(o), serve_(std::move(serve)), acceptor_(context),
        drain_(context), signals_(context, SIGTERM, SIGINT) {}

  void start() {
    acceptor_.open(options_.listen.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(options_.listen);
    acceptor_.listen();
    std::cout << "listening on " << acceptor_.local_endpoint() << std::endl;
    await_signal();
    asio::co_spawn(context_, accept_all(), asio::detached);
  }

  const options &settings() const { return options_; }
  bool is_draining() const { return is_draining_; }
  int status() const { return status_; }

 private:
  friend class connection;

  awaitable<void> accept_all() {
    while (!is_draining_) {
      error_code failure;
      auto socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failure));
      if (is_draining_) co_return;
      if (!failure) {
        admit(std::move(socket));
      } else if (is_shortage(failure)) {  // wait until some have ended
        std::cerr << "{{name}}: accept: " << failure.message() << "; pausing for "
                  << accept_pause.count() << " ms" << std::endl;
        asio::steady_timer pause(context_, accept_pause);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failure));
      }  // else it is of a connection that has gone meanwhile
    }
  }

  void admit(tcp::socket socket) {
    if (connections_.size() >= options_.max_connections) return;  // too many: this one is closed
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    try {
      serve_(std::move(socket), *this);
    } catch (const std::bad_alloc &) {  // better one less than none that is accepted any more
    }
  }

  void await_signal() {
    signals_.async_wait([this](const error_code &failure, int) {
      if (failure) return;
      if (is_draining_) std::_Exit(1);  // asked twice
      drain();
      await_signal();
    });
  }

  void drain() {
    is_draining_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    std::cerr << "{{name}}: draining " << connections_.size() << " connections" << std::endl;
    drain_.expires_after(options_.drain_timeout);
    drain_.async_wait([this](const error_code &failure) {
      if (failure) return;
      std::cerr << "{{name}}: " << connections_.size() << " connections did not end in time"
                << std::endl;
      status_ = 1;
      context_.stop();
    });
    for (connection *each : connections_) each->stop();
    end_if_drained();
  }

  void closed(connection *which) {
    connections_.erase(which);
    end_if_drained();
  }

  void end_if_drained() {
    if (is_draining_ && connections_.empty()) context_.stop();
  }

  asio::io_context &context_;
  const options options_;
  handler serve_;
  tcp::acceptor acceptor_;
  asio::steady_timer drain_;
  asio::signal_set signals_;
  std::unordered_set<connection *> connections_;
  bool is_draining_ = false;
  int status_ = 0;
};

inline connection::connection(server &owner) : server_(owner) { owner.connections_.insert(this); }

inline connection::~connection() { server_.closed(this); }

// Runs until SIGTERM and the end of all connections; the exit code.
inline int run_server(const options &o, server::handler serve) {
  try {
    asio::io_context context(1);  // a hint that only one thread runs it
    server s(context, o, std::move(serve));
    s.start();
    context.run();
    std::cout.flush();
    std::_Exit(s.status());  // who did not end in time is not waited for
  } catch (const std::exception &failure) {
    std::cerr << "{{name}}: " << failure.what() << std::endl;
    return 1;
  }
}
