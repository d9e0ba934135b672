package gyre.http.websocket;

import gyre.Loop;
import gyre.io.ByteQueue;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What all WebSockets of a loop use in turn, from the first one to the last. On the loop alone. */
final class LoopShare {
  private static final int SCRATCH_BYTES = 8 * 1024;
  private static final ConcurrentHashMap<Loop, LoopShare> ALL = new ConcurrentHashMap<>();

  final Loop loop;
  final byte[] scratch = new byte[SCRATCH_BYTES];
  final byte[] head = new byte[FrameHead.MOST_BYTES];
  final Deflaters deflaters;
  final Inflating inflating;

  /** For a payload that is made from something else. */
  final ByteQueue payload;

  /** For what comes out of a compressor. */
  final ByteQueue compressed;

  /** For a frame that is put together. */
  final ByteQueue frame;

  private int users;

  private LoopShare(Loop loop, ByteQueue queue, int deflaters) {
    byte[] packed = new byte[SCRATCH_BYTES];
    this.loop = loop;
    this.deflaters = new Deflaters(deflaters, scratch, packed);
    this.inflating = new Inflating(scratch, packed);
    this.payload = queue.sibling();
    this.compressed = queue.sibling();
    this.frame = queue.sibling();
  }

  /**
   * For one more WebSocket of the present loop.
   *
   * @param queue any of the loop's
   * @param deflaters how many there may be, if this is the first one
   */
  static LoopShare enter(ByteQueue queue, int deflaters) {
    Loop loop = Loop.current();
    LoopShare known = ALL.get(loop);
    if (known == null) {
      known = new LoopShare(loop, queue, deflaters);
      LoopShare ignored = ALL.put(loop, known);
    }
    known.users++;
    return known;
  }

  /** Of the present loop; null if it has no WebSocket. */
  static @Nullable LoopShare ofLoop(Loop loop) {
    return ALL.get(loop);
  }

  void leave() {
    users--;
    assert users >= 0 : "left twice";
    if (users == 0) {
      LoopShare ignored = ALL.remove(loop);
      deflaters.close();
      inflating.close();
    }
  }

  int users() {
    return users;
  }
}
