package gyre.stream;

import gyre.spi.Resource;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The timers of a stream over descriptors, each made when it is first needed. */
final class DescriptorTimeouts {
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private enum Purpose {
    READ,
    WRITE,
    CLOSE,
    RETRY
  }

  private final DescriptorStream stream;
  private @Nullable Limit read;
  private @Nullable Limit write;
  private @Nullable Limit close;
  private @Nullable Limit retry;

  DescriptorTimeouts(DescriptorStream stream) {
    this.stream = stream;
  }

  private static final class Limit extends Resource.Timeout {
    private final DescriptorStream stream;
    private final Purpose purpose;

    Limit(DescriptorStream stream, Purpose purpose) {
      super(stream);
      this.stream = stream;
      this.purpose = purpose;
    }

    @Override
    protected void expired() {
      switch (purpose) {
        case READ -> stream.readTimedOut();
        case WRITE -> stream.writeExpired();
        case CLOSE -> stream.giveUpOutput();
        case RETRY -> stream.tryNow();
      }
    }
  }

  /** As long as a timer can be; for ever is not an error. */
  private static long nanos(Duration duration) {
    return duration.toSeconds() >= Long.MAX_VALUE / 1_000_000_000L
        ? Long.MAX_VALUE
        : duration.toNanos();
  }

  /** A reader waits, and goes on waiting. */
  void startRead() {
    Duration limit = stream.options().readTimeout();
    if (!limit.isZero()) {
      Limit known = read;
      if (known == null) {
        known = new Limit(stream, Purpose.READ);
        read = known;
      }
      known.start(nanos(limit));
    }
  }

  void stopRead() {
    cancel(read);
  }

  /**
   * @param hasMoved since the last call
   */
  void watchWrites(boolean isPending, boolean hasMoved) {
    Duration limit = stream.options().writeTimeout();
    if (limit.isZero()) {
      return;
    }
    if (!isPending) {
      cancel(write);
      return;
    }
    Limit known = write;
    if (known == null) {
      known = new Limit(stream, Purpose.WRITE);
      write = known;
    }
    if (hasMoved || !known.isActive()) {
      known.start(nanos(limit));
    }
  }

  void startClose() {
    if (close == null) {
      close = new Limit(stream, Purpose.CLOSE);
      close.start(nanos(stream.options().closeTimeout()));
    }
  }

  /** Something was refused for a moment. */
  void startRetry() {
    Limit known = retry;
    if (known == null) {
      known = new Limit(stream, Purpose.RETRY);
      retry = known;
    }
    if (!known.isActive()) {
      known.start(RETRY_NANOS);
    }
  }

  void stopAllButClose() {
    cancel(read);
    cancel(write);
  }

  void stop() {
    stopAllButClose();
    cancel(close);
    cancel(retry);
  }

  private static void cancel(@Nullable Limit limit) {
    if (limit != null) {
      limit.cancel();
    }
  }
}
