package gyre.io.codec;

import gyre.io.ByteQueue;
import gyre.io.DecodeException;
import gyre.io.Decoder;
import org.jspecify.annotations.Nullable;

/**
 * See {@link Framing#cobs}. The next message can be found whatever has become of the one before: a
 * frame that is malformed is consumed when that is told, and decoding goes on behind it. Zero bytes
 * between messages are skipped.
 */
public final class Cobs extends Framing {
  /** A group has a byte that tells its length, and at most so many others. */
  private static final int GROUP_BYTES = 254;

  Cobs(int limitBytes) {
    super(limitBytes);
  }

  @Override
  public <T> Decoder<T> decoder(Body<T> body) {
    return new CobsDecoder<>(body, limitBytes);
  }

  @Override
  Wrapper wrapper() {
    return new Stuffing();
  }

  private static long stuffedBytes(long bytes) {
    return bytes + bytes / GROUP_BYTES + 2; // the last group, and the zero
  }

  private static byte[] grown(byte[] array, int bytes) {
    return array.length >= bytes ? array : new byte[Math.max(bytes, 2 * array.length)];
  }

  /** Has an array as long as the longest message so far, in which messages are stuffed. */
  private final class Stuffing implements Wrapper {
    private byte[] plain = {};
    private byte[] stuffed = {};

    @Override
    public void wrap(ByteQueue message) {
      checkLength(message.size());
      int length = (int) message.size();
      plain = grown(plain, length);
      stuffed = grown(stuffed, (int) stuffedBytes(length));
      message.read(plain, 0, length);
      int end = stuff(plain, length, stuffed);
      message.append(stuffed, 0, end);
    }

    private static int stuff(byte[] from, int length, byte[] to) {
      int group = 0;
      int at = 1;
      for (int i = 0; i < length; i++) {
        boolean isFull = at - group > GROUP_BYTES;
        if (isFull) {
          to[group] = (byte) 0xFF;
          group = at++;
        }
        if (from[i] == 0) {
          to[group] = (byte) (at - group);
          group = at++;
        } else {
          to[at++] = from[i];
        }
      }
      to[group] = (byte) (at - group);
      to[at++] = 0;
      return at;
    }
  }

  private static final class CobsDecoder<T> implements Decoder<T> {
    private final Body<T> body;
    private final int limitBytes;
    private final int mostBytes;
    private byte[] frame = {};
    private @Nullable ByteQueue message;
    private long consumedBytes;

    /** So many bytes have no zero among them. */
    private long searchedBytes;

    CobsDecoder(Body<T> body, int limitBytes) {
      this.body = body;
      this.limitBytes = limitBytes;
      this.mostBytes = (int) Math.min(Integer.MAX_VALUE, stuffedBytes(limitBytes));
    }

    @Override
    public @Nullable T decode(ByteQueue input) {
      skipZeros(input);
      long zero = input.indexOf((byte) 0, searchedBytes, mostBytes);
      if (zero < 0) {
        if (input.size() >= mostBytes) {
          throw tooLong("no zero byte within " + mostBytes + " bytes");
        }
        searchedBytes = input.size();
        return null;
      }
      int stuffed = (int) zero;
      frame = grown(frame, stuffed);
      input.read(frame, 0, stuffed);
      input.drain(1);
      searchedBytes = 0;
      try {
        return read(input, unstuff(stuffed));
      } finally {
        consumedBytes += zero + 1;
      }
    }

    private void skipZeros(ByteQueue input) {
      while (searchedBytes == 0 && !input.isEmpty() && input.byteAt(0) == 0) {
        input.drain(1);
        consumedBytes++;
      }
    }

    /** In its place, as it gets shorter; how long it is then. */
    private int unstuff(int stuffed) {
      int to = 0;
      for (int group = 0; group < stuffed; ) {
        int end = group + (frame[group] & 0xFF);
        if (end > stuffed) {
          throw malformed(group, "a group of " + (end - group) + " bytes exceeds its frame");
        }
        System.arraycopy(frame, group + 1, frame, to, end - group - 1);
        to += end - group - 1;
        boolean isFull = end - group == GROUP_BYTES + 1;
        if (!isFull && end < stuffed) {
          frame[to++] = 0;
        }
        group = end;
      }
      return to;
    }

    private T read(ByteQueue input, int length) {
      if (length > limitBytes) {
        throw tooLong("a message of " + length + " bytes exceeds the limit of " + limitBytes);
      }
      ByteQueue queue = message;
      if (queue == null) {
        queue = input.sibling();
        message = queue;
      }
      try {
        queue.append(frame, 0, length);
        return body.read(queue, length);
      } finally {
        queue.clear();
      }
    }

    private DecodeException malformed(int index, String detail) {
      return DecodeException.malformed("COBS frame", consumedBytes + index, detail);
    }

    private DecodeException tooLong(String detail) {
      return DecodeException.tooLong("COBS frame", consumedBytes, detail);
    }

    @Override
    public int limitBytes() {
      return mostBytes;
    }

    @Override
    public long neededBytes() {
      return searchedBytes + 1;
    }
  }
}
