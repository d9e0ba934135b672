package gyre.http.websocket;

import gyre.io.ByteQueue;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * The compressors of a loop, which are lent. Each takes some 270 kB, so none belongs to a
 * connection: whoever may refer to earlier messages keeps one while there are enough, and the one
 * who has not sent for longest loses it. A message begins without context then, which every peer
 * understands.
 */
final class Deflaters {
  /** What ends a message on its way, and is not sent: RFC 7692, 7.2.1. */
  private static final int TAIL_BYTES = 4;

  private final int most;
  private final byte[] from;
  private final byte[] to;
  private final Map<Object, Deflater> lent = new LinkedHashMap<>(16, 0.75f, true);
  private final ArrayDeque<Deflater> free = new ArrayDeque<>();

  Deflaters(int most, byte[] from, byte[] to) {
    this.most = most;
    this.from = from;
    this.to = to;
  }

  /** How many connections have one. */
  int lent() {
    return lent.size();
  }

  int all() {
    return lent.size() + free.size();
  }

  /**
   * Compresses a message.
   *
   * @param owner whose earlier messages it may refer to; null if to none
   * @param source empty afterwards
   * @param target gets it, without the tail
   */
  void compress(@Nullable Object owner, int windowBits, ByteQueue source, ByteQueue target) {
    Deflater deflater = owner == null ? take() : lend(owner);
    boolean isKept = false;
    try (ByteQueue whole = target.sibling()) {
      compress(deflater, windowBits, source, whole);
      target.append(whole, whole.size() - TAIL_BYTES);
      isKept = owner != null;
    } finally {
      if (owner == null) {
        putBack(deflater);
      } else if (!isKept) {
        giveBack(owner); // it knows of a message that the peer will not get
      }
    }
  }

  /** Pieces shorter than the window, each ended by a full flush, refer to nothing beyond it. */
  private void compress(Deflater deflater, int windowBits, ByteQueue source, ByteQueue target) {
    boolean isWindowSmall = windowBits < Compression.MOST_WINDOW_BITS;
    int piece = isWindowSmall ? Math.min(from.length, (1 << windowBits) - 1) : from.length;
    boolean isLast;
    do {
      int bytes = source.read(from, 0, piece);
      isLast = source.isEmpty();
      deflater.setInput(from, 0, bytes);
      drain(
          deflater,
          isWindowSmall ? Deflater.FULL_FLUSH : isLast ? Deflater.SYNC_FLUSH : Deflater.NO_FLUSH,
          target);
    } while (!isLast);
  }

  private void drain(Deflater deflater, int flush, ByteQueue target) {
    int bytes;
    do {
      bytes = deflater.deflate(to, 0, to.length, flush);
      target.append(to, 0, bytes);
    } while (bytes == to.length);
  }

  // ---- lending

  private Deflater lend(Object owner) {
    Deflater known = lent.get(owner); // which makes it the last to lose it
    if (known == null) {
      known = take();
      lent.put(owner, known);
    }
    return known;
  }

  private Deflater take() {
    Deflater known = free.pollLast();
    if (known != null) {
      return known;
    }
    if (lent.size() < most) {
      return new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    }
    Iterator<Deflater> eldest = lent.values().iterator();
    Deflater taken = eldest.next();
    eldest.remove();
    taken.reset();
    return taken;
  }

  private void putBack(Deflater deflater) {
    deflater.reset();
    free.addLast(deflater);
  }

  /** It sends no more for now, or has sent something that its compressor does not know of. */
  void giveBack(Object owner) {
    Deflater known = lent.remove(owner);
    if (known != null) {
      putBack(known);
    }
  }

  void close() {
    assert lent.isEmpty() : "somebody has one still";
    for (Deflater deflater : free) {
      deflater.end();
    }
    free.clear();
  }
}
