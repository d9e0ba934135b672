// {{name}}: a server, and a client that stays connected to it, as state machines on Boost.Asio.
#include "client.hpp"
#include "conversation.hpp"
#include "lines.hpp"
#include "server.hpp"

class session : public connection, public std::enable_shared_from_this<session> {
 public:
  session(tcp::socket socket, server &owner)
      : connection(owner), idle_timeout_(owner.settings().idle_timeout),
        channel_(std::move(socket), line_max_bytes + 2) {}

  void start(const asio::any_io_executor &executor) {
    channel_.belongs_to(weak_from_this());
    asio::co_spawn(executor, [self = shared_from_this()] { return self->serve(); }, ignore);
  }

  void stop() override { channel_.interrupt(); }

 private:
  awaitable<void> serve() {
    conversation with_client;
    while (!with_client.has_ended() && !is_drained()) {
      line next = co_await next_line(channel_, channel::clock::now() + idle_timeout_);
      if (next.failure == asio::error::operation_aborted) continue;  // SIGTERM
      if (next.failure == asio::error::eof) break;
      bool is_too_long = next.failure == asio::error::message_size;
      if (next.failure && !is_too_long) co_return;
      std::string answer = is_too_long ? "error line too long" : with_client.on(next.text);
      answer += '\n';
      co_await channel_.send(answer, idle_timeout_);
      if (is_too_long) break;
    }
    co_await channel_.finish();
  }

  bool is_drained() {
    return server_.is_draining() && channel_.input().empty() && !channel_.has_more();
  }

  std::chrono::seconds idle_timeout_;
  channel channel_;
};

int main(int argc, char **argv) {
  options o = parse_options(argc, argv);
  if (o.connect) return run_client(o);
  return run_server(o, [](tcp::socket socket, server &owner) {
    auto executor = socket.get_executor();
    std::make_shared<session>(std::move(socket), owner)->start(executor);
  });
}
