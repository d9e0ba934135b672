// {{name}}: passes TCP connections on to several targets, on Boost.Asio.
#include "deadline.hpp"
#include "server.hpp"
#include "targets.hpp"

#include <array>
#include <optional>

constexpr std::size_t buffer_bytes = 16 * 1024;
static_assert(targets_max <= 8 * sizeof(targets::set));

// A client and its target. Each direction is a coroutine; the pair lives as long as one of them.
class pair : public connection, public std::enable_shared_from_this<pair> {
 public:
  pair(tcp::socket socket, server &owner, targets &all)
      : connection(owner), settings_(owner.settings()), targets_(all), client_(std::move(socket)),
        target_(client_.get_executor()),
        deadline_(client_.get_executor(), [this] { time_out(); }) {}

  ~pair() override { release(); }

  void start();
  void stop() override {}  // what is under way goes on until its end, or that of the time for it

 private:
  awaitable<void> run();
  awaitable<void> connect();
  awaitable<error_code> connect_to(const endpoint &where);
  awaitable<void> pass_all(tcp::socket &from, tcp::socket &to);
  awaitable<void> send(tcp::socket &to, const char *bytes, std::size_t count);
  void start_passing(tcp::socket &from, tcp::socket &to);
  void blame(std::size_t which, const error_code &failure);
  void watch_client();
  void time_out();
  void reset();

  void touch() { deadline_.move_to(deadline::clock::now() + settings_.idle_timeout); }

  void release() {
    if (chosen_) targets_.closed(*chosen_);
    chosen_.reset();
  }

  const options &settings_;
  targets &targets_;
  tcp::socket client_;
  tcp::socket target_;
  deadline deadline_;
  std::optional<std::size_t> chosen_;
  bool is_connecting_ = false;
};

void pair::start() {
  deadline_.belongs_to(weak_from_this());
  asio::co_spawn(
      client_.get_executor(), [self = shared_from_this()] { return self->run(); }, ignore);
}

awaitable<void> pair::run() {
  co_await connect();
  if (!chosen_) {
    reset();
    co_return;
  }
  error_code ignored;
  target_.set_option(tcp::no_delay(true), ignored);
  touch();
  start_passing(client_, target_);
  start_passing(target_, client_);
}

// ---- connecting

// Tries one target after the other, while the client is there.
awaitable<void> pair::connect() {
  targets::set tried = 0;
  is_connecting_ = true;
  watch_client();
  while (client_.is_open() && (chosen_ = targets_.choose(tried, deadline::clock::now()))) {
    tried |= targets::set{1} << *chosen_;
    targets_.opened(*chosen_);
    error_code failure = co_await connect_to(settings_.targets[*chosen_]);
    if (!failure) {
      targets_.up(*chosen_);
      break;
    }
    if (client_.is_open()) blame(*chosen_, failure);
    release();
  }
  is_connecting_ = false;
  error_code ignored;
  client_.cancel(ignored);  // it is watched no longer
}

awaitable<error_code> pair::connect_to(const endpoint &where) {
  error_code failure;
  target_.close(failure);
  target_.open(where.protocol(), failure);
  if (failure) co_return failure;
  deadline_.move_to(deadline::clock::now() + settings_.connect_timeout);
  co_await target_.async_connect(where, asio::redirect_error(asio::use_awaitable, failure));
  if (!target_.is_open()) failure = asio::error::timed_out;  // even if it has just connected
  co_return failure;
}

void pair::blame(std::size_t which, const error_code &failure) {
  std::cerr << "{{name}}: connect to " << settings_.targets[which] << ": " << failure.message()
            << std::endl;
  bool is_ours = is_shortage(failure) || failure == boost::system::errc::address_not_available;
  if (!is_ours) targets_.down(which, deadline::clock::now() + settings_.retry_after);
}

// A client that resets the connection while it waits for a target is not connected any more. Urgent data, which tells
// nothing here, counts as that.
void pair::watch_client() {
  client_.async_wait(tcp::socket::wait_error,
                     [self = shared_from_this()](const error_code &failure) {
                       if (!failure && self->is_connecting_) self->reset();
                     });
}

// ---- passing on

void pair::start_passing(tcp::socket &from, tcp::socket &to) {
  asio::co_spawn(
      client_.get_executor(),
      [self = shared_from_this(), &from, &to] { return self->pass_all(from, to); },
      [self = shared_from_this()](std::exception_ptr failure) {
        if (failure) self->reset();
      });
}

// Passes on what comes, and then the end. Nothing is read while the other side has not taken what was read before.
awaitable<void> pair::pass_all(tcp::socket &from, tcp::socket &to) {
  std::array<char, buffer_bytes> buffer;
  for (;;) {
    error_code failure;
    std::size_t count = co_await from.async_read_some(
        asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, failure));
    touch();
    if (failure == asio::error::eof) break;
    if (failure) throw boost::system::system_error(failure);
    co_await send(to, buffer.data(), count);
  }
  to.shutdown(tcp::socket::shutdown_send);
}

// Piece by piece: each that is taken shows that something moves.
awaitable<void> pair::send(tcp::socket &to, const char *bytes, std::size_t count) {
  for (std::size_t sent = 0; sent < count;) {
    sent += co_await to.async_write_some(asio::buffer(bytes + sent, count - sent),
                                         asio::use_awaitable);
    touch();
  }
}

// ---- ends

void pair::time_out() {
  error_code ignored;
  if (is_connecting_) target_.close(ignored);  // the next one is tried
  else reset();
}

// A transfer that was cut must not look complete.
void pair::reset() {
  for (tcp::socket *socket : {&client_, &target_}) {
    error_code ignored;
    socket->set_option(tcp::socket::linger(true, 0), ignored);
    socket->close(ignored);
  }
}

int main(int argc, char **argv) {
  options o = parse_options(argc, argv);
  targets all(o.targets.size());
  return run_server(o, [&all](tcp::socket socket, server &owner) {
    std::make_shared<pair>(std::move(socket), owner, all)->start();
  });
}
