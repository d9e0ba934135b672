package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PendingIndexTest {
  private static final int KNOWN = 10;
  private static final int ENTRIES = 35;

  @TempDir Path directory;
  private PendingIndex pending;

  @BeforeEach
  void fill() throws Exception {
    Spool spool = new Spool(directory);
    spool.create();
    for (int i = 0; i < ENTRIES; i++) {
      Files.writeString(spool.pending.resolve("5_" + i), "x");
    }
    Files.writeString(spool.pending.resolve("9_1"), "x");
    WorkerLog log = new WorkerLog(directory.resolve("worker.log"), null);
    pending =
        new PendingIndex(
            spool, new WorkerStats(), log, InstantSource.system(), name -> false, KNOWN, 0);
    pending.scan();
  }

  /** What a round has that can begin none of it. */
  private Set<String> blockedRound() {
    Set<String> seen = new LinkedHashSet<>();
    pending.scanIfNeeded();
    for (EntryName each = pending.poll(); each != null; each = pending.poll()) {
      seen.add(each.text());
    }
    pending.nothingBegan();
    return seen;
  }

  @Test
  void shouldComeToAllThatIsBehindMoreThanItKnowsWhereNothingMayBegin() {
    Set<String> seen = new LinkedHashSet<>();
    for (int i = 0; i < 4; i++) {
      Set<String> round = blockedRound();
      assertThat(round.stream().filter(each -> each.startsWith("5_")))
          .hasSizeLessThanOrEqualTo(KNOWN);
      seen.addAll(round);
    }
    assertThat(seen).hasSize(ENTRIES + 1);
  }

  @Test
  void shouldBeginWithTheFirstAgainAfterTheLast() {
    for (int i = 0; i < 4; i++) {
      assertThat(blockedRound()).isNotEmpty();
    }
    assertThat(pending.isExhausted()).isTrue(); // so a tick looks at all of it
    pending.scan();
    assertThat(blockedRound()).contains("5_0");
  }

  // ---- what is delayed

  private Path delay(Spool spool, long dueMillis) throws Exception {
    String name = Delayed.name(Instant.ofEpochMilli(dueMillis), "5_" + dueMillis);
    return Files.writeString(spool.delayed.resolve(name), "x");
  }

  @Test
  void shouldKnowTheFirstOfWhatIsDelayedWhateverComesMeanwhile() throws Exception {
    Spool spool = new Spool(directory);
    for (int i = 1; i <= 5; i++) {
      delay(spool, i * 10L);
    }
    DelayedEntries delayed = new DelayedEntries(spool, 3);
    delayed.scan();
    delayed.offer(delay(spool, 35)); // behind those that are known, of which some were left out
    delayed.offer(delay(spool, 5));
    List<Long> due = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      for (Delayed each = delayed.pollDue(100); each != null; each = delayed.pollDue(100)) {
        due.add(each.dueMillis());
        Files.delete(each.path());
      }
      assertThat(delayed.needsScan()).isEqualTo(i < 2);
      delayed.scan();
    }
    assertThat(due).containsExactly(5L, 10L, 20L, 30L, 35L, 40L, 50L);
  }
}
