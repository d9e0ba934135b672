package gyre.sim.scenario;

import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Timer;
import gyre.sim.World;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Timers of all kinds, started, restarted and cancelled at random, against their model. */
final class Timers extends Weathered {
  /** Of a few turns. */
  private static final long BUSY_NANOS = 200_000;

  Timers() {
    super("timers", "timers and sleeps: never early, in order, none after it was cancelled");
  }

  @Override
  void build(World world, Plan plan) {
    for (int i = plan.between(1, 2); i > 0; i--) {
      Plan part = plan.part("host-" + i);
      Duration tick = Duration.ofNanos(1L << plan.between(12, 24));
      world
          .host("host-" + i)
          .options(options -> options.tick(tick))
          .run(() -> {
            try (Scope scope = Scope.open("timers")) {
              scope.start("once", () -> once(part.part("once"), tick));
              scope.start("rate", () -> rate(part.part("rate")));
              scope.start("ordered", () -> ordered(part.part("ordered"), tick));
              scope.start("sleeper", () -> sleeps(part.part("sleeper")));
              scope.join();
            }
            checkNothingOpen("timers");
          });
    }
  }

  private static Duration delay(Plan plan) {
    return Duration.ofNanos((long) plan.magnitude(1 << 20) << plan.between(0, 14));
  }

  /** A tick, and what the loop is busy with; whatever it is where the machine stalls. */
  private static long latestNanos(Plan plan, Duration tick) {
    return plan.isCalm() ? tick.toNanos() + BUSY_NANOS : Long.MAX_VALUE;
  }

  private static void once(Plan plan, Duration tick) {
    List<Timer> timers = new ArrayList<>();
    List<TimerModel> models = new ArrayList<>();
    for (int i = plan.between(1, 20); i > 0; i--) {
      TimerModel model = new TimerModel("timer once-" + i, latestNanos(plan, tick));
      Timer timer = Loop.current().timer(model::fires);
      timer.rename("once-" + i);
      timers.add(timer);
      models.add(model);
    }
    for (int step = plan.between(10, 200); step > 0; step--) {
      int chosen = plan.between(0, timers.size() - 1);
      if (plan.oneIn(4)) {
        models.get(chosen).cancels();
        boolean ignored = timers.get(chosen).cancel();
      } else {
        Duration delay = delay(plan);
        models.get(chosen).starts(delay);
        timers.get(chosen).restart(delay);
      }
      if (plan.oneIn(3)) {
        Fiber.sleep(delay(plan));
      }
    }
    Fiber.sleep(Duration.ofSeconds(40).plus(tick));
    models.forEach(TimerModel::checkIdle);
  }

  private static void rate(Plan plan) {
    Duration period = plan.millis(1, 200);
    TimerModel model = new TimerModel("timer rate", Long.MAX_VALUE);
    long start = Loop.current().nanoTime();
    model.starts(period);
    Timer[] own = new Timer[1];
    Timer timer =
        Loop.current()
            .every(
                period,
                () -> {
                  model.firesAgain(period, own[0].missed(), start);
                  if (plan.oneIn(8)) {
                    Fiber.sleep(delay(plan));
                  }
                });
    own[0] = timer;
    Fiber.sleep(plan.millis(1, 5_000));
    model.cancels();
    boolean ignored = timer.cancel();
    Fiber.sleep(plan.millis(1, 1_000));
    timer.close();
  }

  /** Two that are set at once ring in the order of their deadlines. */
  private static void ordered(Plan plan, Duration tick) {
    for (int round = plan.between(1, 20); round > 0; round--) {
      List<Long> rung = new ArrayList<>();
      Duration most = Duration.ZERO;
      for (int i = plan.between(2, 12); i > 0; i--) {
        Duration delay = delay(plan);
        most = delay.compareTo(most) > 0 ? delay : most;
        Loop.current().after(delay, () -> rung.add(delay.toNanos()));
      }
      int before = rung.size();
      check(before == 0, "a timer ran while it was started");
      Fiber.sleep(most.plus(tick).plusSeconds(1));
      for (int i = 1; i < rung.size(); i++) {
        // All are started at nearly the same time, the few turns that it takes apart.
        check(
            rung.get(i) + 1_000_000 >= rung.get(i - 1),
            "a timer of " + rung.get(i) + " ns ran after one of " + rung.get(i - 1) + " ns");
      }
    }
  }

  private static void sleeps(Plan plan) {
    for (int i = plan.between(1, 50); i > 0; i--) {
      Duration delay = delay(plan);
      long before = Loop.current().nanoTime();
      Fiber.sleep(delay);
      long passed = Loop.current().nanoTime() - before;
      check(
          passed >= delay.toNanos(),
          Fiber.current().name() + " slept for " + passed + " ns instead of " + delay);
    }
  }
}
