package gyre.sync;

import java.time.Duration;
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

  /**
   * {@link Closing} with two threads: the item is sent while another thread closes the ring and
   * then ends as a receiver does. Results: whether it was accepted, and whether it was received, or
   * is there for a receiver that has not ended.
   */
  @JCStressTest
  @State
  @Outcome(id = "1, 0", expect = Expect.FORBIDDEN, desc = "accepted, and behind the end")
  @Outcome(
      id = {"0, 0", "1, 1"},
      expect = Expect.ACCEPTABLE)
  public static class ClosingByTheReceiver {
    private final SharedRing<Object> ring = new SharedRing<>(2);
    private boolean isAccepted;
    private boolean isReceived;
    private boolean hasEnded;

    @org.openjdk.jcstress.annotations.Actor
    public void sender() {
      isAccepted = ring.offer(this) == Sent.SENT;
    }

    @org.openjdk.jcstress.annotations.Actor
    public void receiver() {
      ring.close();
      isReceived = ring.poll() != null;
      hasEnded = !isReceived && ring.isOver();
    }

    @Arbiter
    public void judge(II_Result result) {
      result.r1 = isAccepted ? 1 : 0;
      result.r2 = isReceived || (!hasEnded && ring.poll() != null) ? 1 : 0;
    }
  }

  /** The same with a flag beside the queue. */
  @JCStressTest
  @State
  @Outcome(
      id = "1, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "accepted, and behind the end")
  @Outcome(
      id = {"0, 0", "1, 1"},
      expect = Expect.ACCEPTABLE)
  public static class BrokenClosingByTheReceiver {
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
    public void receiver() {
      isClosed = true;
      isReceived = queue.getAndSet(null) != null;
      hasEnded = !isReceived && queue.get() == null;
    }

    @Arbiter
    public void judge(II_Result result) {
      result.r1 = isAccepted ? 1 : 0;
      result.r2 = isReceived || (!hasEnded && queue.get() != null) ? 1 : 0;
    }
  }

  /** A sender and a receiver meet, who leaves at once if nobody is there: both know the same. */
  @JCStressTest
  @State
  @Outcome(
      id = {"0, 0", "1, 1"},
      expect = Expect.ACCEPTABLE)
  @Outcome(expect = Expect.FORBIDDEN, desc = "sent and not received, or the other way round")
  public static class Meeting {
    private final SharedChannel<Object> meeting = SharedChannel.rendezvous();

    @org.openjdk.jcstress.annotations.Actor
    public void sender(II_Result result) {
      result.r1 = meeting.send(this, Duration.ofNanos(20_000)) == Sent.SENT ? 1 : 0;
    }

    @org.openjdk.jcstress.annotations.Actor
    public void receiver(II_Result result) {
      result.r2 =
          meeting.receive(Duration.ofNanos(20_000)) instanceof Received.Value<Object> ? 1 : 0;
    }
  }

  /** One answers while the asker goes away: each knows what counted. */
  @JCStressTest
  @State
  @Outcome(
      id = {"0, 1", "1, 0"},
      expect = Expect.ACCEPTABLE)
  @Outcome(expect = Expect.FORBIDDEN, desc = "both counted, or none")
  public static class Answering {
    private final Reply<Object> reply = new Reply<>("nobody");

    @org.openjdk.jcstress.annotations.Actor
    public void answerer(II_Result result) {
      result.r1 = reply.answer(this) ? 1 : 0;
    }

    @org.openjdk.jcstress.annotations.Actor
    public void asker() {
      reply.abandon();
    }

    @Arbiter
    public void judge(II_Result result) {
      result.r2 = reply.isAbandoned() ? 1 : 0;
    }
  }

  /** One waits for a value while another sets it: 0 if it was not told in a long time. */
  @JCStressTest
  @State
  @Outcome(id = "0", expect = Expect.FORBIDDEN, desc = "lost wake-up")
  @Outcome(id = "1", expect = Expect.ACCEPTABLE)
  public static class Watching {
    private final SharedWatch<Integer> watch = SharedWatch.create(0);
    private final SharedWatch.View<Integer> view = watch.view();

    @org.openjdk.jcstress.annotations.Actor
    public void viewer(I_Result result) {
      result.r1 =
          view.next(Duration.ofSeconds(5)) instanceof Received.Value<Integer>(Integer value)
              ? value
              : 0;
    }

    @org.openjdk.jcstress.annotations.Actor
    public void writer() {
      watch.set(1);
    }
  }

  /** Two publish at once: a subscriber gets both, in one order. */
  @JCStressTest
  @State
  @Outcome(
      id = {"1, 2", "2, 1"},
      expect = Expect.ACCEPTABLE)
  @Outcome(expect = Expect.FORBIDDEN, desc = "lost, or told twice")
  public static class Publishing {
    private final SharedBroadcast<Integer> items = SharedBroadcast.create(2);
    private final SharedBroadcast.Subscription<Integer> mine = items.subscribe();

    @org.openjdk.jcstress.annotations.Actor
    public void one() {
      items.publish(1);
    }

    @org.openjdk.jcstress.annotations.Actor
    public void two() {
      items.publish(2);
    }

    @Arbiter
    public void judge(II_Result result) {
      result.r1 = next();
      result.r2 = next();
    }

    private int next() {
      return mine.next(Duration.ofNanos(1)).orElse(null)
              instanceof Received.Value<Integer>(Integer item)
          ? item
          : 0;
    }
  }
}
