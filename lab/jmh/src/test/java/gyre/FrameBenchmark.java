package gyre;

import gyre.terminal.ColorDepth;
import gyre.terminal.FrameEncoder;
import gyre.terminal.Screen;
import gyre.terminal.Style;
import gyre.terminal.TerminalSize;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a frame of a terminal costs, from the drawn screen to the bytes of its one write. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FrameBenchmark {
  private static final int CHANGED_CELLS = 10;

  private final Screen screen = Screen.of(new TerminalSize(80, 24));
  private final FrameEncoder encoder = FrameEncoder.of(ColorDepth.TRUE_COLOR, true);
  private int round;

  @Setup
  public void draw() {
    for (int row = 0; row < screen.rows(); row++) {
      screen.put(0, row, "abcdefgh".repeat(10), Style.plain());
    }
    int ignored = encoder.encode(screen);
  }

  /** Ten cells, each in another row, differ from the frame before. */
  @Benchmark
  public int tenCells() {
    round++;
    String text = (round & 1) == 0 ? "x" : "y";
    for (int i = 0; i < CHANGED_CELLS; i++) {
      screen.put(7 * i, 2 * i, text, Style.plain());
    }
    return encoder.encode(screen);
  }

  /** Nothing differs. */
  @Benchmark
  public int nothing() {
    return encoder.encode(screen);
  }
}
