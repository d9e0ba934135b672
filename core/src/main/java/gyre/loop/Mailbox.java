package gyre.loop;

import gyre.engine.Engine;
import gyre.engine.Environment;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How other threads reach a loop: they leave something in its inbox and ring, which wakes the
 * engine only where the loop sleeps. Closed together with the loop; what comes later is refused,
 * and what nobody took is discarded.
 */
public final class Mailbox {
  private final String owner;
  private final Inbox inbox;
  private final Doorbell doorbell = new Doorbell();
  private final Engine engine;
  private final Environment environment;
  private final BooleanSupplier onLoop;
  private volatile boolean closed;

  /** Who is told, in place of the engine, while the loop rests between turns. */
  private volatile @Nullable Runnable onRing;

  /** The engine is to be woken too while the loop rests: somebody waits for its descriptor. */
  private volatile boolean isEngineWatched;

  private volatile boolean resting;

  /**
   * @param onLoop whether the caller is on the loop's own thread
   */
  public Mailbox(String owner, int limit, Engine engine, BooleanSupplier onLoop) {
    this.owner = owner;
    this.environment = engine.environment();
    this.onLoop = onLoop;
    this.inbox = new Inbox(limit);
    this.engine = engine;
  }

  /** A step of the runtime itself, run on the loop, that must not be refused. */
  public record Internal(Runnable action) {}

  // ---- from any thread

  public void post(Runnable task) {
    if (!tryPost(task)) {
      if (closed) {
        throw new RejectedExecutionException(owner + " is closed");
      }
      throw new RejectedExecutionException(
          "the inbox of " + owner + " is full: " + inbox.limit() + " tasks wait");
    }
  }

  public boolean tryPost(Runnable task) {
    if (closed || !inbox.post(task)) {
      return false;
    }
    if (closed) {
      discardPosts(); // it came too late for the one that closing makes
    } else {
      ring();
    }
    return true;
  }

  public void postInternal(Runnable action) {
    if (!closed) { // or else nobody is left to care
      resume(new Internal(action));
    }
  }

  /** Something that can run on the loop: a fiber, a continuation or a step of the runtime. */
  public void resume(Object runnable) {
    inbox.resume(runnable);
    if (closed) {
      forwardResumes(); // it came too late for the look that closing takes
    } else {
      ring();
    }
  }

  private void ring() {
    environment.inboxReceived(onLoop);
    if (doorbell.ring()) {
      wake();
    }
  }

  /** Who comes next tries again if this fails; what was left in the inbox is found then. */
  private void wake() {
    Runnable told = resting ? onRing : null;
    boolean isDone = false;
    try {
      if (told == null || isEngineWatched) {
        engine.wake();
      }
      if (told != null) {
        told.run();
      }
      isDone = true;
    } finally {
      if (!isDone) {
        doorbell.wakeFailed();
      }
    }
  }

  public boolean isClosed() {
    return closed;
  }

  // ---- by the loop

  /** Waits in the engine, unless there is something in the inbox. */
  public void sleep(long timeoutNanos) {
    doorbell.prepareToSleep();
    try {
      engine.await(inbox.isEmpty() ? timeoutNanos : 0);
    } finally {
      doorbell.awake();
    }
  }

  /** Has the engine woken for the first ring of each rest: its descriptor is waited for. */
  public void watchEngine() {
    isEngineWatched = true;
  }

  /** Has {@code callback} run for the first ring of each rest. */
  public void onRing(Runnable callback) {
    onRing = callback;
  }

  /**
   * A loop that is turned by hand, and whose driver wants to be told, has ended a turn. A ring that
   * has seen the last rest may come in this one, which tells the driver once too often.
   */
  public void rest() {
    if ((onRing != null || isEngineWatched) && !resting && !closed) {
      resting = true;
      doorbell.prepareToSleep();
    }
  }

  /** As {@link #rest}, after many turns that nobody has looked behind. */
  public void restAndLook() {
    rest();
    if (resting && !isEmpty()) {
      wake();
    }
  }

  /** A turn begins. */
  public void endRest() {
    if (resting) {
      resting = false;
      doorbell.awake();
    }
  }

  public boolean isEmpty() {
    return inbox.isEmpty();
  }

  public @Nullable Object nextResume() {
    return inbox.nextResume();
  }

  public @Nullable Runnable nextPost() {
    return inbox.nextPost();
  }

  public Inbox inbox() {
    return inbox;
  }

  public void close() {
    closed = true;
    discardPosts();
    forwardResumes();
  }

  /** Once closed: the virtual threads among them go on elsewhere. The lock is as below. */
  private void forwardResumes() {
    assert closed;
    synchronized (inbox) {
      for (Object next = inbox.nextResume(); next != null; next = inbox.nextResume()) {
        forward(next);
      }
    }
  }

  /** A loop that is closed was to run this: fibers stay where they are. */
  public static void forward(Object runnable) {
    if (runnable instanceof Runnable continuation) {
      OrphanThreads.resume(continuation);
    }
  }

  /** Once closed; the lock makes one consumer of many. */
  private void discardPosts() {
    assert closed;
    synchronized (inbox) {
      for (Runnable post = inbox.nextPost(); post != null; post = inbox.nextPost()) {
        Inbox.discard(post);
      }
    }
  }
}
