package gyre.sim.real;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Looks for a smaller program that fails too: fewer lanes, by halves, quarters and so on, and then
 * fewer steps. As the kernel's timing is not in the seed each guess is tried several times, and the
 * answer need not be the smallest.
 */
final class ProgramShrinker {
  private static final int TRIES = 3;
  private static final int MOST_STEPS = 1 << 10;

  private final TortureOptions options;
  private final long deadlineNanos;
  private final List<Integer> lanes = new ArrayList<>();
  private int steps = Program.ALL_STEPS;

  ProgramShrinker(TortureOptions options) {
    this.options = options;
    this.deadlineNanos = System.nanoTime() + options.shrinkTime().toNanos();
  }

  Program shrink(Failure failure) {
    Program program = failure.program();
    lanes.addAll(program.laneNumbers());
    for (int part = lanes.size() / 2; part >= 1; part /= 2) {
      dropLanes(program, part);
    }
    for (int fewer = MOST_STEPS; fewer >= 1 && fails(program, lanes, fewer); fewer /= 2) {
      steps = fewer;
    }
    return steps == program.steps() && lanes.size() == program.lanes().size()
        ? program
        : program.only(new TreeSet<>(lanes), steps);
  }

  private void dropLanes(Program program, int part) {
    for (int from = 0; from < lanes.size(); ) {
      List<Integer> fewer = new ArrayList<>(lanes);
      fewer.subList(from, Math.min(from + part, fewer.size())).clear();
      if (!fewer.isEmpty() && fails(program, fewer, steps)) {
        lanes.retainAll(fewer);
      } else {
        from += part;
      }
    }
  }

  private boolean fails(Program program, List<Integer> kept, int fewerSteps) {
    Program smaller = program.only(new TreeSet<>(kept), fewerSteps);
    for (int i = 0; i < TRIES && System.nanoTime() - deadlineNanos < 0; i++) {
      if (Run.of(smaller, options.hangLimit()).isPresent()) {
        return true;
      }
    }
    return false;
  }
}
