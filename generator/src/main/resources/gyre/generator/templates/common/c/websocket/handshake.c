#define _GNU_SOURCE
#include "handshake.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { KEY_BYTES = 24, HASH_BYTES = 20, BLOCK_BYTES = 64 };

// ---- SHA-1, which here proves only that the server speaks WebSocket, and keeps no secret

static uint32_t rotated(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

static void hash_block(uint32_t h[5], const unsigned char block[BLOCK_BYTES]) {
  uint32_t w[80];
  for (int i = 0; i < 16; i++) {
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
           (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
  }
  for (int i = 16; i < 80; i++) w[i] = rotated(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
  for (int i = 0; i < 80; i++) {
    uint32_t f, k;
    if (i < 20) f = (b & c) | (~b & d), k = 0x5a827999;
    else if (i < 40) f = b ^ c ^ d, k = 0x6ed9eba1;
    else if (i < 60) f = (b & c) | (b & d) | (c & d), k = 0x8f1bbcdc;
    else f = b ^ c ^ d, k = 0xca62c1d6;
    uint32_t next = rotated(a, 5) + f + e + k + w[i];
    e = d;
    d = c;
    c = rotated(b, 30);
    b = a;
    a = next;
  }
  h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

// Of at most 119 bytes: two blocks.
static void hash(const char *text, size_t count, unsigned char out[HASH_BYTES]) {
  unsigned char blocks[2 * BLOCK_BYTES] = {0};
  memcpy(blocks, text, count);
  blocks[count] = 0x80;
  size_t end = count + 9 <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
  blocks[end - 2] = (unsigned char)(count * 8 >> 8);
  blocks[end - 1] = (unsigned char)(count * 8);
  uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  for (size_t at = 0; at < end; at += BLOCK_BYTES) hash_block(h, blocks + at);
  for (int i = 0; i < HASH_BYTES; i++) out[i] = (unsigned char)(h[i / 4] >> (24 - i % 4 * 8));
}

// 20 bytes are 28 characters, of which the last is a filler.
static void encode(const unsigned char bytes[HASH_BYTES], char out[29]) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char *to = out;
  for (int i = 0; i < HASH_BYTES; i += 3) {
    uint32_t three = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8;
    if (i + 2 < HASH_BYTES) three |= bytes[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) *to++ = digits[three >> shift & 63];
  }
  out[27] = '=';
  out[28] = 0;
}

// ---- the request

// The value of a field, without blanks around it; NULL if it is not there. The first counts.
static const char *field(const char *head, size_t count, const char *name, size_t *length) {
  size_t name_length = strlen(name);
  const char *end = head + count;
  for (const char *line = head; line < end;) {
    const char *line_end = memmem(line, (size_t)(end - line), "\r\n", 2);
    if (!line_end) return NULL;
    if ((size_t)(line_end - line) > name_length && line[name_length] == ':' &&
        strncasecmp(line, name, name_length) == 0) {
      const char *value = line + name_length + 1;
      while (value < line_end && (*value == ' ' || *value == '\t')) value++;
      while (line_end > value && (line_end[-1] == ' ' || line_end[-1] == '\t')) line_end--;
      *length = (size_t)(line_end - value);
      return value;
    }
    line = line_end + 2;
  }
  return NULL;
}

// Whether a list of words, parted by commas, has that one.
static bool has_word(const char *value, size_t length, const char *word) {
  size_t word_length = strlen(word);
  for (size_t at = 0; value && at < length;) {
    while (at < length && (value[at] == ' ' || value[at] == '\t' || value[at] == ',')) at++;
    size_t end = at;
    while (end < length && value[end] != ',') end++;
    size_t last = end;
    while (last > at && (value[last - 1] == ' ' || value[last - 1] == '\t')) last--;
    if (last - at == word_length && strncasecmp(value + at, word, word_length) == 0) return true;
    at = end;
  }
  return false;
}

static int refuse(int status, const char *reason, char answer[ANSWER_MAX_BYTES]) {
  snprintf(answer, ANSWER_MAX_BYTES,
           "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: 0\r\n%s\r\n", status, reason,
           status == 426 ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" : "");
  return status;
}

int answer_handshake(const char *head, size_t count, char answer[ANSWER_MAX_BYTES]) {
  const char *line_end = memmem(head, count, "\r\n", 2);
  if (!line_end || line_end - head < 14 || memcmp(head, "GET ", 4) != 0 ||
      memcmp(line_end - 9, " HTTP/1.1", 9) != 0) {
    return refuse(400, "Bad Request", answer);
  }
  size_t length = 0;
  const char *upgrade = field(head, count, "Upgrade", &length);
  bool upgrades = has_word(upgrade, length, "websocket");
  const char *connection = field(head, count, "Connection", &length);
  upgrades = upgrades && has_word(connection, length, "upgrade");
  const char *version = field(head, count, "Sec-WebSocket-Version", &length);
  if (!upgrades || !version || length != 2 || memcmp(version, "13", 2) != 0) {
    return refuse(426, "Upgrade Required", answer);
  }
  const char *key = field(head, count, "Sec-WebSocket-Key", &length);
  if (!key || length != KEY_BYTES || memcmp(key + KEY_BYTES - 2, "==", 2) != 0) {
    return refuse(400, "Bad Request", answer);
  }
  static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  char joined[KEY_BYTES + sizeof guid], accept[29];
  memcpy(joined, key, KEY_BYTES);
  memcpy(joined + KEY_BYTES, guid, sizeof guid);
  unsigned char hashed[HASH_BYTES];
  hash(joined, KEY_BYTES + sizeof guid - 1, hashed);
  encode(hashed, accept);
  snprintf(answer, ANSWER_MAX_BYTES,
           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: %s\r\n\r\n",
           accept);
  return 101;
}
