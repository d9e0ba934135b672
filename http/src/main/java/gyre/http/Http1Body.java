package gyre.http;

import gyre.io.ByteQueue;
import gyre.io.IoException;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The body of a request of HTTP/1.x: takes from the connection's input what belongs to it. */
final class Http1Body implements RequestBody {
  /** What is received and not consumed while the handler reads piece by piece. */
  static final int HELD_BYTES = 64 * 1024;

  private enum Framing {
    LENGTH,
    CHUNKED
  }

  private final Exchange exchange;
  private final ChunkDecoder decoder;
  private @Nullable ByteQueue bytes;

  /** Somebody else has had it, and may have kept it. */
  private boolean isQueueShown;

  private Framing framing = Framing.LENGTH;
  private long leftBytes;
  private long limitBytes;

  /** What {@link #readAll} has taken of it so far. */
  private long collectedBytes;

  private boolean isEnded;
  private boolean isContinueOwed;
  private @Nullable Problem problem;

  Http1Body(Exchange exchange) {
    this.exchange = exchange;
    this.decoder = exchange.chunks;
  }

  /** The head is complete. */
  void begin(long defaultLimitBytes) {
    RequestHead head = exchange.head;
    framing = head.hasTransferEncoding ? Framing.CHUNKED : Framing.LENGTH;
    leftBytes = Math.max(0, head.contentLength);
    limitBytes = defaultLimitBytes;
    collectedBytes = 0;
    isEnded = !head.hasBody();
    isContinueOwed = head.expectsContinue && !isEnded;
    problem = null;
    if (framing == Framing.CHUNKED) {
      decoder.begin();
    }
  }

  void clear() {
    if (bytes != null) {
      bytes.clear();
    }
  }

  /** The request is over: whoever has kept the queue keeps an empty one, and not the next's. */
  void forget() {
    clear();
    if (isQueueShown) {
      isQueueShown = false;
      bytes = null;
    }
  }

  boolean isEnded() {
    return isEnded;
  }

  @Nullable Problem problem() {
    return problem;
  }

  /**
   * Whether the peer waits for leave to send it, which it has to be given now. An answer that has
   * begun is as good: nothing may be written into the middle of it.
   */
  boolean takeContinueOwed() {
    boolean owed = isContinueOwed && !exchange.response.isStarted();
    isContinueOwed = false;
    return owed;
  }

  boolean isContinueOwed() {
    return isContinueOwed;
  }

  void fail(Problem found) {
    if (problem == null) {
      problem = found;
    }
  }

  /** What is known to come still; of a chunked body, nothing. */
  long knownLeftBytes() {
    return isEnded || framing == Framing.CHUNKED ? 0 : leftBytes;
  }

  /** Takes what there is, up to so many bytes held. False if it failed. */
  boolean receive(ByteQueue in, long heldLimitBytes) {
    if (isEnded || problem != null) {
      return problem == null;
    }
    long before = in.size();
    if (framing == Framing.LENGTH) {
      receiveLength(in, heldLimitBytes);
    } else {
      receiveChunks(in, heldLimitBytes);
    }
    long moved = before - in.size();
    exchange.head.lines.consumed(moved);
    exchange.connection().patience().moved(moved);
    tellKept();
    if (moved > 0) {
      isContinueOwed = false; // it did not wait
    }
    return problem == null;
  }

  /** Tells the stream what of a body that is not complete is kept here. */
  void tellKept() {
    long kept = isEnded ? 0 : collectedBytes + queue().size();
    exchange.connection().stream().keptBytes(kept);
  }

  private void receiveLength(ByteQueue in, long heldLimitBytes) {
    if (exchange.head.contentLength > limitBytes) {
      fail(Problem.BODY_TOO_LARGE);
      return;
    }
    long part = Math.min(Math.min(leftBytes, in.size()), heldLimitBytes - queue().size());
    if (part > 0) {
      queue().append(in, part);
      leftBytes -= part;
    }
    isEnded = leftBytes == 0;
  }

  private void receiveChunks(ByteQueue in, long heldLimitBytes) {
    switch (decoder.decode(in, queue(), heldLimitBytes, limitBytes)) {
      case DONE -> isEnded = true;
      case FAILED -> fail(Objects.requireNonNull(decoder.problem()));
      case MORE -> {}
    }
  }

