package gyre.sim.scenario;

import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.io.IoException;
import gyre.net.UnixStream;
import gyre.sim.World;
import java.nio.ByteBuffer;

/** Some who always have something to do, and others who must get their turn all the same. */
final class Fairness extends Weathered {
  private static final int PATIENCE = 50_000;

  Fairness() {
    super("fairness", "fibers, posts and callbacks that never pause starve nobody else");
  }

  @Override
  void build(World world, Plan plan) {
    world
        .host("busy")
        .run(() -> {
          boolean[] over = {false};
          try (Scope scope = Scope.open("busy")) {
            UnixStream.Pair pair = pair(plan);
            for (int i = plan.between(1, 4); i > 0; i--) {
              scope.start("greedy-" + i, () -> yieldUntil(over));
            }
            if (plan.oneIn(2)) {
              post(over, new int[1]);
            }
            scope.start(
                "patient",
                () -> {
                  try {
                    patient(pair, plan);
                  } catch (IoException e) {
                    check(plan.isRough(), "a pair broke: " + e);
                  } finally {
                    over[0] = true;
                  }
                });
            scope.join();
          }
        });
  }

  private static void patient(UnixStream.Pair pair, Plan plan) {
    for (int round = plan.between(1, 5); round > 0; round--) {
      Fiber.sleep(plan.millis(0, 3));
      pair.left().write(new byte[] {1});
      pair.left().flush(); // or else a send that fails is not told, and nothing comes
      ByteBuffer one = ByteBuffer.allocate(1);
      check(pair.right().read(one) == 1 || plan.isRough(), "nothing came");
    }
  }

  private static UnixStream.Pair pair(Plan plan) {
    while (true) {
      try {
        return UnixStream.pair();
      } catch (IoException e) {
        check(plan.isRough(), "no pair: " + e);
      }
    }
  }

  private static void yieldUntil(boolean[] over) {
    for (int i = 0; !over[0]; i++) {
      check(
          i < PATIENCE,
          "fiber patient is starved: "
              + Fiber.current().name()
              + " ran "
              + i
              + " times, and it did not get through");
      Fiber.yield();
    }
  }

  private static void post(boolean[] over, int[] count) {
    check(
        count[0]++ < PATIENCE,
        "fiber patient is starved: a task ran " + count[0] + " times, and it did not get through");
    if (!over[0]) {
      Loop.current().post(() -> post(over, count));
    }
  }
}
