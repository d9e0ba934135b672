// The server's side of one connection, as a state machine of lines. It knows of no sockets.
#pragma once
#include <algorithm>
#include <cassert>
#include <string>
#include <string_view>

class conversation {
 public:
  bool has_ended() const { return state_ == state::ended; }

  // What is answered. This is the only place that changes the state.
  std::string on(std::string_view line) {
    switch (state_) {
      case state::hello:
        return is_hello(line) ? to(state::ready, "welcome") : refuse("hello");
      case state::ready:
        if (line == "bye") return to(state::ended, "bye");
        return is_ping(line) ? to(state::ready, "pong " + std::string(line.substr(ping.size())))
                             : refuse("ping or bye");
      case state::ended:
        break;
    }
    assert(false && "nothing is said after the end");
    return {};
  }

 private:
  enum class state { hello, ready, ended };  // what is expected next

  static constexpr std::string_view hello = "hello ";
  static constexpr std::string_view ping = "ping ";
  static constexpr std::size_t name_max = 64;
  static constexpr std::size_t digits_max = 18;

  static bool is_hello(std::string_view line) {
    if (line.substr(0, hello.size()) != hello) return false;
    auto name = line.substr(hello.size());
    bool is_word = name.find_first_of(" \t\r\v\f") == std::string_view::npos;
    return !name.empty() && name.size() <= name_max && is_word;
  }

  static bool is_ping(std::string_view line) {
    if (line.substr(0, ping.size()) != ping) return false;
    auto number = line.substr(ping.size());
    return !number.empty() && number.size() <= digits_max &&
           std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  }

  std::string refuse(const std::string &expected) {
    return to(state::ended, "error expected " + expected);
  }

  std::string to(state next, std::string answer) {
    state_ = next;
    return answer;
  }

  state state_ = state::hello;
};
