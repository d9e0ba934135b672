import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.ShutdownOptions;
import gyre.Source;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.io.LimitExceededException;
import gyre.process.StandardStreams;

/** {{name}}: many timers, set and cancelled by lines on standard input, on Gyre. */
final class Main {
  private static final String USAGE = "usage: {{name}} [--max-timers N]";
  private static final int LINE_BYTES = 256;
  private static final int EPIPE = 32;

  private Main() {}

  public static void main(String[] arguments) {
    int max = maxTimers(arguments);
    int status;
    try (Loop loop = Loop.open()) {
      status = loop.runUntilShutdown(ShutdownOptions.defaults(), () -> run(max)).code();
    } catch (IoException e) {
      System.err.println("{{name}}: " + e.getMessage()); // of limits it says how to raise them
      status = 1;
    }
    System.exit(status);
  }

  private static int maxTimers(String[] arguments) {
    if (arguments.length == 1 && arguments[0].equals("--help")) {
      System.out.println(USAGE);
      System.exit(0);
    }
    if (arguments.length == 0) {
      return 1_000_000;
    }
    if (arguments.length != 2
        || !arguments[0].equals("--max-timers")
        || !arguments[1].matches("[1-9][0-9]{0,7}")) {
      System.err.println("{{name}}: " + String.join(" ", arguments) + " is wrong; " + USAGE);
      System.exit(2);
    }
    return Integer.parseInt(arguments[1]);
  }

  /** The exit code: 0 when the input has ended and all have fired, or at SIGTERM. */
  private static int run(int max) {
    try (Scope scope = Scope.open("timers")) {
      Fiber<?> output = Fiber.current();
      Timers timers = new Timers(max, output::unpark);
      scope.start("reader", () -> read(timers, output));
      Source stopping = Loop.current().stopping();
      scope.start(
          "stopper",
          () -> {
            Fiber.await(stopping);
            timers.stop();
          });
      tell(timers);
      if (timers.isStopped()) {
        System.err.println("{{name}}: stopped with " + timers.active() + " timers active");
      }
      return 0; // the end of the scope ends who still reads or waits
    }
  }

  /** Until there is nothing more to tell, or nobody who reads it. */
  private static void tell(Timers timers) {
    try (ByteStream out = StandardStreams.output()) {
      boolean isFlushed = true;
      while (!isFlushed || !timers.isOver()) {
        String line = timers.takeLine();
        if (line != null) {
          out.write(line + "\n"); // parks while the reader is slow; timers go on firing
          isFlushed = false;
        } else if (!isFlushed) {
          out.flush(); // and looks again then: there may be more by now
          isFlushed = true;
        } else {
          Fiber.park();
        }
      }
    } catch (IoException e) {
      if (e.errno() != EPIPE) {
        throw e;
      }
      // Whoever has read, as head does, has what it wanted.
    }
  }

  private static void read(Timers timers, Fiber<?> output) {
    ByteStream in = StandardStreams.input();
    while (true) {
      String line;
      try {
        line = in.readLine(LINE_BYTES);
      } catch (LimitExceededException e) {
        line = null;
        timers.say("error line too long, the rest is not read");
      }
      if (line == null) {
        timers.end();
        output.unpark();
        return;
      }
      timers.command(line);
    }
  }
}
