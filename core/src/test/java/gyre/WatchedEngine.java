package gyre;

import gyre.engine.BlockPool;
import gyre.engine.Engine;
import gyre.engine.EngineCounters;
import gyre.engine.Operation;
import gyre.engine.Sockets;
import org.jspecify.annotations.Nullable;

/** An engine whose clock a test moves, and which remembers how long the loop wanted to wait. */
final class WatchedEngine implements Engine {
  private final Engine real;
  private long aheadNanos;

  /** The longest wait with an end. */
  long longestWaitNanos;

  @Nullable RuntimeException failure;

  WatchedEngine(Engine real) {
    this.real = real;
  }

  /** As if the code that calls this had taken so long. */
  void pass(long nanos) {
    aheadNanos += nanos;
  }

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public String features() {
    return real.features();
  }

  @Override
  public long nanoTime() {
    return real.nanoTime() + aheadNanos;
  }

  @Override
  public void submit(Operation operation) {
    real.submit(operation);
  }

  @Override
  public void cancel(Operation operation) {
    real.cancel(operation);
  }

  @Override
  public void await(long timeoutNanos) {
    if (timeoutNanos != FOREVER) {
      longestWaitNanos = Math.max(longestWaitNanos, timeoutNanos);
    }
    real.await(timeoutNanos);
  }

  @Override
  public int dispatch(int budget) {
    RuntimeException thrown = failure;
    failure = null;
    if (thrown != null) {
      throw thrown;
    }
    return real.dispatch(budget);
  }

  @Override
  public void wake(@Nullable Engine from) {
    real.wake(null);
  }

  @Override
  public Sockets sockets() {
    return real.sockets();
  }

  @Override
  public BlockPool pool() {
    return real.pool();
  }

  @Override
  public EngineCounters counters() {
    return real.counters();
  }

  @Override
  public int active() {
    return real.active();
  }

  @Override
  public void close() {
    real.close();
  }
}
