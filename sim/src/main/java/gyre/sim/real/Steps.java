package gyre.sim.real;

import gyre.sim.real.Step.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Lists of steps. */
final class Steps {
  private static final int LONGEST_MICROS = 2_500;

  private Steps() {}

  static List<Step> writes(int count, int size, SplittableRandom random) {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Kind kind =
          switch (random.nextInt(20)) {
            case 0, 1, 2, 3 -> Kind.ARRAY;
            case 4, 5, 6, 7 -> Kind.COPY;
            case 8, 9, 10, 11, 12 -> Kind.SEGMENTS;
            case 13, 14, 15 -> Kind.YIELD;
            case 16 -> Kind.PAUSE;
            case 17 -> Kind.CANCELLED_WRITE;
            case 18 -> Kind.WAKE;
            default -> Kind.FLUSH;
          };
      steps.add(step(kind, 1 + random.nextInt(size), random));
    }
    return steps;
  }

  static List<Step> reads(int count, SplittableRandom random) {
    List<Step> steps = new ArrayList<>();
    steps.add(step(Kind.READ, 1 + random.nextInt(4096), random)); // so that all of it is read
    for (int i = 0; i < count; i++) {
      Kind kind =
          switch (random.nextInt(10)) {
            case 0, 1 -> Kind.AWAIT;
            case 2 -> Kind.KEEP;
            case 3 -> Kind.CANCELLED_READ;
            case 4 -> random.nextInt(4) == 0 ? Kind.PAUSE : Kind.YIELD;
            default -> Kind.READ;
          };
      steps.add(step(kind, 1 + random.nextInt(random.nextBoolean() ? 100 : 4096), random));
    }
    return steps;
  }

  private static Step step(Kind kind, int bytes, SplittableRandom random) {
    return new Step(kind, bytes, 2 + random.nextInt(4), random.nextInt(LONGEST_MICROS));
  }
}
