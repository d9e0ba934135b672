package gyre.insight;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.insight.StallReport.Cause;
import gyre.insight.Verdict.Disease;
import gyre.probe.Buckets;
import gyre.probe.Counter;
import gyre.probe.Distribution;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Each disease, made of numbers: from where on it is one. */
class DiagnosisTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long MILLI = 1_000_000L;
  private static final long LIMIT = 25 * MILLI;

  private final Map<Counter, Long> counters = new EnumMap<>(Counter.class);
  private final Map<Distribution, Spread> spreads = new EnumMap<>(Distribution.class);
  private String engine = "io_uring";
  private String explanation = "io_uring";
  private List<StallReport> stalls = List.of();
  private List<TreeLine> waits = List.of();
  private long openDescriptors = 10;
  private long waitedNanos;
  private long stallsOfKind;
  private Listening listening = listening(5);
  private Listening listeningAfter = listening(5);
  private long openOfKind = 1;

  private LoopSnapshot loop(String name, long number, boolean isAfter) {
    long taken = isAfter ? 2 * SECOND : SECOND;
    return new LoopSnapshot(
        number,
        name,
        engine,
        "NATIVE",
        explanation,
        100 + number,
        LoopSnapshot.Phase.WAITING,
        taken,
        taken,
        taken,
        true,
        1,
        1,
        isAfter ? counters : Map.of(),
        isAfter ? spreads : Map.of(),
        List.of(new KindSnapshot("timer", openOfKind, isAfter ? stallsOfKind : 0, Spread.EMPTY)));
  }

  private Facts facts(boolean isAfter) {
    return new Facts(
        isAfter ? 2 * SECOND : SECOND,
        OptionalLong.of(openDescriptors),
        OptionalLong.of(1000),
        OptionalLong.empty(),
        0,
        0,
        isAfter ? listeningAfter : listening,
        Map.of(101L, new Machine.ThreadTimes('R', 0, isAfter ? waitedNanos : 0)));
  }

  private static ProcessSnapshot process(long taken, LoopSnapshot... loops) {
    return new ProcessSnapshot(1, Instant.EPOCH, LIMIT, taken, List.of(loops));
  }

  private static Listening listening(long overflows, Long... queues) {
    return new Listening(OptionalLong.of(128), OptionalLong.of(overflows), List.of(queues));
  }

  private List<Disease> diagnose() {
    return diagnose(
        process(SECOND, loop("loop", 1, false)), process(2 * SECOND, loop("loop", 1, true)));
  }

  private List<Disease> diagnose(ProcessSnapshot before, ProcessSnapshot after) {
    return Diagnosis.of(before, after, facts(false), facts(true), stalls, waits).stream()
        .map(Verdict::disease)
        .toList();
  }

  private static Spread spread(long value, long count) {
    long[] counts = new long[Buckets.COUNT];
    counts[Buckets.index(value)] = count;
    return new Spread(value * count, value, counts);
  }

  @Test
  void shouldFindNothingInALoopThatIsWell() {
    spreads.put(Distribution.TURN, spread(MILLI, 100));
    counters.put(Counter.TIMERS_FIRED, 1000L);
    assertThat(diagnose()).isEmpty();
  }

  @Test
  void shouldSayThatALoopIsBlocked() {
    spreads.put(Distribution.TURN, spread(99 * MILLI, 1));
    assertThat(diagnose()).isEmpty();
    spreads.put(Distribution.TURN, spread(150 * MILLI, 1));
    assertThat(diagnose()).containsExactly(Disease.BLOCKED_LOOP);
  }

  @Test
  void shouldNotBlameALoopThatTheMachineStarves() {
    spreads.put(Distribution.TURN, spread(150 * MILLI, 1));
    stallsOfKind = 3;
    waitedNanos = SECOND / 2;
    assertThat(diagnose()).containsExactly(Disease.STARVED_BY_MACHINE);
  }

  /** Nor is one to blame for it who was slow before. */
  @Test
  void shouldNotBlameALineOfLongAgoWhereTheMachineStarvesALoop() {
    long now = System.nanoTime();
    stalls =
        List.of(
            new StallReport(
                "loop",
                1,
                "timer",
                "the callback of timer-1",
                List.of(),
                now - 6 * SECOND,
                now - 5 * SECOND,
                now - 5 * SECOND,
                Cause.JAVA,
                "",
                List.of("app.Shop.price(Shop.java:7)")));
    spreads.put(Distribution.TURN, spread(150 * MILLI, 1));
    stallsOfKind = 1;
    waitedNanos = SECOND / 2;
    ProcessSnapshot before = process(now - SECOND, loop("loop", 1, false));
    ProcessSnapshot after = process(now, loop("loop", 1, true));
    assertThat(diagnose(before, after)).containsExactly(Disease.STARVED_BY_MACHINE);
  }

  @Test
  void shouldTellTheLineOfASlowCallback() {
    stallsOfKind = 1;
    StallReport report =
        new StallReport(
            "loop",
            1,
            "timer",
            "the callback of timer-1",
            List.of("main"),
            SECOND + 1,
            SECOND + 2,
            SECOND + 2,
            Cause.JAVA,
            "",
            List.of("java.base/java.util.List.of(List.java:1)", "app.Shop.price(Shop.java:7)"));
    stalls = List.of(report);
    List<Verdict> verdicts =
        Diagnosis.of(
            process(SECOND, loop("loop", 1, false)),
            process(2 * SECOND, loop("loop", 1, true)),
            facts(false),
            facts(true),
            stalls,
            waits);
    assertThat(verdicts).extracting(Verdict::disease).containsExactly(Disease.SLOW_CALLBACK);
    assertThat(verdicts.getFirst().place()).isEqualTo("app.Shop.price(Shop.java:7)");
  }

  @Test
  void shouldTellOfABacklogThatTheKernelCuts() {
    counters.put(Counter.BACKLOG_ASKED, 128L);
    assertThat(diagnose()).isEmpty();
    counters.put(Counter.BACKLOG_ASKED, 4096L);
    assertThat(diagnose()).containsExactly(Disease.UNREAD_KERNEL_LIMITS);
    listeningAfter = Listening.UNKNOWN; // no Linux
    assertThat(diagnose()).isEmpty();
  }

  @Test
  void shouldTellOfMoreConnectionsThanDescriptors() {
    counters.put(Counter.CONNECTIONS_ASKED, 1000L);
    assertThat(diagnose()).isEmpty();
    counters.put(Counter.CONNECTIONS_ASKED, 1001L);
    assertThat(diagnose()).containsExactly(Disease.UNREAD_KERNEL_LIMITS);
  }

  @Test
  void shouldTellOfConnectionsThatWereDroppedAsItsQueueIsFull() {
    counters.put(Counter.BACKLOG_ASKED, 64L);
    listeningAfter = listening(9, 0L, 63L);
    assertThat(diagnose()).isEmpty(); // those of another program
    listeningAfter = listening(9, 0L, 65L);
    assertThat(diagnose()).containsExactly(Disease.UNREAD_KERNEL_LIMITS);
    listening = listening(9);
    assertThat(diagnose()).isEmpty(); // long ago
    counters.put(Counter.BACKLOG_ASKED, 0L);
    listening = listening(5);
    assertThat(diagnose()).isEmpty(); // it has no listener
  }

  @Test
  void shouldWarnBeforeDescriptorsRunOut() {
    openDescriptors = 800;
    assertThat(diagnose()).isEmpty();
    openDescriptors = 801;
    assertThat(diagnose()).containsExactly(Disease.DESCRIPTORS_RUNNING_OUT);
  }

  @Test
  void shouldSayThatAnEngineIsAFallback() {
    engine = "epoll";
    explanation = "epoll, as asked for";
    assertThat(diagnose()).isEmpty();
    explanation = "io_uring: forbidden → epoll";
    assertThat(diagnose()).containsExactly(Disease.FALLBACK_ENGINE);
  }

  @Test
  void shouldCompareLoopsOfAProcess() {
    LoopSnapshot idle = loop("web-1", 2, true);
    counters.put(Counter.BUSY_NANOS, 8 * SECOND / 10);
    LoopSnapshot busy = loop("web-0", 1, true);
    ProcessSnapshot before = process(SECOND, loop("web-0", 1, false), loop("web-1", 2, false));
    assertThat(diagnose(before, process(2 * SECOND, busy, idle)))
        .containsExactly(Disease.IMBALANCE);
    assertThat(diagnose(before, process(2 * SECOND, busy, loop("web-1", 2, true)))).isEmpty();
  }

  /** One for its work, and one for its page. */
  @Test
  void shouldNotCompareLoopsThatDoNotShareWork() {
    LoopSnapshot idle = loop("queue-dashboard-0", 2, true);
    LoopSnapshot other = loop("web-1", 3, true);
    counters.put(Counter.BUSY_NANOS, 8 * SECOND / 10);
    LoopSnapshot busy = loop("queue", 1, true);
    LoopSnapshot old = loop("web-0", 4, true);
    ProcessSnapshot before =
        process(SECOND, loop("queue", 1, false), idle, loop("web-0", 4, false));
    assertThat(diagnose(before, process(2 * SECOND, busy, idle, other, old)))
        .as("web-1 was opened meanwhile")
        .isEmpty();
  }

  /** A loop that has ended, of the name that most loops have. */
  @Test
  void shouldNotTakeTheStallOfAnotherLoopOfTheSameName() {
    stalls =
        List.of(
            new StallReport(
                "loop",
                7,
                "fiber",
                "fiber old",
                List.of(),
                SECOND,
                0,
                2 * SECOND,
                Cause.JAVA,
                "",
                List.of("app.Old.run(Old.java:7)")));
    spreads.put(Distribution.TURN, spread(150 * MILLI, 1));
    waitedNanos = SECOND / 2;
    assertThat(diagnose()).containsExactly(Disease.STARVED_BY_MACHINE);
  }

  /** Each of them is in time; all of them at once are too much. */
  @Test
  void shouldTellManyCallbacksAsLoad() {
    stalls =
        List.of(
            new StallReport(
                "loop",
                1,
                "runtime",
                "the loop itself",
                List.of(),
                SECOND,
                2 * SECOND,
                2 * SECOND,
                Cause.MANY,
                "",
                List.of()));
    spreads.put(Distribution.TURN, spread(150 * MILLI, 1));
    List<Verdict> verdicts =
        Diagnosis.of(
            process(SECOND, loop("loop", 1, false)),
            process(2 * SECOND, loop("loop", 1, true)),
            facts(false),
            facts(true),
            stalls,
            waits);
    assertThat(verdicts)
        .singleElement()
        .satisfies(verdict -> {
          assertThat(verdict.evidence()).contains("more to do than it can");
          assertThat(verdict.place()).isEmpty();
        });
  }

  @Test
  void shouldSayThatTimersFireTooOften() {
    counters.put(Counter.TIMERS_FIRED, 9_999L);
    assertThat(diagnose()).isEmpty();
    counters.put(Counter.TIMERS_FIRED, 10_001L);
    assertThat(diagnose()).containsExactly(Disease.TIMER_STORM);
  }

  @Test
  void shouldSayThatTheInboxIsNearlyFull() {
    counters.put(Counter.INBOX_LIMIT, 1000L);
    counters.put(Counter.INBOX_DEPTH, 800L);
    assertThat(diagnose()).isEmpty();
    counters.put(Counter.INBOX_DEPTH, 801L);
    assertThat(diagnose()).containsExactly(Disease.GROWING_QUEUE);
  }

  @Test
  void shouldSayWhoWaitsForASlowPeer() {
    waits = List.of(new TreeLine("loop", "FIBER", "w", "PARKED", "writing to tcp-1", "", SECOND));
    assertThat(diagnose()).isEmpty();
    waits =
        List.of(new TreeLine("loop", "FIBER", "w", "PARKED", "writing to tcp-1", "", 3 * SECOND));
    assertThat(diagnose()).containsExactly(Disease.SLOW_CONSUMER);
  }

  @Test
  void shouldSuspectThatAWakeUpWasLost() {
    String nobody = "nobody: it is ready, and the fiber was not woken";
    waits = List.of(new TreeLine("loop", "FIBER", "w", "PARKED", "waiting", nobody, SECOND / 2));
    assertThat(diagnose()).isEmpty();
    waits = List.of(new TreeLine("loop", "FIBER", "w", "PARKED", "waiting", nobody, 3 * SECOND));
    assertThat(diagnose()).containsExactly(Disease.SUSPECTED_LOST_WAKE_UP);
    waits = List.of(new TreeLine("loop", "FIBER", "w", "PARKED", "waiting", "", 3 * SECOND));
    assertThat(diagnose()).isEmpty();
  }

  /** Too little for a starved loop: 48 ms in a second. */
  @Test
  void shouldNotSayThatSomebodyHeldUpOthersWhereTheMachineDid() {
    spreads.put(Distribution.QUEUE_DELAY, spread(48 * MILLI, 2));
    spreads.put(Distribution.FIBER_RUN, spread(48 * MILLI, 1));
    spreads.put(Distribution.TURN, spread(48 * MILLI, 1));
    waitedNanos = 40 * MILLI;
    assertThat(diagnose()).doesNotContain(Disease.HELD_UP);
    waitedNanos = 0;
    assertThat(diagnose()).contains(Disease.HELD_UP);
  }

  @Test
  void shouldSayWhoHoldsUpOthers() {
    spreads.put(Distribution.QUEUE_DELAY, spread(24 * MILLI, 9));
    assertThat(diagnose()).isEmpty();
    spreads.put(Distribution.QUEUE_DELAY, spread(60 * MILLI, 9));
    spreads.put(Distribution.FIBER_RUN, spread(MILLI, 60));
    ProcessSnapshot before = process(SECOND, loop("loop", 1, false));
    ProcessSnapshot after = process(2 * SECOND, loop("loop", 1, true));
    assertThat(Diagnosis.of(before, after, facts(false), facts(true), stalls, waits))
        .singleElement()
        .satisfies(verdict -> {
          assertThat(verdict.disease()).isEqualTo(Disease.HELD_UP);
          assertThat(verdict.evidence()).contains("9 callbacks", "held up by fibers");
        });
  }

  /** A busy machine acquits nobody who was seen to compute. */
  @Test
  void shouldSayWhoHoldsUpOthersWhereTheMachineStarvesTheLoopToo() {
    spreads.put(Distribution.QUEUE_DELAY, spread(60 * MILLI, 9));
    spreads.put(Distribution.FIBER_RUN, spread(60 * MILLI, 10));
    waitedNanos = SECOND / 10 + MILLI;
    assertThat(diagnose()).as("nobody was seen").doesNotContain(Disease.HELD_UP);
    stalls =
        List.of(
            new StallReport(
                "loop",
                1,
                "timer",
                "the callback of timer-1",
                List.of(),
                SECOND,
                2 * SECOND - MILLI,
                2 * SECOND - MILLI,
                Cause.JAVA,
                "",
                List.of("app.Shop.price(Shop.java:7)")));
    assertThat(diagnose()).contains(Disease.STARVED_BY_MACHINE, Disease.HELD_UP);
  }

  private List<Verdict> leaksAfter(long closedEachSecond, long openedEachSecond, int seconds) {
    LeakWatch watch = new LeakWatch();
    List<Verdict> found = List.of();
    for (long i = 0; i <= seconds; i++) {
      counters.put(Counter.HANDLES_OPENED, i * openedEachSecond);
      counters.put(Counter.HANDLES_CLOSED, i * closedEachSecond);
      long open = i * (openedEachSecond - closedEachSecond);
      openOfKind = open;
      LoopSnapshot loop = loop("loop", 1, true);
      found = watch.look(process(i * SECOND, loop));
    }
    return found;
  }

  @Test
  void shouldSuspectALeakWhereMoreAndMoreIsOpen() {
    assertThat(leaksAfter(0, 20, 5))
        .extracting(Verdict::disease)
        .containsExactly(Disease.LEAK_SUSPECTED);
    assertThat(leaksAfter(0, 20, 4)).as("too short").isEmpty();
    assertThat(leaksAfter(10, 20, 5)).as("half of them are closed").isEmpty();
    assertThat(leaksAfter(0, 9, 5)).as("too few").isEmpty();
    assertThat(leaksAfter(20, 20, 5)).as("none more").isEmpty();
  }

  @Test
  void shouldKeepReportsOfStallsOnTheirWay() {
    StallReport report =
        new StallReport(
            "l\"1",
            3,
            "fiber",
            "fiber ü",
            List.of("a", "b"),
            1,
            2,
            3,
            Cause.NATIVE,
            "d\"",
            List.of());
    assertThat(StallJson.read(StallJson.write(List.of(report, report))))
        .containsExactly(report, report);
  }
}
