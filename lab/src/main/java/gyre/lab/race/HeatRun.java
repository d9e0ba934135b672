package gyre.lab.race;

import gyre.lab.peer.Peer;
import gyre.lab.result.Entry;
import gyre.lab.result.Results;
import gyre.lab.result.Sample.Moment;
import gyre.lab.workload.Kind;
import gyre.lab.workload.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * One workload and its peers side by side.
 *
 * <p>Every peer is started and warmed first. Then come the rounds: each peer once in a round, one
 * at a time while the others sleep, and in another order in every round, so that nobody always
 * follows the same one. The limit, which all ratios are to, is measured again after every few
 * peers, so that each has it close by. A peer whose ratio is known well enough rests. A peer that
 * fails is out of the heat, and the heat goes on.
 *
 * <p>It stays open from visit to visit: other heats have their rounds in between.
 */
final class HeatRun {
  /** How long to wait until nobody disturbs. */
  private static final Duration PATIENCE = Duration.ofMillis(400);

  /**
   * So many come before anything is looked at closer: something is there then if the race is ended
   * early. If it is not, they were the last of warming up.
   */
  private static final int FIRST_ROUNDS = 1;

  /** How often to measure until nobody has disturbed. */
  private static final int ATTEMPTS = 10;

  /**
   * So much longer than it measures it waits for peace, and measures what is not to count; where
   * the end depends on the time. With a fixed number of rounds it is once as long.
   */
  private static final int PATIENT = 5;

  private final Workload planned;
  private final Workload workload;
  private final List<Runner> runners = new ArrayList<>();
  private final Pace pace;
  private final Calm calm;
  private final Progress progress;
  private final Random random = new Random();

  private int round;
  private boolean areFirstForgotten;
  private int turn;
  private int turnsHad;
  private int visits;
  private long lostNanos;
  private long jvmNanos;
  private boolean isDone;

  /** From this round on, who is known well enough may rest. */
  private int restingFrom = Pace.KNOWING_ROUNDS;

  HeatRun(Plan.Heat heat, Pace pace, Bench bench, Servers servers, Calm calm, Progress progress) {
    this.planned = heat.workload();
    this.workload = planned.within(bench.descriptors());
    this.pace = pace;
    this.calm = calm;
    this.progress = progress;
    for (Peer peer : heat.peers()) {
      Lane lane = Lane.of(workload, peer, bench, pace, servers);
      runners.add(new Runner(workload, peer, lane, progress));
    }
  }

  /** Brings all to their speed, has first rounds, and looks at each more closely by itself. */
  void begin() {
    progress.begin(workload.toString());
    for (Runner runner : runners) {
      progress.tell(workload + "  warming " + runner.name());
      long begun = System.nanoTime();
      runner.open();
      jvmNanos += runner.isJvm() && runner.isCheap() ? System.nanoTime() - begun : 0;
    }
    boolean areCheap = runners.stream().allMatch(Runner::isCheap);
    haveRounds(areCheap ? FIRST_ROUNDS : pace.rounds(), System.nanoTime(), false);
    for (Runner runner : runners) {
      progress.tell(workload + "  looking closer at " + runner.name());
      runner.look(pace.probeMillis());
    }
    leave();
  }

  /** Whether there is anything left to find out; the least there is to be takes what it takes. */
  boolean wantsMore(long deadlineNanos) {
    return !isDone && (round < Pace.LEAST_ROUNDS || System.nanoTime() < deadlineNanos);
  }

