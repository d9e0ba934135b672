package gyre.lab.race;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.lab.result.Sample;
import gyre.lab.workload.Workloads;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class LinesTest {
  private static final String ECHO =
      """
      {"mode": "echo", "round": 0, "engine": "uring", "connections": 50, "bytes": 64, "depth": 1,
       "rate": 0, "requests": 1000, "elapsedNanos": 1000000000, "cpuNanos": 990000000,
       "serverCpuNanos": 4000000, "errors": 0,
       "latency": {"valuesNanos": [17408, 17536], "counts": [3, 997]}}
      """;

  @Test
  void shouldReadWhatTheGeneratorSays() throws PeerFailure {
    Sample sample = Lines.generator(ECHO, 4096);
    assertThat(sample.operationsPerSecond()).isEqualTo(1000);
    assertThat(sample.cpuNanosPerOperation()).isEqualTo(4000);
    assertThat(sample.latency().micros(50)).isBetween(17.5, 17.6);
    assertThat(sample.isGeneratorBound()).isTrue();
  }

  @Test
  void shouldGiveASampleForEachPartOfTheTimers() throws PeerFailure {
    String line =
        """
        {"mode": "timers", "round": 0, "errors": 0, "cpuNanos": 9, "alive": 1000, "ops": 100,
         "startNanos": 1000, "restartNanos": 2000, "cancelNanos": 3000, "fires": 50, "fireNanos": 4000}
        """;
    var samples =
        Lines.step(Workloads.select(List.of("timers/1k")).getFirst(), Lines.parse(line), 1);
    assertThat(samples.keySet()).containsExactly("start", "restart", "cancel", "fire");
    Sample start = Objects.requireNonNull(samples.get("start"));
    assertThat(start.elapsedNanosPerOperation()).isEqualTo(10);
    Sample fire = Objects.requireNonNull(samples.get("fire"));
    assertThat(fire.elapsedNanosPerOperation()).isEqualTo(80);
    assertThat(fire.cpuNanosPerOperation()).isNaN();
  }

  @Test
  void shouldBlameThePeerForALineThatIsNone() {
    assertThatThrownBy(() -> Lines.parse("Segmentation fault"))
        .isInstanceOf(PeerFailure.class)
        .hasMessageContaining("Segmentation fault");
  }
}
