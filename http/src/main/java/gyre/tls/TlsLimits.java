package gyre.tls;

import gyre.spi.Resource;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The timers of a TLS stream, each made when it is first needed. */
final class TlsLimits {
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private enum Purpose {
    HANDSHAKE,
    READ,
    CLOSE,
    RETRY
  }

  private final TlsStream stream;
  private @Nullable Limit handshake;
  private @Nullable Limit read;
  private @Nullable Limit close;
  private @Nullable Limit retry;

  TlsLimits(TlsStream stream) {
    this.stream = stream;
  }

  private static final class Limit extends Resource.Timeout {
    private final TlsStream stream;
    private final Purpose purpose;

    Limit(TlsStream stream, Purpose purpose) {
      super(stream);
      this.stream = stream;
      this.purpose = purpose;
    }

    @Override
    protected void expired() {
      switch (purpose) {
        case HANDSHAKE -> {
          if (!again(stream.role.handshakeTimeout())) {
            stream.handshakeTooSlow();
          }
        }
        case READ -> {
          if (!again(stream.options.readTimeout())) {
            stream.readTimedOut();
          }
        }
        case CLOSE -> stream.abandonOutput();
        case RETRY -> stream.advance();
      }
    }

    /** Whether the time was not the peer's, for want of memory here: it begins again. */
    private boolean again(Duration limit) {
      boolean isOurs = stream.isKeptWaiting();
      if (isOurs) {
        start(nanos(limit));
      }
      return isOurs;
    }
  }

  /** As long as a timer can be; for ever is not an error. */
  private static long nanos(Duration duration) {
    return duration.toSeconds() >= Long.MAX_VALUE / 1_000_000_000L
        ? Long.MAX_VALUE
        : duration.toNanos();
  }

  void startHandshake(Duration limit) {
    Limit made = new Limit(stream, Purpose.HANDSHAKE);
    handshake = made;
    made.start(nanos(limit));
  }

  void stopHandshake() {
    cancel(handshake);
    handshake = null;
  }

  /** A reader waits, and goes on waiting. */
  void startRead() {
    Duration limit = stream.options.readTimeout();
    if (limit.isZero() || !stream.isOpen()) {
      return;
    }
    Limit known = read;
    if (known == null) {
      known = new Limit(stream, Purpose.READ);
      read = known;
    }
    known.start(nanos(limit));
  }

  void stopRead() {
    cancel(read);
  }

  void startClose() {
    if (close == null) {
      close = new Limit(stream, Purpose.CLOSE);
      close.start(nanos(stream.options.closeTimeout()));
    }
  }

  /** Memory is wanting, for a moment. */
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
    stopHandshake();
    cancel(read);
    cancel(retry);
  }

  void stop() {
    stopAllButClose();
    cancel(close);
  }

  private static void cancel(@Nullable Limit limit) {
    if (limit != null) {
      limit.cancel();
    }
  }
}
