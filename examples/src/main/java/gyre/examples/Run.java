package gyre.examples;

import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.ShutdownOptions;
import gyre.io.ByteSource;
import gyre.io.EndOfStreamException;
import gyre.io.IoException;
import gyre.io.LimitExceededException;
import gyre.process.ChildProcess;
import gyre.process.Command;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Runs a command with a timeout, and labels each line that it writes: {@code out} or {@code err}.
 * Ends with the code of the command; with 124 if it took too long, as {@code timeout} does.
 */
public final class Run {
  private static final int LINE_LIMIT_BYTES = 8192;

  private Run() {}

  public static void main(String[] arguments) {
    if (arguments.length < 2 || !arguments[0].matches("[1-9][0-9]{0,5}")) {
      System.err.println("usage: run SECONDS COMMAND [ARGUMENT]...");
      System.exit(2);
    }
    Command command =
        Command.of(arguments[1], Arrays.copyOfRange(arguments, 2, arguments.length))
            .timeout(Duration.ofSeconds(Integer.parseInt(arguments[0])))
            .grace(Duration.ofSeconds(2)); // from TERM to KILL
    int code;
    try (Loop loop = Loop.open()) {
      // Who presses Ctrl-C wants the command to end now: nothing is drained.
      code = loop.runUntilShutdown(ShutdownOptions.atOnce(), () -> run(command)).code();
    } catch (IoException e) {
      System.err.println("run: " + e.getMessage());
      code = e.isTimeout() ? 124 : 1;
    }
    System.exit(code);
  }

  private static int run(Command command) {
    try (ChildProcess child = command.start();
        Scope outputs = Scope.open("outputs")) {
      outputs.start(() -> label("out", child.stdout()));
      outputs.start(() -> label("err", child.stderr()));
      Fiber.await(child.end());
      // What is in the pipes is still read; a grandchild may hold them open for ever.
      outputs.join(Duration.ofSeconds(10));
      return child.await().code(); // throws if it took too long
    }
  }

  private static void label(String label, ByteSource source) throws Exception {
    for (String line = line(source); line != null; line = line(source)) {
      String text = label + " " + line + System.lineSeparator(); // in one: two threads print
      // A pager that is not read from must not hold up the loop, and the timeout with it.
      Fiber.offload(() -> System.out.append(text));
    }
  }

  /** A line that is too long comes in pieces, the last one with or without its end. */
  private static @Nullable String line(ByteSource source) {
    try {
      return source.readLine(LINE_LIMIT_BYTES);
    } catch (LimitExceededException | EndOfStreamException e) {
      int bytes = (int) Math.min(LINE_LIMIT_BYTES, source.input().size());
      return source.input().readString(bytes, StandardCharsets.UTF_8);
    }
  }
}