  /** All at once: a JVM takes a while to end. Again, it does nothing. */
  void close() {
    try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      runners.forEach(runner -> each.execute(runner::close));
    }
  }

  private void leave() {
    if (isDone) {
      close();
    } else {
      runners.forEach(Runner::pause);
    }
  }

  /** Whether its peers are servers, which other heats may have in common with it. */
  boolean hasServers() {
    return workload.kind().driver() != Kind.Driver.ITSELF;
  }

  /** Whether its figures depend on both cores, and on how close they are. */
  boolean feelsBothCores() {
    return workload.kind().feelsBothCores();
  }

  /** What it took to start and warm its JVMs. */
  long jvmNanos() {
    return jvmNanos;
  }

  /** Nobody rests before it has begun anew. */
  void willBeginAnew() {
    restingFrom = Integer.MAX_VALUE;
  }

  /** The JVMs too have other processes from the next visit on. */
  void beginAnew() {
    runners.stream().filter(Runner::isJvm).forEach(Runner::beginAnew);
    restingFrom = Math.max(Pace.KNOWING_ROUNDS, round + Pace.LEAST_ROUNDS);
  }

  /** How often it had its turn among the others. */
  int visits() {
    return visits;
  }

  /**
   * Some rounds more.
   *
   * @param mayLeave where its cores do not come together, others can do better with the time
   */
  void visit(long deadlineNanos, boolean mayLeave) {
    if (!areFirstForgotten && pace.isAdaptive()) {
      runners.forEach(Runner::forget);
      round = 0;
    }
    areFirstForgotten = true;
    visits++;
    runners.forEach(Runner::resume);
    int had = round % Pace.ROUNDS_AT_ONCE; // where the last visit was left before its end
    haveRounds(Pace.ROUNDS_AT_ONCE - had, deadlineNanos, mayLeave);
    leave();
  }

  private void haveRounds(int rounds, long deadlineNanos, boolean mayLeave) {
    int end = Math.min(round + rounds, pace.rounds());
    for (; round < end && !Children.areEnding(); round++) {
      List<Runner> order = order();
      if (order.isEmpty()) {
        isDone = true;
        return;
      }
      for (Runner runner : order) {
        if (Children.areEnding()) {
          return;
        }
        progress.tell("%s  round %d  %s".formatted(workload, round + 1, runner.name()));
        measure(runner, deadlineNanos, mayLeave);
        if (mayLeave && areCoresFar()) {
          int half = round;
          runners.forEach(one -> one.forget(half)); // a ratio is of one moment
          return;
        }
      }
    }
    isDone = round == pace.rounds() || order().isEmpty();
  }

  private boolean areCoresFar() {
    return feelsBothCores() && calm.wereCoresFar();
  }

  /** In peace, if there is some to be had. */
  private void measure(Runner runner, long deadlineNanos, boolean mayLeave) {
    long inVainNanos = 0;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      lostNanos += inVainNanos;
      Calm.Spell spell = awaitCalm(runner, deadlineNanos);
      if (mayLeave && areCoresFar()) {
        return;
      }
      long begun = System.nanoTime();
      Moment moment = new Moment(visits, round, turn++);
      runner.measure(moment, pace.roundMillis(), spell, attempt > 0);
      inVainNanos = System.nanoTime() - begun;
      boolean isLate = System.nanoTime() > deadlineNanos || Children.areEnding();
      if (!runner.wasDisturbed() || isLate || !isPatient()) {
        break;
      }
    }
    turnsHad++;
  }

  private Calm.Spell awaitCalm(Runner runner, long deadlineNanos) {
    if (!runner.isCheap()) {
      return Calm.Spell.UNWATCHED; // it takes far longer than any calm
    }
    long now = System.nanoTime();
    long patience = isPatient() ? PATIENCE.toNanos() : 0;
    Calm.Spell spell = calm.await(feelsBothCores(), Math.min(now + patience, deadlineNanos));
    lostNanos += System.nanoTime() - now;
    return spell;
  }

  /** Who waits for long has less time to measure; where it is never calm, for nothing. */
  private boolean isPatient() {
    long hadNanos = turnsHad * 1_000_000L * (pace.runInMillis() + pace.roundMillis());
    return lostNanos < PATIENCE.toNanos() + (pace.isAdaptive() ? PATIENT : 1) * hadNanos;
  }

  /** Who is measured in the next round, one after the other; nobody if all is known. */
  private List<Runner> order() {
    List<Runner> able = runners.stream().filter(runner -> runner.takesPart(round)).toList();
    if (able.isEmpty()) {
      return List.of();
    }
    Runner reference = reference(able);
    if (!reference.isCheap()) {
      return able; // each of its few rounds starts everything anew
    }
    if (pace.isAdaptive() && round >= restingFrom && round % Pace.ROUNDS_BETWEEN == 0) {
      able.stream().filter(runner -> isKnown(runner, able)).forEach(Runner::rest);
    }
    List<Runner> open = new ArrayList<>(able);
    open.removeIf(Runner::isResting);
    boolean isLimit = reference.name().equals(Results.LIMIT);
    if (able.size() > 1 && (isLimit || open.equals(List.of(reference)))) {
      open.remove(reference); // which takes part as long as there is something to compare with it
    }
    Collections.shuffle(open, random);
    return able.size() > 1 && isLimit ? between(open, reference) : open;
  }

  /** The reference after every few and after the last of them: never after itself. */
  private static List<Runner> between(List<Runner> open, Runner reference) {
    List<Runner> order = new ArrayList<>();
    for (int i = 0; i < open.size(); i++) {
      order.add(open.get(i));
      if (i % Plan.PEERS_BETWEEN == Plan.PEERS_BETWEEN - 1 || i == open.size() - 1) {
        order.add(reference);
      }
    }
    return order;
  }

  /**
   * The reference itself is known when all others are, or by its cost where it is alone. What was
   * found while others disturbed may be precise, and is not what is looked for.
   */
  private boolean isKnown(Runner runner, List<Runner> able) {
    Runner reference = reference(able);
    return (runner != reference || able.size() == 1)
        && runner.calmRounds(reference) >= Pace.LEAST_ROUNDS
        && runner.uncertainty(reference) <= pace.precision();
  }

  private static Runner reference(List<Runner> able) {
    return able.stream()
        .filter(runner -> runner.name().equals(Results.LIMIT))
        .findFirst()
        .orElse(able.getFirst());
  }

  /** What was found so far. */
  List<Entry> entries() {
    String smaller = smaller();
    List<Runner> able = runners.stream().filter(runner -> runner.takesPart(0)).toList();
    List<Entry> entries = new ArrayList<>();
    for (Runner runner : runners) {
      for (String variant : workload.variants()) {
        List<String> remarks = new ArrayList<>(List.of(smaller));
        remarks.add(pace.isAdaptive() ? "" : missing(runner));
        if (able.contains(runner)) {
          Runner reference = reference(able);
          remarks.add(vague(runner, reference, variant));
          remarks.add(runner.disturbance(reference));
        }
        entries.add(runner.entry(variant, remarks));
      }
    }
    return entries;
  }

  /** What is to be said where a process may not open as many descriptors as this takes. */
  private String smaller() {
    if (workload.equals(planned)) {
      return "";
    }
    String few =
        workload.kind().driver() == Kind.Driver.HOLDER
            ? ", and the memory of so few is hardly to be told from chance"
            : "";
    return "smaller than its name says, as a process may open few descriptors: %s (ulimit -n %d allows all of it)%s"
        .formatted(String.join(" ", workload.options()), planned.descriptorsNeeded(), few);
  }

  /** What is to be said where time was over before all rounds that were asked for. */
  private String missing(Runner runner) {
    boolean isComplete = round >= pace.rounds() || !runner.isCheap();
    return isComplete || Children.areEnding()
        ? ""
        : "had %d of %d rounds when the time was over".formatted(round, pace.rounds());
  }

  /** What is to be said of a ratio that the time did not suffice for. */
  private String vague(Runner runner, Runner reference, String variant) {
    if (runner == reference) {
      return "";
    }
    double uncertainty = runner.uncertainty(reference, variant);
    return pace.isAdaptive()
            && reference.isCheap()
            && Double.isFinite(uncertainty)
            && uncertainty > pace.precision()
        ? String.format(
            Locale.ROOT,
            "its ratio to %s is known to within %.1f %% only",
            reference.name(),
            uncertainty * 100)
        : "";
  }
}
