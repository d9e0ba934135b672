package gyre.http;

import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.OutputFullException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A whole answer on its way to a stream that may be full: a callback cannot wait. */
final class PushOutput {
  /** The stream takes so much whenever it is writable. */
  private static final int PIECE_BYTES = 16 * 1024;

  private final ByteStream stream;
  private final Patience patience;

  /** What the stream had no memory for, yet; goes before the body. */
  private byte @Nullable [] head;

  /** What the stream had no room for, yet: a byte array or a ByteQueue of this one's own. */
  private @Nullable Object body;

  private int offset;

  /** A fiber may be parked in it, and goes on by itself. */
  private boolean isSending;

  PushOutput(ByteStream stream, Patience patience) {
    this.stream = stream;
    this.patience = patience;
  }

  /** Whether the stream has all of it. */
  boolean isDone() {
    return head == null && body == null && !isSending;
  }

  void forget() {
    head = null;
    if (body instanceof ByteQueue queue) {
      queue.close();
    }
    body = null;
  }

  /** In a fiber, which parks where the stream is full. */
  void sendAll(@Nullable Object next) {
    switch (next) {
      case null -> {}
      case byte[] bytes -> {
        patience.wrote(bytes.length);
        stream.write(bytes, 0, bytes.length);
      }
      case ByteQueue queue -> {
        patience.wrote(queue.size());
        stream.write(queue);
      }
      default -> throw new AssertionError(next);
    }
  }

  /**
   * As much as there is room for. In a callback; a fiber of the user's own may park in it.
   *
   * @param first the head, of which the stream takes all or nothing
   * @param next a ByteQueue is empty afterwards: what is left of it is kept here
   */
  void send(byte[] first, int length, @Nullable Object next) {
    assert isDone() : "two answers at a time";
    body = next instanceof ByteQueue queue ? taken(queue) : next;
    offset = 0;
    isSending = true;
    try {
      if (isHeadTaken(first, length)) {
        sendBody();
      } else {
        head = Arrays.copyOf(first, length); // onDrained follows
      }
    } finally {
      isSending = false;
    }
  }

  void sendMore() {
    if (isSending) {
      return; // the fiber that is parked there sends the rest, in its order
    }
    isSending = true;
    try {
      if (sendHead()) {
        sendBody();
      }
    } finally {
      isSending = false;
    }
  }

  /** The caller may use his queue for something else while this waits for room. */
  private static ByteQueue taken(ByteQueue queue) {
    ByteQueue own = queue.sibling();
    own.append(queue);
    return own;
  }

  private boolean sendHead() {
    byte[] first = head;
    if (first != null) {
      if (!stream.isWritable() || !isHeadTaken(first, first.length)) {
        return false;
      }
      head = null;
    }
    return true;
  }

  private boolean isHeadTaken(byte[] first, int length) {
    try {
      stream.write(first, 0, length);
      return true;
    } catch (OutputFullException e) {
      return false;
    }
  }

  private void sendBody() {
    switch (body) {
      case null -> {}
      case byte[] bytes -> sendMore(bytes);
      case ByteQueue queue -> sendMore(queue);
      default -> throw new AssertionError(body);
    }
  }

  private void sendMore(byte[] bytes) {
    while (offset < bytes.length && stream.isWritable()) {
      int part = Math.min(PIECE_BYTES, bytes.length - offset);
      patience.wrote(part);
      stream.write(bytes, offset, part);
      offset += part;
    }
    if (offset == bytes.length) {
      body = null;
    }
  }

  private void sendMore(ByteQueue queue) {
    while (!queue.isEmpty() && stream.isWritable()) {
      try (ByteQueue part = queue.sibling()) {
        part.append(queue, Math.min(PIECE_BYTES, queue.size()));
        patience.wrote(part.size());
        stream.write(part);
      }
    }
    if (queue.isEmpty()) {
      body = null;
    }
  }
}
