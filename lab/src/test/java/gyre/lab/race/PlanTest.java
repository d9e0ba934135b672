package gyre.lab.race;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.lab.peer.Peer;
import gyre.lab.workload.Workload;
import gyre.lab.workload.Workloads;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final List<String> MODES = List.of("echo", "events", "cascade", "timers", "wake");

  private static Peer peer(String name, Peer.Platform platform, List<String> modes) {
    return new Peer(name, platform, List.of("program"), modes, "1", "");
  }

  private static List<Peer> all() {
    return IntStream.range(0, 14)
        .mapToObj(i -> i < 7 ? peer("n" + i, Peer.Platform.NATIVE, MODES) : java(i))
        .toList();
  }

  private static Peer java(int i) {
    return peer("j" + i, Peer.Platform.JVM, i < 9 ? MODES : List.of("echo"));
  }

  @Test
  void shouldKeepWithinItsTime() {
    Plan everything = Plan.of(Workloads.all(), all(), Pace.DEFAULT, Duration.ofMinutes(14));
    assertThat(everything.duration()).isEqualTo(Duration.ofMinutes(14));
    Plan quick = Plan.of(Workloads.quick(), all(), Pace.QUICK, Duration.ofSeconds(100));
    assertThat(quick.duration()).isEqualTo(Duration.ofSeconds(100));
  }

  @Test
  void shouldGiveAHeatMoreThanItsShareAndLeaveTheOthersTheirs() {
    List<Workload> workloads = Workloads.select(List.of("echo", "connect", "events"));
    Plan plan = Plan.of(workloads, all(), Pace.DEFAULT, Duration.ofMinutes(10));
    long leftMillis = plan.duration().toMillis();
    int heats = plan.heats().size();
    long longest = 0;
    for (int i = 0; i < heats; i++) {
      long probes = plan.probesMillis(plan.heats().get(i));
      leftMillis -= plan.fixedMillis(i) - probes;
      long rounds = plan.roundsMillis(i, leftMillis);
      assertThat(rounds).as("rounds of heat %d, all before having used up theirs", i).isPositive();
      longest = Math.max(longest, rounds);
      leftMillis -= rounds + probes;
      assertThat(leftMillis).isNotNegative();
    }
    assertThat(leftMillis).isLessThan(heats); // the last one takes what is left
    assertThat(longest).isGreaterThan(plan.duration().toMillis() / (2L * heats));
  }

  @Test
  void shouldLeaveToLaterHeatsWhatAnEarlierOneDidNotNeed() {
    List<Workload> workloads = Workloads.select(List.of("echo/1x64x1", "echo/50x64x1"));
    Plan plan = Plan.of(workloads, all(), Pace.DEFAULT, Duration.ofMinutes(2));
    assertThat(plan.roundsMillis(1, 60_000)).isGreaterThan(plan.roundsMillis(1, 50_000));
    assertThat(plan.roundsMillis(1, 0)).isZero();
  }

  @Test
  void shouldRaceOnlyThoseWhoOfferTheWork() {
    Peer echo = peer("echo-only", Peer.Platform.NATIVE, List.of("echo"));
    Peer absent = Peer.absent("gone", "not built");
    List<Workload> workloads = Workloads.select(List.of("echo/1x64x1", "cascade"));
    Plan plan = Plan.of(workloads, List.of(echo, absent), Pace.QUICK, Plan.UNLIMITED);
    assertThat(plan.heats()).hasSize(1);
    assertThat(plan.heats().getFirst().peers()).containsExactly(echo);
  }
}
