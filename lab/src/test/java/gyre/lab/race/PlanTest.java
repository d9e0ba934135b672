package gyre.lab.race;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.lab.peer.Peer;
import gyre.lab.workload.Workload;
import gyre.lab.workload.Workloads;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final List<String> MODES =
      List.of(
          "echo",
          "http",
          "events",
          "cascade",
          "timers",
          "wake",
          "files",
          "watch",
          "spawn",
          "codecs",
          "channels",
          "locks");

  /** What few offer. */
  private static final List<String> MORE =
      Stream.concat(MODES.stream(), Stream.of("websocket", "proxy")).toList();

  private static final long GIBIBYTE = 1L << 30;
  private static final long MUCH_BYTES = 24 * GIBIBYTE;

  private static Peer peer(String name, Peer.Platform platform, List<String> modes) {
    return new Peer(name, platform, List.of("program"), modes, "1", "");
  }

  private static List<Peer> all() {
    return IntStream.range(0, 14)
        .mapToObj(i -> i < 7 ? peer("n" + i, Peer.Platform.NATIVE, i == 0 ? MORE : MODES) : java(i))
        .toList();
  }

  private static Peer java(int i) {
    List<String> modes = i == 7 ? MORE : i < 9 ? MODES : List.of("echo");
    return peer("j" + i, Peer.Platform.JVM, modes);
  }

  private static final Plan.Room NONE = new Plan.Room(0, 10_000);
  private static final Plan.Room MUCH = new Plan.Room(MUCH_BYTES, 10_000);

  private static Plan plan(List<Workload> workloads, Duration limit, Plan.Room room) {
    return Plan.of(workloads, all(), Pace.DEFAULT, limit, room);
  }

  @Test
  void shouldKeepWithinItsTime() {
    Plan everything = plan(Workloads.all(), Duration.ofMinutes(14), MUCH);
    assertThat(everything.duration()).isEqualTo(Duration.ofMinutes(14));
    Plan quick = Plan.of(Workloads.quick(), all(), Pace.QUICK, Duration.ofSeconds(100), MUCH);
    assertThat(quick.duration()).isEqualTo(Duration.ofSeconds(100));
  }

  @Test
  void shouldKeepAllOpenWhereMemorySuffices() {
    Plan plan = plan(Workloads.all(), Duration.ofMinutes(14), MUCH);
    assertThat(plan.stages()).hasSize(1);
    assertThat(plan.heats()).hasSize(Workloads.all().size());
    assertThat(plan.stageMillis(0, 840_000)).isBetween(839_000L, 840_000L);
  }

  @Test
  void shouldHaveAStageAfterTheOtherWhereMemoryIsShort() {
    Plan plan = plan(Workloads.all(), Duration.ofMinutes(14), new Plan.Room(2 * GIBIBYTE, 10_000));
    assertThat(plan.stages()).hasSizeGreaterThan(1);
    assertThat(plan.heats()).extracting(Plan.Heat::workload).isEqualTo(Workloads.all());
    long leftMillis = plan.duration().toMillis();
    for (int i = 0; i < plan.stages().size(); i++) {
      long millis = plan.stageMillis(i, leftMillis);
      assertThat(millis).isPositive();
      leftMillis -= millis;
    }
    assertThat(leftMillis).isBetween(-1L, 1L + plan.stages().size());
    assertThat(plan(Workloads.all(), Duration.ofMinutes(14), NONE).stages())
        .hasSizeGreaterThan(Workloads.all().size() / 2);
  }

  @Test
  void shouldNotOpenMoreThanDescriptorsAllow() {
    Plan plan = plan(Workloads.all(), Duration.ofMinutes(14), new Plan.Room(MUCH_BYTES, 512));
    assertThat(plan.stages()).hasSizeBetween(2, 4);
  }

  @Test
  void shouldLeaveToALaterStageWhatAnEarlierOneDidNotNeed() {
    List<Workload> workloads = Workloads.select(List.of("echo/1x64x1", "echo/50x64x1"));
    Plan plan = plan(workloads, Duration.ofMinutes(2), NONE);
    assertThat(plan.stageMillis(1, 60_000)).isGreaterThan(plan.stageMillis(1, 50_000));
  }

  @Test
  void shouldRaceOnlyThoseWhoOfferTheWork() {
    Peer echo = peer("echo-only", Peer.Platform.NATIVE, List.of("echo"));
    Peer absent = Peer.absent("gone", "not built");
    List<Workload> workloads = Workloads.select(List.of("echo/1x64x1", "cascade"));
    Plan plan = Plan.of(workloads, List.of(echo, absent), Pace.QUICK, Plan.LONGEST, MUCH);
    assertThat(plan.heats()).hasSize(1);
    assertThat(plan.heats().getFirst().peers()).containsExactly(echo);
  }
}
