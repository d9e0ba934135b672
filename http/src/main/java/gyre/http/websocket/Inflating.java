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

  /** What every message ends with, and is not sent: RFC 7692, 7.2.2. */
  private static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF};

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
    source.append(TAIL);
    try {
      return inflate(known, source, target, most);
    } catch (DataFormatException e) {
      return FrameProblem.INVALID_COMPRESSION;
    } finally {
      source.clear();
    }
  }

  private @Nullable FrameProblem inflate(
      Inflater inflater, ByteQueue source, ByteQueue target, long most) throws DataFormatException {
    int length = 0;
    while (true) {
      if (inflater.finished()) {
        int left = inflater.getRemaining(); // another stream may follow: RFC 7692, 7.2.3.4
        inflater.reset();
        inflater.setInput(from, length - left, left);
      }
      if (inflater.needsInput()) {
        if (source.isEmpty()) {
          return null;
        }
        length = source.read(from, 0, from.length);
        inflater.setInput(from, 0, length);
      }
      int bytes = inflater.inflate(to);
      if (bytes == 0 && !inflater.finished() && !inflater.needsInput()) {
        return FrameProblem.INVALID_COMPRESSION; // it wants a dictionary
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
