package gyre.lab.race;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.lab.peer.Peer;
import gyre.lab.result.Entry;
import gyre.lab.result.Entry.Status;
import gyre.lab.result.Sample;
import gyre.lab.workload.Workload;
import gyre.lab.workload.Workloads;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** With programs that only say what they are to have measured. */
class HeatRunTest {
  private static final Workload WORKLOAD = Workloads.select(List.of("events/100x1x100")).getFirst();
  private static final Bench BENCH = new Bench(List.of(), false, 100_000, Tools.NONE);

  /** Rounds are as short as the steps of these programs, and warming up is one of them. */
  private static final Pace PACE = new Pace(40, 0.03, 0, 0, 0, 1, 0);

  /** Each step took what {@code nanos} says, in which {@code i} is the number of the step. */
  private static Peer peer(String name, String nanos) {
    return peer(name, Peer.Platform.NATIVE, nanos);
  }

  private static Peer peer(String name, Peer.Platform platform, String nanos) {
    String program =
        """
        echo ready; i=0
        while read -r line; do
          echo "{\\"errors\\": 0, \\"events\\": 10, \\"elapsedNanos\\": $((%s))}"; i=$((i + 1))
        done
        """
            .formatted(nanos);
    List<String> command = List.of("bash", "-c", program);
    return new Peer(name, platform, command, List.of("events"), "1", "");
  }

  /** What a step of these takes is the number of their process. */
  private static final String PROCESS = "$$";

  /** Somebody else is always at work on the first core. */
  private static final String RESTLESS =
      """
      echo ready
      while read -r line; do echo '{"cores": [{"looks": 9, "disturbed": 9, "isDisturbed": true}]}'; done
      """;

  private static final Plan.Room ROOM = new Plan.Room(1 << 30, 1000);

  private static List<Entry> race(Pace pace, Peer... peers) {
    return race(List.of(WORKLOAD), pace, BENCH, Duration.ofSeconds(60), peers);
  }

  private static List<Entry> race(
      List<Workload> workloads, Pace pace, Bench bench, Duration limit, Peer... peers) {
    Plan plan = Plan.of(workloads, List.of(peers), pace, limit, ROOM);
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    return new Race(plan, bench, new Progress(nowhere, false, 1)).run();
  }

  @Test
  void shouldStopWhenAllIsKnown() {
    List<Entry> entries = race(PACE, peer("c-uring", "1000"), peer("other", "2000"));
    assertThat(rounds(entries.get(1))).hasSize(Pace.KNOWING_ROUNDS);
    assertThat(entries).extracting(Entry::note).containsOnly("");
  }

  @Test
  void shouldGoOnForThoseOfWhichTooLittleIsKnown() {
    List<Entry> entries =
        race(
            PACE,
            peer("c-uring", "1000"),
            peer("steady", "2000"),
            peer("restless", "1000 + 1000 * (i % 3)"));
    assertThat(rounds(entries.get(1))).hasSize(Pace.KNOWING_ROUNDS);
    assertThat(rounds(entries.get(2))).hasSize(PACE.rounds());
    assertThat(entries.get(2).note()).startsWith("its ratio to c-uring is known to within ");
  }

  @Test
  void shouldNotCallTheReferenceVague() {
    List<Entry> entries =
        race(PACE, peer("c-uring", "1000 + 1000 * (i % 3)"), peer("steady", "2000"));
    assertThat(entries.get(0).note()).isEmpty();
    assertThat(entries.get(1).note()).contains("its ratio to c-uring");
  }

  @Test
  void shouldHaveAsManyRoundsAsWereAskedFor() {
    List<Entry> entries =
        race(PACE.withRounds(3), peer("c-uring", "1000"), peer("other", "1000 * (i + 1)"));
    assertThat(rounds(entries.get(1))).containsExactly(0, 1, 2);
    assertThat(entries).extracting(Entry::note).containsOnly("");
  }

