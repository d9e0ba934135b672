package gyre.process;

import gyre.CancelledException;
import gyre.ExitStatus;
import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Registration;
import gyre.ShutdownOptions;
import java.time.Duration;

/** Programs that are ended by signals: run in a JVM of its own by {@link StopTest}. */
@SuppressWarnings("SystemOut") // what the test reads
final class StoppedProgram {
  private StoppedProgram() {}

  public static void main(String[] arguments) {
    ShutdownOptions how =
        ShutdownOptions.defaults()
            .cancel(Duration.ofMillis(200))
            .close(Duration.ofMillis(100))
            .pool(Duration.ofMillis(100));
    if (!arguments[1].equals("work")) {
      how = how.drain(Duration.ofMillis(100));
    }
    ExitStatus status;
    try (Loop loop = Loop.open(Loops.options(arguments[0]))) {
      status = loop.runUntilShutdown(how, () -> run(arguments[1]));
    }
    System.out.println("ended " + status);
    System.exit(status.code());
  }

  private static void run(String what) throws Exception {
    switch (what) {
      case "work" -> work();
      case "stay" -> stay();
      case "hang" -> hang();
      case "done" -> say("ready");
      case "default" -> takeAndGiveBack();
      default -> throw new IllegalArgumentException(what);
    }
  }

  private static void say(String what) {
    System.out.println(what);
    System.out.flush();
  }

  /** Under way until there is input; tells of each HUP and of the first signal meanwhile. */
  private static void work() throws Exception {
    SignalStream hangUps = SignalStream.open(OsSignal.HUP);
    hangUps.onSignal(event -> say("reloads"));
    Registration ignored = Loop.current().onShutdown(() -> say("drains"));
    Fiber.start(
        "work",
        () -> {
          int read = Fiber.offload(System.in::read);
          say("worked " + read);
        });
    say("ready");
  }

  private static void stay() {
    Fiber.start(
        "stays",
        () -> {
          say("ready");
          while (true) {
            try {
              Fiber.sleep(Duration.ofDays(1));
            } catch (CancelledException e) {
              Thread.sleep(Duration.ofDays(1)); // ignores it, and lets others go on
            }
          }
        });
  }

  private static void hang() {
    Fiber.start(
        "hangs",
        () -> {
          say("ready");
          while (true) {
            Thread.onSpinWait();
          }
        });
  }

  private static void takeAndGiveBack() throws Exception {
    SignalStream.open(OsSignal.USR1).close();
    say("ready");
    Fiber.park();
  }
}
