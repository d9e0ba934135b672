package gyre.http;

import gyre.io.ByteQueue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/** A compressor that one answer at a time is lent. The format is RFC 1952. */
final class Gzip {
  private static final byte[] HEAD = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};
  private static final int OUT_BYTES = 8192;
  private static final int TAIL_BYTES = 8;

  private final Deflater deflater;
  private final CRC32 sum = new CRC32();
  private final byte[] out = new byte[OUT_BYTES];
  private boolean isBegun;

  /** What the deflater may keep of what it was given before, and its frames. */
  private static final int KEPT_BYTES = 64 * 1024;

  Gzip(int level) {
    deflater = new Deflater(level, true);
  }

  /** For the next answer. */
  void reset() {
    deflater.reset();
    sum.reset();
    isBegun = false;
  }

  void end() {
    deflater.end();
  }

  /** So much may come of so many bytes, with all that was kept before. */
  static long mostBytes(long bytes) {
    return bytes + bytes / 1000 + KEPT_BYTES;
  }

  void write(byte[] bytes, int offset, int length, ByteQueue to) {
    begin(to);
    sum.update(bytes, offset, length);
    deflater.setInput(bytes, offset, length);
    drain(to, Deflater.NO_FLUSH);
  }

  void write(ByteBuffer bytes, ByteQueue to) {
    begin(to);
    sum.update(bytes.duplicate());
    deflater.setInput(bytes);
    drain(to, Deflater.NO_FLUSH);
  }

  /** Everything that was written can be read by the peer after this. */
  void flush(ByteQueue to) {
    begin(to);
    drain(to, Deflater.SYNC_FLUSH);
  }

  void finish(ByteQueue to) {
    begin(to);
    deflater.finish();
    while (!deflater.finished()) {
      to.append(out, 0, deflater.deflate(out));
    }
    ByteBuffer tail = ByteBuffer.allocate(TAIL_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    tail.putInt((int) sum.getValue()).putInt((int) deflater.getBytesRead()).flip();
    to.append(tail);
  }

  private void begin(ByteQueue to) {
    if (!isBegun) {
      isBegun = true;
      to.append(HEAD);
    }
  }

  private void drain(ByteQueue to, int flush) {
    int count;
    do {
      count = deflater.deflate(out, 0, out.length, flush);
      to.append(out, 0, count);
    } while (count == out.length || !deflater.needsInput());
  }

  /** The compressors of one loop. */
  static final class Pool {
    private final int most;
    private final int level;
    private final ArrayDeque<Gzip> free = new ArrayDeque<>();
    private int lent;

    Pool(Compression options) {
      this.most = options.compressors();
      this.level = options.level();
    }

    /** Null if all are in use. */
    @Nullable Gzip lend() {
      if (lent == most) {
        return null;
      }
      lent++;
      Gzip known = free.pollLast();
      return known == null ? new Gzip(level) : known;
    }

    void giveBack(Gzip gzip) {
      assert lent > 0;
      lent--;
      gzip.reset();
      free.addLast(gzip);
    }

    int lent() {
      return lent;
    }
  }
}
