package gyre.process;

import gyre.CancelledException;
import gyre.ExitStatus;
import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Registration;
import gyre.ShutdownOptions;
import gyre.engine.Environment;
import java.time.Duration;

/** Programs that are ended by signals: run in a JVM of its own by {@link StopTest}. */
@SuppressWarnings("SystemOut") // what the test reads
final class StoppedProgram {
  private static final Duration LONG = Duration.ofSeconds(20);

  private StoppedProgram() {}

  public static void main(String[] arguments) {
    ShutdownOptions how = times(arguments[1]);
    ExitStatus status;
    try (Loop loop = Loop.open(Loops.options(arguments[0]))) {
      status = loop.runUntilShutdown(how, () -> run(arguments[1]));
    }
    System.out.println("ended " + status);
    System.exit(status.code());
  }

  /**
   * What ends by itself has much time, so that it is not taken for stuck where the machine is slow;
   * what has to be waited for to the end has little.
   */
  private static ShutdownOptions times(String what) {
    Duration little = Duration.ofMillis(50);
    return switch (what) {
      case "hang" ->
          ShutdownOptions.defaults().drain(little).cancel(little).close(little).pool(little);
      case "stay" ->
          ShutdownOptions.defaults().drain(little).cancel(little).close(little).pool(LONG);
      default -> ShutdownOptions.defaults().drain(LONG).cancel(LONG).close(LONG).pool(LONG);
    };
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

  /**
   * Under way until there is input; tells of each HUP and of the first signal meanwhile, and of
   * USR1 to the end of the process: what was sent before that has come.
   */
  private static void work() throws Exception {
    Environment.Subscription _ =
        Environment.REAL.signals().subscribe("USR1", () -> say("signals came"));
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