  @Test
  void shouldMeasureTheReferenceBesideEachOfTheOthers() {
    Peer[] peers =
        Stream.of("a", "c-uring", "b", "c", "d")
            .map(name -> peer(name, "1000"))
            .toArray(Peer[]::new);
    List<Entry> entries = race(PACE.withRounds(1), peers);
    List<Integer> reference = entries.get(1).samples().stream().map(Sample::turn).toList();
    assertThat(reference).containsExactly(3, 5);
    assertThat(entries.stream().filter(e -> !e.peer().equals("c-uring")))
        .allSatisfy(entry -> assertThat(entry.samples()).hasSize(1));
  }

  @Test
  void shouldMeasureAnotherProcessOfANativeProgramAtEachVisit() {
    Pace easilyKnown = new Pace(40, 100, 0, 0, 0, 1, 0); // numbers of processes may begin again
    Entry entry = race(easilyKnown, peer("c-uring", "1000"), peer("other", PROCESS)).get(1);
    List<Long> processes = entry.samples().stream().map(Sample::elapsedNanos).toList();
    assertThat(processes).hasSize(Pace.KNOWING_ROUNDS);
    for (int i = 0; i < processes.size(); i++) {
      int others = (i / Pace.ROUNDS_AT_ONCE + 1) * Pace.ROUNDS_AT_ONCE;
      assertThat(processes.subList(others, processes.size())).doesNotContain(processes.get(i));
    }
    assertThat(processes.stream().distinct()).hasSize(processes.size() / Pace.ROUNDS_AT_ONCE);
    assertThat(entry.samples()).extracting(Sample::process).containsExactlyElementsOf(processes);
    assertThat(entry.samples().stream().map(Sample::visit).distinct())
        .hasSize(processes.size() / Pace.ROUNDS_AT_ONCE);
  }

  @Test
  void shouldBeginAnewWithJvmsOnceAndHaveLeastRoundsAfterwards() {
    Pace asLongAsItTakes = new Pace(1_000_000, 100, 0, 0, 0, 1, 0);
    Peer jvm = peer("other", Peer.Platform.JVM, PROCESS);
    Entry entry = race(asLongAsItTakes, peer("c-uring", "1000"), jvm).get(1);
    List<Long> processes = entry.samples().stream().map(Sample::elapsedNanos).toList();
    assertThat(processes.stream().distinct()).hasSize(2);
    assertThat(processes.subList(processes.size() - Pace.LEAST_ROUNDS, processes.size()))
        .containsOnly(processes.getLast());
  }

  @Test
  void shouldGoOnWithoutOneThatFails() {
    List<Entry> entries =
        race(PACE, peer("c-uring", "1000"), peer("broken", "1 / (5 - i)"), peer("other", "2000"));
    assertThat(entries.get(1).status()).isEqualTo(Status.FAILED);
    assertThat(entries.get(1).note()).contains("ended");
    assertThat(rounds(entries.get(2))).hasSize(Pace.KNOWING_ROUNDS);
  }

  @Test
  void shouldForgetWhatWasMeasuredFirst() {
    // One step of warming up, the first round, and one that is looked at.
    String slowAtFirst = "i < 3 ? 9000 : 2000";
    Entry entry = race(PACE, peer("c-uring", "1000"), peer("other", slowAtFirst)).get(1);
    assertThat(entry.samples()).extracting(Sample::elapsedNanos).containsOnly(2000L);
    assertThat(rounds(entry)).hasSize(Pace.KNOWING_ROUNDS);
    Entry all = race(PACE.withRounds(1), peer("other", slowAtFirst)).getFirst();
    assertThat(all.samples()).extracting(Sample::elapsedNanos).containsOnly(9000L);
  }

