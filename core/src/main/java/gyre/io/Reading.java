package gyre.io;

import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import org.jspecify.annotations.Nullable;

/** What every {@link ByteSource} can do, made of its primitives. */
final class Reading {
  private static final String READ = "read from";
  private static final String LINE_END = "the end of a line";

  private Reading() {}

  static void fill(ByteSource source, ByteBuffer target) {
    while (target.hasRemaining()) {
      if (source.read(target) < 0) {
        throw ended(source, "ended " + target.remaining() + " bytes before what was to be read");
      }
    }
  }

  static byte[] exactly(ByteSource source, int bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("can't read " + bytes + " bytes");
    }
    if (bytes > 0 && !source.await(bytes)) {
      throw ended(source, "ended after " + source.input().size() + " of " + bytes + " bytes");
    }
    return source.input().take(bytes);
  }

  /**
   * The search goes on where it stopped when more arrives, so that a peer which sends byte by byte
   * costs no more than one that sends all at once.
   *
   * @param what is looked for, for the message
   */
  static int indexOf(ByteSource source, byte wanted, int limitBytes, String what) {
    int found = search(source, wanted, limitBytes, what);
    return found >= 0 ? found : atEnd(source, what);
  }

  /** As {@link #indexOf}, and -1 if the end comes before, whatever is in the input then. */
  private static int search(ByteSource source, byte wanted, int limitBytes, String what) {
    checkLimit(source, limitBytes);
    ByteQueue in = source.input();
    long searched = 0;
    while (true) {
      long found = in.indexOf(wanted, searched);
      if (found >= 0 && found < limitBytes) {
        return (int) found;
      }
      if (found >= 0 || in.size() >= limitBytes) {
        throw exceeded(source, what, limitBytes);
      }
      searched = in.size();
      if (!source.awaitMore()) {
        return -1;
      }
    }
  }

  /** Only the last bytes, in which the delimiter may have begun, are looked at again. */
  static int indexOf(ByteSource source, byte[] wanted, int limitBytes) {
    if (wanted.length == 0) {
      throw new IllegalArgumentException("the delimiter is empty");
    }
    checkLimit(source, limitBytes);
    ByteQueue in = source.input();
    long searched = 0;
    while (true) {
      long found = in.indexOf(wanted, searched);
      if (found >= 0 && found + wanted.length <= limitBytes) {
        return (int) found;
      }
      if (found >= 0 || in.size() >= limitBytes) {
        throw exceeded(source, "the delimiter", limitBytes);
      }
      searched = Math.max(0, in.size() - wanted.length + 1);
      if (!source.awaitMore()) {
        return atEnd(source, "the delimiter");
      }
    }
  }

  private static void checkLimit(ByteSource source, int limitBytes) {
    if (limitBytes < 1 || limitBytes > source.awaitLimitBytes()) {
      throw new IllegalArgumentException(
          "a limit of "
              + limitBytes
              + " bytes: "
              + source.name()
              + " may hold 1 to "
              + source.awaitLimitBytes()
              + " unconsumed");
    }
  }

  private static int atEnd(ByteSource source, String what) {
    if (source.input().isEmpty()) {
      return -1;
    }
    throw ended(source, "ended after " + source.input().size() + " bytes, before " + what);
  }

  static @Nullable String line(ByteSource source, int limitBytes, Charset charset) {
    int feed = indexOf(source, (byte) '\n', limitBytes, LINE_END);
    return feed < 0 ? null : takeLine(source.input(), feed, charset);
  }

  /** The index of its LF is known. */
  private static String takeLine(ByteQueue in, int feed, Charset charset) {
    int length = feed > 0 && in.byteAt(feed - 1) == '\r' ? feed - 1 : feed;
    String line = in.readString(length, charset);
    in.drain(feed + 1 - length);
    return line;
  }

  /** As {@link #line}, but what the input ends with is a line too. */
  static @Nullable String lineOrRest(ByteSource source, int limitBytes, Charset charset) {
    int feed = search(source, (byte) '\n', limitBytes, LINE_END);
    ByteQueue in = source.input();
    if (feed >= 0) {
      return takeLine(in, feed, charset);
    }
    return in.isEmpty() ? null : in.readString((int) in.size(), charset);
  }

  static byte @Nullable [] take(ByteSource source, int bytes, int delimiterLength) {
    if (bytes < 0) {
      return null;
    }
    byte[] taken = source.input().take(bytes);
    source.input().drain(delimiterLength);
    return taken;
  }

  static long transfer(ByteSource source, ByteSink sink) {
    long total = 0;
    while (source.await(1)) {
      ByteQueue in = source.input();
      long bytes = in.size();
      sink.write(in);
      total += bytes;
    }
    return total;
  }

  static void transfer(ByteSource source, ByteSink sink, long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("can't transfer " + bytes + " bytes");
    }
    long left = bytes;
    while (left > 0) {
      if (!source.await(1)) {
        throw ended(source, "ended " + left + " bytes before what was to be passed on");
      }
      ByteQueue in = source.input();
      long part = Math.min(left, in.size());
      writePart(in, part, sink);
      left -= part;
    }
  }

  /** By a queue of its own, because more may come to the source's while the sink is slow. */
  private static void writePart(ByteQueue in, long bytes, ByteSink sink) {
    try (ByteQueue part = in.sibling()) {
      part.append(in, bytes);
      try {
        sink.write(part);
      } finally {
        if (!part.isEmpty()) {
          in.prepend(part); // the sink refused it
        }
      }
    }
  }

  private static EndOfStreamException ended(ByteSource source, String reason) {
    return source.byPeer(new EndOfStreamException(READ, source.name(), reason));
  }

  private static LimitExceededException exceeded(ByteSource source, String what, int limitBytes) {
    return source.byPeer(
        new LimitExceededException(
            READ, source.name(), what + " is not within " + limitBytes + " bytes"));
  }
}
