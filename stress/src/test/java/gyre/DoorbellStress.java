package gyre;

import gyre.loop.Doorbell;
import gyre.loop.Inbox;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jctools.queues.atomic.MpscAtomicArrayQueue;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * The loop goes to sleep while another thread enqueues and rings.
 *
 * <p>Results of those with a pair: whether the loop would wait, whether the producer wakes it. A
 * loop that waits for an element that is there, and that nobody wakes for, has lost a wake-up: 1,
 * 0.
 */
final class DoorbellStress {
  private static final String LOST = "1, 0";

  private DoorbellStress() {}

  private static int toInt(boolean value) {
    return value ? 1 : 0;
  }

  /** The loop and the queues as they are used. */
  @JCStressTest
  @State
  @Outcome(id = LOST, expect = Expect.FORBIDDEN, desc = "lost wake-up")
  @Outcome(
      id = {"0, 0", "0, 1", "1, 1"},
      expect = Expect.ACCEPTABLE)
  public static class Correct {
    private final Doorbell doorbell = new Doorbell();
    private final MpscAtomicArrayQueue<Object> queue = new MpscAtomicArrayQueue<>(2);

    @Actor
    public void loop(II_Result result) {
      doorbell.prepareToSleep();
      result.r1 = toInt(queue.isEmpty());
    }

    @Actor
    public void producer(II_Result result) {
      queue.offer(this);
      result.r2 = toInt(doorbell.ring());
    }
  }

  /** The same with all that the loop has for other threads. */
  @JCStressTest
  @State
  @Outcome(id = LOST, expect = Expect.FORBIDDEN, desc = "lost wake-up")
  @Outcome(
      id = {"0, 0", "0, 1", "1, 1"},
      expect = Expect.ACCEPTABLE)
  public static class CorrectWithInbox {
    private final Doorbell doorbell = new Doorbell();
    private final Inbox inbox = new Inbox(4);

    @Actor
    public void loop(II_Result result) {
      doorbell.prepareToSleep();
      result.r1 = toInt(inbox.isEmpty());
    }

    @Actor
    public void producer(II_Result result) {
      inbox.resume(this);
      result.r2 = toInt(doorbell.ring());
    }
  }

  /** The same with a loop that looks for the element itself, which appears after its index. */
  @JCStressTest
  @State
  @Outcome(id = LOST, expect = Expect.FORBIDDEN, desc = "lost wake-up")
  @Outcome(
      id = {"0, 0", "0, 1", "1, 1"},
      expect = Expect.ACCEPTABLE)
  public static class CorrectByElement {
    private final Doorbell doorbell = new Doorbell();
    private final MpscAtomicArrayQueue<Object> queue = new MpscAtomicArrayQueue<>(2);

    @Actor
    public void loop(II_Result result) {
      doorbell.prepareToSleep();
      result.r1 = toInt(queue.relaxedPeek() == null);
    }

    @Actor
    public void producer(II_Result result) {
      queue.offer(this);
      result.r2 = toInt(doorbell.ring());
    }
  }

  /**
   * Two waits, the first of which ends for another reason: a wake-up may be spent on it, and the
   * element may be left to the second.
   */
  @JCStressTest
  @State
  @Outcome(
      id = "1",
      expect = Expect.FORBIDDEN,
      desc = "asleep, an element queued, no wake-up pending")
  @Outcome(id = "0", expect = Expect.ACCEPTABLE)
  public static class CorrectTwice {
    private final Doorbell doorbell = new Doorbell();
    private final MpscAtomicArrayQueue<Object> queue = new MpscAtomicArrayQueue<>(2);
    private final AtomicBoolean wakeUp = new AtomicBoolean();
    private boolean waits;

    @Actor
    public void loop() {
      doorbell.prepareToSleep();
      queue.isEmpty();
      wakeUp.setPlain(false);
      doorbell.awake();
      queue.poll();
      doorbell.prepareToSleep();
      waits = queue.isEmpty();
    }

    @Actor
    public void producer() {
      queue.offer(this);
      if (doorbell.ring()) {
        wakeUp.set(true);
      }
    }

    @Arbiter
    public void judge(I_Result result) {
      result.r1 = toInt(waits && !queue.isEmpty() && !wakeUp.get());
    }
  }

