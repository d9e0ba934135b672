package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whatever the peers do, the log is short and tells all. */
class MemoryLogTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private record Line(long second, String text) {}

  private final List<Line> lines = new ArrayList<>();
  private final FakeMemory memory = new FakeMemory();
  private final MemoryLog log = new MemoryLog(memory);
  private long now;
  private int shed;

  private final class FakeMemory implements MemoryLog.Memory {
    boolean isTight;
    int waiting;
    long lateNanos = Long.MAX_VALUE;

    @Override
    public String loopName() {
      return "loop-0";
    }

    @Override
    public MemoryCounters counters() {
      MemoryLevel level = isTight ? MemoryLevel.TIGHT : MemoryLevel.CALM;
      return new MemoryCounters(level, 0, 64, 32, 32, 0, 0, waiting, 0, 0, 0, 0, 0, 0, 0);
    }

    @Override
    public @Nullable Holder firstHolder() {
      return null;
    }

    @Override
    public boolean isTight() {
      return isTight;
    }

    @Override
    public void turnAgain() {}

    @Override
    public void tellLater(long delayNanos) {
      lateNanos = Math.min(lateNanos, now + delayNanos);
    }

    @Override
    public void log(String line) {
      lines.add(new Line(now / SECOND, line));
    }
  }

  private void until(long second) {
    if (memory.lateNanos <= second * SECOND) {
      now = memory.lateNanos;
      memory.lateNanos = Long.MAX_VALUE;
      log.late(now);
    }
    now = second * SECOND;
  }

  private void tightAt(long second) {
    until(second);
    memory.isTight = true;
    log.tightened(now);
    turns();
  }

  private void turns() {
    for (int i = 0; i < 3; i++) {
      log.turn(now);
    }
  }

  private void shedAt(long second, int victims, int waiting) {
    until(second);
    memory.waiting = waiting;
    for (int i = 0; i < victims; i++) {
      log.shed(1 << 20);
      shed++;
    }
    turns();
  }

  private void calmAt(long second) {
    until(second);
    memory.waiting = 0;
    log.turn(now);
    memory.isTight = false;
    log.relaxed(now);
  }

  private List<Long> seconds(String part) {
    return lines.stream().filter(line -> line.text.contains(part)).map(Line::second).toList();
  }

  @Test
  void shouldTellTheBeginningAndTheEnd() {
    tightAt(2);
    shedAt(30, 10, 5);
    calmAt(98);
    assertThat(lines).extracting(Line::second).containsExactly(2L, 98L);
    assertThat(lines.getLast().text)
        .startsWith("loop-0: ")
        .contains("in 96 s 10 streams were reset that held 10 MiB", "calm again");
  }

  @Test
  void shouldTellBetweenWhileOthersWait() {
    tightAt(0);
    shedAt(20, 10, 5);
    shedAt(61, 1, 5);
    shedAt(70, 1, 5);
    assertThat(seconds("streams were reset")).containsExactly(61L);
    calmAt(125);
    assertThat(lines.getLast().text).contains("in 125 s 12 streams were reset", "calm again");
  }

  /** What was once seen: calm, and tight again, right after a summary. */
  @Test
  void shouldPutOffWhatComesTooEarly() {
    tightAt(2);
    shedAt(62, 1338, 235);
    shedAt(65, 234, 1);
    calmAt(69);
    tightAt(70);
    shedAt(80, 55, 3);
    calmAt(98);
    until(200);
    assertThat(seconds("memory is tight")).containsExactly(2L, 70L);
    assertThat(seconds("streams were reset")).containsExactly(62L, 122L);
    assertThat(lines.getLast().text).contains("1627 streams were reset", "calm again");
  }

  @Test
  void shouldNeverTellTwiceInAMinuteAndForgetNobody() {
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      lines.clear();
      MemoryLogTest fresh = new MemoryLogTest();
      fresh.play(random);
      for (String kind : List.of("memory is tight", "streams were reset")) {
        List<Long> told = fresh.seconds(kind);
        for (int i = 1; i < told.size(); i++) {
          assertThat(told.get(i) - told.get(i - 1)).as("seed %s, %s", seed, kind).isNotNegative();
          assertThat(told.get(i) - told.get(i - 1)).as("seed %s", seed).isGreaterThanOrEqualTo(60);
        }
      }
      assertThat(fresh.lastTotals()).as("seed %s", seed).isEqualTo(fresh.shed);
    }
  }

  private void play(Random random) {
    long second = 0;
    for (int i = 0; i < 60; i++) {
      second += random.nextInt(random.nextBoolean() ? 5 : 70);
      if (!memory.isTight) {
        tightAt(second);
      } else if (random.nextInt(3) > 0) {
        shedAt(second, random.nextInt(4), random.nextInt(2));
      } else {
        calmAt(second);
      }
    }
    if (memory.isTight) {
      calmAt(second + 1);
    }
    until(second + 100);
  }

  /** Each run of totals ends with the line that says that all is calm again. */
  private int lastTotals() {
    int sum = 0;
    for (Line line : lines) {
      if (line.text.endsWith("calm again")) {
        String[] words = line.text.split(" ", -1);
        for (int i = 1; i < words.length; i++) {
          if (words[i].equals("streams") && words[i + 1].equals("were")) {
            sum += Integer.parseInt(words[i - 1]);
          }
        }
      }
    }
    return sum;
  }
}
