package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BacklogTest {
  private static EntryName name(String name) {
    return EntryName.of(Path.of("/q/pending", name));
  }

  private static List<String> all(Backlog backlog) {
    List<String> names = new ArrayList<>();
    for (EntryName each = backlog.poll(); each != null; each = backlog.poll()) {
      names.add(each.text());
    }
    return names;
  }

  @ParameterizedTest
  @CsvSource({
    "5_17, 5, 17",
    "05_0017.json, 5, 17",
    "10_3_abc.json, 10, 3",
    "1_99999999999999999999, 1, 9223372036854775807",
    "job.json, 5, 0",
    "0_1, 5, 0",
    "11_1, 5, 0",
    "5_, 5, 0",
    "_5, 5, 0",
    "-1_2, 5, 0",
  })
  void shouldReadNamesPaddedOrNot(String name, int priority, long sequence) {
    assertThat(name(name))
        .extracting(EntryName::priority, EntryName::sequence)
        .containsExactly(priority, sequence);
  }

  @ParameterizedTest
  @CsvSource({
    "5_17, 06_17",
    "05_0017.json, 06_0017.json",
    "job.json, 06_job.json",
    "my_job, 06_my_job"
  })
  void shouldChangeThePriorityAlone(String name, String changed) {
    assertThat(EntryName.withPriority(name, 6)).isEqualTo(changed);
    assertThat(EntryName.stem(EntryName.withPriority(changed, 9)))
        .isEqualTo(EntryName.stem(changed));
  }

  @Test
  void shouldServeByPriorityThenBySequenceAsNumbers() {
    Backlog backlog = new Backlog(10);
    for (String each : List.of("10_1", "2_10", "2_9", "1_3")) {
      backlog.offer(name(each));
    }
    assertThat(backlog.offer(name("2_9"))).isFalse();
    assertThat(all(backlog)).containsExactly("1_3", "2_9", "2_10", "10_1");
  }

  @Test
  void shouldNotLetTheLastPriorityStarve() {
    Backlog backlog = new Backlog(1000);
    backlog.offer(name("10_1"));
    int served = 0;
    for (int i = 0; ; i++) {
      for (int priority = 1; priority < 10; priority++) {
        backlog.offer(name(priority + "_" + i));
      }
      EntryName next = backlog.poll();
      if (next == null || next.priority() == 10) {
        assertThat(next).isNotNull();
        break;
      }
      served++;
      assertThat(served).isLessThan(10 * (Backlog.PASSES_LIMIT + 1));
    }
    assertThat(served).isGreaterThanOrEqualTo(Backlog.PASSES_LIMIT);
  }

  @Test
  void shouldKeepTheOldestWhenThereIsNoRoomForAll() {
    Backlog backlog = new Backlog(3);
    for (int i = 9; i >= 0; i--) {
      backlog.offer(name("5_" + i));
    }
    backlog.offer(name("9_1"));
    assertThat(backlog.size()).isEqualTo(4);
    assertThat(backlog.mayHaveMore()).isTrue();
    assertThat(all(backlog)).containsExactly("5_0", "5_1", "5_2", "9_1");
    backlog.clear();
    assertThat(backlog.mayHaveMore()).isFalse();
  }

  @Test
  void shouldNotServeNewOnesBeforeOlderOnesThatFoundNoRoom() {
    Backlog backlog = new Backlog(3);
    for (int i = 0; i < 6; i++) {
      backlog.offer(name("5_" + i));
    }
    for (int i = 0; i < 3; i++) {
      backlog.offer(name("1_" + i)); // another priority, which stays busy
      assertThat(backlog.offer(name("5_" + (100 + i)))).isFalse();
    }
    for (int i = 0; i < 6; i++) {
      assertThat(backlog.poll()).isNotNull();
    }
    backlog.offer(name("1_9"));
    assertThat(backlog.offer(name("5_200"))).isFalse();
    assertThat(backlog.needsScan()).isTrue(); // although the other one is not empty
    backlog.clear();
    assertThat(backlog.needsScan()).isFalse();
    assertThat(backlog.offer(name("5_3"))).isTrue();
  }
}
