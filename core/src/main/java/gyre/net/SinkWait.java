package gyre.net;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A push handler that writes to another stream, which is full, is not called before that one has
 * drained. Each stream that takes part has one of these, for both roles.
 */
final class SinkWait {
  private final SocketStream stream;

  /** That of the full stream which this one's handler has written to. */
  private @Nullable SinkWait sink;

  /** Those of the streams whose handlers have written to this one. */
  private @Nullable Set<SinkWait> sources;

  SinkWait(SocketStream stream) {
    this.stream = stream;
  }

  boolean isWaiting() {
    return sink != null;
  }

  boolean isAwaited() {
    return sources != null;
  }

  void begin(SinkWait full) {
    sink = full;
    Set<SinkWait> known = full.sources;
    if (known == null) {
      known = new LinkedHashSet<>();
      full.sources = known;
    }
    known.add(this);
  }

  /** This stream has drained: those whose bytes it gets go on. */
  void release() {
    Set<SinkWait> waiting = sources;
    sources = null;
    if (waiting != null) {
      waiting.forEach(source -> source.drained(this));
    }
  }

  @SuppressWarnings("ReferenceEquality") // of this very stream, and not of one since
  private void drained(SinkWait full) {
    if (sink == full) {
      sink = null;
      stream.sinkDrained();
    }
  }

  /** This stream closes. */
  void end() {
    release();
    sink = null;
  }
}
