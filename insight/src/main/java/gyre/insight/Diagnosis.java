package gyre.insight;

import gyre.insight.Verdict.Disease;
import gyre.insight.text.Plural;
import gyre.probe.Counter;
import gyre.probe.Distribution;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Looks for diseases in what was read of a process at two times. Nothing is judged by one number
 * where a healthy process could have it too.
 */
public final class Diagnosis {
  /** A turn that takes longer is felt by people. */
  private static final long BLOCKED_NANOS = 100_000_000;

  private static final long NEVER_YIELDS_NANOS = 1_000_000_000;
  private static final long QUEUE_GROWS_FROM = 1_000;
  private static final double QUEUE_FULL_SHARE = 0.8;
  private static final long TIMERS_PER_SECOND = 10_000;
  private static final double DESCRIPTORS_SHARE = 0.8;
  private static final long OFFLOAD_WAIT_NANOS = 10_000_000;
  private static final double IMBALANCE_RATIO = 4;
  private static final double IMBALANCE_FROM_BUSY = 0.4;
  private static final double STARVED_SHARE = 0.1;
  private static final long STARVED_LATE_NANOS = 10_000_000;
  private static final long CONSUMER_NANOS = 2_000_000_000;
  private static final double POOL_SHARE = 0.95;
  private static final long UNWOKEN_NANOS = 1_000_000_000;

  /** What the loops of a group are called: NAME-0, NAME-1 and so on. */
  private static final Pattern MEMBER = Pattern.compile("(.+)-[0-9]+");

  private final ProcessSnapshot before;
  private final ProcessSnapshot after;
  private final ProcessSnapshot change;
  private final Facts factsBefore;
  private final Facts factsAfter;
  private final List<StallReport> stalls;
  private final List<TreeLine> waits;
  private final double seconds;
  private final List<Verdict> found = new ArrayList<>();

  private Diagnosis(
      ProcessSnapshot before,
      ProcessSnapshot after,
      Facts factsBefore,
      Facts factsAfter,
      List<StallReport> stalls,
      List<TreeLine> waits) {
    this.waits = waits;
    this.before = before;
    this.after = after;
    this.change = after.since(before);
    this.factsBefore = factsBefore;
    this.factsAfter = factsAfter;
    this.stalls = stalls;
    this.seconds = Math.max(1, after.takenNanos() - before.takenNanos()) / 1e9;
  }

  /**
   * What is wrong, the worst first.
   *
   * @param stalls what the watchdog of the process has reported lately; empty where it has not been
   *     asked
   * @param waits what lives in the loops; empty where they have not been asked
   */
  public static List<Verdict> of(
      ProcessSnapshot before,
      ProcessSnapshot after,
      Facts factsBefore,
      Facts factsAfter,
      List<StallReport> stalls,
      List<TreeLine> waits) {
    Diagnosis diagnosis = new Diagnosis(before, after, factsBefore, factsAfter, stalls, waits);
    for (LoopSnapshot loop : diagnosis.change.loops()) {
      diagnosis.look(loop);
    }
    diagnosis.lookAtConsumers();
    diagnosis.lookAtUnwoken();
    diagnosis.lookAtImbalance();
    diagnosis.lookAtDescriptors();
    diagnosis.found.sort(Comparator.comparing(Verdict::disease));
    return List.copyOf(diagnosis.found);
  }

  private void look(LoopSnapshot loop) {
    boolean isStarved = lookAtStarvation(loop);
    lookAtTurns(loop, isStarved);
    lookAtCallbacks(loop, isStarved);
    lookAtDelay(loop, isStarved);
    lookAtQueues(loop);
    lookAtTimers(loop);
    lookAtOffload(loop);
    lookAtPool(loop);
    found.addAll(new LimitsCheck(factsBefore, factsAfter).look(loop));
    if (loop.engine().equals("epoll") || loop.engine().equals("nio")) {
      lookAtEngine(loop);
    }
  }

