package gyre.net;

import gyre.WaitPoint;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** What a pool has for one target: connections that are idle, and borrowers that wait. */
final class PoolTarget<K, C> {
  final K key;

  /** The one used last comes first. */
  final Deque<PoolEntry<C>> idle = new ArrayDeque<>();

  /** The one that has waited for longest comes first. */
  final Deque<Borrower<C>> waiting = new ArrayDeque<>();

  int lent;
  int connecting;

  PoolTarget(K key) {
    this.key = key;
  }

  int total() {
    return idle.size() + lent + connecting;
  }

  boolean isEmpty() {
    return total() == 0 && waiting.isEmpty();
  }

  /** One who waits for a connection: gets one, or is told why not. */
  static final class Borrower<C> extends WaitPoint {
    private final Object key;

    /** The place in the order of all that wait for any target. */
    final long number;

    @Nullable PoolEntry<C> given;
    @Nullable Throwable failure;

    Borrower(Object key, long number) {
      this.key = key;
      this.number = number;
    }

    void give(PoolEntry<C> entry) {
      assert !isReady() : "served twice";
      given = entry;
      wakeAll();
    }

    void fail(Throwable cause) {
      assert !isReady() : "served twice";
      failure = cause;
      wakeAll();
    }

    @Override
    public boolean isReady() {
      return given != null || failure != null;
    }

    @Override
    public String doing() {
      return "waiting for a connection to " + key;
    }
  }
}
