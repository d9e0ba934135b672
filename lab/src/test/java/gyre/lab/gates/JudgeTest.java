package gyre.lab.gates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import gyre.lab.WrongInputException;
import gyre.lab.gates.Judgement.Outcome;
import gyre.lab.gates.Measured.Growth;
import gyre.lab.result.Latency;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is judged of measurements that are given: each planted disease fails its gate alone. */
class JudgeTest {
  private static final long MILLI = 1_000_000;
  private static final int CONNECTIONS = 50;

  private final Judge judge = new Judge(GateOptions.defaults());

  private static Measured delays(long slowNanos, int slowOfThousand, double reference) {
    return new Measured.Delays(
        1000,
        1,
        1000,
        0,
        Latency.of(
            List.of(MILLI, slowNanos), List.of(1000L - slowOfThousand, (long) slowOfThousand)),
        reference);
  }

  private static Measured shares(long ofTheFirst, long ofOthers) {
    List<Long> answers = new ArrayList<>(List.of(ofTheFirst));
    List<Long> waits = new ArrayList<>(List.of(50 * MILLI));
    for (int i = 1; i < CONNECTIONS; i++) {
      answers.add(ofOthers);
      waits.add(MILLI);
    }
    return new Measured.Shares(answers, waits);
  }

  private static Measured growth(double bytesPerRequest, double noiseBytes) {
    return growth(12, 12, true, bytesPerRequest, noiseBytes);
  }

