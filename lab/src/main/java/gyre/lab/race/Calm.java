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
 * each core a thousand times a second. And most of both comes of cores that sleep between two
 * turns, and wake up elsewhere: so that program keeps them awake, and brings them together where
 * they are far from each other.
 */
final class Calm implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** To see how fast the cores can be, and how close. */
  private static final Duration LEARNING = Duration.ofSeconds(15);

  /** Cores that were not both watched meet within this, mostly. */
  private static final Duration MEETING = Duration.ofMillis(20);

  /** There are some looks at each core in between. */
  private static final int PAUSE_MILLIS = 3;

  /** Who looks at the cores; nobody where nobody can. */
  private @Nullable Child watcher;

  private final Progress progress;

  /** As of the last look. */
  private boolean watchesBoth;

  private boolean areFar;

  /** How the cores are kept awake; empty where they are not. */
  private String awake = "";

  /** All the time until now. */
  private boolean wasWatching;

  /** What was seen of the cores that were watched, the server's first. */
  private record Look(List<Core> cores, long meetings, boolean isFar, String awake) {
    static final Look CALM = new Look(List.of(), Long.MAX_VALUE, false, "");

    static Look of(JsonObject seen) {
      List<Core> cores =
          seen.getArray("cores", new JsonArray()).stream()
              .map(JsonObject.class::cast)
              .map(Core::of)
              .toList();
      return new Look(
          cores,
          seen.getLong("meetings", 0),
          seen.getBoolean("isFar", false),
          seen.getString("awake", ""));
    }

    /** Which share of the looks since the last time were disturbed, on the core that had most. */
    double disturbed(boolean onBoth) {
      double most = among(onBoth).mapToDouble(Core::disturbed).max().orElse(0);
      return onBoth && isFar ? 1 : most;
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
   * @param disturbed share of the looks since the last time; or the one look, if that was just now
   */
  private record Core(double disturbed, boolean isDisturbed) {
    static Core of(JsonObject seen) {
      boolean isDisturbed = seen.getBoolean("isDisturbed", false);
      double looks = seen.getLong("looks", 0);
      double share = isDisturbed ? 1 : 0;
      return new Core(looks > 0 ? seen.getLong("disturbed", 0) / looks : share, isDisturbed);
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
      wasWatching = true;
    } catch (PeerFailure failure) {
      giveUp(failure);
    }
  }

  private void giveUp(PeerFailure failure) {
    if (!Children.areEnding()) {
      progress.note("cannot tell when others disturb the measuring: " + failure.getMessage());
      awake = "";
      wasWatching = false;
    }
    close();
  }

  /** Since the last time; of the second core too from when it was asked for. */
  private Look look(boolean onBoth) {
    Look look = ask(onBoth);
    if (onBoth && !watchesBoth) {
      look = awaitMeeting();
    }
    watchesBoth = onBoth;
    areFar = onBoth && look.isFar();
    return look;
  }

  /** How far from each other the cores are is known when they have met. */
  private Look awaitMeeting() {
    long deadline = System.nanoTime() + MEETING.toNanos();
    Look look;
    do {
      pause();
      look = ask(true);
    } while (look.meetings() == 0 && System.nanoTime() - deadline < 0);
    return look;
  }

  /** Since the last time; cores to watch from now on. */
  private Look ask(boolean onBoth) {
    return ask(onBoth ? "2" : "1");
  }

  /**
   * Brings both cores together, if that can be done, which mostly takes less than a tenth of a
   * second.
   */
  private Look gather() {
    Look look = ask("gather");
    watchesBoth = true;
    areFar = look.isFar();
    return look;
  }

  private Look ask(String question) {
    if (watcher == null) {
      return Look.CALM;
    }
    try {
      watcher.say(question);
      Look look = Look.of(Lines.parse(watcher.hear(PATIENCE)));
      awake = look.awake();
      return look;
    } catch (PeerFailure failure) {
      giveUp(failure);
      return Look.CALM;
    }
  }

  /**
   * Whether what one core hands to the other costs more than usual at the moment, and they do not
   * come together.
   */
  boolean areCoresFar() {
    return look(true).isFar() && gather().isFar();
  }

  /** How the cores are kept from falling asleep; empty where they are not. */
  String awake() {
    return awake;
  }

  /** Whether nothing that others did can have been missed. */
  boolean wasWatching() {
    return wasWatching;
  }

  /** The same as of the last look, if that was at both. */
  boolean wereCoresFar() {
    return areFar;
  }

  /**
   * Waits until nobody else is at work and the cores are together, about until the deadline at the
   * latest.
   *
   * @param onBoth the figures of who is measured depend on both cores
   */
  Spell await(boolean onBoth, long deadlineNanos) {
    Look look = look(onBoth);
    if (onBoth && look.isFar() && System.nanoTime() - deadlineNanos < 0) {
      look = gather();
    }
    boolean isCalm = look.isCalm(onBoth);
    while (!isCalm && System.nanoTime() - deadlineNanos < 0 && !Children.areEnding()) {
      pause();
      isCalm = look(onBoth).disturbed(onBoth) == 0;
    }
    return () -> look(onBoth).disturbed(onBoth);
  }

  /** Some time, while somebody watches. */
  interface Spell {
    /** What takes so long that it is disturbed in any case, or does not mind. */
    Spell UNWATCHED = () -> 0;

    /** Who was disturbed for a larger share of the time than this has other figures. */
    double MUCH = 0.1;

    /** For which share of the time somebody disturbed, since it began or this was asked last. */
    double disturbed();
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
