package gyre;

/**
 * Code of the runtime that is run once, when a source becomes ready: a wait without a fiber. It
 * runs inside of what made the source ready, so it must be short, and must not wait or throw.
 */
final class OnReady implements Registration {
  private final Source source;
  private final Runnable action;
  private final Waiter waiter;
  private boolean isArmed;

  private OnReady(Loop loop, Source source, Runnable action) {
    this.source = source;
    this.action = action;
    this.waiter = new Waiter(loop, this::woken);
  }

  /** Runs it at once if the source is ready already. */
  static Registration of(Loop loop, Source source, Runnable action) {
    OnReady registration = new OnReady(loop, source, action);
    registration.armOrRun();
    return registration;
  }

  private void armOrRun() {
    if (source.isReady()) {
      action.run();
      return;
    }
    waiter.arm(source);
    isArmed = true;
  }

  private void woken() {
    isArmed = false;
    waiter.disarm(source.isReady());
    armOrRun();
  }

  @Override
  public void close() {
    if (isArmed) {
      isArmed = false;
      waiter.disarm(false);
    }
  }
}
