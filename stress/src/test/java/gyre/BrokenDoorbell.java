package gyre;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** {@link Doorbell} with the fences optional, to show what they are for. */
final class BrokenDoorbell {
  private static final int SLEEPING = 1;
  private static final int RUNG = 2;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(BrokenDoorbell.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings("unused") // by its handle
  private volatile int state;

  void prepareToSleep() {
    prepareToSleepWithoutFence();
    VarHandle.fullFence();
  }

  void prepareToSleepWithoutFence() {
    STATE.setOpaque(this, SLEEPING);
  }

  boolean ring() {
    VarHandle.fullFence();
    return ringWithoutFence();
  }

  boolean ringWithoutFence() {
    return (int) STATE.getOpaque(this) == SLEEPING && STATE.compareAndSet(this, SLEEPING, RUNG);
  }
}