  // ---- for the handler

  @Override
  public long length() {
    exchange.checkLent(this);
    return exchange.head.hasTransferEncoding ? -1 : Math.max(0, exchange.head.contentLength);
  }

  @Override
  public RequestBody limit(long value) {
    exchange.checkLent(this);
    limitBytes = Checks.atLeast("limit", value, 0);
    return this;
  }

  @Override
  public String name() {
    return exchange.isLent(this)
        ? "the body of a request on " + exchange.connection().stream().name()
        : "the body of a request that is over";
  }

  @Override
  public ByteQueue input() {
    exchange.checkLent(this);
    isQueueShown = true;
    return queue();
  }

  /** What has come and was not consumed. */
  ByteQueue queue() {
    ByteQueue known = bytes;
    if (known == null) {
      known = exchange.connection().stream().input().sibling();
      bytes = known;
    }
    return known;
  }

  @Override
  public int awaitLimitBytes() {
    return HELD_BYTES;
  }

  @Override
  public boolean await(int count) {
    exchange.checkLent(this);
    if (count > HELD_BYTES) {
      throw new IllegalArgumentException(
          "can't wait for " + count + " bytes: " + name() + " holds up to " + HELD_BYTES);
    }
    ByteQueue held = queue();
    ByteQueue in = exchange.connection().stream().input();
    while (held.size() < count) {
      check(receive(in, HELD_BYTES));
      if (held.size() >= count) {
        return true;
      }
      if (isEnded) {
        return false;
      }
      if (!exchange.connection().awaitBody(this)) {
        fail(Problem.BODY_CUT_SHORT);
      }
      check(problem == null);
    }
    return true;
  }

  private void check(boolean isSound) {
    if (!isSound) {
      throw exchange.connection().stream()
          .byPeer(new BodyException(exchange.request.toString(), Objects.requireNonNull(problem)));
    }
  }

  @Override
  public int read(ByteBuffer target) {
    if (!target.hasRemaining()) {
      throw new IllegalArgumentException("the buffer to read into is full");
    }
    return await(1) ? queue().read(target) : -1;
  }

  @Override
  public <E extends IoException> E byPeer(E failure) {
    exchange.checkLent(this);
    return exchange.connection().stream().byPeer(failure);
  }

  @Override
  public byte[] readAll() {
    exchange.checkLent(this);
    try (ByteQueue all = queue().sibling()) {
      while (await(1)) {
        collectedBytes += queue().size();
        all.append(queue());
      }
      return all.take(Math.toIntExact(all.size()));
    } finally {
      collectedBytes = 0;
    }
  }

  @Override
  public void onData(BodyHandler handler) {
    exchange.checkLent(this);
    exchange.connection().bodyTaker(exchange, handler);
  }

  @Override
  public void pause() {
    if (exchange.isLent(this)) {
      exchange.connection().pauseBody();
    }
  }

  @Override
  public void resume() {
    if (exchange.isLent(this)) {
      exchange.connection().resumeBody();
    }
  }

  @Override
  public byte[] readAllUnpacked(int limitBytes) {
    String coding = exchange.request.header("Content-Encoding");
    if (coding == null || coding.equalsIgnoreCase("identity")) {
      return limit(limitBytes).readAll();
    }
    if (!coding.equalsIgnoreCase("gzip") && !coding.equalsIgnoreCase("x-gzip")) {
      throw new HttpException(415, "the body is packed by something else than gzip");
    }
    try (GunzipSource unpacked = new GunzipSource(this, limitBytes);
        ByteQueue all = input().sibling()) {
      while (unpacked.await(1)) {
        all.append(unpacked.input());
      }
      return all.take(Math.toIntExact(all.size()));
    }
  }

  @Override
  public @Nullable String trailer(String name) {
    exchange.checkLent(this);
    Fields trailers = isEnded && framing == Framing.CHUNKED ? decoder.trailers() : null;
    int field = trailers == null ? -1 : trailers.find(name, 0);
    return trailers == null || field < 0 ? null : trailers.value(field);
  }
}
