#include "frames.h"

#include <string.h>

long take_frame(char *bytes, size_t count, size_t most, struct frame *frame) {
  const unsigned char *head = (const unsigned char *)bytes;
  if (count < 2) return 0;
  int opcode = head[0] & 0xf;
  bool is_last = head[0] & 0x80, is_control = opcode & 8;
  uint64_t length = head[1] & 0x7f;
  bool is_known = opcode <= BINARY || (opcode >= CLOSE && opcode <= PONG);
  if (head[0] & 0x70 || !is_known || !(head[1] & 0x80)) return -PROTOCOL_ERROR;
  if (is_control && (!is_last || length > 125)) return -PROTOCOL_ERROR;
  size_t at = 2;
  size_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (count < at + length_bytes) return 0;
  if (length_bytes > 0) length = 0;
  for (size_t i = 0; i < length_bytes; i++) length = length << 8 | head[at++];
  if (!is_control && length > most) return -TOO_LONG;  // before any of it is received
  if (count < at + 4 || count - at - 4 < length) return 0;
  const unsigned char *mask = head + at;
  at += 4;
  for (size_t i = 0; i < length; i++) bytes[at + i] = (char)(bytes[at + i] ^ mask[i & 3]);
  *frame = (struct frame){is_last, (enum opcode)opcode, bytes + at, (size_t)length};
  return (long)(at + length);
}

size_t frame_head(enum opcode opcode, size_t count, unsigned char head[FRAME_HEAD_MAX]) {
  size_t at = 0;
  head[at++] = (unsigned char)(0x80 | opcode);
  if (count < 126) {
    head[at++] = (unsigned char)count;
  } else {
    bool is_short = count < 65536;
    head[at++] = is_short ? 126 : 127;
    for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8) {
      head[at++] = (unsigned char)((uint64_t)count >> shift);
    }
  }
  return at;
}

// No overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(const char *text, size_t count) {
  const unsigned char *at = (const unsigned char *)text, *end = at + count;
  while (at < end) {
    unsigned char first = *at++;
    if (first < 0x80) continue;
    int more = first >= 0xc2 && first <= 0xdf ? 1 : (first & 0xf0) == 0xe0 ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
    if (more == 0 || end - at < more) return false;
    unsigned char low = 0x80, high = 0xbf;  // of the second byte
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
    if (*at < low || *at > high) return false;
    for (int i = 1; i < more; i++) {
      if ((at[i] & 0xc0) != 0x80) return false;
    }
    at += more;
  }
  return true;
}

int close_code(const char *payload, size_t count) {
  if (count == 0) return 0;
  if (count == 1) return PROTOCOL_ERROR;
  int code = (unsigned char)payload[0] << 8 | (unsigned char)payload[1];
  bool is_allowed = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                    (code >= 3000 && code <= 4999);
  if (!is_allowed) return PROTOCOL_ERROR;
  return is_utf8(payload + 2, count - 2) ? code : NOT_UTF8;
}
