// A client that stays connected: a state machine that only SIGTERM ends.
#pragma once
#include "lines.hpp"
#include "pauses.hpp"

class client : public std::enable_shared_from_this<client> {
 public:
  client(asio::io_context &context, const options &o)
      : context_(context), options_(o), pauses_(o.retry_max, std::random_device()()),
        socket_(context), timer_(context), signals_(context, SIGTERM, SIGINT),
        deadline_(context.get_executor(), [this] { close(); }) {}

  void start() {
    deadline_.belongs_to(weak_from_this());
    await_signal();
    asio::co_spawn(
        context_, [self = shared_from_this()] { return self->live(); },
        [](std::exception_ptr failure) {
          if (failure) std::rethrow_exception(failure);
        });
  }

 private:
  // Each state has one method, which returns the next one.
  enum class state { connecting, greeting, ready, waiting, ended };

  awaitable<void> live() {
    state now = state::connecting;
    while (now != state::ended) {
      say(now);
      now = co_await step(now);
      if (is_stopping_) now = state::ended;
    }
    co_await end();
    say(state::ended);
    signals_.cancel();
  }

  awaitable<state> step(state now) {
    try {
      switch (now) {
        case state::connecting: co_return co_await connect();
        case state::greeting: co_return co_await greet();
        case state::ready: co_return co_await beat();
        case state::waiting: co_return co_await pause();
        case state::ended: break;
      }
      co_return state::ended;
    } catch (const boost::system::system_error &failure) {
      co_return fail(failure.code().message());
    }
  }

  awaitable<state> connect() {
    deadline_.move_to(channel::clock::now() + options_.answer_timeout);
    error_code failure;
    co_await socket_.async_connect(*options_.connect,
                                   asio::redirect_error(asio::use_awaitable, failure));
    deadline_.never();
    if (!failure && !socket_.is_open()) failure = asio::error::timed_out;
    if (failure) {
      close();
      co_return fail("connect: " + failure.message());
    }
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    channel_ = std::make_shared<channel>(std::move(socket_), line_max_bytes + 2);
    channel_->belongs_to(channel_);
    co_return state::greeting;
  }

  awaitable<state> greet() {
    co_await channel_->send("hello {{name}}\n", options_.answer_timeout);
    std::string said = co_await answer();
    if (said != "welcome") {
      co_return fail("the server said \"" + said + "\" where \"welcome\" was due");
    }
    pauses_.reset();
    co_return state::ready;
  }

  // Asks now and then whether the server is there; what comes unasked is read at once.
  awaitable<state> beat() {
    line unasked = co_await next_line(*channel_, channel::clock::now() + options_.heartbeat);
    if (!unasked.failure) co_return fail("the server said \"" + unasked.text + "\" unasked");
    if (unasked.failure != asio::error::timed_out) co_return fail(unasked.failure.message());
    std::string number = std::to_string(++pings_);
    std::string ping = "ping " + number + "\n";
    co_await channel_->send(ping, options_.answer_timeout);
    std::string said = co_await answer();
    if (said != "pong " + number) {
      co_return fail("the server said \"" + said + "\" where \"pong " + number + "\" was due");
    }
    co_return state::ready;
  }

  awaitable<state> pause() {
    auto pause = pauses_.next();
    std::cerr << "{{name}}: " << problem_ << "; connecting again in " << pause.count() << " ms"
              << std::endl;
    error_code stopped;
    timer_.expires_after(pause);
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, stopped));
    co_return state::connecting;
  }

  // Within the time that the server has. Throws if there is none.
  awaitable<std::string> answer() {
    line its = co_await next_line(*channel_, channel::clock::now() + options_.answer_timeout);
    if (its.failure) throw boost::system::system_error(its.failure);
    co_return its.text;
  }

  // A connection whose state is in doubt is of no more use.
  state fail(std::string why) {
    problem_ = std::move(why);
    if (!is_stopping_) channel_.reset();
    return state::waiting;
  }

  awaitable<void> end() {
    if (!channel_) co_return;
    try {
      co_await channel_->send("bye\n", options_.answer_timeout);
    } catch (const boost::system::system_error &) {
      // It has gone first.
    }
    channel_.reset();
  }

  void await_signal() {
    signals_.async_wait([self = shared_from_this()](const error_code &failure, int) {
      if (failure) return;
      if (self->is_stopping_) std::_Exit(1);  // asked twice
      self->stop();
      self->await_signal();
    });
  }

  // Ends the wait of the state that it is in.
  void stop() {
    is_stopping_ = true;
    close();
    timer_.cancel();
    if (channel_) channel_->interrupt();
  }

  void close() {
    error_code ignored;
    socket_.close(ignored);
  }

  static void say(state now) {
    static constexpr const char *names[] = {"CONNECTING", "GREETING", "READY", "WAITING", "ENDED"};
    std::cout << "state " << names[static_cast<int>(now)] << std::endl;
  }

  asio::io_context &context_;
  const options options_;
  pauses pauses_;
  tcp::socket socket_;  // that is being connected
  std::shared_ptr<channel> channel_;  // empty while there is no connection
  asio::steady_timer timer_;
  asio::signal_set signals_;
  deadline deadline_;
  std::string problem_;
  long pings_ = 0;
  bool is_stopping_ = false;
};

// Runs until SIGTERM; the exit code.
inline int run_client(const options &o) {
  std::signal(SIGPIPE, SIG_IGN);  // who reads what it prints may end first: still say bye
  try {
    asio::io_context context(1);
    std::make_shared<client>(context, o)->start();
    context.run();
    return 0;
  } catch (const std::exception &failure) {
    std::cerr << "{{name}}: " << failure.what() << std::endl;
    return 1;
  }
}
