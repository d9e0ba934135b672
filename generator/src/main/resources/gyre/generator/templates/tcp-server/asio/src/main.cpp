// {{name}}: a server of framed messages on Boost.Asio. A session reads, answers and writes; what is answered stands in
// protocol.hpp, what a message is in framing.hpp.
#include "channel.hpp"
#include "framing.hpp"
#include "protocol.hpp"
#include "server.hpp"

#include <optional>

constexpr std::size_t output_limit_bytes = 64 * 1024;

class session : public connection, public std::enable_shared_from_this<session> {
 public:
  session(tcp::socket socket, server &owner)
      : connection(owner), settings_(owner.settings()),
        channel_(std::move(socket), settings_.max_message + head_bytes) {}

  void start(const asio::any_io_executor &executor) {
    channel_.belongs_to(weak_from_this());
    asio::co_spawn(executor, [self = shared_from_this()] { return self->serve(); }, ignore);
  }

  void stop() override { channel_.interrupt(); }

 private:
  awaitable<void> serve();
  awaitable<void> reply_to(std::string_view message);
  awaitable<void> receive();
  awaitable<void> flush();

  void end_with(std::string_view text) {
    put_frame(output_, text);
    is_ending_ = true;
  }

  const options &settings_;
  channel channel_;
  std::string output_;                             // answers that go out at once
  std::optional<channel::clock::time_point> began_;  // when waiting for the rest of a message has
  bool is_ending_ = false;
};

// Answers are gathered until there is no message left to answer, or many of them wait. Nothing is read while they are
// sent, so a peer that does not read is not read from either.
awaitable<void> session::serve() {
  while (!is_ending_) {
    frame next = take_frame(channel_.input(), settings_.max_message);
    if (next.state == frame::whole) {
      co_await reply_to(next.text);
      channel_.consume(next.bytes);
      began_.reset();
    } else if (next.state == frame::too_long) {  // what follows can't be told apart any more
      end_with("error message too long");
    } else {
      co_await flush();
      co_await receive();
    }
    if (output_.size() > output_limit_bytes) co_await flush();
  }
  co_await flush();
  co_await channel_.finish();
}

awaitable<void> session::reply_to(std::string_view message) {
  reply its = answer(message);
  if (its.after.count() > 0) {
    co_await flush();
    co_await channel_.pause(its.after);
  }
  put_frame(output_, its.text);
  is_ending_ = its.is_last;
}

// A message that has begun has a time to become whole, one that has not may be waited for as long as is idle.
awaitable<void> session::receive() {
  bool has_begun = !channel_.input().empty();
  if (server_.is_draining() && !has_begun && !channel_.has_more()) {
    is_ending_ = true;
    co_return;
  }
  auto now = channel::clock::now();
  auto idle_due = now + settings_.idle_timeout;
  if (has_begun && !began_) began_ = now;
  auto message_due = has_begun ? *began_ + settings_.message_timeout : idle_due;
  error_code failure = co_await channel_.receive(std::min(idle_due, message_due));
  if (failure == asio::error::eof) {  // a message that was cut is dropped
    is_ending_ = true;
  } else if (failure == asio::error::timed_out && message_due < idle_due) {
    end_with("error message took too long");
  } else if (failure && failure != asio::error::operation_aborted) {  // that would be SIGTERM
    throw boost::system::system_error(failure);
  }
}

awaitable<void> session::flush() {
  co_await channel_.send(output_, settings_.idle_timeout);
  output_.clear();
}

int main(int argc, char **argv) {
  return run_server(parse_options(argc, argv), [](tcp::socket socket, server &owner) {
    auto executor = socket.get_executor();
    std::make_shared<session>(std::move(socket), owner)->start(executor);
  });
}
