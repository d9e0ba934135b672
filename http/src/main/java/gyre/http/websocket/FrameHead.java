package gyre.http.websocket;

/** What stands before the payload of a frame: RFC 6455, 5.2. */
final class FrameHead {
  static final int MOST_BYTES = 14;
  static final int FIN = 0x80;
  static final int COMPRESSED = 0x40;
  static final int RESERVED = 0x30;
  static final int MASKED = 0x80;
  static final int TWO_BYTES = 126;
  static final int EIGHT_BYTES = 127;

  private FrameHead() {}

  /** Writes the head of a frame that is not masked; how many bytes. */
  static int write(byte[] to, int first, long length) {
    to[0] = (byte) first;
    if (length < TWO_BYTES) {
      to[1] = (byte) length;
      return 2;
    }
    if (length <= 0xFFFF) {
      to[1] = TWO_BYTES;
      to[2] = (byte) (length >>> 8);
      to[3] = (byte) length;
      return 4;
    }
    to[1] = EIGHT_BYTES;
    for (int i = 0; i < Long.BYTES; i++) {
      to[2 + i] = (byte) (length >>> (Byte.SIZE * (Long.BYTES - 1 - i)));
    }
    return 2 + Long.BYTES;
  }

  /** The same, masked. */
  static int write(byte[] to, int first, long length, int key) {
    int bytes = write(to, first, length);
    to[1] |= (byte) MASKED;
    for (int i = 0; i < Integer.BYTES; i++) {
      to[bytes + i] = (byte) (key >>> (Byte.SIZE * (Integer.BYTES - 1 - i)));
    }
    return bytes + Integer.BYTES;
  }
}
