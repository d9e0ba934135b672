// {{name}}: a WebSocket server on Boost.Beast: each message goes back as it came.
#include "handshake.hpp"

#include "deadline.hpp"
#include "server.hpp"
#include "text.hpp"

#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

constexpr std::size_t piece_bytes = 16 * 1024;

class session : public connection, public std::enable_shared_from_this<session> {
 public:
  session(tcp::socket socket, server &owner)
      : connection(owner), settings_(owner.settings()), ws_(std::move(socket)),
        deadline_(ws_.get_executor(), [this] { cut_off(); }) {
    ws_.read_message_max(settings_.max_message);
    ws_.auto_fragment(false);
    ws_.control_callback([this](websocket::frame_type, beast::string_view) { touch(); });
  }

  void start() {
    deadline_.belongs_to(weak_from_this());
    touch();
    asio::co_spawn(
        ws_.get_executor(), [self = shared_from_this()] { return self->serve(); }, ignore);
  }

  void stop() override;

 private:
  awaitable<void> serve();
  awaitable<void> shake_hands();
  awaitable<void> refuse_with(http::status status);
  awaitable<void> echo();
  awaitable<void> on_message();

  void touch() {
    if (!is_ending_) deadline_.move_to(deadline::clock::now() + settings_.idle_timeout);
  }

  deadline::clock::time_point end_soon() {
    is_ending_ = true;
    auto due = deadline::clock::now() + finish_timeout;
    deadline_.move_to(due);
    return due;
  }

  void cut_off() {
    error_code ignored;
    ws_.next_layer().close(ignored);
  }

  const options &settings_;
  websocket::stream<tcp::socket, false> ws_;
  deadline deadline_;
  beast::flat_buffer buffer_;
  bool is_upgraded_ = false;
  bool is_ending_ = false;
};

awaitable<void> session::serve() {
  co_await shake_hands();
  while (ws_.is_open()) co_await echo();  // which throws what ends it, too
}

awaitable<void> session::shake_hands() {
  beast::flat_buffer head(head_max_bytes);
  http::request_parser<http::empty_body> parser;
  parser.header_limit(head_max_bytes);
  error_code failure;
  co_await http::async_read_header(ws_.next_layer(), head, parser,
                                   asio::redirect_error(asio::use_awaitable, failure));
  bool has_gone = failure && failure.category() == boost::system::system_category();
  if (has_gone || failure == http::error::end_of_stream) co_return;
  // Who speaks before the answer is no client of RFC 6455.
  auto refused = failure || head.size() > 0 ? http::status::bad_request : refusal(parser.get());
  if (refused) {
    co_await refuse_with(*refused);
    co_return;
  }
  co_await ws_.async_accept(parser.get(), asio::use_awaitable);
  is_upgraded_ = true;
  if (server_.is_draining()) stop();
}

awaitable<void> session::refuse_with(http::status status) {
  auto due = end_soon();
  auto answer = refuse(status);
  co_await http::async_write(ws_.next_layer(), answer, asio::use_awaitable);
  co_await finish(ws_.next_layer(), due);
}

// Reads a message, piece by piece, and hands it over.
awaitable<void> session::echo() {
  do {
    touch();
    co_await ws_.async_read_some(buffer_, piece_bytes, asio::use_awaitable);
  } while (!ws_.is_message_done());
  touch();
  co_await on_message();
  buffer_.consume(buffer_.size());
}

// ---- what is done with a message: it is in the buffer

awaitable<void> session::on_message() {
  auto bytes = buffer_.cdata();
  std::string_view message(static_cast<const char *>(bytes.data()), bytes.size());
  if (ws_.got_text() && ends_within_letter(message)) {
    end_soon();
    co_await ws_.async_close(websocket::close_code::bad_payload, asio::use_awaitable);
    co_return;
  }
  ws_.text(ws_.got_text());
  co_await ws_.async_write(bytes, asio::use_awaitable);
}

// A message that is being written is written to its end first: Beast lets the close wait for that.
void session::stop() {
  if (!is_upgraded_) {
    cut_off();
  } else if (ws_.is_open() && !is_ending_) {
    end_soon();
    ws_.async_close(websocket::close_code::going_away, [self = shared_from_this()](error_code) {});
  }
}

int main(int argc, char **argv) {
  return run_server(parse_options(argc, argv), [](tcp::socket socket, server &owner) {
    std::make_shared<session>(std::move(socket), owner)->start();
  });
}