  private void say(Disease disease, String subject, String evidence, String threshold) {
    say(disease, subject, evidence, threshold, "");
  }

  private void say(
      Disease disease, String subject, String evidence, String threshold, String place) {
    found.add(new Verdict(disease, subject, evidence, threshold, place));
  }

  // ---- what a loop does

  private void lookAtTurns(LoopSnapshot loop, boolean isStarved) {
    Optional<StallReport> stall = lastStall(loop, "");
    long now = loop.turnNanos();
    if (now > NEVER_YIELDS_NANOS
        && now - Math.max(0, loop.itemSinceNanos() - loop.sinceNanos()) > NEVER_YIELDS_NANOS
        && stall.map(StallReport::isEndless).orElse(false)) {
      say(
          Disease.FIBER_NEVER_YIELDS,
          loop.name(),
          stall.map(StallReport::subject).orElse("") + " has run for " + Figures.nanos(now),
          Figures.nanos(NEVER_YIELDS_NANOS),
          place(stall));
      return;
    }
    long longest = Math.max(now, loop.spread(Distribution.TURN).max());
    if (longest > BLOCKED_NANOS && (!isStarved || isSeenNow(stall))) {
      say(
          Disease.BLOCKED_LOOP,
          loop.name(),
          "a turn of "
              + Figures.nanos(longest)
              + (now > BLOCKED_NANOS ? ", which goes on" : "")
              + stall.map(report -> ": " + report.verdict()).orElse(""),
          Figures.nanos(BLOCKED_NANOS),
          place(stall));
    }
  }

  private void lookAtCallbacks(LoopSnapshot loop, boolean isStarved) {
    long limit = after.stallLimitNanos();
    for (KindSnapshot kind : loop.kinds()) {
      Optional<StallReport> stall = lastStall(loop, kind.name());
      if (kind.stalls() > 0 && (!isStarved || isSeenNow(stall))) {
        say(
            Disease.SLOW_CALLBACK,
            loop.name(),
            kind.stalls()
                + (kind.stalls() == 1 ? " callback of " : " callbacks of ")
                + kind.name()
                + (kind.stalls() == 1 ? " took " : " took up to ")
                + Figures.nanos(kind.callbacks().max()),
            Figures.nanos(limit),
            place(stall));
      }
    }
    long fibers = loop.spread(Distribution.FIBER_RUN).above(limit);
    if (fibers > 0 && (!isStarved || isSeenNow(lastStall(loop, "fiber")))) {
      say(
          Disease.SLOW_CALLBACK,
          loop.name(),
          fibers
              + (fibers == 1 ? " run of a fiber took " : " runs of fibers took up to ")
              + Figures.nanos(loop.spread(Distribution.FIBER_RUN).max()),
          Figures.nanos(limit),
          place(lastStall(loop, "fiber")));
    }
  }

  /** Who was ready and had to wait, and who held them up. */
  private void lookAtDelay(LoopSnapshot loop, boolean isStarved) {
    Spread delay = loop.spread(Distribution.QUEUE_DELAY);
    long limit = after.stallLimitNanos();
    long number = delay.above(limit);
    Optional<StallReport> stall = lastStall(loop, "").filter(report -> isSeenNow(report));
    boolean isItsOwn = stall.isPresent() || (!isStarved && hasRunFor(loop, delay.max()));
    if (number > 0 && isItsOwn) {
      say(
          Disease.HELD_UP,
          loop.name(),
          number
              + (number == 1
                  ? " callback or fiber was ready and waited "
                  : " callbacks and fibers were ready and waited up to ")
              + Figures.nanos(delay.max())
              + ", held up by "
              + stall.map(StallReport::subject).orElseGet(() -> mostOf(loop)),
          Figures.nanos(limit),
          place(stall));
    }
  }

