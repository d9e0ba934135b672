// Echo: async_read_some, then async_write of what came, then again.
#include "asio.h"
#include <array>
#include <memory>

using asio::ip::tcp;

namespace {

class session : public std::enable_shared_from_this<session> {
 public:
  explicit session(tcp::socket socket) : socket_(std::move(socket)) {}

  void read() {
    socket_.async_read_some(asio::buffer(bytes_), [self = shared_from_this()](error_code error, std::size_t length) {
      if (!error) self->write(length);
    });
  }

 private:
  void write(std::size_t length) {
    asio::async_write(socket_, asio::buffer(bytes_, length), [self = shared_from_this()](error_code error, std::size_t) {
      if (!error) self->read();
    });
  }

  tcp::socket socket_;
  std::array<char, 64 * 1024> bytes_;
};

void accept(tcp::acceptor &acceptor) {
  acceptor.async_accept([&acceptor](error_code error, tcp::socket socket) {
    if (!error) {
      socket.set_option(tcp::no_delay(true));
      std::shared_ptr<session>(new session(std::move(socket)))->read(); // not make_shared, which would clear the bytes
    }
    accept(acceptor);
  });
}

}  // namespace

void echo_main() {
  const long port = option_long("--port", 0, 0, 65535);
  options_end();
  need_descriptors(0);
  asio::io_context context(single_threaded);
  tcp::acceptor acceptor(context);
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), static_cast<unsigned short>(port));
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(endpoint);
  acceptor.listen(4096);
  asio::signal_set terminate(context, SIGTERM);
  terminate.async_wait([&context](error_code, int) { context.stop(); });
  accept(acceptor);
  announce_port(acceptor.local_endpoint().port());
  context.run();
}
