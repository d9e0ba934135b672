package gyre.sync;

import gyre.Loop;
import gyre.spi.Internals;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * {@link Followers} on any loops and plain threads. What is new is told to each loop once, where
 * somebody waits for it, and goes on there from reader to reader: so publishing costs the same for
 * one reader of a loop and for a hundred, and a loop that stands does not hold up the others.
 *
 * <p>No wake-up is lost: a loop whose first reader has nothing to read says that it watches, and
 * then looks again; who publishes does so, and then looks at who watches. Both are volatile. What
 * readers wait for must be so as well.
 */
final class SharedFollowers {
  private volatile OnLoop[] loops = {};
  private final ConcurrentLinkedQueue<Thread> threads = new ConcurrentLinkedQueue<>();

  /** Those of one loop, and used on it but for {@link #tell}. */
  static final class OnLoop extends Followers implements Runnable {
    private final Loop loop;

    /** Somebody waits here, who has nothing to read. 0 or 1. */
    private volatile int isWatching;

    private static final VarHandle IS_WATCHING;

    static {
      try {
        IS_WATCHING = MethodHandles.lookup().findVarHandle(OnLoop.class, "isWatching", int.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private OnLoop(Loop loop) {
      this.loop = loop;
    }

    @Override
    void add(Follower follower) {
      super.add(follower);
      wakeFirst(); // what is new may have come before it stood here
    }

    @Override
    void wakeFirst() {
      Follower first = first();
      if (first != null && !first.isReady()) {
        isWatching = 1;
      }
      super.wakeFirst(); // looks again
    }

    /** From any thread: something is new. */
    private void tell() {
      if (isWatching == 1 && IS_WATCHING.compareAndSet(this, 1, 0)) {
        if (Internals.isOn(loop)) {
          run();
        } else {
          Internals.handToLoop(loop, this);
        }
      }
    }

    @Override
    public void run() {
      wakeFirst();
    }
  }

  /** Those of the calling loop. */
  OnLoop here() {
    Loop here = Loop.current();
    for (OnLoop known : loops) {
      if (known.loop.equals(here)) {
        return known;
      }
    }
    OnLoop made = new OnLoop(here);
    add(made);
    return made;
  }

  /** There are as many as there are loops; those that are closed are dropped here. */
  private synchronized void add(OnLoop made) {
    OnLoop[] open =
        Arrays.stream(loops)
            .filter(known -> !Internals.isClosed(known.loop))
            .toArray(OnLoop[]::new);
    OnLoop[] more = Arrays.copyOf(open, open.length + 1);
    more[open.length] = made;
    loops = more;
  }

  /** From any thread, after something new was made visible. */
  void wake() {
    for (OnLoop loop : loops) {
      loop.tell();
    }
    for (Thread thread : threads) {
      LockSupport.unpark(thread);
    }
  }

  /** The wait of one reader, on whatever loop or thread it is at the time. */
  abstract static class Reader extends Follower implements SharedWait.Place {
    private final SharedFollowers all;

    Reader(SharedFollowers all) {
      this.all = all;
    }

    @Override
    Followers place() {
      return all.here();
    }

    @Override
    public boolean block(long deadlineNanos) throws InterruptedException {
      Thread caller = Thread.currentThread();
      all.threads.add(caller);
      try {
        return SharedWait.parkThread(this, deadlineNanos);
      } finally {
        boolean ignored = all.threads.remove(caller);
      }
    }
  }
}