  /** Two producers: one of them wakes the loop, and it is enough that one does. */
  @JCStressTest
  @State
  @Outcome(
      id = {"1, 0"},
      expect = Expect.FORBIDDEN,
      desc = "lost wake-up")
  @Outcome(
      id = {"1, 2"},
      expect = Expect.FORBIDDEN,
      desc = "woken twice")
  @Outcome(
      id = {"1, 1"},
      expect = Expect.ACCEPTABLE)
  public static class CorrectAmongProducers {
    private final Doorbell doorbell = new Doorbell();
    private final MpscAtomicArrayQueue<Object> queue = new MpscAtomicArrayQueue<>(2);
    private int first;
    private int second;

    public CorrectAmongProducers() {
      doorbell.prepareToSleep();
    }

    @Actor
    public void first() {
      queue.offer(this);
      first = toInt(doorbell.ring());
    }

    @Actor
    public void second() {
      queue.offer(this);
      second = toInt(doorbell.ring());
    }

    @Arbiter
    public void judge(II_Result result) {
      result.r1 = toInt(!queue.isEmpty());
      result.r2 = first + second;
    }
  }

  /** The control of those below: their slot, with the fences. */
  @JCStressTest
  @State
  @Outcome(id = LOST, expect = Expect.FORBIDDEN, desc = "lost wake-up")
  @Outcome(
      id = {"0, 0", "0, 1", "1, 1"},
      expect = Expect.ACCEPTABLE)
  public static class CorrectWithSlot {
    private final Doorbell doorbell = new Doorbell();
    private final Slot slot = new Slot();

    @Actor
    public void loop(II_Result result) {
      doorbell.prepareToSleep();
      result.r1 = toInt(slot.isEmpty());
    }

    @Actor
    public void producer(II_Result result) {
      slot.fill();
      result.r2 = toInt(doorbell.ring());
    }
  }

  /**
   * No fence between the element and the look at the state: the release of the offer is not enough.
   */
  @JCStressTest
  @State
  @Outcome(id = LOST, expect = Expect.ACCEPTABLE_INTERESTING, desc = "lost wake-up")
  @Outcome(
      id = {"0, 0", "0, 1", "1, 1"},
      expect = Expect.ACCEPTABLE)
  public static class BrokenProducerWithoutFence {
    private final BrokenDoorbell doorbell = new BrokenDoorbell();
    private final Slot slot = new Slot();

    @Actor
    public void loop(II_Result result) {
      doorbell.prepareToSleep();
      result.r1 = toInt(slot.isEmpty());
    }

    @Actor
    public void producer(II_Result result) {
      slot.fill();
      result.r2 = toInt(doorbell.ringWithoutFence());
    }
  }

  /** No fence between the state and the look at the queue. */
  @JCStressTest
  @State
  @Outcome(id = LOST, expect = Expect.ACCEPTABLE_INTERESTING, desc = "lost wake-up")
  @Outcome(
      id = {"0, 0", "0, 1", "1, 1"},
      expect = Expect.ACCEPTABLE)
  public static class BrokenLoopWithoutFence {
    private final BrokenDoorbell doorbell = new BrokenDoorbell();
    private final Slot slot = new Slot();

    @Actor
    public void loop(II_Result result) {
      doorbell.prepareToSleepWithoutFence();
      result.r1 = toInt(slot.isEmpty());
    }

    @Actor
    public void producer(II_Result result) {
      slot.fill();
      result.r2 = toInt(doorbell.ring());
    }
  }

  /** The loop looks at the queue before it says that it sleeps: wrong on every machine. */
  @JCStressTest
  @State
  @Outcome(id = LOST, expect = Expect.ACCEPTABLE_INTERESTING, desc = "lost wake-up")
  @Outcome(
      id = {"0, 0", "0, 1", "1, 1"},
      expect = Expect.ACCEPTABLE)
  public static class BrokenOrder {
    private final Doorbell doorbell = new Doorbell();
    private final Slot slot = new Slot();

    @Actor
    public void loop(II_Result result) {
      result.r1 = toInt(slot.isEmpty());
      Thread.onSpinWait();
      doorbell.prepareToSleep();
    }

    @Actor
    public void producer(II_Result result) {
      slot.fill();
      result.r2 = toInt(doorbell.ring());
    }
  }

  /**
   * The last step of a queue's offer and nothing else: so small that a run has very many of them,
   * and sees what is rare.
   */
  static final class Slot {
    private static final VarHandle ELEMENT;

    static {
      try {
        ELEMENT = MethodHandles.lookup().findVarHandle(Slot.class, "element", int.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    @SuppressWarnings("unused") // by its handle
    private int element;

    void fill() {
      ELEMENT.setRelease(this, 1);
    }

    boolean isEmpty() {
      return (int) ELEMENT.getAcquire(this) == 0;
    }
  }
}
