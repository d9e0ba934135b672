// Lines of a channel.
#pragma once
#include "channel.hpp"

#include <string>

constexpr std::size_t line_max_bytes = 1024;

struct line {
  error_code failure;  // message_size if it is too long, else that of channel::receive
  std::string text;    // without its end and a CR before that
};

inline awaitable<line> next_line(channel &from, channel::clock::time_point due) {
  for (;;) {
    auto input = from.input();
    auto end = input.find('\n');
    if (std::min(end, input.size()) > line_max_bytes) co_return line{asio::error::message_size, {}};
    if (end != std::string_view::npos) {
      std::string text(input.substr(0, end));
      from.consume(end + 1);
      if (!text.empty() && text.back() == '\r') text.pop_back();
      co_return line{error_code(), std::move(text)};
    }
    error_code failure = co_await from.receive(due);
    if (failure) co_return line{failure, {}};
  }
}
