package gyre.io.codec;

import gyre.io.ByteQueue;
import gyre.io.Encoder;
import org.jspecify.annotations.Nullable;

/**
 * Writes a message into a queue of its own, puts the frame around it, and moves it to the output:
 * so all of it is there, or nothing.
 */
final class FrameEncoder<T> implements Encoder<T> {
  /** Kept free before the content, so that most headers are written in place. */
  private static final int HEADROOM_BYTES = 16;

  /** Shorter frames are copied to the output, where they share a block with their neighbours. */
  private static final int COPIED_BYTES = 256;

  private final Framing.Wrapper wrapper;
  private final BodyWriter<T> body;
  private final byte[] copy = new byte[COPIED_BYTES];
  private @Nullable ByteQueue frame;

  FrameEncoder(Framing.Wrapper wrapper, BodyWriter<T> body) {
    this.wrapper = wrapper;
    this.body = body;
  }

  @Override
  public void encode(T message, ByteQueue output) {
    ByteQueue queue = frame;
    if (queue == null) {
      queue = output.sibling();
      frame = queue;
    }
    assert queue.isEmpty();
    try {
      queue.append(copy, 0, HEADROOM_BYTES);
      body.write(message, queue);
      queue.drain(HEADROOM_BYTES);
      wrapper.wrap(queue);
      moveTo(output, queue);
    } finally {
      queue.clear();
    }
  }

  private void moveTo(ByteQueue output, ByteQueue queue) {
    if (queue.size() > COPIED_BYTES) {
      output.append(queue);
    } else {
      int bytes = queue.read(copy, 0, COPIED_BYTES);
      output.append(copy, 0, bytes);
    }
  }
}
