#include "asio.h"

int main(int count, char **words) {
  const std::string mode = options_begin(count, words);
  try {
    if (mode == "echo") echo_main();
    else if (mode == "events") asio_events_main();
    else if (mode == "cascade") asio_cascade_main();
    else if (mode == "timers") asio_timers_main();
    else if (mode == "wake") asio_wake_main();
    else quit(EXIT_UNSUPPORTED, "no mode %s", mode.c_str());
  } catch (const std::exception &e) {
    quit(EXIT_FAILED, "%s", e.what());
  }
}
