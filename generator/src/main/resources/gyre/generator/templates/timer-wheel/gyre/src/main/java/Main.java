import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.ShutdownOptions;
import gyre.Source;
import gyre.io.ByteStream;
import gyre.io.LimitExceededException;
import gyre.process.StandardStreams;

/** {{name}}: many timers, set and cancelled by lines on standard input, on Gyre. */
final class Main {
  private static final String USAGE = "usage: {{name}} [--max-timers N]";
  private static final int LINE_BYTES = 256;

  private Main() {}

  public static void main(String[] arguments) {
    int max = maxTimers(arguments);
    int status;
    try (Loop loop = Loop.open()) {
      status = loop.runUntilShutdown(ShutdownOptions.defaults(), () -> run(max)).code();
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
      Fiber<?> reader = scope.start("reader", () -> read(timers, output));
      ByteStream out = StandardStreams.output();
      Source stopping = Loop.current().stopping();
      Fiber<?> stopper =
          scope.start(
              "stopper",
              () -> {
                Fiber.await(stopping);
                timers.stop();
              });
      while (!timers.isOver()) {
        String line = timers.takeLine();
        if (line == null) {
          Fiber.park();
        } else {
          out.write(line + "\n"); // parks while nobody reads; timers go on firing
        }
      }
      out.flush();
      if (timers.isStopped()) {
        System.err.println("{{name}}: stopped with " + timers.active() + " timers active");
      }
      assert reader.isAlive() || stopper.isAlive() : "one of them has told that it is over";
      scope.cancel("it is over");
      return 0;
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
