package gyre.net;

import gyre.spi.Resource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The timeouts of a stream that has any; each costs a timer restart where something moves. */
final class StreamTimeouts {
  private final SocketStream stream;
  private final long idleNanos;
  private final long readNanos;
  private final long writeNanos;
  private final @Nullable Limit idle;
  private final @Nullable Limit read;
  private final @Nullable Limit write;
  private @Nullable Limit close;
  private boolean watching;

  private StreamTimeouts(SocketStream stream, StreamOptions options) {
    this.stream = stream;
    this.idleNanos = nanos(options.idleTimeout());
    this.readNanos = nanos(options.readTimeout());
    this.writeNanos = nanos(options.writeTimeout());
    this.idle = limit("use", "was idle for " + options.idleTimeout(), idleNanos);
    this.read = readNanos == 0 ? null : new ReadLimit(stream);
    this.write =
        limit(SocketStream.WRITE, "could send nothing for " + options.writeTimeout(), writeNanos);
  }

  private @Nullable Limit limit(String operation, String reason, long nanos) {
    return nanos == 0 ? null : new Limit(stream, operation, reason);
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

  /** Ends the read that waits, and nothing else. */
  private static final class ReadLimit extends Limit {
    ReadLimit(SocketStream stream) {
      super(stream, "", "");
    }

    @Override
    protected void expired() {
      stream.reader().timedOut();
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
