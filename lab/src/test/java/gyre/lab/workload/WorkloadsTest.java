package gyre.lab.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.lab.LabException;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkloadsTest {
  @Test
  void shouldSelectByNameAndByGroup() {
    assertThat(Workloads.select(List.of("echo/50x64x1"))).hasSize(1);
    assertThat(Workloads.select(List.of("echo"))).hasSize(6).allMatch(w -> w.kind() == Kind.ECHO);
    assertThat(Workloads.select(List.of("events/1000x100x100"))).hasSize(1);
    assertThat(Workloads.all()).extracting(Workload::name).doesNotHaveDuplicates();
  }

  @Test
  void shouldListWhatThereIsWhereANameIsUnknown() {
    assertThatThrownBy(() -> Workloads.select(List.of("ecco")))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("ecco")
        .hasMessageContaining("echo/50x64x1")
        .hasMessageContaining("wake/roundtrip");
  }

  @Test
  void shouldShrinkToTheDescriptorsThereAre() {
    Workload large = Workloads.select(List.of("events/9900x990x990")).getFirst();
    assertThat(large.within(20_000)).isSameAs(large);
    Workload small = large.within(1_180);
    assertThat(small.options()).containsSubsequence("--pairs", "490", "--active", "49");
    assertThat(small.descriptors()).isEqualTo(980);
  }
}
