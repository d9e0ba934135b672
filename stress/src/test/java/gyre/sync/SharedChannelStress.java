package gyre.sync;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** Threads meet in a channel: while it closes, in its ring, and where one waits for another. */
public final class SharedChannelStress {
  private SharedChannelStress() {}

  /**
   * An item is sent while the channel closes, and a receiver ends as soon as it may. Results:
   * whether it was accepted, whether it was received or is there for the next receiver.
   */
  @JCStressTest
  @State
  @Outcome(id = "1, 0", expect = Expect.FORBIDDEN, desc = "accepted, and behind the end")
  @Outcome(
      id = {"0, 0", "1, 1"},
      expect = Expect.ACCEPTABLE)
  public static class Closing {
    private final SharedRing<Object> ring = new SharedRing<>(2);
    private boolean isAccepted;
    private boolean isReceived;
    private boolean hasEnded;

    @org.openjdk.jcstress.annotations.Actor
    public void sender() {
      isAccepted = ring.offer(this) == Sent.SENT;
    }

    @org.openjdk.jcstress.annotations.Actor
    public void closer() {
      ring.close();
    }

    @org.openjdk.jcstress.annotations.Actor
    public void receiver() {
      isReceived = ring.poll() != null;
      hasEnded = !isReceived && ring.isOver();
    }

    @Arbiter
    public void judge(II_Result result) {
      result.r1 = isAccepted ? 1 : 0;
      result.r2 = isReceived || (!hasEnded && ring.poll() != null) ? 1 : 0;
    }
  }

  /** The same with a flag beside the queue, which a sender looks at before it puts the item in. */
  @JCStressTest
  @State
  @Outcome(
      id = "1, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "accepted, and behind the end")
  @Outcome(
      id = {"0, 0", "1, 1"},
      expect = Expect.ACCEPTABLE)
  public static class BrokenClosing {
    private final AtomicReference<Object> queue = new AtomicReference<>();
    private volatile boolean isClosed;
    private boolean isAccepted;
    private boolean isReceived;
    private boolean hasEnded;

    @org.openjdk.jcstress.annotations.Actor
    public void sender() {
      if (!isClosed) {
        queue.set(this);
        isAccepted = true;
      }
    }

    @org.openjdk.jcstress.annotations.Actor
    public void closer() {
      isClosed = true;
    }

    @org.openjdk.jcstress.annotations.Actor
    public void receiver() {
      isReceived = queue.getAndSet(null) != null;
      hasEnded = !isReceived && isClosed && queue.get() == null;
    }

    @Arbiter
    public void judge(II_Result result) {
      result.r1 = isAccepted ? 1 : 0;
      result.r2 = isReceived || (!hasEnded && queue.get() != null) ? 1 : 0;
    }
  }

  /** Two senders and one place: one is refused, and the item is whole. */
  @JCStressTest
  @State
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE)
  @Outcome(expect = Expect.FORBIDDEN, desc = "not one accepted and one received")
  public static class OnePlace {
    private final SharedRing<int[]> ring = new SharedRing<>(1);
    private boolean first;
    private boolean second;

    @org.openjdk.jcstress.annotations.Actor
    public void first() {
      first = ring.offer(new int[] {1}) == Sent.SENT;
    }

    @org.openjdk.jcstress.annotations.Actor
    public void second() {
      second = ring.offer(new int[] {1}) == Sent.SENT;
    }

    @Arbiter
    public void judge(II_Result result) {
      result.r1 = (first ? 1 : 0) + (second ? 1 : 0);
      int[] item = ring.poll();
      result.r2 = (item == null ? 0 : item[0]) + (ring.poll() == null ? 0 : 10);
    }
  }

  /** One waits while another sends: 0 if it was not woken in a long time. */
  @JCStressTest
  @State
  @Outcome(id = "0", expect = Expect.FORBIDDEN, desc = "lost wake-up")
  @Outcome(id = "1", expect = Expect.ACCEPTABLE)
  public static class Waking {
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final SharedRing<Object> ring = new SharedRing<>(1);
    private final SharedLine line = new SharedLine(ring::hasItem, () -> "waiting");

    @org.openjdk.jcstress.annotations.Actor
    public void receiver(I_Result result) {
      try {
        boolean isWoken = line.block(System.nanoTime() + LIMIT_NANOS);
        result.r1 = isWoken && ring.poll() != null ? 1 : 0;
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    @org.openjdk.jcstress.annotations.Actor
    public void sender() {
      Sent ignored = ring.offer(this);
      line.wakeOne();
    }
  }
}
