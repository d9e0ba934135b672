package gyre.sim;

import gyre.CancelledException;
import gyre.ClosedException;
import gyre.Fiber;
import gyre.Handle;
import gyre.ShutdownOptions;
import gyre.sim.engine.Machine;
import gyre.sim.engine.ParkObserver;
import gyre.sim.engine.SimEngine;
import gyre.spi.Internals;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Counts the parks of one run, and cuts one of them short.
 *
 * <pre>
 *   COUNTING --the park comes--&gt; REACHED --now, or when the fiber goes on--&gt; STRUCK
 * </pre>
 */
final class ParkCuts implements ParkObserver {
  private static final Pattern NUMBERS = Pattern.compile("[0-9]+");

  private enum State {
    COUNTING,
    REACHED,
    STRUCK
  }

  private final @Nullable ParkCut wanted;
  private final Set<String> fibers;
  private final Set<String> hosts;
  private final Predicate<? super Throwable> excused;
  private @Nullable World world;
  private State state = State.COUNTING;
  private long parks;
  private @Nullable Fiber<?> target;
  private @Nullable Machine machine;
  private String where = "";
  private String doing = "";
  private boolean wasCaused;

  /**
   * @param wanted null only counts
   * @param fibers whose names count; all if empty
   * @param hosts whose fibers count; all if empty
   * @param excused what a program may throw that was cut
   */
  ParkCuts(
      @Nullable ParkCut wanted,
      Set<String> fibers,
      Set<String> hosts,
      Predicate<? super Throwable> excused) {
    this.wanted = wanted;
    this.fibers = fibers;
    this.hosts = hosts;
    this.excused = excused;
  }

  /** A run begins, which may be another one of the same. */
  void begin(World newWorld) {
    world = newWorld;
    state = State.COUNTING;
    parks = 0;
    target = null;
    where = "";
    doing = "";
    wasCaused = false;
    newWorld.universe().observeParks(this);
  }

  long parks() {
    return parks;
  }

  /** Whether the park came to be cut. */
  boolean hasStruck() {
    return state == State.STRUCK;
  }

  /** Whether somebody has felt it: there was something to cut, and it was not over already. */
  boolean wasCaused() {
    return wasCaused;
  }

  /** The fiber, and what it was doing. Empty before. */
  String where() {
    return where;
  }

  /** What the fiber was doing, without numbers that differ from run to run. */
  String place() {
    return NUMBERS.matcher(doing).replaceAll("#");
  }

  /** Whether a program may end by {@code thrown}, since it was cut. */
  boolean excuses(Throwable thrown) {
    return hasStruck() && !hidesAssertion(thrown) && isExcused(thrown);
  }

  private boolean isExcused(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof CancelledException
          || cause instanceof ClosedException
          || excused.test(cause)) {
        return true;
      }
    }
    return false;
  }

  private static boolean hidesAssertion(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof AssertionError) {
        return true;
      }
      for (Throwable suppressed : cause.getSuppressed()) {
        if (hidesAssertion(suppressed)) {
          return true;
        }
      }
    }
    return false;
  }

  // ---- told by fibers

  @Override
  public void parking(SimEngine engine, Fiber<?> fiber) {
    ParkCut cut = wanted;
    if (!counts(engine, fiber)) {
      return;
    }
    parks++;
    if (cut == null || state != State.COUNTING || parks != cut.park()) {
      return;
    }
    state = State.REACHED;
    target = fiber;
    machine = engine.machine();
    doing = doing(fiber);
    where = "fiber " + fiber.name() + " of " + engine.label() + ", " + doing;
    if (cut.moment() == CutMoment.PARKED) {
      inTheWorld(() -> strike(fiber));
    }
  }

  @Override
  public void resumed(Fiber<?> fiber) {
    ParkCut cut = wanted;
    if (cut == null || state != State.REACHED || !fiber.equals(target)) {
      return;
    }
    if (cut.moment() == CutMoment.WOKEN) {
      strike(fiber);
    }
  }

  private boolean counts(SimEngine engine, Fiber<?> fiber) {
    World present = world;
    boolean isSupervisor = fiber.scope().parent() == null && fiber.name().equals("run");
    return present != null
        && present.isRunning()
        && !isSupervisor
        && !Internals.isInternal(fiber)
        && (fibers.isEmpty() || fibers.contains(fiber.name()))
        && (hosts.isEmpty() || hosts.contains(engine.machine().name()));
  }

  private static String doing(Fiber<?> fiber) {
    String doing = Internals.doing(fiber);
    if (!doing.isEmpty()) {
      return doing;
    }
    for (StackTraceElement frame : Thread.currentThread().getStackTrace()) {
      String type = frame.getClassName();
      if (type.startsWith("gyre.") && !type.startsWith("gyre.sim.") && !isOfParking(type)) {
        return "parked in " + frame;
      }
    }
    return "parked";
  }

  private static boolean isOfParking(String type) {
    return type.equals(Fiber.class.getName())
        || type.startsWith("gyre.spi.")
        || type.equals("gyre.InternalAccess");
  }

  /** Outside of all turns, as soon as this one is over. */
  private void inTheWorld(Runnable action) {
    World present = world;
    if (present != null) {
      present.universe().at(present.universe().nowNanos(), action);
    }
  }

  // ---- the cut

  private void strike(Fiber<?> fiber) {
    ParkCut cut = wanted;
    World present = world;
    assert cut != null && present != null && state == State.REACHED;
    state = State.STRUCK;
    if (!present.isRunning() || !fiber.isAlive()) {
      return;
    }
    wasCaused = true;
    present.script("cut " + cut + ": " + where);
    String reason = "cut short at park " + cut.park();
    switch (cut.cut()) {
      case CANCEL -> Internals.cancelFromOutside(fiber, reason);
      case DEADLINE -> Internals.endTime(fiber, reason);
      case END_SCOPE -> fiber.scope().cancel(reason);
      case CLOSE_HANDLE -> close(fiber);
      case SHUTDOWN -> Internals.loop(fiber.scope()).shutdown(ShutdownOptions.defaults());
      case CRASH -> inTheWorld(() -> crash(present));
    }
  }

  private void close(Fiber<?> fiber) {
    Handle handle = Internals.handleOf(fiber);
    if (handle == null) {
      wasCaused = false;
    } else {
      Internals.beginClose(handle);
    }
  }

  private void crash(World present) {
    Machine crashing = machine;
    if (crashing != null) {
      Host host = present.host(crashing.name());
      host.crash();
      inTheWorld(host::restart);
    }
  }
}
