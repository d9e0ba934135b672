package gyre.spi;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.WaitPoint;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A handle that tells of one event after the other: signals, changes of directories, what the user
 * of a terminal does. Its events are taken by fibers that ask for them, or by one handler, and both
 * ways are here, once for all kinds. What an event is, where it waits, and what its end looks like,
 * is the kind's.
 *
 * <p>A kind calls {@link #eventCame} when there is something to take, and {@link #wakeWaiters} when
 * nothing more will come. A loop that drains closes a handle with a handler as soon as that knows
 * everything, and has fibers that wait go on with a {@link CancelledException}.
 *
 * @param <E> the events
 */
public abstract class EventResource<E> extends Resource {
  /** In fairness to others; what is left is told by a callback of its own. */
  private static final int EVENTS_PER_CALLBACK = 64;

  /** What a user's handler is, whatever its own type. */
  protected interface Handler<E> {
    void onEvent(E event) throws Exception;
  }

  private final Arrived arrived = new Arrived();
  private @Nullable Handler<E> handler;

  protected EventResource(Scope owner) {
    super(owner);
  }

  private final class Arrived extends WaitPoint {
    @Override
    public boolean isReady() {
      return hasEvent() || isOver() || !isOpen() || isDraining();
    }

    @Override
    public String doing() {
      return waitingFor() + " " + name();
    }
  }

  // ---- what the kind says

  /** There is something to take. */
  protected abstract boolean hasEvent();

  /** Takes what {@link #hasEvent} has told of. */
  protected abstract E takeEvent();

  /** For example {@code waiting for changes by}. */
  protected abstract String waitingFor();

  /** No event will come any more, though it is open: {@link #checkNotOver} throws then. */
  protected boolean isOver() {
    return false;
  }

  protected void checkNotOver() {}

  /** There is something that a handler has not been told. */
  protected boolean hasNews() {
    return hasEvent();
  }

  /** The descriptor that events come from, or -1. */
  protected int eventDescriptor() {
    return -1;
  }

  // ---- for the kind

  /** An event is there: somebody is told of it. */
  protected final void eventCame() {
    if (!hasNews()) {
      return;
    }
    if (handler != null) {
      requestCallback();
    } else {
      arrived.wakeFirst();
    }
  }

  /** Nothing more comes: who waits finds out why. */
  protected final void wakeWaiters() {
    arrived.wakeAll();
  }

  protected final boolean hasHandler() {
    return handler != null;
  }

  // ---- direct style

  /** Parks until there is an event. */
  protected final E nextEvent() {
    Fiber<?> caller = caller();
    checkOpen();
    checkDirect();
    await(caller, arrived);
    if (!isOpen() || !hasEvent()) {
      checkNotOver();
      checkStillOpen(caller, waitingFor());
      throw new CancelledException(name() + " is idle while the loop shuts down", null);
    }
    return takeEvent();
  }

  /** An event that is there, without waiting. */
  protected final Optional<E> pollEvent() {
    checkOnLoop();
    checkDirect();
    return hasEvent() ? Optional.of(takeEvent()) : Optional.empty();
  }

  /** Ready while {@link #nextEvent} would not park. */
  protected final Source eventSource() {
    checkThread();
    return arrived;
  }

  private void checkDirect() {
    if (handler != null) {
      throw new IllegalStateException(name() + " is read in push style");
    }
  }

  // ---- push style

  /** Has a handler told of what comes, and of what has come already. */
  protected final void tellBy(Handler<E> newHandler) {
    checkOnLoop();
    checkOpen();
    Fiber<?> waiter = arrived.firstFiber();
    if (waiter != null) {
      throw new IllegalStateException("fiber " + waiter.name() + " waits for " + name());
    }
    handler = newHandler;
    eventCame();
  }

  @Override
  protected final boolean isServing() {
    return handler != null;
  }

  @Override
  protected final void callback() throws Exception {
    try {
      for (int left = EVENTS_PER_CALLBACK; left > 0 && isOpen() && hasNews(); left--) {
        Handler<E> told = handler;
        assert told != null : "a callback without a handler";
        if (told != null) {
          told.onEvent(takeEvent());
        }
      }
    } finally {
      if (isOpen() && hasNews()) {
        requestCallback(); // also where the handler threw, and that is not the end
      }
    }
  }

  // ---- the end

  @Override
  protected final void draining() {
    if (!isOpen() || hasNews()) {
      return; // this comes again after the callback, or whoever takes it asks for the next
    }
    if (handler != null) {
      closeSoon();
    } else {
      arrived.wakeAll();
    }
  }

  @Override
  protected final void waits(Waits waits) {
    waits.told(arrived.firstFiber(), waitingFor(), eventDescriptor());
  }
}
