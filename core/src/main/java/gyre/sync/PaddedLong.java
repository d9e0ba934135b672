package gyre.sync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A number for many threads that has a line of the cache for itself: what one side of a queue
 * counts must not take the line away from the other side, nor from who only looks whether somebody
 * waits. The fields of a superclass come before those of a class, which is why there are three.
 */
final class PaddedLong extends PaddedLongValue {
  @SuppressWarnings("unused")
  private long after1, after2, after3, after4, after5, after6, after7, after8;

  long get() {
    return (long) VALUE.getVolatile(this);
  }

  boolean compareAndSet(long expected, long changed) {
    return VALUE.compareAndSet(this, expected, changed);
  }

  long getAndSetBits(long bits) {
    return (long) VALUE.getAndBitwiseOr(this, bits);
  }
}

abstract class PaddedLongBefore {
  @SuppressWarnings("unused")
  private long before1, before2, before3, before4, before5, before6, before7, before8;
}

abstract class PaddedLongValue extends PaddedLongBefore {
  static final VarHandle VALUE;

  @SuppressWarnings("unused") // by the handle
  private volatile long value;

  static {
    try {
      VALUE = MethodHandles.lookup().findVarHandle(PaddedLongValue.class, "value", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
