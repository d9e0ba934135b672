// A line of input.
#pragma once
#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

constexpr std::size_t id_max_bytes = 200;
constexpr std::chrono::milliseconds time_max = std::chrono::hours(30 * 24);

struct command {
  std::string id;
  std::optional<std::chrono::milliseconds> time;  // empty to cancel the timer
};

// The next word; empty at the end.
inline std::string_view take_word(std::string_view &text) {
  constexpr std::string_view blanks = " \t\r";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  auto word = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(word.size());
  return word;
}

inline std::optional<std::chrono::milliseconds> parse_time(std::string_view text) {
  long value = 0;
  const char *end = text.data() + text.size();
  auto [rest, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc() || rest != end || value < 0 || value > time_max.count()) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(value);
}

// Nothing if it is no command.
inline std::optional<command> parse_command(std::string_view line) {
  auto verb = take_word(line);
  auto id = take_word(line);
  auto time = take_word(line);
  if (id.empty() || id.size() > id_max_bytes || !take_word(line).empty()) return std::nullopt;
  if (verb == "cancel" && time.empty()) return command{std::string(id), std::nullopt};
  if (verb != "set") return std::nullopt;
  auto millis = parse_time(time);
  if (!millis) return std::nullopt;
  return command{std::string(id), millis};
}