  @Test
  void shouldHaveLeastRoundsOfEveryWorkloadHoweverLateItIs() {
    List<Workload> workloads = Workloads.select(List.of("events/100x1x100", "events/1000x100x100"));
    Peer[] peers = {peer("c-uring", "1000"), peer("other", "1000 + 1000 * (i % 3)")};
    List<Entry> entries = race(workloads, PACE, BENCH, Duration.ZERO, peers);
    assertThat(entries).hasSize(4);
    assertThat(entries).allSatisfy(e -> assertThat(rounds(e)).hasSize(Pace.LEAST_ROUNDS));
  }

  @Test
  void shouldNotTakeForKnownWhatOthersDisturbed() {
    Bench restless = new Bench(List.of("bash", "-c", RESTLESS), true, 100_000, Tools.NONE);
    Peer[] peers = {peer("c-uring", "1000"), peer("other", "2000")};
    List<Entry> entries = race(List.of(WORKLOAD), PACE, restless, Duration.ofSeconds(60), peers);
    assertThat(rounds(entries.get(1))).hasSize(PACE.rounds());
    assertThat(entries.get(1).samples())
        .hasSize(PACE.rounds()) // what is measured again replaces what was disturbed
        .allMatch(Sample::isDisturbed);
    assertThat(entries.get(1).note())
        .isEqualTo("others slowed this machine down in 40 of 40 rounds, so all of them count");
  }

  @Test
  void shouldSayHowWellItKnowsWhatItHasFewCalmRoundsOf() {
    // Each turn is looked at twice, before and after: eight rounds of two are calm, and the first
    // one is forgotten.
    String seldomCalm =
        """
        echo ready; i=0
        while read -r line; do
          echo "{\\"cores\\": [{\\"looks\\": 9, \\"disturbed\\": $((i < 32 ? 0 : 9))}]}"; i=$((i + 1))
        done
        """;
    Bench bench = new Bench(List.of("bash", "-c", seldomCalm), true, 100_000, Tools.NONE);
    Peer[] peers = {peer("c-uring", "1000"), peer("other", "1000 + 1000 * (i % 3)")};
    List<Entry> entries = race(List.of(WORKLOAD), PACE, bench, Duration.ofSeconds(60), peers);
    long calm = entries.get(1).samples().stream().filter(s -> !s.isDisturbed()).count();
    assertThat(calm).isEqualTo(7);
    assertThat(entries.get(1).note()).startsWith("its ratio to c-uring is known to within ");
  }

  @Test
  void shouldSayOfEachVariantHowWellThatOneIsKnown() {
    Peer[] peers = {timing("c-uring", "1000"), timing("other", "1000 + 1000 * (i % 3)")};
    List<Workload> timers = Workloads.select(List.of("timers/1k"));
    List<Entry> entries = race(timers, PACE, BENCH, Duration.ofSeconds(60), peers);
    assertThat(entries.stream().filter(entry -> entry.peer().equals("other")))
        .allSatisfy(
            entry -> assertThat(entry.note().isEmpty()).isEqualTo(!entry.variant().equals("fire")));
  }

  /** Steady in all but firing. */
  private static Peer timing(String name, String fireNanos) {
    String program =
        """
        echo ready; i=0
        while read -r line; do
          echo "{\\"errors\\": 0, \\"ops\\": 10, \\"fires\\": 10, \\"startNanos\\": 100, \\"restartNanos\\": 100," \\
            "\\"cancelNanos\\": 100, \\"fireNanos\\": $((%s))}"; i=$((i + 1))
        done
        """
            .formatted(fireNanos);
    List<String> command = List.of("bash", "-c", program);
    return new Peer(name, Peer.Platform.NATIVE, command, List.of("timers"), "1", "");
  }

  @Test
  void shouldMeasureOneThatIsAlone() {
    assertThat(rounds(race(PACE, peer("alone", "1000")).getFirst())).hasSize(Pace.KNOWING_ROUNDS);
    assertThat(rounds(race(PACE.withRounds(2), peer("alone", "1000")).getFirst())).hasSize(2);
  }

  private static List<Integer> rounds(Entry entry) {
    return entry.samples().stream().map(Sample::round).distinct().toList();
  }
}