  /** Whether the program can have done it: else the machine has held up all of it. */
  private boolean hasRunFor(LoopSnapshot loop, long nanos) {
    long ran = loop.spread(Distribution.FIBER_RUN).sum() + loop.callbacks().sum();
    return ran > nanos / 2 && waitedNanos(loop) < nanos / 2;
  }

  /** Where the watchdog has seen nobody, who has used up the most of the time. */
  private String mostOf(LoopSnapshot loop) {
    String most = "fibers";
    long longest = loop.spread(Distribution.FIBER_RUN).sum();
    for (KindSnapshot kind : loop.kinds()) {
      if (kind.callbacks().sum() > longest) {
        longest = kind.callbacks().sum();
        most = "callbacks of " + kind.name();
      }
    }
    return most + ", which ran for " + Figures.percent(longest / (seconds * 1e9)) + " of the time";
  }

  /** Whether the watchdog has seen that the code itself used up the time. */
  private boolean isSeenNow(Optional<StallReport> stall) {
    return stall.filter(report -> isSeenNow(report)).isPresent();
  }

  /** What somebody did a minute ago is no proof where the machine holds up a loop now. */
  private boolean isSeenNow(StallReport report) {
    return report.cause().isItsOwn()
        && report.cause() != StallReport.Cause.UNSEEN
        && (report.endedNanos() == 0 || report.endedNanos() >= before.takenNanos());
  }

  private Optional<StallReport> lastStall(LoopSnapshot loop, String kind) {
    return stalls.stream()
        .filter(stall -> isOf(stall, loop))
        .filter(stall ->
            stall.endedNanos() == 0
                || stall.beganNanos() >= before.takenNanos()
                || stall.ageNanos() < 60_000_000_000L)
        .filter(stall -> kind.isEmpty() || stall.kind().equals(kind))
        .max(Comparator.comparingLong(StallReport::beganNanos));
  }

  /** Loops may have the same name; a process of an earlier release tells no number. */
  private static boolean isOf(StallReport stall, LoopSnapshot loop) {
    return stall.loopNumber() == 0
        ? stall.loop().equals(loop.name())
        : stall.loopNumber() == loop.loop();
  }

  private static String place(Optional<StallReport> stall) {
    return stall.map(StallReport::place).orElse("");
  }

  private void lookAtQueues(LoopSnapshot loop) {
    LoopSnapshot old = old(loop);
    lookAtQueue(
        loop, "the inbox", depth(loop, Counter.INBOX_DEPTH), depth(old, Counter.INBOX_DEPTH));
    long limit = loop.get(Counter.INBOX_LIMIT);
    if (limit > 0 && loop.get(Counter.INBOX_DEPTH) > limit * QUEUE_FULL_SHARE) {
      say(
          Disease.GROWING_QUEUE,
          loop.name(),
          loop.get(Counter.INBOX_DEPTH) + " of at most " + limit + " posted tasks wait",
          Figures.percent(QUEUE_FULL_SHARE) + " of the limit");
    }
    lookAtQueue(
        loop,
        "the callbacks",
        depth(loop, Counter.CALLBACKS_WAITING),
        depth(old, Counter.CALLBACKS_WAITING));
    lookAtQueue(loop, "the run queue", depth(loop, Counter.RUNNABLE), depth(old, Counter.RUNNABLE));
  }

  private static long depth(LoopSnapshot loop, Counter counter) {
    return loop.get(counter);
  }

  private void lookAtQueue(LoopSnapshot loop, String what, long now, long then) {
    if (now >= QUEUE_GROWS_FROM && then >= QUEUE_GROWS_FROM / 4 && now > then * 1.1) {
      say(
          Disease.GROWING_QUEUE,
          loop.name(),
          what + " has grown from " + then + " to " + now + " in " + inSeconds(),
          QUEUE_GROWS_FROM + " entries and more each time");
    }
  }

  private String inSeconds() {
    return Figures.nanos(seconds * 1e9);
  }

  private LoopSnapshot old(LoopSnapshot loop) {
    return before.loops().stream()
        .filter(old -> old.loop() == loop.loop())
        .findFirst()
        .orElse(loop);
  }

