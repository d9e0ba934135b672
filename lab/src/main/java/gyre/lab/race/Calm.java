package gyre.lab.race;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether the cores are ours alone at the moment, and close to each other.
 *
 * <p>A rented core is mostly one of two hardware threads of a real one. What somebody else runs on
 * the other takes up to half of its speed away, for some tenths of a second at a time, and not from
 * every program alike: what waits for memory loses little, what computes loses much. And two rented
 * cores share a cache at one time and, for some seconds, none at another; whatever one of them
 * hands to the other then costs five times as much. So neither is noise that goes away in the
 * middle of many rounds. But both show, all the while something is measured: a program looks at
 * each core a thousand times a second.
 */
final class Calm implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** To see how fast the cores can be, and how close. */
  private static final Duration LEARNING = Duration.ofSeconds(15);

  /** Cores that were not watched meet within this; until then nobody knows. */
  private static final Duration MEETING_AGAIN = Duration.ofMillis(20);

  /** There are some looks at each core in between. */
  private static final int PAUSE_MILLIS = 3;

  /** Who looks at the cores; nobody where nobody can. */
  private @Nullable Child watcher;

  private final Progress progress;

  /** What was seen of the cores that were watched, the server's first. */
  private record Look(List<Core> cores, long meetings, boolean isFar) {
    static final Look CALM = new Look(List.of(), Long.MAX_VALUE, false);

    static Look of(JsonObject seen) {
      List<Core> cores =
          seen.getArray("cores", new JsonArray()).stream()
              .map(JsonObject.class::cast)
              .map(Core::of)
              .toList();
      return new Look(cores, seen.getLong("meetings", 0), seen.getBoolean("isFar", false));
    }

    /** Whether nobody disturbed since the last time. */
    boolean wasCalm(boolean onBoth) {
      return among(onBoth).noneMatch(Core::wasDisturbed) && !(onBoth && isFar);
    }

    boolean isCalm(boolean onBoth) {
      return among(onBoth).noneMatch(Core::isDisturbed) && !(onBoth && isFar);
    }

    private Stream<Core> among(boolean onBoth) {
      return cores.stream().limit(onBoth ? cores.size() : 1);
    }
  }

  /**
   * Of one core.
   *
   * @param wasDisturbed since the last time, or at the end if that was just now
   * @param isDisturbed at the end
   */
  private record Core(boolean wasDisturbed, boolean isDisturbed) {
    static Core of(JsonObject seen) {
      boolean isDisturbed = seen.getBoolean("isDisturbed", false);
      boolean wasDisturbed = isDisturbed || seen.getLong("disturbed", 0) > 0;
      return new Core(wasDisturbed, isDisturbed);
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
    command.addAll(List.of("watch", "--cores", bench.serverCore() + "," + bench.generatorCore()));
    try {
      watcher = Child.start("gen watch", command);
      Lines.expectReady(watcher.hear(LEARNING));
    } catch (PeerFailure failure) {
      giveUp(failure);
    }
  }

  private void giveUp(PeerFailure failure) {
    if (!Children.areEnding()) {
      progress.note("cannot tell when others disturb the measuring: " + failure.getMessage());
    }
    close();
  }

  private Look look(boolean onBoth) {
    if (watcher == null) {
      return Look.CALM;
    }
    try {
      watcher.say(onBoth ? "2" : "1"); // cores to watch from now on
      return Look.of(Lines.parse(watcher.hear(PATIENCE)));
    } catch (PeerFailure failure) {
      giveUp(failure);
      return Look.CALM;
    }
  }

  /** Whether what one core hands to the other costs more than usual at the moment. */
  boolean areCoresFar() {
    boolean ignored = look(true).isFar(); // which may be of long ago
    return areCoresFar(look(true));
  }

  /** At the end of {@code last}, or when they have met soon after it. */
  private boolean areCoresFar(Look last) {
    long deadline = System.nanoTime() + MEETING_AGAIN.toNanos();
    Look look = last;
    while (look.meetings() == 0 && System.nanoTime() - deadline < 0) {
      pause();
      look = look(true);
    }
    return look.isFar();
  }

  /**
   * Waits until nobody else is at work, until the deadline at the latest.
   *
   * @param onBoth the figures of who is measured depend on both cores
   */
  Spell await(boolean onBoth, long deadlineNanos) {
    boolean isCalm = look(onBoth).isCalm(onBoth);
    while (!isCalm && System.nanoTime() - deadlineNanos < 0 && !Children.areEnding()) {
      pause();
      isCalm = look(onBoth).wasCalm(onBoth);
    }
    return () -> wasCalm(onBoth);
  }

  private boolean wasCalm(boolean onBoth) {
    Look look = look(onBoth);
    return look.wasCalm(onBoth) && !(onBoth && areCoresFar(look));
  }

  /** Some time, while somebody watches. */
  interface Spell {
    /** What takes so long that it is disturbed in any case, or does not mind. */
    Spell UNWATCHED = () -> true;

    /** Whether nobody disturbed since it began, or since this was asked last. */
    boolean lasted();
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    if (watcher != null) {
      watcher.close();
      watcher = null;
    }
  }
}
