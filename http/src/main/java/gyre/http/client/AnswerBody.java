package gyre.http.client;

import gyre.Loop;
import gyre.Source;
import gyre.http.HttpLimits;
import gyre.http.wire.AnswerReader;
import gyre.io.ByteQueue;
import gyre.io.IoException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The body of an answer as it comes: takes from the connection's input what belongs to it. */
final class AnswerBody implements ClientBody {
  /** What is received and not consumed. */
  static final int HELD_BYTES = 64 * 1024;

  private final Held held;
  private final ClientConnection connection;
  private final String request;
  private final HttpLimits limits;
  private final long deadlineNanos;
  private final Loop loop = Loop.current();
  private final long length;
  private final ByteQueue bytes;
  private long limitBytes;

  /** What bounds each wait; null if limits bound all of them together. */
  private @Nullable Duration silence;

  private long movedBytes;
  private long waitedNanos;
  private boolean isEnded;
  private boolean isClosed;
  private long endNanos;
  private @Nullable HttpClientException failure;

  AnswerBody(Held held, String request, HttpLimits limits, long deadlineNanos) {
    this.held = held;
    this.connection = held.connection();
    this.request = request;
    this.limits = limits;
    this.deadlineNanos = deadlineNanos;
    this.length = connection.reader().length();
    this.bytes = connection.stream().input().sibling();
    this.limitBytes = limits.bodyBytes();
    if (length == 0) {
      receive(); // the connection is free at once
    }
  }

  boolean isEnded() {
    return isEnded;
  }

  /** Of the loop's clock; when the end came, or now. */
  long endNanos() {
    return isEnded ? endNanos : loop.nanoTime();
  }

  private void receive() {
    ByteQueue in = connection.stream().input();
    long before = bytes.size();
    AnswerReader.Outcome outcome =
        connection.reader().readBody(in, bytes, Math.max(HELD_BYTES, before), limitBytes);
    movedBytes += bytes.size() - before;
    take(outcome);
  }

  private void take(AnswerReader.Outcome outcome) {
    switch (outcome) {
      case MORE -> {}
      case DONE -> {
        isEnded = true;
        endNanos = loop.nanoTime();
        held.answered();
      }
      case FAILED ->
          throw fail(
              HttpClientException.malformed(request, Phase.BODY, connection.reader().problem()));
    }
  }

  private HttpClientException fail(HttpClientException found) {
    failure = found;
    held.abandon();
    return found;
  }

  private void awaitInput() {
    long startNanos = loop.nanoTime();
    long patienceNanos = patienceNanos();
    long leftNanos = deadlineNanos - startNanos;
    boolean isInAll = leftNanos < patienceNanos;
    try {
      int wanted = Math.toIntExact(connection.stream().input().size() + 1);
      if (!awaitReadable(wanted, startNanos + Math.min(patienceNanos, leftNanos))) {
        throw HttpClientException.timeout(
            request,
            Phase.BODY,
            isInAll ? "it took longer than the deadline for all of it" : impatience());
      }
      waitedNanos += loop.nanoTime() - startNanos;
      if (!connection.stream().await(wanted)) {
        take(connection.reader().inputEnded());
      }
    } catch (HttpClientException e) {
      throw failure == null ? fail(e) : e;
    } catch (IoException e) {
      throw fail(HttpClientException.broken(request, Phase.BODY, e));
    }
  }

  private long patienceNanos() {
    Duration each = silence;
    if (each != null) {
      return each.toNanos();
    }
    long rateNanos =
        (long) ((double) movedBytes / limits.minimumBytesPerSecond() * TimeUnit.SECONDS.toNanos(1));
    return limits.bodyTimeout().toNanos() + rateNanos - waitedNanos;
  }

  private String impatience() {
    Duration each = silence;
    return each == null
        ? "it took longer than bodyTimeout and minimumBytesPerSecond allow"
        : "nothing came for " + each;
  }

  /** All that was there has been understood: the input has less than what makes sense alone. */
  private boolean awaitReadable(int wanted, long dueNanos) {
    Source readable = connection.stream().readable(wanted);
    while (!readable.isReady()) {
      held.checkWriter(request);
      if (!ClientConnection.awaitEither(readable, held.sent(), dueNanos - loop.nanoTime())) {
        return false;
      }
    }
    return true;
  }

  /** For who does not want the rest: if that is there already the connection may go on. */
  void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    if (!isEnded && failure == null) {
      bytes.clear();
      try {
        receive();
      } catch (HttpClientException e) {
        // Nobody reads it.
      }
    }
    bytes.close();
    held.abandon();
  }

  // ---- for the caller

  @Override
  public long length() {
    return length;
  }

  @Override
  public ClientBody limit(long value) {
    limitBytes = Checks.atLeast("limit", value, 0);
    return this;
  }

  @Override
  public ClientBody silence(Duration value) {
    silence = Checks.positive("silence", value);
    return this;
  }

  @Override
  public String name() {
    return "the body of the answer to " + request;
  }

  @Override
  public ByteQueue input() {
    return bytes;
  }

  @Override
  public int awaitLimitBytes() {
    return HELD_BYTES;
  }

  @Override
  public boolean await(int count) {
    if (count > HELD_BYTES) {
      throw new IllegalArgumentException(
          "can't wait for " + count + " bytes: " + name() + " holds up to " + HELD_BYTES);
    }
    while (bytes.size() < count) {
      if (isClosed) {
        throw new IllegalStateException(name() + " is closed");
      }
      if (failure != null) {
        throw failure;
      }
      if (isEnded) {
        return false;
      }
      long before = bytes.size();
      receive();
      if (!isEnded && bytes.size() == before) {
        awaitInput();
      }
    }
    return true;
  }

  @Override
  public int read(ByteBuffer target) {
    if (!target.hasRemaining()) {
      throw new IllegalArgumentException("the buffer to read into is full");
    }
    return await(1) ? bytes.read(target) : -1;
  }

  @Override
  public byte[] readAll() {
    return Bodies.readAll(this);
  }

  @Override
  public @Nullable String trailer(String name) {
    return isEnded ? connection.reader().trailer(name) : null;
  }
}
