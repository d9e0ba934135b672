package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Scope;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.process.ChildExit;
import gyre.process.ChildProcess;
import gyre.process.Command;
import gyre.process.CommandResult;
import gyre.process.OsSignal;
import gyre.process.SignalStream;
import gyre.process.StandardStreams;
import gyre.process.Stdio;
import gyre.sim.Host;
import gyre.sim.Invocation;
import gyre.sim.Outcome;
import gyre.sim.World;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * A program that runs others, of all manners: what they write is there, and none is left, whether
 * they end by themselves, are cancelled, or will not hear.
 */
final class Children extends Weathered {
  private static final Duration GRACE = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);

  Children() {
    super("children", "commands and pipelines: their output is whole, and every child is reaped");
  }

  @Override
  void build(World world, Plan plan) {
    install(world.host("host"));
    world
        .host("host")
        .run(() -> {
          try (Scope scope = Scope.open("users")) {
            for (int i = plan.between(1, 3); i > 0; i--) {
              Plan part = plan.part("user-" + i);
              scope.start("user-" + i, () -> use(part));
            }
            scope.join();
          }
          checkNothingOpen("host");
        });
  }

  @Override
  boolean isExpected(Outcome.Report report, Plan plan) {
    return isWeather(report.failure()); // of children that lose their other side
  }

  // ---- the programs

  private static void install(Host host) {
    host.program("upper", Children::upper)
        .program("count", Children::count)
        .program("lines", Children::lines)
        .program("early", Children::closesEarly)
        .program("deaf", Children::deaf)
        .program("polite", Children::polite)
        .program("parent", Children::parent);
  }

  private static int upper(Invocation invocation) {
    try (ByteStream in = StandardStreams.input();
        ByteStream out = StandardStreams.output()) {
      for (String line = in.readLine(1000); line != null; line = in.readLine(1000)) {
        out.write(line.toUpperCase(Locale.ROOT) + "\n");
      }
    } catch (IoException e) {
      return 2; // nobody reads
    }
    return 0;
  }

  private static int count(Invocation invocation) {
    int lines = 0;
    try (ByteStream in = StandardStreams.input();
        ByteStream out = StandardStreams.output()) {
      while (in.readLine(1000) != null) {
        lines++;
      }
      out.write(lines + "\n");
    } catch (IoException e) {
      return 2;
    }
    return 0;
  }

  /** So many lines, and as many to its errors. */
  private static int lines(Invocation invocation) {
    int count = Integer.parseInt(invocation.arguments().getFirst());
    try (ByteStream out = StandardStreams.output();
        ByteStream errors = StandardStreams.errors()) {
      for (int i = 0; i < count; i++) {
        out.write(line(i));
        errors.write(line(i));
      }
    } catch (IoException e) {
      return 2;
    }
    return count % 100;
  }

  private static String line(int number) {
    return "line " + number + " " + "x".repeat(number % 50) + "\n";
  }

  private static int closesEarly(Invocation invocation) {
    try (ByteStream in = StandardStreams.input()) {
      String ignored = in.readLine(1000);
    } catch (IoException e) {
      return 2;
    }
    return 0;
  }

  private static int deaf(Invocation invocation) {
    try (SignalStream signals = SignalStream.open(OsSignal.TERM, OsSignal.INT, OsSignal.HUP)) {
      while (true) {
        var ignored = signals.next();
      }
    }
  }

  private static int polite(Invocation invocation) {
    try (SignalStream signals = SignalStream.open(OsSignal.TERM)) {
      var ignored = signals.next();
      Fiber.sleep(Duration.ofMillis(20));
    }
    return 7;
  }

  /** Has a deaf child of its own, in its group, which outlives it. */
  private static int parent(Invocation invocation) throws Exception {
    Command command = Command.of("deaf").inheritGroup().stdout(Stdio.NULL).stderr(Stdio.NULL);
    try (ChildProcess child = command.grace(GRACE).start()) {
      Cancellation.within(Duration.ofMillis(30), child::await);
    } catch (DeadlineExceededException | IoException e) {
      return 3;
    }
    return 0;
  }

  // ---- who uses them

  private static void use(Plan plan) throws Exception {
    for (int i = plan.between(1, 6); i > 0; i--) {
      boolean isCut = plan.oneIn(3);
      Duration patience = plan.millis(0, 40);
      try {
        if (isCut) {
          Cancellation.within(patience, () -> useOne(plan));
        } else {
          useOne(plan);
        }
      } catch (DeadlineExceededException e) {
        check(isCut, "a deadline that nobody has set: " + e);
      } catch (IoException e) {
        check(plan.isRough(), "a child could not be used: " + e);
      }
    }
  }

  private static void useOne(Plan plan) {
    switch (plan.between(0, 6)) {
      case 0 -> transform(plan);
      case 1 -> collect(plan);
      case 2 -> pipeline(plan);
      case 3 -> leaveEarly(plan);
      case 4 -> terminate(plan);
      case 5 -> abandon(plan);
      default -> tooLong(plan);
    }
  }

  /** Killed from outside, which rough weather does, or by its own bad luck. */
  private static boolean isSpoilt(ChildExit exit, Plan plan) {
    return plan.isRough() && exit.signal().isPresent();
  }

  private static void transform(Plan plan) {
    String text = "some words\n".repeat(plan.magnitude(4_000));
    CommandResult result =
        Command.of("upper").grace(GRACE).transform(text.getBytes(StandardCharsets.UTF_8));
    check(
        isSpoilt(result.exit(), plan) || result.output().equals(text.toUpperCase(Locale.ROOT)),
        "of " + text.length() + " bytes came back " + result.output().length());
  }

  private static void collect(Plan plan) {
    int count = plan.magnitude(500);
    CommandResult result = Command.of("lines", String.valueOf(count)).grace(GRACE).run();
    if (!isSpoilt(result.exit(), plan)) {
      StringBuilder expected = new StringBuilder();
      for (int i = 0; i < count; i++) {
        expected.append(line(i));
      }
      check(result.exit().code() == count % 100, "exit " + result.exit() + " of " + count);
      check(result.output().contentEquals(expected), "the output of " + count + " lines");
      check(
          new String(result.stderr(), StandardCharsets.UTF_8).contentEquals(expected),
          "the errors of " + count + " lines");
    }
  }

  private static void pipeline(Plan plan) {
    int count = plan.magnitude(500);
    CommandResult result =
        Command.of("lines", String.valueOf(count))
            .grace(GRACE)
            .pipeTo(Command.of("upper").grace(GRACE))
            .pipeTo(Command.of("count").grace(GRACE))
            .run();
    boolean isSpoilt = false;
    for (ChildExit exit : result.exits()) {
      isSpoilt |= isSpoilt(exit, plan);
    }
    check(
        isSpoilt || result.output().equals(count + "\n"),
        count + " lines were counted as " + result.output());
  }

  private static void leaveEarly(Plan plan) {
    byte[] much = "a line\n".repeat(20_000).getBytes(StandardCharsets.UTF_8);
    CommandResult result = Command.of("early").grace(GRACE).transform(much);
    check(
        isSpoilt(result.exit(), plan) || result.exit().isSuccess(),
        "it has left early: " + result.exit());
  }

  private static void terminate(Plan plan) {
    String program = plan.oneOf("deaf", "polite", "parent");
    try (ChildProcess child = quiet(program).start()) {
      Fiber.sleep(plan.millis(0, 50));
      ChildExit exit = child.terminate();
      check(child.exit().isPresent(), "terminated, and it has not ended: " + exit);
    }
  }

  private static Command quiet(String program) {
    return Command.of(program).grace(GRACE).stdout(Stdio.NULL).stderr(Stdio.NULL);
  }

  /** Its scope ends it. */
  private static void abandon(Plan plan) {
    try (Scope scope = Scope.open("left")) {
      for (String program : List.of("deaf", "polite", "parent")) {
        if (plan.oneIn(2)) {
          var ignored = quiet(program).start();
        }
      }
      Fiber.sleep(plan.millis(0, 20));
      scope.cancel("enough");
    } catch (CancelledException e) {
      Cancellation.current().check(); // it was only the scope
    }
  }

  private static void tooLong(Plan plan) {
    Command command = quiet("deaf").timeout(plan.oneIn(2) ? HOUR : plan.millis(1, 100));
    try {
      CommandResult result = command.run();
      check(isSpoilt(result.exit(), plan), "it never ends, and has: " + result.exit());
    } catch (IoException expected) {
      check(
          String.valueOf(expected.getMessage()).contains("deaf") || plan.isRough(),
          "the failure is of something else: " + expected);
    }
  }
}
