// {{name}}: many timers, set and cancelled by lines on standard input, on Boost.Asio.
#include "command.hpp"

#include <utility>  // Boost 1.74 forgets it

#include <boost/asio.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <iostream>
#include <string>
#include <system_error>
#include <unistd.h>
#include <unordered_map>

namespace asio = boost::asio;
using asio::awaitable;
using boost::system::error_code;

constexpr std::size_t input_max_bytes = 64 * 1024;  // a longer line is none

// Throws broken_pipe if nobody reads it any more; as a rule SIGPIPE has ended us by then.
static void flush() {
  errno = 0;
  if (std::cout.flush()) return;
  throw std::system_error(errno ? errno : EIO, std::generic_category(), "write");
}

class program {
 public:
  program(asio::io_context &context, std::size_t max_timers, int input)
      : context_(context), max_timers_(max_timers), input_(context, input),
        signals_(context, SIGTERM, SIGINT) {}

  void start() {
    signals_.async_wait([this](const error_code &failure, int) {
      if (failure) return;
      std::cerr << "{{name}}: stopped with " << timers_.size() << " timers active" << std::endl;
      context_.stop();
    });
    asio::co_spawn(context_, read_all(), [this](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
      has_ended_ = true;
      end_if_done();
    });
  }

 private:
  using timers = std::unordered_map<std::string, asio::steady_timer>;

  // Lines as they come, whatever the pieces.
  awaitable<void> read_all() {
    asio::streambuf lines(input_max_bytes);
    for (;;) {
      error_code failure;
      std::size_t count = co_await asio::async_read_until(
          input_, lines, '\n', asio::redirect_error(asio::use_awaitable, failure));
      if (failure == asio::error::eof) co_return;
      if (failure == asio::error::not_found) {
        say("error line too long, the rest is not read");
        co_return;
      }
      if (failure) throw boost::system::system_error(failure, "read");
      obey({static_cast<const char *>(lines.data().data()), count - 1});
      lines.consume(count);
    }
  }

  void obey(std::string_view line) {
    auto what = parse_command(line);
    if (!what) say("error expected set ID MILLIS or cancel ID");
    else if (what->time) set(what->id, *what->time);
    else cancel(what->id);
  }

  void set(const std::string &id, std::chrono::milliseconds time) {
    auto found = timers_.find(id);
    if (found == timers_.end()) {
      if (timers_.size() >= max_timers_) return say("error too many timers");
      found = timers_.try_emplace(id, context_).first;
    }
    found->second.expires_after(time);  // which cancels the wait that there may be
    found->second.async_wait([this, id](const error_code &failure) {
      if (!failure) fire(id);
    });
  }

  // Its wait may have ended just before it was cancelled, or set again.
  void fire(const std::string &id) {
    auto found = timers_.find(id);
    auto now = asio::steady_timer::clock_type::now();
    if (found == timers_.end() || now < found->second.expiry()) return;
    timers_.erase(found);
    say("fired " + id);
    end_if_done();
  }

  void cancel(const std::string &id) {
    if (timers_.erase(id) == 0) say("error no timer " + id);
  }

  void end_if_done() {
    if (has_ended_ && timers_.empty()) context_.stop();
  }

  // Written when all that is ready by now has had its turn.
  void say(const std::string &line) {
    std::cout << line << '\n';
    if (std::exchange(is_flush_due_, true)) return;
    asio::post(context_, [this] {
      is_flush_due_ = false;
      flush();
    });
  }

  asio::io_context &context_;
  std::size_t max_timers_;
  asio::posix::stream_descriptor input_;
  asio::signal_set signals_;
  timers timers_;
  bool has_ended_ = false;
  bool is_flush_due_ = false;
};

static std::size_t parse_max(int argc, char **argv) {
  std::string_view first = argc > 1 ? argv[1] : "";
  std::size_t value = 1'000'000;
  bool is_right = argc == 1;
  if (argc == 3 && first == "--max-timers") {
    std::string_view text = argv[2];
    auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    is_right = failure == std::errc() && rest == text.data() + text.size() && value > 0 &&
               value < 100'000'000;
  }
  if (is_right) return value;
  bool is_help = argc == 2 && first == "--help";
  (is_help ? std::cout : std::cerr) << "usage: {{name}} [--max-timers N]\n";
  std::exit(is_help ? 0 : 2);
}

// Asio makes a descriptor non-blocking, and with it the open file that others share: the shell's terminal, and here the
// standard output. A terminal is therefore opened once more.
static int open_input() {
  int fd = ::isatty(STDIN_FILENO) ? ::open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY) : -1;
  return fd < 0 ? STDIN_FILENO : fd;
}

int main(int argc, char **argv) {
  std::size_t max_timers = parse_max(argc, argv);
  try {
    asio::io_context context(1);  // a hint that only one thread runs it
    program p(context, max_timers, open_input());
    p.start();
    context.run();
    flush();
    std::_Exit(0);  // what is active is not taken down timer by timer
  } catch (const std::system_error &failure) {
    if (failure.code() == std::errc::broken_pipe) std::_Exit(0);  // whoever has read has what it wanted
    std::cerr << "{{name}}: " << failure.what() << std::endl;
    return 1;
  } catch (const std::exception &failure) {
    std::cout.flush();
    std::cerr << "{{name}}: " << failure.what() << std::endl;
    return 1;
  }
}
