// What Beast 1.74 leaves out: it checks each byte of a text, but not that the text ends with a whole
// letter if its last frame is empty.
#pragma once
#include <cstddef>
#include <string_view>

inline bool ends_within_letter(std::string_view text) {
  std::size_t continuations = 0;
  while (!text.empty() && (text.back() & 0xc0) == 0x80) {
    text.remove_suffix(1);
    continuations++;
  }
  auto first = text.empty() ? 0u : static_cast<unsigned char>(text.back());
  std::size_t due = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
  return continuations < due;
}
