package gyre.http;

import gyre.io.ByteQueue;
import gyre.io.ByteSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * What a gzip of RFC 1952 stands for: of one member, with a head that has none of the optional
 * parts. A few bytes can stand for very many: both the length and the ratio are limited.
 */
final class GunzipSource implements ByteSource, AutoCloseable {
  /** What deflate reaches is some 1,000; real content hardly ever more than 20. */
  private static final int MOST_RATIO = 100;

  /** The ratio of less than this harms nobody. */
  private static final long HARMLESS_BYTES = 64 * 1024;

  private static final int HEAD_BYTES = 10;
  private static final int TAIL_BYTES = 8;
  private static final int PIECE_BYTES = 8192;

  private enum Doing {
    HEAD,
    CONTENT,
    ENDED
  }

  private final ByteSource packed;
  private final long limitBytes;
  private final ByteQueue input;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 sum = new CRC32();
  private final byte[] in = new byte[PIECE_BYTES];
  private final byte[] out = new byte[PIECE_BYTES];
  private Doing doing = Doing.HEAD;

  /** Of {@link #in}. */
  private int fedBytes;

  GunzipSource(ByteSource packed, long limitBytes) {
    this.packed = packed;
    this.limitBytes = limitBytes;
    this.input = packed.input().sibling();
  }

  @Override
  public String name() {
    return "the content of " + packed.name();
  }

  @Override
  public ByteQueue input() {
    return input;
  }

  @Override
  public int awaitLimitBytes() {
    return packed.awaitLimitBytes();
  }

  @Override
  public boolean await(int bytes) {
    while (input.size() < bytes && doing != Doing.ENDED) {
      if (doing == Doing.HEAD) {
        readHead();
      } else {
        inflate();
      }
    }
    return input.size() >= bytes;
  }

  private static HttpException malformed(String what) {
    return new HttpException(400, "gzip: " + what);
  }

  private void readHead() {
    if (!packed.await(HEAD_BYTES)) {
      throw malformed("the body ends within the head");
    }
    ByteQueue from = packed.input();
    if (from.unsignedAt(0, 2) != 0x1f8b || from.byteAt(2) != 8 || from.byteAt(3) != 0) {
      throw malformed("the head is not that of a plain gzip");
    }
    from.drain(HEAD_BYTES);
    doing = Doing.CONTENT;
  }

  private void inflate() {
    try {
      int count = inflater.inflate(out);
      sum.update(out, 0, count);
      input.append(out, 0, count);
      check();
      if (inflater.finished()) {
        readTail();
      } else if (count == 0) {
        feed();
      }
    } catch (DataFormatException e) {
      throw malformed("the content is malformed");
    }
  }

  private void feed() {
    if (!packed.await(1)) {
      throw malformed("the body ends within the content");
    }
    fedBytes = packed.input().read(in, 0, in.length);
    inflater.setInput(in, 0, fedBytes);
  }

  private void check() {
    long bytes = inflater.getBytesWritten();
    boolean isBomb = bytes > HARMLESS_BYTES && bytes / MOST_RATIO > inflater.getBytesRead();
    if (bytes > limitBytes || isBomb) {
      throw new HttpException(413, "gzip: the content is larger than this server takes");
    }
  }

  private void readTail() {
    int left = inflater.getRemaining();
    try (ByteQueue rest = input.sibling()) {
      rest.append(in, fedBytes - left, left);
      while (rest.size() < TAIL_BYTES) {
        if (!packed.await(1)) {
          throw malformed("the body ends within the checksum");
        }
        rest.append(packed.input(), Math.min(packed.input().size(), TAIL_BYTES - rest.size()));
      }
      ByteBuffer tail = ByteBuffer.wrap(rest.take(TAIL_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
      if (tail.getInt() != (int) sum.getValue()
          || tail.getInt() != (int) inflater.getBytesWritten()) {
        throw malformed("the checksum is wrong");
      }
      if (!rest.isEmpty() || packed.await(1)) {
        throw malformed("something follows the content");
      }
    }
    doing = Doing.ENDED;
  }

  @Override
  public int read(ByteBuffer target) {
    return await(1) ? input.read(target) : -1;
  }

  @Override
  public void close() {
    inflater.end();
    input.clear();
  }
}
