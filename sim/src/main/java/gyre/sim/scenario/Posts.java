package gyre.sim.scenario;

import gyre.Fiber;
import gyre.Loop;
import gyre.sim.Host;
import gyre.sim.World;
import java.util.ArrayList;
import java.util.List;

/** Two loops of one host hand work to each other. */
final class Posts extends Weathered {
  Posts() {
    super("posts", "tasks between loops: each runs once, in the order of whoever posted them");
  }

  @Override
  void build(World world, Plan plan) {
    List<Loop> loops = new ArrayList<>();
    int count = plan.between(2, 3);
    Host host = world.host("host");
    int limit = plan.magnitude(512) + 1;
    host.options(options -> options.inboxLimit(limit));
    for (int i = 0; i < count; i++) {
      Plan part = plan.part("loop-" + i);
      host.run(() -> {
        loops.add(Loop.current());
        while (loops.size() < count) {
          Fiber.sleep(part.millis(0, 2));
        }
        send(loops, part);
      });
    }
  }

  private static void send(List<Loop> loops, Plan plan) {
    Loop own = Loop.current();
    Fiber<?> self = Fiber.current();
    Loop other = loops.get((loops.indexOf(own) + 1) % loops.size());
    int posts = plan.magnitude(1000);
    int[] ran = {0};
    for (int i = 0; i < posts; i++) {
      int number = i;
      Runnable task =
          () -> {
            check(Loop.current().equals(other), "task " + number + " runs on the wrong loop");
            check(ran[0] == number, "task " + number + " runs after " + ran[0] + " others");
            ran[0]++;
            self.unpark();
          };
      while (!other.tryPost(task)) {
        Fiber.sleep(plan.millis(0, 1));
      }
      if (plan.oneIn(50)) {
        Fiber.sleep(plan.millis(0, 3));
      }
      if (plan.oneIn(50)) {
        awaitAll(ran, i + 1);
      }
    }
    awaitAll(ran, posts);
  }

  /** Parks until the other loop has run so many; each of them unparks. */
  private static void awaitAll(int[] ran, int count) {
    while (ran[0] < count) {
      Fiber.park();
    }
  }
}
