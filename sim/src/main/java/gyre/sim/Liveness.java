package gyre.sim;

import gyre.FiberInfo;
import gyre.Handle;
import gyre.Loop;
import gyre.sim.engine.SimEngine;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why nothing goes on: what each fiber of the programs that have not ended waits for, what has
 * become of that in the world, and who should have woken it.
 */
final class Liveness {
  private static final int FIBERS_LIMIT = 30;
  private static final int FRAMES_LIMIT = 3;
  private static final String SUPERVISOR = "run";

  private final StringBuilder text = new StringBuilder();
  private final Map<SimEngine, Program> byEngine = new LinkedHashMap<>();
  private final Map<Program, List<FiberInfo>> fibers = new LinkedHashMap<>();

  Liveness(List<Program> programs) {
    for (Program program : programs) {
      Loop loop = program.loop();
      SimEngine engine = program.engine();
      if (loop != null && engine != null) {
        byEngine.put(engine, program);
        fibers.put(program, loop.fibers().stream().filter(Liveness::isOfUser).toList());
      }
    }
    for (Program program : programs) {
      if (program.isAwaited() && !program.isOver()) {
        tell(program);
      }
    }
  }

  /** What {@code Loop.begin} starts around a main waits for nothing but that. */
  private static boolean isOfUser(FiberInfo fiber) {
    return !(fiber.name().equals(SUPERVISOR) && !fiber.scope().contains("/"));
  }

  private void tell(Program program) {
    List<FiberInfo> own = fibers.get(program);
    if (own == null) {
      line(1, program + " is down, and is not started again");
      return;
    }
    if (own.isEmpty()) {
      line(1, program + " has no fiber any more, but handles that are open");
    }
    for (FiberInfo fiber : own.subList(0, Math.min(own.size(), FIBERS_LIMIT))) {
      tell(program, fiber);
    }
    if (own.size() > FIBERS_LIMIT) {
      line(1, "and " + (own.size() - FIBERS_LIMIT) + " more fibers of " + program);
    }
    tellClosing(program);
    SimEngine engine = program.engine();
    if (engine != null) {
      engine.neglected().stream()
          .limit(FIBERS_LIMIT)
          .forEach(what -> line(1, program + ", " + what));
    }
  }

  /** What a scope waits for that is about to end. */
  private void tellClosing(Program program) {
    Loop loop = program.loop();
    if (loop != null) {
      loop.handles().stream()
          .filter(handle -> handle.state() == Handle.State.CLOSING)
          .limit(FIBERS_LIMIT)
          .forEach(handle ->
              line(
                  1,
                  program
                      + ", "
                      + handle.kind()
                      + " "
                      + handle.name()
                      + " of "
                      + handle.owner()
                      + " has begun to close, and has "
                      + handle.pendingOperations()
                      + " operations pending"));
    }
  }

  private void tell(Program program, FiberInfo fiber) {
    line(1, program + ", fiber " + fiber.name() + ": " + doing(fiber));
    frames(fiber).forEach(frame -> line(2, "at " + frame));
    SimEngine engine = program.engine();
    if (fiber.descriptor() >= 0 && engine != null) {
      String known = engine.explain(fiber.descriptor());
      if (!known.isEmpty()) {
        line(2, known);
      }
      SimEngine.Place other = engine.other(fiber.descriptor());
      if (other != null) {
        tellOther(other);
      }
    }
    if (fiber.state() == FiberInfo.State.BLOCKED) {
      line(2, "nobody in the world can end that if it waits for a thread outside: start fibers");
      line(2, "instead of threads, and use Fiber.offload for work that blocks");
    }
  }

  private static String doing(FiberInfo fiber) {
    return switch (fiber.state()) {
      case RUNNABLE -> "can run";
      case BLOCKED -> "is blocked by something that is not its loop's: " + innermost(fiber);
      case PARKED -> fiber.waitsFor().isEmpty() ? "is parked" : fiber.waitsFor();
    };
  }

  /** The call that a user would name. */
  private static String innermost(FiberInfo fiber) {
    String last = "";
    for (StackTraceElement frame : fiber.stack()) {
      if (!isOfJdk(frame)) {
        break;
      }
      last = frame.getClassName() + "." + frame.getMethodName();
    }
    return last;
  }

  /** Who should have woken it. */
  private void tellOther(SimEngine.Place other) {
    Program program = byEngine.get(other.engine());
    if (program == null) {
      return;
    }
    String handle = handle(other);
    List<String> there = new ArrayList<>();
    for (FiberInfo fiber : fibers.getOrDefault(program, List.of())) {
      if (fiber.descriptor() == other.descriptor()) {
        List<StackTraceElement> frames = frames(fiber);
        there.add(
            "fiber "
                + fiber.name()
                + " of "
                + program
                + ", which is "
                + fiber.waitsFor()
                + " itself"
                + (frames.isEmpty() ? "" : ", at " + frames.getFirst()));
      }
    }
    if (there.isEmpty()) {
      line(
          2, "to be woken by whoever uses " + handle + " of " + program + ": no fiber waits in it");
    }
    there.forEach(who -> line(2, "to be woken by " + who));
  }

  private static String handle(SimEngine.Place other) {
    int of = other.user().lastIndexOf(" of ");
    return of < 0
        ? "descriptor " + other.descriptor()
        : other.user().substring(of + " of ".length());
  }

  /** The frames of the user's own code. */
  private static List<StackTraceElement> frames(FiberInfo fiber) {
    return fiber.stack().stream()
        .filter(frame -> !isOfJdk(frame) && !isOfGyre(frame))
        .limit(FRAMES_LIMIT)
        .toList();
  }

  private static boolean isOfJdk(StackTraceElement frame) {
    String name = frame.getClassName();
    return name.startsWith("java.") || name.startsWith("jdk.") || name.startsWith("sun.");
  }

  private static boolean isOfGyre(StackTraceElement frame) {
    String module = frame.getModuleName();
    return "gyre.core".equals(module) || isInPackage(frame, GYRE);
  }

  private static final List<String> GYRE =
      List.of(
          "gyre.",
          "gyre.loop.",
          "gyre.spi.",
          "gyre.stream.",
          "gyre.net.",
          "gyre.file.",
          "gyre.process.",
          "gyre.terminal.",
          "gyre.io.",
          "gyre.sync.",
          "gyre.engine.",
          "gyre.sim.engine.");

  private static boolean isInPackage(StackTraceElement frame, List<String> packages) {
    String name = frame.getClassName();
    String of = name.substring(0, name.lastIndexOf('.') + 1);
    return packages.contains(of) || name.startsWith("gyre.sim.Program");
  }

  private void line(int depth, @Nullable String what) {
    text.append('\n').append("  ".repeat(depth)).append(what);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
