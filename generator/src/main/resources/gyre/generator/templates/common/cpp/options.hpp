// What a user may set on the command line.
#pragma once
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

struct options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 7000;
  long max_connections = 10'000;
  std::chrono::seconds idle_timeout{60};
  std::chrono::seconds drain_timeout{10};
};

[[noreturn]] inline void wrong(const std::string &message) {
  std::cerr << "{{name}}: " << message << std::endl;
  std::exit(2);
}

inline long parse_number(std::string_view option, std::string_view text, long least, long most) {
  long value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    wrong(std::string(option) + ": \"" + std::string(text) + "\" is no number from " +
          std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

inline options parse_options(int argc, char **argv) {
  options o;
  for (int i = 1; i < argc; i += 2) {
    std::string_view name = argv[i];
    if (name == "--help") {
      std::cout << "usage: {{name}} [--listen HOST:PORT] [--max-connections N]"
                   " [--idle-timeout SECONDS] [--drain-timeout SECONDS]\n";
      std::exit(0);
    }
    if (i + 1 == argc) wrong(std::string(name) + " needs a value; see --help");
    std::string_view value = argv[i + 1];
    if (name == "--listen") {
      auto colon = value.rfind(':');
      if (colon == std::string_view::npos || colon == 0) {
        wrong("--listen: \"" + std::string(value) + "\" is not HOST:PORT");
      }
      o.host = value.substr(0, colon);
      o.port = static_cast<std::uint16_t>(parse_number(name, value.substr(colon + 1), 0, 65535));
    } else if (name == "--max-connections") {
      o.max_connections = parse_number(name, value, 1, 10'000'000);
    } else if (name == "--idle-timeout") {
      o.idle_timeout = std::chrono::seconds(parse_number(name, value, 1, 86'400));
    } else if (name == "--drain-timeout") {
      o.drain_timeout = std::chrono::seconds(parse_number(name, value, 0, 86'400));
    } else {
      wrong("there is no option " + std::string(name) + "; see --help");
    }
  }
  return o;
}
