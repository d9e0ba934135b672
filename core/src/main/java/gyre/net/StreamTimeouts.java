package gyre.net;

import gyre.Handle;
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
    this.idleNanos = options.idleTimeout().toNanos();
    this.readNanos = options.readTimeout().toNanos();
    this.writeNanos = options.writeTimeout().toNanos();
    this.idle = limit("was idle for " + options.idleTimeout(), idleNanos);
    this.read = limit("received nothing for " + options.readTimeout(), readNanos);
    this.write = limit("could send nothing for " + options.writeTimeout(), writeNanos);
  }

  private @Nullable Limit limit(String message, long nanos) {
    return nanos == 0 ? null : new Limit(stream, message);
  }

  static @Nullable StreamTimeouts of(SocketStream stream, StreamOptions options) {
    if (options.idleTimeout().isZero()
        && options.readTimeout().isZero()
        && options.writeTimeout().isZero()) {
      return null;
    }
    StreamTimeouts timeouts = new StreamTimeouts(stream, options);
    timeouts.touch();
    return timeouts;
  }

  static StreamTimeouts forClose(
      SocketStream stream, @Nullable StreamTimeouts known, StreamOptions options) {
    StreamTimeouts timeouts = known == null ? new StreamTimeouts(stream, options) : known;
    Duration limit = options.closeTimeout();
    timeouts.close = new CloseLimit(stream);
    timeouts.close.start(limit.toNanos());
    return timeouts;
  }

  /** Input moved. */
  void touch() {
    if (idle != null) {
      idle.start(idleNanos);
    }
  }

  /** Output moved. */
  void touchWrites() {
    touch();
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

  private static class Limit extends Handle.Timeout {
    final SocketStream stream;
    private final String message;

    Limit(SocketStream stream, String message) {
      super(stream);
      this.stream = stream;
      this.message = message;
    }

    @Override
    protected void expired() {
      stream.timedOut(message);
    }
  }

  /** What is left when the time for closing is up is lost. */
  private static final class CloseLimit extends Limit {
    CloseLimit(SocketStream stream) {
      super(stream, "");
    }

    @Override
    protected void expired() {
      stream.giveUpOutput();
    }
  }
}
