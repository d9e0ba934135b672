package gyre.sync;

import gyre.Loop;
import gyre.Waiter;
import gyre.spi.Internals;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait at one side of a {@link SharedChannel}: fibers of any loop and plain threads. Whom
 * somebody wakes has left the line, so the wake-ups of all that comes until it runs are skipped.
 *
 * <p>No wake-up is lost: who waits joins the line and then looks at the level; who raises the level
 * does so and then looks at the line, with a fence in between. Who was woken and does not take what
 * there is wakes the next one.
 */
final class SharedLine implements SharedWait.Place {
  private final BooleanSupplier level;
  private final Supplier<String> doing;
  private final ConcurrentLinkedQueue<Party> line = new ConcurrentLinkedQueue<>();
  private final ConcurrentHashMap<Waiter, Party> fibers = new ConcurrentHashMap<>();

  /** Of the line, for a quick look. */
  private final AtomicInteger length = new AtomicInteger();

  SharedLine(BooleanSupplier level, Supplier<String> doing) {
    this.level = level;
    this.doing = doing;
  }

  /** One who waits. Whoever changes {@code isWaiting} to false has taken it out of the line. */
  private static final class Party implements Runnable {
    private final @Nullable Thread thread;
    private final @Nullable Loop loop;
    private @Nullable Waiter waiter; // of its loop
    private volatile int isWaiting = 1;

    Party(@Nullable Thread thread, @Nullable Waiter waiter, @Nullable Loop loop) {
      this.thread = thread;
      this.waiter = waiter;
      this.loop = loop;
    }

    /** False if its loop is closed, so that nobody will go on. */
    boolean wake() {
      if (loop == null) {
        LockSupport.unpark(thread);
      } else if (Internals.isOn(loop)) {
        run();
      } else if (Internals.isClosed(loop)) {
        return false;
      } else {
        Internals.handToLoop(loop, this);
      }
      return true;
    }

    /** On its loop. */
    @Override
    public void run() {
      if (waiter != null) {
        waiter.wake();
      }
    }

    boolean leave() {
      return IS_WAITING.compareAndSet(this, 1, 0);
    }

    private static final VarHandle IS_WAITING;

    static {
      try {
        IS_WAITING = MethodHandles.lookup().findVarHandle(Party.class, "isWaiting", int.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }
  }

  // ---- those who raise the level

  /** After the level was raised: wakes one who waits, if any does. */
  void wakeOne() {
    VarHandle.fullFence();
    if (length.get() != 0) {
      wakeNext();
    }
  }

  /** For who has gone on: others may wait for what it has left. */
  void handOn() {
    if (length.get() != 0 && level.getAsBoolean()) {
      wakeNext();
    }
  }

  private void wakeNext() {
    for (Party first = line.poll(); first != null; first = line.poll()) {
      if (first.leave()) {
        length.getAndDecrement();
        if (first.wake()) {
          return;
        }
      }
    }
  }

  void wakeAll() {
    VarHandle.fullFence();
    while (length.get() != 0 && !line.isEmpty()) {
      wakeNext();
    }
  }

  // ---- those who wait

  private void join(Party party) {
    length.getAndIncrement();
    line.add(party);
    VarHandle.fullFence();
  }

  /** Answers whether it was woken. */
  private boolean leave(Party party) {
    if (!party.leave()) {
      return true;
    }
    length.getAndDecrement();
    boolean ignored = line.remove(party);
    return false;
  }

  @Override
  public boolean block(long deadlineNanos) throws InterruptedException {
    Party party = new Party(Thread.currentThread(), null, null);
    join(party);
    boolean isReady = false;
    try {
      while (party.isWaiting == 1) {
        isReady = level.getAsBoolean();
        if (isReady) {
          break;
        }
        if (Thread.interrupted()) {
          throw new InterruptedException(doing());
        }
        if (deadlineNanos == Long.MAX_VALUE) {
          LockSupport.park(this);
        } else {
          long left = deadlineNanos - System.nanoTime();
          if (left <= 0) {
            return false;
          }
          LockSupport.parkNanos(this, left);
        }
      }
      return true;
    } finally {
      if (leave(party) && !isReady) {
        handOn();
      }
    }
  }

  @Override
  public boolean isReady() {
    return level.getAsBoolean();
  }

  @Override
  public void arm(Waiter waiter) {
    Party party = new Party(null, waiter, Loop.current());
    fibers.put(waiter, party);
    join(party);
    if (level.getAsBoolean() && party.leave()) { // raised before it stood in the line
      length.getAndDecrement();
      boolean ignored = line.remove(party);
      waiter.wake();
    }
  }

  @Override
  public void disarm(Waiter waiter) {
    Party party = fibers.remove(waiter);
    assert party != null;
    party.waiter = null;
    if (leave(party) && !waiter.isClaiming()) {
      handOn();
    }
  }

  @Override
  public String doing() {
    return doing.get();
  }
}
