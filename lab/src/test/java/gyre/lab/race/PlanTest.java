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
    Plan everything = Plan.of(Workloads.all(), all(), Pace.DEFAULT).within(Duration.ofMinutes(15));
    assertThat(everything.duration()).isLessThan(Duration.ofMinutes(15));
    Plan quick = Plan.of(Workloads.quick(), all(), Pace.QUICK).within(Duration.ofMinutes(2));
    assertThat(quick.duration()).isLessThan(Duration.ofMinutes(2));
    assertThat(quick.pace().rounds()).isEqualTo(Pace.QUICK.rounds());
  }

  @Test
  void shouldRaceOnlyThoseWhoOfferTheWork() {
    Peer echo = peer("echo-only", Peer.Platform.NATIVE, List.of("echo"));
    Peer absent = Peer.absent("gone", "not built");
    List<Workload> workloads = Workloads.select(List.of("echo/1x64x1", "cascade"));
    Plan plan = Plan.of(workloads, List.of(echo, absent), Pace.QUICK);
    assertThat(plan.heats()).hasSize(1);
    assertThat(plan.heats().getFirst().peers()).containsExactly(echo);
  }
}