  private void lookAtTimers(LoopSnapshot loop) {
    double rate = loop.get(Counter.TIMERS_FIRED) / seconds;
    if (rate > TIMERS_PER_SECOND) {
      say(
          Disease.TIMER_STORM,
          loop.name(),
          Figures.count(rate) + " timers fire each second",
          TIMERS_PER_SECOND + " each second");
    }
  }

  private void lookAtOffload(LoopSnapshot loop) {
    LoopSnapshot whole =
        after.loops().stream().filter(l -> l.loop() == loop.loop()).findFirst().orElse(loop);
    LoopSnapshot old = old(loop);
    long threads = whole.get(Counter.OFFLOAD_THREADS);
    long inHand = whole.get(Counter.OFFLOADED) - whole.get(Counter.OFFLOAD_ENDED);
    long inHandBefore = old.get(Counter.OFFLOADED) - old.get(Counter.OFFLOAD_ENDED);
    long waitedNanos = loop.spread(Distribution.OFFLOAD_WAIT).percentile(50);
    boolean isFull = inHand > threads && inHandBefore > threads;
    if (isFull && (waitedNanos > OFFLOAD_WAIT_NANOS || loop.get(Counter.OFFLOAD_ENDED) == 0)) {
      say(
          Disease.OFFLOAD_SATURATED,
          loop.name(),
          Plural.of(inHand, "job")
              + " for "
              + Plural.of(threads, "thread")
              + (waitedNanos > 0 ? ", which waited " + Figures.nanos(waitedNanos) : ""),
          "more than threads for a whole interval, and " + Figures.nanos(OFFLOAD_WAIT_NANOS));
    }
  }

  private void lookAtPool(LoopSnapshot loop) {
    long limit = loop.get(Counter.POOL_LIMIT_BYTES);
    long used = loop.get(Counter.POOL_USED_BYTES);
    long refusals = loop.get(Counter.POOL_REFUSALS) + loop.get(Counter.STARVATIONS);
    long waiting = loop.get(Counter.MEMORY_WAITING);
    long shed = loop.get(Counter.STREAMS_SHED) + loop.get(Counter.WRITES_REFUSED);
    if (refusals > 0 || waiting > 0 || shed > 0 || (limit > 0 && used > limit * POOL_SHARE)) {
      say(
          Disease.POOL_EXHAUSTED,
          loop.name(),
          Figures.bytes(used)
              + " of "
              + Figures.bytes(limit)
              + " in use, "
              + Plural.of(waiting, "stream waits", "streams wait")
              + " for memory, it was refused "
              + Plural.of(refusals, "time")
              + ", streams or writes were given up "
              + Plural.of(shed, "time"),
          Figures.percent(POOL_SHARE) + " in use, or one that waits");
    }
  }

  private void lookAtEngine(LoopSnapshot loop) {
    if (loop.engineExplanation().contains("→")) {
      say(
          Disease.FALLBACK_ENGINE,
          loop.name(),
          loop.engine() + ": " + loop.engineExplanation(),
          "an engine other than io_uring that nobody asked for");
    }
  }

  // ---- what is done to it

  /** How long its thread was ready and others had the processors. */
  private long waitedNanos(LoopSnapshot loop) {
    Machine.ThreadTimes then = factsBefore.threads().get(loop.kernelThread());
    Machine.ThreadTimes now = factsAfter.threads().get(loop.kernelThread());
    return then == null || now == null ? 0 : now.waitedNanos() - then.waitedNanos();
  }

