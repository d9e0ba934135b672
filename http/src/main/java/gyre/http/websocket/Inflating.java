package gyre.http.websocket;

import gyre.io.ByteQueue;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Inflates whole messages, one after the other, with the one inflater of a loop: what a peer sends
 * never refers to the message before.
 */
final class Inflating {
  /** Up to this a message may inflate by any ratio. */
  private static final int FREE_BYTES = 64 * 1024;

  /**
   * What every message ends with, and is not sent (RFC 7692, 7.2.2), and then an empty block that
   * says that it is the last. Behind a whole message that ends the stream, and nothing comes out; a
   * message that is cut inside of a block takes it for something else.
   */
  private static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF, 3, 0};

  private final byte[] from;
  private final byte[] to;
  private @Nullable Inflater inflater;

  Inflating(byte[] from, byte[] to) {
    this.from = from;
    this.to = to;
  }

  /**
   * Inflates a message.
   *
   * @param source empty afterwards
   * @param limitBytes what may come out
   * @param ratio how many bytes may come out of one, beyond the first 64 KiB
   * @return what is wrong, or null
   */
  @Nullable FrameProblem inflate(ByteQueue source, ByteQueue target, long limitBytes, int ratio) {
    Inflater known = inflater;
    if (known == null) {
      known = new Inflater(true);
      inflater = known;
    }
    known.reset();
    long most = Math.min(limitBytes, Math.max(FREE_BYTES, source.size() * ratio));
    try {
      FrameProblem problem = inflate(known, source, target, most);
      if (problem != null) {
        return problem;
      }
      long inflatedBytes = target.size();
      source.append(TAIL);
      problem = inflate(known, source, target, most);
      boolean isWhole = known.finished() && target.size() == inflatedBytes;
      return problem == null && !isWhole ? FrameProblem.INVALID_COMPRESSION : problem;
    } catch (DataFormatException e) {
      return FrameProblem.INVALID_COMPRESSION;
    } finally {
      source.clear();
    }
  }

  /** All that comes out of what is there. */
  private @Nullable FrameProblem inflate(
      Inflater inflater, ByteQueue source, ByteQueue target, long most) throws DataFormatException {
    int length = 0;
    while (true) {
      if (inflater.finished()) {
        int left = inflater.getRemaining();
        if (left == 0 && source.isEmpty()) {
          return null;
        }
        inflater.reset(); // another stream follows: RFC 7692, 7.2.3.4
        inflater.setInput(from, length - left, left);
      }
      if (inflater.needsInput() && !source.isEmpty()) {
        length = source.read(from, 0, from.length);
        inflater.setInput(from, 0, length);
      }
      int bytes = inflater.inflate(to);
      if (bytes == 0 && !inflater.finished()) {
        if (!inflater.needsInput()) {
          return FrameProblem.INVALID_COMPRESSION; // it wants a dictionary
        }
        if (source.isEmpty()) {
          return null;
        }
      }
      if (bytes > most - target.size()) {
        return FrameProblem.INFLATES_TOO_MUCH;
      }
      target.append(to, 0, bytes);
    }
  }

  void close() {
    Inflater known = inflater;
    if (known != null) {
      inflater = null;
      known.end();
    }
  }
}
