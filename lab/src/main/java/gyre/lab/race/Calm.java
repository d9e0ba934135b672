package gyre.lab.race;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells whether the cores are ours alone at the moment.
 *
 * <p>A rented core is mostly one of two hardware threads of a real one. What somebody else runs on
 * the other takes up to half of its speed away, for some tenths of a second at a time, and not from
 * every program alike: what waits for memory loses little, what computes loses much. So it is no
 * noise that goes away in the middle of many rounds. But it shows in always the same arithmetic: on
 * each core a small program waits to be asked how long that takes just now.
 */
final class Calm implements AutoCloseable {
  /** Slower than the fastest by more than this: somebody else is at work. */
  private static final double MUCH_SLOWER = 1.25;

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration LEARNING = Duration.ofSeconds(1);
  private static final int LOOK_MILLIS = 1;

  /** The server's core first; none where nobody can tell. */
  private final List<Core> cores = new ArrayList<>();

  private final Progress progress;

  /** A core, by who tells of it. */
  private static final class Core {
    private final Child child;
    private long fastestNanos = Long.MAX_VALUE;

    Core(Child child) {
      this.child = child;
    }

    boolean isFast() throws PeerFailure {
      child.say("now");
      long nanos = Lines.parse(child.hear(PATIENCE)).getLong("spinNanos", Long.MAX_VALUE);
      fastestNanos = Math.min(fastestNanos, nanos);
      return nanos <= fastestNanos * MUCH_SLOWER;
    }
  }

  private Calm(Progress progress) {
    this.progress = progress;
  }

  /**
   * Watches the cores of a race, and has learnt how fast they can be; where there is no generator
   * to ask, or no core for each, everything is taken for calm.
   */
  static Calm watching(Bench bench, Progress progress) {
    Calm calm = new Calm(progress);
    if (!bench.generator().isEmpty() && bench.pins()) {
      calm.begin(bench);
    }
    return calm;
  }

  private void begin(Bench bench) {
    List<String> command = new ArrayList<>(bench.generator());
    command.add("speed");
    try {
      cores.add(new Core(Child.start("gen speed", bench.onServerCore(command))));
      cores.add(new Core(Child.start("gen speed", bench.onGeneratorCore(command))));
    } catch (PeerFailure failure) {
      giveUp(failure);
    }
    long end = System.nanoTime() + LEARNING.toNanos();
    while (System.nanoTime() < end && !cores.isEmpty()) {
      boolean ignored = isNow(true);
      pause();
    }
  }

  private void giveUp(PeerFailure failure) {
    if (!Children.areEnding()) {
      progress.note("cannot tell when others disturb the measuring: " + failure.getMessage());
    }
    close();
  }

  /**
   * Whether nobody else is at work on the server's core, or on either core.
   *
   * @param onBoth the figures of who is measured depend on both of them
   */
  private boolean isNow(boolean onBoth) {
    List<Core> asked = onBoth ? cores : cores.subList(0, Math.min(1, cores.size()));
    try {
      boolean isCalm = true;
      for (Core core : asked) { // one after the other: they may be two threads of one core
        isCalm &= core.isFast();
      }
      return isCalm;
    } catch (PeerFailure failure) {
      giveUp(failure);
      return true;
    }
  }

  /** Waits until nobody else is at work, until the deadline at the latest. */
  Spell await(boolean onBoth, long deadlineNanos) {
    Spell spell = new Spell(onBoth);
    while (!spell.isCalm && System.nanoTime() - deadlineNanos < 0 && !Children.areEnding()) {
      pause();
      spell.isCalm = isNow(onBoth);
    }
    return spell;
  }

  /** What takes so long that it is disturbed in any case, or does not mind, is not looked at. */
  static Spell notWatched() {
    return new Calm(new Progress(System.out, false, 0)).new Spell(false);
  }

  /** From one look to the next. */
  final class Spell {
    private final boolean onBoth;
    private boolean isCalm;

    private Spell(boolean onBoth) {
      this.onBoth = onBoth;
      this.isCalm = isNow(onBoth);
    }

    /** Whether nobody disturbed since this was asked last, or since it was waited for. */
    boolean lasted() {
      boolean wasCalm = isCalm;
      isCalm = isNow(onBoth);
      return wasCalm && isCalm;
    }
  }

  private static void pause() {
    try {
      Thread.sleep(LOOK_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    cores.forEach(core -> core.child.close());
    cores.clear();
  }
}
