package gyre.lab.race;

import gyre.lab.peer.Peer;
import gyre.lab.result.Entry;
import gyre.lab.result.Results;
import gyre.lab.workload.Workload;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongUnaryOperator;

/**
 * One workload and its peers side by side.
 *
 * <p>Every peer is started and warmed first. Then come the rounds: each peer once in a round, one
 * at a time while the others sleep, and in another order in every round, so that nobody always
 * follows the same one. The limit, which all ratios are to, is measured again after every few
 * peers, so that each has it close by. A peer whose ratio is known well enough rests. At last each
 * is looked at more closely, by itself. A peer that fails is out of the heat, and the heat goes on.
 */
final class HeatRun {
  private final Workload planned;
  private final Workload workload;
  private final List<Runner> runners = new ArrayList<>();
  private final Pace pace;
  private final Progress progress;
  private final Random random = new Random();

  /** Known well enough. */
  private final Set<Runner> resting = new HashSet<>();

  private int turn;

  HeatRun(Plan.Heat heat, Pace pace, Bench bench, Servers servers, Progress progress) {
    this.planned = heat.workload();
    this.workload = planned.within(bench.descriptors());
    this.pace = pace;
    this.progress = progress;
    for (Peer peer : heat.peers()) {
      Lane lane = Lane.of(workload, peer, bench, pace, servers);
      runners.add(new Runner(workload, peer, lane, progress));
    }
  }

  /** What was found; {@code deadline} says until when there may be rounds if they begin now. */
  List<Entry> run(LongUnaryOperator deadline) {
    progress.begin(workload.toString());
    try {
      for (Runner runner : runners) {
        progress.tell(workload + "  warming " + runner.name());
        runner.open();
      }
      rounds(deadline.applyAsLong(System.nanoTime()));
      for (Runner runner : runners) {
        progress.tell(workload + "  looking closer at " + runner.name());
        runner.look(pace.probeMillis());
      }
    } finally {
      close();
    }
    return entries();
  }

  /** All at once: a JVM takes a while to end. */
  private void close() {
    try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      runners.forEach(runner -> each.execute(runner::close));
    }
  }

  private void rounds(long deadlineNanos) {
    for (int round = 0; round < pace.rounds() && !Children.areEnding(); round++) {
      List<Runner> order = order(round);
      boolean isLate = round >= Pace.LEAST_ROUNDS && System.nanoTime() > deadlineNanos;
      if (order.isEmpty() || isLate) {
        return;
      }
      for (Runner runner : order) {
        progress.tell("%s  round %d  %s".formatted(workload, round + 1, runner.name()));
        runner.measure(round, turn++, pace.roundMillis());
      }
    }
  }

  /** Who is measured in this round, one after the other; nobody if all is known. */
  private List<Runner> order(int round) {
    List<Runner> able = runners.stream().filter(runner -> runner.takesPart(round)).toList();
    if (able.isEmpty()) {
      return List.of();
    }
    Runner reference = reference(able);
    if (!reference.isCheap()) {
      return able; // each of its few rounds starts everything anew
    }
    if (pace.isAdaptive() && round >= Pace.LEAST_ROUNDS && round % Pace.ROUNDS_BETWEEN == 0) {
      able.stream().filter(runner -> isKnown(runner, able)).forEach(resting::add);
    }
    List<Runner> open = new ArrayList<>(able);
    open.removeAll(resting);
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

  /** The reference itself is known when all others are, or by its cost where it is alone. */
  private boolean isKnown(Runner runner, List<Runner> able) {
    Runner reference = reference(able);
    return (runner != reference || able.size() == 1)
        && runner.uncertainty(reference) <= pace.precision();
  }

  private static Runner reference(List<Runner> able) {
    return able.stream()
        .filter(runner -> runner.name().equals(Results.LIMIT))
        .findFirst()
        .orElse(able.getFirst());
  }

  private List<Entry> entries() {
    String smaller =
        workload.equals(planned) ? "" : "smaller, as descriptors allow: " + workload.options();
    List<Runner> able = runners.stream().filter(runner -> runner.takesPart(0)).toList();
    List<Entry> entries = new ArrayList<>();
    for (Runner runner : runners) {
      String vague = able.contains(runner) ? vague(runner, reference(able)) : "";
      entries.addAll(runner.entries(List.of(smaller, vague)));
    }
    return entries;
  }

  /** What is to be said of a ratio that the time did not suffice for. */
  private String vague(Runner runner, Runner reference) {
    if (runner == reference) {
      return "";
    }
    double uncertainty = runner.uncertainty(reference);
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
