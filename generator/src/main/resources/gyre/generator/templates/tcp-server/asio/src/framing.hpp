// Where a message begins and ends in a stream of bytes.
#pragma once
#include <cstddef>
{{#length}}
#include <cstdint>
{{/length}}
#include <string>
#include <string_view>

struct frame {
  enum { partial, whole, too_long } state;
  std::string_view text;  // of the message, in the input
  std::size_t bytes;      // of the input, which it takes
};

{{#lines}}
// A line, without its end and a CR before that.
constexpr std::size_t head_bytes = 1;  // what a message has beside its text

inline frame take_frame(std::string_view input, std::size_t max_message) {
  auto end = input.find('\n');
  auto length = end == std::string_view::npos ? input.size() : end;
  if (length > max_message) return {frame::too_long, {}, 0};
  if (end == std::string_view::npos) return {frame::partial, {}, 0};
  std::string_view text = input.substr(0, length);
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return {frame::whole, text, length + head_bytes};
}

inline void put_frame(std::string &output, std::string_view text) {
  output.append(text);
  output.push_back('\n');
}
{{/lines}}
{{#length}}
// A length of four bytes, big-endian, and the text.
constexpr std::size_t head_bytes = 4;

inline frame take_frame(std::string_view input, std::size_t max_message) {
  if (input.size() < head_bytes) return {frame::partial, {}, 0};
  std::size_t length = 0;
  for (char byte : input.substr(0, head_bytes)) {
    length = length << 8 | static_cast<std::uint8_t>(byte);
  }
  if (length > max_message) return {frame::too_long, {}, 0};  // before any memory is taken for it
  if (input.size() - head_bytes < length) return {frame::partial, {}, 0};
  return {frame::whole, input.substr(head_bytes, length), head_bytes + length};
}

inline void put_frame(std::string &output, std::string_view text) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    output.push_back(static_cast<char>(text.size() >> shift));
  }
  output.append(text);
}
{{/length}}
