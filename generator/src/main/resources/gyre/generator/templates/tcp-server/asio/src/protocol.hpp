// What is spoken: the place for your own commands.
#pragma once
#include <charconv>
#include <chrono>
#include <string>
#include <string_view>

constexpr std::chrono::milliseconds wait_max{60'000};

struct reply {
  std::string text;
  std::chrono::milliseconds after{0};  // it is given when that time has passed
  bool is_last = false;                // the connection ends with it
};

inline reply wait_for(std::string_view text) {
  long millis = 0;
  const char *end = text.data() + text.size();
  auto [rest, failure] = std::from_chars(text.data(), end, millis);
  if (failure != std::errc() || rest != end || millis < 0 || millis > wait_max.count()) {
    return {"error wait takes milliseconds, at most " + std::to_string(wait_max.count())};
  }
  return {"waited", std::chrono::milliseconds(millis)};
}

inline reply answer(std::string_view message) {
  auto blank = message.find(' ');
  auto verb = message.substr(0, blank);
  auto rest = blank == std::string_view::npos ? std::string_view() : message.substr(blank + 1);
  if (verb == "ping") return {"pong"};
  if (verb == "echo") return {std::string(rest)};
  if (verb == "wait") return wait_for(rest);
  if (message == "quit") return {.text = "bye", .is_last = true};
  return {"error unknown command"};
}
