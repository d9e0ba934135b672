package gyre.io.codec;

import gyre.io.ByteQueue;
import gyre.io.DecodeException;
import gyre.io.Decoder;
import gyre.io.Encoder;
import org.jspecify.annotations.Nullable;

/**
 * See {@link Framing#chunked}. {@link #decoder} puts the parts of a message together, and holds
 * them meanwhile; to have each part as it comes, decode the framing of the parts: an empty one is
 * the end of a message.
 */
public final class Chunked extends Framing {
  private final Framing parts;
  private final int partBytes;

  Chunked(Framing parts, int limitBytes) {
    super(limitBytes);
    if (parts instanceof Chunked || parts instanceof FixedSize) {
      throw new IllegalArgumentException(
          "parts need a framing that can have an empty message, as a length before each");
    }
    if (parts.contentBytes() < 1) {
      throw new IllegalArgumentException("parts that have room for nothing: raise their limit");
    }
    this.parts = parts;
    this.partBytes = parts.contentBytes();
  }

  private Chunked(Framing parts, int limitBytes, int partBytes) {
    super(limitBytes);
    this.parts = parts;
    this.partBytes = partBytes;
  }

  /** Writes parts of at most so many bytes; by default as many as the framing of the parts can. */
  public Chunked partBytes(int bytes) {
    if (bytes < 1 || bytes > parts.contentBytes()) {
      throw new IllegalArgumentException(
          "parts of " + bytes + " bytes: 1 to " + parts.contentBytes() + ", by their own limit");
    }
    return new Chunked(parts, limitBytes, bytes);
  }

  @Override
  public <T> Decoder<T> decoder(Body<T> body) {
    return new ChunkedDecoder<>(parts, limitBytes, body);
  }

  @Override
  public <T> Encoder<T> encoder(BodyWriter<T> body) {
    return new ChunkedEncoder<>(parts.encoder(BodyWriter.queue()), body);
  }

  @Override
  Wrapper wrapper() {
    throw new AssertionError("parts have frames, and the whole has none");
  }

  private final class ChunkedEncoder<T> implements Encoder<T> {
    private final Encoder<ByteQueue> part;
    private final BodyWriter<T> body;

    ChunkedEncoder(Encoder<ByteQueue> part, BodyWriter<T> body) {
      this.part = part;
      this.body = body;
    }

    @Override
    public void encode(T message, ByteQueue output) {
      try (ByteQueue whole = output.sibling();
          ByteQueue next = output.sibling();
          ByteQueue framed = output.sibling()) {
        body.write(message, whole);
        checkLength(whole.size());
        while (!whole.isEmpty()) {
          next.append(whole, Math.min(partBytes, whole.size()));
          part.encode(next, framed);
        }
        part.encode(next, framed);
        output.append(framed);
      }
    }
  }

  private static final class ChunkedDecoder<T> implements Decoder<T> {
    private final int limitBytes;
    private final Body<T> body;
    private final Decoder<Integer> part;
    private @Nullable ByteQueue message;
    private @Nullable DecodeException failure;
    private long messageOffset;
    private long consumedBytes;

    ChunkedDecoder(Framing parts, int limitBytes, Body<T> body) {
      this.limitBytes = limitBytes;
      this.body = body;
      this.part = parts.decoder(this::take);
    }

    private int take(ByteQueue input, int bytes) {
      ByteQueue queue = message;
      if (queue == null) {
        queue = input.sibling();
        message = queue;
      }
      if (queue.size() + bytes > limitBytes) {
        failure =
            DecodeException.tooLong(
                "message in parts",
                messageOffset,
                "its parts exceed the limit of " + limitBytes + " bytes together");
        throw failure;
      }
      queue.append(input, bytes);
      return bytes;
    }

    @Override
    public @Nullable T decode(ByteQueue input) {
      if (failure != null) {
        throw failure;
      }
      while (true) {
        long before = input.size();
        Integer bytes = part.decode(input);
        if (bytes == null) {
          return null;
        }
        consumedBytes += before - input.size();
        ByteQueue queue = message;
        if (bytes == 0 && queue != null) {
          messageOffset = consumedBytes;
          try {
            return body.read(queue, (int) queue.size());
          } finally {
            queue.clear();
          }
        }
      }
    }

    @Override
    public int limitBytes() {
      return part.limitBytes();
    }

    @Override
    public long neededBytes() {
      return part.neededBytes();
    }

    @Override
    public boolean isWithinMessage() {
      ByteQueue queue = message;
      return queue != null && !queue.isEmpty();
    }

    @Override
    public void discard() {
      ByteQueue queue = message;
      if (queue != null) {
        queue.clear();
      }
    }
  }
}