  private boolean lookAtStarvation(LoopSnapshot loop) {
    double nanos = Math.max(1, factsAfter.takenNanos() - factsBefore.takenNanos());
    double waited = waitedNanos(loop) / nanos;
    double throttled = (factsAfter.throttledNanos() - factsBefore.throttledNanos()) / nanos;
    long late = loop.spread(Distribution.POLL_DELAY).percentile(99);
    if (waited > STARVED_SHARE || (waited > STARVED_SHARE / 2 && late > STARVED_LATE_NANOS)) {
      say(
          Disease.STARVED_BY_MACHINE,
          loop.name(),
          "ready to run and not let run for "
              + Figures.percent(waited)
              + " of the time"
              + (throttled > 0.01
                  ? ", its control group throttled for " + Figures.percent(throttled)
                  : "")
              + (late > 0 ? ", waits ended up to " + Figures.nanos(late) + " late" : ""),
          Figures.percent(STARVED_SHARE));
      return true;
    }
    return false;
  }

  private void lookAtConsumers() {
    for (TreeLine line : waits) {
      if (line.waitsFor().startsWith("writing to ") && line.ageNanos() > CONSUMER_NANOS) {
        say(
            Disease.SLOW_CONSUMER,
            line.loop(),
            (line.type().equals("FIBER") ? "fiber " : "the callback of ")
                + line.name()
                + " is "
                + line.waitsFor()
                + " for "
                + Figures.nanos(line.ageNanos()),
            Figures.nanos(CONSUMER_NANOS));
      }
    }
  }

  private void lookAtUnwoken() {
    for (TreeLine line : waits) {
      if (line.isUnwoken() && line.ageNanos() > UNWOKEN_NANOS) {
        say(
            Disease.SUSPECTED_LOST_WAKE_UP,
            line.loop(),
            (line.type().equals("FIBER") ? "fiber " : "the callback of ")
                + line.name()
                + " is "
                + line.waitsFor()
                + " for "
                + Figures.nanos(line.ageNanos())
                + ", which is there",
            Figures.nanos(UNWOKEN_NANOS) + ", seen at two looks");
      }
    }
  }

  /** Only loops of one group are meant to share work, and only what lasted is compared. */
  private void lookAtImbalance() {
    Map<String, List<LoopSnapshot>> groups = new TreeMap<>();
    for (LoopSnapshot loop : change.loops()) {
      Matcher matcher = MEMBER.matcher(loop.name());
      boolean isOld = before.loops().stream().anyMatch(old -> old.loop() == loop.loop());
      if (matcher.matches() && isOld) {
        groups.computeIfAbsent(matcher.group(1), name -> new ArrayList<>()).add(loop);
      }
    }
    groups.values().forEach(this::lookAtImbalance);
  }

  private void lookAtImbalance(List<LoopSnapshot> group) {
    LoopSnapshot busiest = Collections.max(group, Comparator.comparingDouble(this::busy));
    double most = busy(busiest);
    double least = group.stream().mapToDouble(this::busy).min().orElse(most);
    if (most > IMBALANCE_FROM_BUSY && most > least * IMBALANCE_RATIO) {
      say(
          Disease.IMBALANCE,
          busiest.name(),
          "busy for "
              + Figures.percent(most)
              + ", and the idlest of its group for "
              + Figures.percent(least),
          "a ratio of " + (int) IMBALANCE_RATIO + ", from " + Figures.percent(IMBALANCE_FROM_BUSY));
    }
  }

  private double busy(LoopSnapshot loop) {
    return (loop.get(Counter.BUSY_NANOS) + loop.get(Counter.POLL_NANOS)) / (seconds * 1e9);
  }

  private void lookAtDescriptors() {
    if (factsAfter.openDescriptors().isEmpty() || factsAfter.descriptorLimit().isEmpty()) {
      return;
    }
    long open = factsAfter.openDescriptors().getAsLong();
    long limit = factsAfter.descriptorLimit().getAsLong();
    if (open > limit * DESCRIPTORS_SHARE) {
      say(
          Disease.DESCRIPTORS_RUNNING_OUT,
          "process " + after.pid(),
          open + " of " + limit + " descriptors are open",
          Figures.percent(DESCRIPTORS_SHARE));
    }
  }
}
