// What a user may set on the command line.
#pragma once
#include <utility>  // Boost 1.74 forgets it

#include <boost/asio/ip/tcp.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
{{#layer4_balancer}}
#include <vector>
{{/layer4_balancer}}
{{#socket_handler}}
#include <optional>
{{/socket_handler}}

using endpoint = boost::asio::ip::tcp::endpoint;

{{#layer4_balancer}}
constexpr std::size_t targets_max = 64;

{{/layer4_balancer}}
struct options {
  endpoint listen{boost::asio::ip::address_v4::loopback(), 7000};
  std::size_t max_connections = 10'000;
  std::chrono::seconds idle_timeout{60};
  std::chrono::seconds drain_timeout{10};
{{#tcp_server|websocket_server}}
  std::size_t max_message = 65'536;
{{/tcp_server|websocket_server}}
{{#tcp_server}}
  std::chrono::seconds message_timeout{10};
{{/tcp_server}}
{{#layer4_balancer}}
  std::vector<endpoint> targets;
  std::chrono::seconds connect_timeout{3};
  std::chrono::seconds retry_after{5};
{{/layer4_balancer}}
{{#socket_handler}}
  std::optional<endpoint> connect;  // a client, if it is there
  std::chrono::milliseconds heartbeat{5'000};
  std::chrono::milliseconds answer_timeout{5'000};
  std::chrono::milliseconds retry_max{30'000};
{{/socket_handler}}
};

constexpr const char *usage =
    "usage: {{name}} [--listen HOST:PORT] [--max-connections N]"
    " [--idle-timeout SECONDS] [--drain-timeout SECONDS]"
{{#tcp_server|websocket_server}}
    " [--max-message BYTES]"
{{/tcp_server|websocket_server}}
{{#tcp_server}}
    " [--message-timeout SECONDS]"
{{/tcp_server}}
{{#layer4_balancer}}
    " --target HOST:PORT [--target HOST:PORT]..."
    " [--connect-timeout SECONDS] [--retry-after SECONDS]"
{{/layer4_balancer}}
{{#socket_handler}}
    " [--connect HOST:PORT] [--heartbeat MILLIS] [--answer-timeout MILLIS]"
    " [--retry-max MILLIS]"
{{/socket_handler}}
    "\n";

[[noreturn]] inline void wrong(const std::string &message) {
  std::cerr << "{{name}}: " << message << std::endl;
  std::exit(2);
}

// One option and its value; each method ends the program with a message if the value is wrong.
class argument {
 public:
  argument(std::string_view name, std::string_view value) : name_(name), value_(value) {}

  long number(long least, long most) const { return number(value_, least, most); }

  std::chrono::seconds seconds(long least) const {
    return std::chrono::seconds(number(least, 86'400));
  }

{{#socket_handler}}
  std::chrono::milliseconds millis() const {
    return std::chrono::milliseconds(number(1, 86'400'000));
  }

{{/socket_handler}}
  endpoint address() const {
    auto colon = value_.rfind(':');
    if (colon == std::string_view::npos || colon == 0) is_not(value_, "HOST:PORT");
    boost::system::error_code failure;
    auto host = boost::asio::ip::make_address(value_.substr(0, colon), failure);
    if (failure) is_not(value_, "HOST:PORT with an IP address");
    return {host, static_cast<std::uint16_t>(number(value_.substr(colon + 1), 0, 65'535))};
  }

 private:
  long number(std::string_view text, long least, long most) const {
    long value = 0;
    const char *end = text.data() + text.size();
    auto [rest, failure] = std::from_chars(text.data(), end, value);
    if (failure != std::errc() || rest != end || value < least || value > most) {
      is_not(text, "a number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return value;
  }

  [[noreturn]] void is_not(std::string_view text, const std::string &what) const {
    wrong(std::string(name_) + ": \"" + std::string(text) + "\" is not " + what);
  }

  std::string_view name_;
  std::string_view value_;
};

inline options parse_options(int argc, char **argv) {
  options o;
  for (int i = 1; i < argc; i += 2) {
    std::string_view name = argv[i];
    if (name == "--help") {
      std::cout << usage;
      std::exit(0);
    }
    if (i + 1 == argc) wrong(std::string(name) + " needs a value; see --help");
    argument value(name, argv[i + 1]);
    if (name == "--listen") {
      o.listen = value.address();
    } else if (name == "--max-connections") {
      o.max_connections = static_cast<std::size_t>(value.number(1, 10'000'000));
    } else if (name == "--idle-timeout") {
      o.idle_timeout = value.seconds(1);
    } else if (name == "--drain-timeout") {
      o.drain_timeout = value.seconds(0);
{{#tcp_server|websocket_server}}
    } else if (name == "--max-message") {
      o.max_message = static_cast<std::size_t>(value.number(16, 16 << 20));
{{/tcp_server|websocket_server}}
{{#tcp_server}}
    } else if (name == "--message-timeout") {
      o.message_timeout = value.seconds(1);
{{/tcp_server}}
{{#layer4_balancer}}
    } else if (name == "--target") {
      if (o.targets.size() == targets_max) wrong("--target: there may be 64");
      o.targets.push_back(value.address());
    } else if (name == "--connect-timeout") {
      o.connect_timeout = value.seconds(1);
    } else if (name == "--retry-after") {
      o.retry_after = value.seconds(0);
{{/layer4_balancer}}
{{#socket_handler}}
    } else if (name == "--connect") {
      o.connect = value.address();
    } else if (name == "--heartbeat") {
      o.heartbeat = value.millis();
    } else if (name == "--answer-timeout") {
      o.answer_timeout = value.millis();
    } else if (name == "--retry-max") {
      o.retry_max = value.millis();
{{/socket_handler}}
    } else {
      wrong("there is no option " + std::string(name) + "; see --help");
    }
  }
{{#layer4_balancer}}
  if (o.targets.empty()) wrong("--target HOST:PORT is needed, at least once; see --help");
{{/layer4_balancer}}
  return o;
}
