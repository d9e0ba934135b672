package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Scope;
import gyre.sim.World;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;

/** Work off the loop: its result or failure comes to who asked, or nothing if he is gone. */
final class Offloads extends Weathered {
  Offloads() {
    super("offload", "blocking work: each result and each failure reaches the fiber that asked");
  }

  @Override
  void build(World world, Plan plan) {
    int threads = plan.between(1, 3);
    int queue = plan.between(1, 20);
    world
        .host("host")
        .options(options -> options.offloadThreads(threads).offloadQueueLimit(queue))
        .run(() -> {
          try (Scope scope = Scope.open("askers")) {
            for (int i = plan.between(1, 10); i > 0; i--) {
              Plan part = plan.part("asker-" + i);
              scope.start("asker-" + i, () -> ask(part));
            }
            scope.join();
          }
        });
  }

  private static void ask(Plan plan) throws Exception {
    for (int i = plan.between(1, 20); i > 0; i--) {
      int number = i;
      try {
        if (plan.oneIn(3)) {
          Cancellation.within(plan.millis(0, 5), () -> answer(number));
        } else if (plan.oneIn(4)) {
          fail(number);
        } else {
          answer(number);
        }
      } catch (DeadlineExceededException e) {
        // Too late for this one.
      } catch (RejectedExecutionException e) {
        Fiber.sleep(plan.millis(1, 10));
      }
    }
  }

  private static void answer(int number) throws Exception {
    int answer = Fiber.offload(() -> number * 3);
    check(answer == number * 3, Fiber.current().name() + " got another's answer: " + answer);
  }

  private static void fail(int number) throws Exception {
    String message = "planned " + number;
    try {
      int never =
          Fiber.<Integer>offload(() -> {
            throw new IOException(message);
          });
      throw new AssertionError("no failure but " + never);
    } catch (IOException e) {
      check(message.equals(e.getMessage()), "another's failure: " + e);
    }
  }
}
