package gyre.http.websocket;

import gyre.io.ByteQueue;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A message that goes to many: each of its two encodings is made once, by the first who needs it,
 * and the same bytes go to all. From any thread.
 */
final class Publication {
  private static final int DEFLATERS = 1;

  private final int opcode;
  private final byte[] payload;
  private byte @Nullable [] plain;
  private byte @Nullable [] compressed;

  Publication(int opcode, byte[] payload) {
    this.opcode = opcode;
    this.payload = payload;
  }

  int length() {
    return payload.length;
  }

  /** A frame that is not compressed. */
  synchronized byte[] plain() {
    byte[] known = plain;
    if (known == null) {
      known = frame(FrameHead.FIN | opcode, payload);
      plain = known;
    }
    return known;
  }

  /** A frame that is compressed without context, so that it fits to whatever came before. */
  synchronized byte[] compressed() {
    byte[] known = compressed;
    if (known == null) {
      known = frame(FrameHead.FIN | FrameHead.COMPRESSED | opcode, compress());
      compressed = known;
    }
    return known;
  }

  private byte[] compress() {
    long mostBytes = 2L * payload.length + (64 << 10); // what does not compress grows a little
    Deflaters deflaters = new Deflaters(DEFLATERS, new byte[8192], new byte[8192]);
    try (ByteQueue source = ByteQueue.create(mostBytes);
        ByteQueue target = ByteQueue.create(mostBytes)) {
      source.append(payload);
      deflaters.compress(null, Compression.MOST_WINDOW_BITS, source, target);
      return target.take((int) target.size());
    } finally {
      deflaters.close();
    }
  }

  private static byte[] frame(int first, byte[] bytes) {
    byte[] head = new byte[FrameHead.MOST_BYTES];
    int headBytes = FrameHead.write(head, first, bytes.length);
    byte[] frame = Arrays.copyOf(head, headBytes + bytes.length);
    System.arraycopy(bytes, 0, frame, headBytes, bytes.length);
    return frame;
  }
}
