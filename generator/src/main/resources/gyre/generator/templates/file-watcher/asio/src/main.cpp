// {{name}}: tells what changes in a directory and below it, by inotify and Boost.Asio.
#include "watcher.hpp"

#include <csignal>

int main(int argc, char **argv) {
  bool is_help = argc == 2 && std::string(argv[1]) == "--help";
  std::error_code failure;
  if (is_help || argc != 2 || !std::filesystem::is_directory(argv[1], failure)) {
    (is_help ? std::cout : std::cerr) << "usage: {{name}} DIRECTORY\n";
    return is_help ? 0 : 2;
  }
  try {
    asio::io_context context(1);  // a hint that only one thread runs it
    asio::signal_set signals(context, SIGTERM, SIGINT);
    signals.async_wait([&context](const error_code &, int) { context.stop(); });
    watcher w(context, argv[1]);
    w.start();
    context.run();
    return 0;
  } catch (const std::system_error &failure) {
    if (failure.code() == std::errc::broken_pipe) return 0;  // whoever has read has what it wanted
    std::cerr << "{{name}}: " << failure.what() << std::endl;
    return 1;
  } catch (const std::exception &wrong) {
    std::cout.flush();
    std::cerr << "{{name}}: " << wrong.what() << std::endl;
    return 1;
  }
}
