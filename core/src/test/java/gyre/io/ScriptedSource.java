package gyre.io;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/** Gives bytes piece by piece, one for each wait, and then the end. Nothing parks. */
final class ScriptedSource implements ByteSource {
  final ByteQueue input = ByteQueue.create();
  private final Deque<byte[]> pieces = new ArrayDeque<>();
  private final int limitBytes;
  private Runnable beforeEach = () -> {};
  int blamed;

  ScriptedSource(int limitBytes) {
    this.limitBytes = limitBytes;
  }

  void add(byte[] piece) {
    pieces.add(piece);
  }

  /** Runs before another piece arrives. */
  void beforeEach(Runnable action) {
    beforeEach = action;
  }

  @Override
  public String name() {
    return "script";
  }

  @Override
  public int read(ByteBuffer target) {
    return await(1) ? input.read(target) : -1;
  }

  @Override
  public ByteQueue input() {
    return input;
  }

  @Override
  public boolean await(int bytes) {
    if (bytes > limitBytes) {
      throw new IllegalArgumentException(bytes + " bytes exceed " + limitBytes);
    }
    while (input.size() < bytes) {
      byte[] piece = pieces.poll();
      if (piece == null) {
        return false;
      }
      beforeEach.run();
      input.append(piece);
    }
    return true;
  }

  @Override
  public int awaitLimitBytes() {
    return limitBytes;
  }

  @Override
  public <E extends IoException> E byPeer(E failure) {
    blamed++;
    return failure;
  }
}
