package gyre.stream;

import gyre.engine.Poll;

/**
 * Waits until somebody has opened the other end of a FIFO for the first time: before that a read
 * finds an end which is none.
 */
final class OtherSide extends Poll {
  private final DescriptorStream stream;

  /** Somebody was there, and may have gone again. */
  private boolean hasCome;

  OtherSide(DescriptorStream stream, int descriptor) {
    this.stream = stream;
    this.descriptor = descriptor;
    this.interest = READABLE;
  }

  boolean hasCome() {
    return hasCome;
  }

  @Override
  public void ready(int events) {
    hasCome = true;
    stream.stopWaiting();
  }

  @Override
  public void ended(int result) {
    stream.otherSideTold(hasCome ? 0 : result);
  }

  @Override
  public String toString() {
    return "wait for the other side of " + stream.name();
  }
}
