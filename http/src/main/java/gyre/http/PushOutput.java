package gyre.http;

import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import org.jspecify.annotations.Nullable;

/** The body of an answer on its way to a stream that may be full: a callback cannot wait. */
final class PushOutput {
  /** The stream takes so much whenever it is writable. */
  private static final int PIECE_BYTES = 16 * 1024;

  private final ByteStream stream;
  private final Patience patience;

  /** What the stream had no room for, yet: a byte array or a ByteQueue. */
  private @Nullable Object body;

  private int offset;

  PushOutput(ByteStream stream, Patience patience) {
    this.stream = stream;
    this.patience = patience;
  }

  /** Whether the stream has all of it. */
  boolean isDone() {
    return body == null;
  }

  void forget() {
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

  /** As much as there is room for. */
  void send(@Nullable Object next) {
    body = next;
    offset = 0;
    sendMore();
  }

  void sendMore() {
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
