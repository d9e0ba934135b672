// {{name}}: a TCP echo server on Boost.Asio.
#include "options.hpp"

#include <boost/asio.hpp>

#include <array>
#include <csignal>
#include <memory>

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using clock_type = std::chrono::steady_clock;

constexpr std::size_t buffer_bytes = 16 * 1024;
constexpr auto accept_pause = std::chrono::milliseconds(100);

class server;

// One connection, kept alive by its coroutine and by its timer.
class session : public std::enable_shared_from_this<session> {
 public:
  session(tcp::socket socket, server &owner, clock_type::duration idle);
  ~session();

  void start();

 private:
  awaitable<void> echo();
  awaitable<void> send(std::size_t count);
  void watch();
  void touch() { last_use_ = clock_type::now(); }

  tcp::socket socket_;
  server &server_;
  asio::steady_timer timer_;
  clock_type::duration idle_;
  clock_type::time_point last_use_ = clock_type::now();
  bool ended_ = false;
  std::array<char, buffer_bytes> buffer_;
};

class server {
 public:
  server(asio::io_context &context, const options &o)
      : context_(context), options_(o), acceptor_(context), drain_(context),
        signals_(context, SIGTERM, SIGINT) {}

  void start() {
    acceptor_.open(options_.listen.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(options_.listen);
    acceptor_.listen();
    std::cout << "listening on " << acceptor_.local_endpoint() << std::endl;
    await_signal();
    asio::co_spawn(context_, accept_all(), asio::detached);
  }

  void opened() { connections_++; }

  void closed() {
    connections_--;
    end_if_drained();
  }

  int status() const { return status_; }

 private:
  awaitable<void> accept_all() {
    while (!draining_) {
      error_code failure;
      auto socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failure));
      if (draining_) co_return;
      if (!failure) {
        admit(std::move(socket));
      } else if (is_shortage(failure)) {  // it would come again at once: wait until some have ended
        std::cerr << "{{name}}: accept: " << failure.message() << "; pausing for "
                  << accept_pause.count() << " ms" << std::endl;
        asio::steady_timer pause(context_, accept_pause);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failure));
      }  // else it is of a connection that has gone meanwhile
    }
  }

  void admit(tcp::socket socket) {
    if (connections_ >= options_.max_connections) return;  // too many: this one is closed
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    std::make_shared<session>(std::move(socket), *this, options_.idle_timeout)->start();
  }

  static bool is_shortage(const error_code &failure) {
    return failure == asio::error::no_descriptors || failure == asio::error::no_memory ||
           failure == asio::error::no_buffer_space ||
           failure == boost::system::errc::too_many_files_open_in_system;
  }

  void await_signal() {
    signals_.async_wait([this](const error_code &failure, int) {
      if (failure) return;
      if (draining_) std::exit(1);  // asked twice
      drain();
      await_signal();
    });
  }

  void drain() {
    draining_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    std::cerr << "{{name}}: draining " << connections_ << " connections" << std::endl;
    drain_.expires_after(options_.drain_timeout);
    drain_.async_wait([this](const error_code &failure) {
      if (failure) return;
      std::cerr << "{{name}}: " << connections_ << " connections did not end in time" << std::endl;
      status_ = 1;
      context_.stop();
    });
    end_if_drained();
  }

  void end_if_drained() {
    if (draining_ && connections_ == 0 && !context_.stopped()) context_.stop();
  }

  asio::io_context &context_;
  options options_;
  tcp::acceptor acceptor_;
  asio::steady_timer drain_;
  asio::signal_set signals_;
  std::size_t connections_ = 0;
  bool draining_ = false;
  int status_ = 0;
};

session::session(tcp::socket socket, server &owner, clock_type::duration idle)
    : socket_(std::move(socket)), server_(owner), timer_(socket_.get_executor()), idle_(idle) {
  server_.opened();
}

session::~session() { server_.closed(); }

void session::start() {
  watch();
  auto self = shared_from_this();
  asio::co_spawn(
      socket_.get_executor(), [self] { return self->echo(); },
      [self](std::exception_ptr) {  // whatever it was, this one connection has ended
        self->ended_ = true;
        self->timer_.cancel();
      });
}

// Sends back what comes, until the peer has ended.
awaitable<void> session::echo() {
  for (;;) {
    error_code failure;
    std::size_t count = co_await socket_.async_read_some(
        asio::buffer(buffer_), asio::redirect_error(asio::use_awaitable, failure));
    if (failure) break;  // the end, a reset, or the timer
    touch();
    co_await send(count);
  }
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

// Piece by piece: each that the peer takes shows that it is alive.
awaitable<void> session::send(std::size_t count) {
  for (std::size_t sent = 0; sent < count;) {
    sent += co_await socket_.async_write_some(
        asio::buffer(buffer_.data() + sent, count - sent), asio::use_awaitable);
    touch();
  }
}

void session::watch() {
  timer_.expires_at(last_use_ + idle_);
  timer_.async_wait([self = shared_from_this()](const error_code &) {
    if (self->ended_) return;
    if (clock_type::now() < self->last_use_ + self->idle_) {
      self->watch();
    } else {
      error_code ignored;
      self->socket_.close(ignored);
    }
  });
}

int main(int argc, char **argv) {
  options o = parse_options(argc, argv);
  try {
    asio::io_context context(1);  // a hint that only one thread runs it
    server s(context, o);
    s.start();
    context.run();
    std::cout.flush();
    std::_Exit(s.status());  // who did not end in time is not waited for
  } catch (const std::exception &failure) {
    std::cerr << "{{name}}: " << failure.what() << std::endl;
    return 1;
  }
}