  private static Measured growth(
      int count, double seconds, boolean isExact, double bytesPerRequest, double noiseBytes) {
    Random random = new Random(7);
    List<Growth.Point> points = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double requests = i * 100_000.0;
      points.add(
          new Growth.Point(
              requests,
              100e6 + bytesPerRequest * requests + (random.nextDouble() - 0.5) * noiseBytes));
    }
    return new Growth(List.of(new Growth.Series("resident memory", isExact, points)), seconds);
  }

  private static Measured held(int possible, int served, String narrow, String failure) {
    return new Measured.Held(
        10_000,
        possible,
        narrow,
        served,
        served,
        failure,
        Latency.of(List.of(MILLI), List.of((long) served)));
  }

  private static Map<Gate, Measured> healthy() {
    Map<Gate, Measured> all = new EnumMap<>(Gate.class);
    all.put(Gate.LATENCY, delays(2 * MILLI, 20, Double.NaN));
    all.put(Gate.FAIRNESS, shares(900, 1000));
    all.put(Gate.MEMORY, growth(0, 100_000));
    all.put(Gate.CPU, new Measured.Cost(4000, 3000, ""));
    all.put(Gate.CONNECTIONS, held(10_000, 10_000, "", ""));
    return all;
  }

  private static List<Judgement> run(Map<Gate, Measured> measured) {
    PrintStream nowhere =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    return new Gates(
            GateOptions.defaults(),
            gate -> Objects.requireNonNull(measured.get(gate)),
            Optional.empty(),
            () -> {},
            nowhere)
        .run();
  }

  private static void assertFailsAlone(Gate gate, Measured disease, String reason) {
    Map<Gate, Measured> measured = healthy();
    measured.put(gate, disease);
    for (Judgement each : run(measured)) {
      assertThat(each.outcome())
          .as(each.toString())
          .isEqualTo(each.gate() == gate ? Outcome.FAIL : Outcome.PASS);
      if (each.gate() == gate) {
        assertThat(each.reason()).contains(reason);
      }
    }
  }

  @Test
  void shouldPassAHealthyServerAtAllGates() {
    assertThat(run(healthy())).extracting(Judgement::outcome).containsOnly(Outcome.PASS).hasSize(5);
  }

  @Test
  void shouldFailASlowServerByLatency() {
    assertFailsAlone(Gate.LATENCY, delays(40 * MILLI, 20, 1.5), "p99 is 40");
  }

  @Test
  void shouldFailAStarvingServerByFairness() {
    assertFailsAlone(Gate.FAIRNESS, shares(3, 1000), "connection 0 got 0 % of the mean");
  }

  @Test
  void shouldFailAServerThatServesOneAloneByFairness() {
    assertFailsAlone(Gate.FAIRNESS, shares(1000, 1), "fairness index 0.02");
  }

  @Test
  void shouldFailALeakingServerByMemory() {
    assertFailsAlone(Gate.MEMORY, growth(48, 1_000_000), "(95 % confidence; limit 16)");
  }

  @Test
  void shouldFailAServerThatForgetsOneConnectionForAWhile() {
    List<Long> answers = new ArrayList<>(java.util.Collections.nCopies(CONNECTIONS, 1000L));
    List<Long> waits = new ArrayList<>(java.util.Collections.nCopies(CONNECTIONS, 20 * MILLI));
    answers.set(7, 400L);
    waits.set(7, 3000 * MILLI);
    assertFailsAlone(Gate.FAIRNESS, new Measured.Shares(answers, waits), "connection 7 waited 3 s");
    // Where all have waited it was no matter of fairness.
    java.util.Collections.fill(waits, 3000 * MILLI);
    assertThat(judge.of(Gate.FAIRNESS, new Measured.Shares(answers, waits)).outcome())
        .isEqualTo(Outcome.PASS);
  }

  @Test
  void shouldNotPassCpuTimeThatWasNotSeen() {
    for (Measured.Cost cost :
        List.of(
            new Measured.Cost(0, 3000, ""),
            new Measured.Cost(Double.NaN, 3000, ""),
            new Measured.Cost(4000, 0, ""))) {
      assertThat(judge.of(Gate.CPU, cost).outcome()).isEqualTo(Outcome.UNJUDGED);
    }
  }

  @Test
  void shouldFailAServerThatBurnsCpuTime() {
    assertFailsAlone(Gate.CPU, new Measured.Cost(12_000, 3000, ""), "4 times that of c-uring");
  }

  @Test
  void shouldFailAServerThatRefusesConnections() {
    assertFailsAlone(
        Gate.CONNECTIONS,
        held(10_000, 500, "", "connection 501 was refused"),
        "500 of 10,000 connections were held and served; then connection 501 was refused");
  }

  @Test
  void shouldFailAServerThatAnswersWrongly() {
    assertFailsAlone(Gate.LATENCY, new Measured.Broken("a wrong byte"), "a wrong byte");
  }

  @Test
  void shouldNotBlameTheServerForABusyMachine() {
    Judgement judgement = judge.of(Gate.LATENCY, delays(40 * MILLI, 20, 35));
    assertThat(judgement.outcome()).isEqualTo(Outcome.UNJUDGED);
    assertThat(judgement.reason()).contains("the machine is too busy");
  }

  @Test
  void shouldBlameAServerThatIsFarWorseThanABusyMachine() {
    Judgement judgement = judge.of(Gate.LATENCY, delays(400 * MILLI, 20, 35));
    assertThat(judgement.outcome()).isEqualTo(Outcome.FAIL);
  }

  @Test
  void shouldNotJudgeConnectionsWhereTimeWasOver() {
    Judgement judgement = judge.of(Gate.CONNECTIONS, held(10_000, 900, "", ""));
    assertThat(judgement.outcome()).isEqualTo(Outcome.UNJUDGED);
    assertThat(judgement.reason()).contains("give it more --seconds");
  }

  @Test
  void shouldNotJudgeARateThatTheGeneratorDidNotReach() {
    Measured tooFew =
        new Measured.Delays(
            2000, 1, 1000, 0, Latency.of(List.of(MILLI), List.of(1000L)), Double.NaN);
    assertThat(judge.of(Gate.LATENCY, tooFew).outcome()).isEqualTo(Outcome.UNJUDGED);
  }

  @Test
  void shouldFailAServerThatAnswersNothing() {
    Measured none = new Measured.Delays(2000, 1, 0, 0, Latency.empty(), Double.NaN);
    assertThat(judge.of(Gate.LATENCY, none).outcome()).isEqualTo(Outcome.FAIL);
    Measured silent = new Measured.Shares(List.of(0L, 0L), List.of(5_000 * MILLI, 5_000 * MILLI));
    assertThat(judge.of(Gate.FAIRNESS, silent).outcome()).isEqualTo(Outcome.FAIL);
  }

  @Test
  void shouldSayWhenMemoryIsTooRoughToTell() {
    Judgement judgement = judge.of(Gate.MEMORY, growth(0, 200e6));
    assertThat(judgement.outcome()).isEqualTo(Outcome.UNJUDGED);
    assertThat(judgement.reason()).contains("give it more --seconds");
  }

  @Test
  void shouldFindALeakThatIsSlowButNeverStops() {
    // Two bytes a request, far below the limit, in noise that is ten times what a step adds.
    Judgement judgement = judge.of(Gate.MEMORY, growth(18, 18, true, 2, 500_000));
    assertThat(judgement.outcome()).as(judgement.reason()).isEqualTo(Outcome.FAIL);
    assertThat(judgement.reason()).contains("rises all the time").contains("MiB an hour");
  }

  @Test
  void shouldNotPassARiseThatARunIsTooShortFor() {
    Judgement judgement = judge.of(Gate.MEMORY, growth(8, 8, true, 0.5, 20_000));
    assertThat(judgement.outcome()).as(judgement.reason()).isEqualTo(Outcome.UNJUDGED);
    assertThat(judgement.reason()).contains("a leak, or what has yet to fill");
    assertThat(judge.of(Gate.MEMORY, growth(5, 5, true, 0, 0)).outcome())
        .isEqualTo(Outcome.UNJUDGED);
  }

  @Test
  void shouldPassWhatFillsAndThenIsFull() {
    List<Growth.Point> points = new ArrayList<>();
    for (int i = 0; i < 18; i++) {
      points.add(new Growth.Point(i * 100_000.0, 100e6 + Math.min(i, 5) * 200_000.0 + i % 2 * 10));
    }
    Measured full = new Growth(List.of(new Growth.Series("live objects", true, points)), 18);
    assertThat(judge.of(Gate.MEMORY, full).outcome()).isEqualTo(Outcome.PASS);
  }

  @Test
  void shouldJudgeMemoryByTheWorstOfWhatWasLookedAt() {
    Growth.Series still = ((Growth) growth(0, 0)).series().getFirst();
    Growth.Series leaking = ((Growth) growth(48, 1000)).series().getFirst();
    assertThat(judge.of(Gate.MEMORY, new Growth(List.of(still, leaking), 12)).outcome())
        .isEqualTo(Outcome.FAIL);
    assertThat(judge.of(Gate.MEMORY, new Growth(List.of(), 12)).outcome())
        .isEqualTo(Outcome.UNJUDGED);
  }

  @Test
  void shouldNotPassMemoryThatCouldNotBeSeen() {
    Judgement judgement = judge.of(Gate.MEMORY, growth(Double.NaN, 0));
    assertThat(judgement.outcome()).isEqualTo(Outcome.UNJUDGED);
  }

  @Test
  void shouldReadWhatLiveObjectsTake() {
    assertThat(
            MemoryOf.total(
                List.of(
                    "   1:  26037  2345112  [B (java.base@25)",
                    "Total        281553       12345678",
                    "")))
        .isEqualTo(12_345_678);
    assertThat(MemoryOf.total(List.of("no such process"))).isNaN();
  }

  /** By hand: of 5 that rise, 10 pairs do, and the deviation is √(5·4·15/18); minus 1 for steps. */
  @Test
  void shouldTellARiseFromChance() {
    org.assertj.core.data.Offset<Double> near = org.assertj.core.data.Offset.offset(1e-3);
    assertThat(Kendall.of(1, 2, 3, 4, 5)).isCloseTo(2.2045, near);
    assertThat(Kendall.of(5, 4, 3, 2, 1)).isCloseTo(-2.2045, near);
    assertThat(Kendall.of(7, 7, 7, 7)).isZero();
    assertThat(Kendall.of(3, 1, 4, 1, 5, 9, 2, 6)).isLessThan(1.645);
  }

  @Test
  void shouldSayWhatCpuTimeCannotBeComparedWith() {
    Judgement judgement =
        judge.of(Gate.CPU, new Measured.Cost(4000, Double.NaN, "is not built: needs gcc"));
    assertThat(judgement.outcome()).isEqualTo(Outcome.UNJUDGED);
    assertThat(judgement.reason()).contains("4 µs a request").contains("needs gcc");
  }

  @Test
  void shouldNotJudgeManyConnectionsWhereFewFit() {
    Judgement judgement =
        judge.of(Gate.CONNECTIONS, held(1000, 1000, "this process may open 1000 more", ""));
    assertThat(judgement.outcome()).isEqualTo(Outcome.UNJUDGED);
    assertThat(judge.of(Gate.CONNECTIONS, held(10_500, 10_500, "no more", "")).outcome())
        .isEqualTo(Outcome.PASS);
  }

  // ---- the line through points

  @Test
  void shouldFindTheSlopeOfAStraightLineExactly() {
    Trend trend = Trend.of(new double[] {0, 1, 2, 3}, new double[] {5, 8, 11, 14});
    assertThat(trend.slope()).isEqualTo(3);
    assertThat(trend.margin()).isZero();
  }

  /** By hand: squares of what is left sum to 0.107, the error is √(0.107 / 3 / 10), t is 3.182. */
  @Test
  void shouldKnowHowWellASlopeIsKnown() {
    Trend trend = Trend.of(new double[] {1, 2, 3, 4, 5}, new double[] {2.1, 3.9, 6.2, 7.8, 10.1});
    assertThat(trend.slope()).isCloseTo(1.99, org.assertj.core.data.Offset.offset(1e-9));
    assertThat(trend.margin()).isCloseTo(0.19004, org.assertj.core.data.Offset.offset(1e-4));
  }

  @Test
  void shouldKnowNothingFromPointsInOnePlace() {
    Trend trend = Trend.of(new double[] {1, 1, 1}, new double[] {2, 3, 4});
    assertThat(trend.most()).isInfinite();
  }

  // ---- reports

  private static GateReport report(Map<Gate, Measured> measured) {
    return new GateReport(
        "TCP echo at <here>",
        Instant.EPOCH,
        Duration.ofSeconds(9),
        List.of("a remark"),
        run(measured));
  }

  @Test
  void shouldTellScriptsHowItEnded() {
    Map<Gate, Measured> measured = healthy();
    assertThat(report(measured).exitStatus()).isZero();
    measured.put(Gate.CPU, new Measured.Unknown("no"));
    assertThat(report(measured).exitStatus()).isEqualTo(3);
    measured.put(Gate.MEMORY, growth(100, 0));
    assertThat(report(measured).exitStatus()).isEqualTo(1);
  }

  @Test
  void shouldWriteOnePageAndJson() throws JsonParserException {
    Map<Gate, Measured> measured = healthy();
    measured.put(Gate.CONNECTIONS, held(10_000, 5, "", "connection 6 said <b>"));
    GateReport report = report(measured);
    assertThat(report.html())
        .contains("TCP echo at &lt;here&gt;", "said &lt;b&gt;", "class=\"fail\"", "a remark")
        .doesNotContain("<b>");
    JsonObject json = JsonParser.object().from(report.json());
    assertThat(json.getInt("exit_status")).isEqualTo(1);
    assertThat(json.getArray("gates")).hasSize(5);
    JsonObject last = json.getArray("gates").getObject(4);
    assertThat(last.getString("outcome")).isEqualTo("fail");
    assertThat(last.getObject("figures").getInt("served")).isEqualTo(5);
  }

  @Test
  void shouldAddWhatTheProcessTellsOfItself() {
    Inside inside =
        new Inside() {
          @Override
          public Map<String, Object> sinceLast() {
            return Map.of("stalls", 3);
          }

          @Override
          public void close() {}
        };
    PrintStream nowhere =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    Map<Gate, Measured> measured = healthy();
    List<Judgement> judgements =
        new Gates(
                GateOptions.defaults().gates(EnumSet.of(Gate.CPU)),
                gate -> Objects.requireNonNull(measured.get(gate)),
                Optional.of(inside),
                () -> {},
                nowhere)
            .run();
    assertThat(judgements).hasSize(1);
    assertThat(judgements.getFirst().figures()).containsEntry("inside_stalls", 3);
  }

  @Test
  void shouldRefuseOptionsThatMakeNoSense() {
    GateOptions options = GateOptions.defaults();
    assertThatThrownBy(() -> options.seconds(1))
        .isInstanceOf(WrongInputException.class)
        .hasMessage("--seconds: from 2 to 86400");
    assertThatThrownBy(() -> options.rate(0)).isInstanceOf(WrongInputException.class);
    assertThatThrownBy(() -> options.latencyLimitMillis(Double.NaN))
        .isInstanceOf(WrongInputException.class);
    assertThatThrownBy(() -> options.gates(EnumSet.noneOf(Gate.class)))
        .isInstanceOf(WrongInputException.class);
  }
}
