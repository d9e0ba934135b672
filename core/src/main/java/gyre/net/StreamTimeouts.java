package gyre.net;

import gyre.spi.Resource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The timeouts of a stream that has any; each costs a timer restart where something moves.
 *
 * <p>Those that end a silence ask first whose silence it was: a peer that is held up here, since
 * there is no memory to receive what it has sent, say, gets as much time again. It can't live on
 * that with memory in its hands: who holds some and does not get on is reset by the loop.
 */
final class StreamTimeouts {
  private final long idleNanos;
  private final long readNanos;
  private final long writeNanos;
  private final @Nullable Limit idle;
  private final @Nullable Limit read;
  private final @Nullable Limit write;
  private @Nullable Limit close;
  private boolean watching;

  private StreamTimeouts(SocketStream stream, StreamOptions options) {
    this.idleNanos = nanos(options.idleTimeout());
    this.readNanos = nanos(options.readTimeout());
    this.writeNanos = nanos(options.writeTimeout());
    this.idle = idleNanos == 0 ? null : new IdleLimit(stream, idleNanos, options.idleTimeout());
    this.read = readNanos == 0 ? null : new ReadLimit(stream, readNanos);
    String unsent = "could send nothing for " + options.writeTimeout();
    this.write = writeNanos == 0 ? null : new Limit(stream, SocketStream.WRITE, unsent);
  }

  /** As long as a timer can be; for ever is not an error. */
  private static long nanos(Duration duration) {
    return duration.toSeconds() >= Long.MAX_VALUE / 1_000_000_000L
        ? Long.MAX_VALUE
        : duration.toNanos();
  }

  static @Nullable StreamTimeouts of(SocketStream stream, StreamOptions options) {
    if (options.idleTimeout().isZero()
        && options.readTimeout().isZero()
        && options.writeTimeout().isZero()) {
      return null;
    }
    StreamTimeouts timeouts = new StreamTimeouts(stream, options);
    timeouts.received();
    return timeouts;
  }

  /** Limits the time that closing takes, which runs from its beginning: the first call counts. */
  static StreamTimeouts forClose(
      SocketStream stream, @Nullable StreamTimeouts known, StreamOptions options) {
    StreamTimeouts timeouts = known == null ? new StreamTimeouts(stream, options) : known;
    if (timeouts.close == null) {
      timeouts.close = new CloseLimit(stream);
      timeouts.close.start(nanos(options.closeTimeout()));
    }
    return timeouts;
  }

  /** Input has arrived. */
  void received() {
    if (idle != null) {
      idle.start(idleNanos);
    }
    stopRead();
  }

  /** Output was taken by the kernel. */
  void sent() {
    if (idle != null) {
      idle.start(idleNanos);
    }
    if (write != null && watching) {
      write.start(writeNanos);
    }
  }

  void startRead() {
    if (read != null) {
      read.start(readNanos);
    }
  }

  void stopRead() {
    if (read != null) {
      read.cancel();
    }
  }

  void watchWrites(boolean pending) {
    if (write == null || pending == watching) {
      return;
    }
    watching = pending;
    if (pending) {
      write.start(writeNanos);
    } else {
      write.cancel();
    }
  }

  void stop() {
    cancel(idle);
    cancel(read);
    cancel(write);
    cancel(close);
  }

  private static void cancel(@Nullable Limit limit) {
    if (limit != null) {
      limit.cancel();
    }
  }

  private static class Limit extends Resource.Timeout {
    final SocketStream stream;
    private final String operation;
    private final String reason;

    Limit(SocketStream stream, String operation, String reason) {
      super(stream);
      this.stream = stream;
      this.operation = operation;
      this.reason = reason;
    }

    @Override
    protected void expired() {
      stream.timedOut(operation, reason);
    }
  }

  private static final class IdleLimit extends Limit {
    private final long nanos;

    IdleLimit(SocketStream stream, long nanos, Duration limit) {
      super(stream, "use", "was idle for " + limit);
      this.nanos = nanos;
    }

    @Override
    protected void expired() {
      if (stream.holdsUpPeer()) {
        start(nanos);
      } else {
        super.expired();
      }
    }
  }

  /** Ends the read that waits, and nothing else. */
  private static final class ReadLimit extends Limit {
    private final long nanos;

    ReadLimit(SocketStream stream, long nanos) {
      super(stream, "", "");
      this.nanos = nanos;
    }

    @Override
    protected void expired() {
      if (stream.holdsUpPeer()) {
        start(nanos);
      } else {
        stream.reader().timedOut();
      }
    }
  }

  /** What is left when the time for closing is up is lost. */
  private static final class CloseLimit extends Limit {
    CloseLimit(SocketStream stream) {
      super(stream, "", "");
    }

    @Override
    protected void expired() {
      stream.giveUpOutput();
    }
  }
}
