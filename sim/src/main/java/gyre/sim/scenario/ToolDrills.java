package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Task;
import gyre.sim.World;
import gyre.sync.AdaptiveLimit;
import gyre.sync.Barrier;
import gyre.sync.CircuitBreaker;
import gyre.sync.CircuitOpenException;
import gyre.sync.Gather;
import gyre.sync.Hedge;
import gyre.sync.Latch;
import gyre.sync.Notify;
import gyre.sync.Once;
import gyre.sync.Outcome;
import gyre.sync.RateLimit;
import gyre.sync.Work;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Drills of what fibers meet at, of work that several share, and of limits. */
final class ToolDrills {
  private static final Duration MILLI = Duration.ofMillis(1);

  private ToolDrills() {}

  static List<Drill> all() {
    return List.of(new MeetingDrill(), new WorkDrill(), new LimitDrill());
  }

  private static void check(boolean holds, String otherwise) {
    Weathered.check(holds, otherwise);
  }

  // ---- latch, once, notify, barrier

  /** Who is cut at a barrier is stood in for, so that all rounds are full in the end. */
  private static final class MeetingDrill implements Drill {
    private static final int PARTIES = 3;
    private static final int ROUNDS = 3;

    @Override
    public String name() {
      return "meetings";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .run(() -> {
            latch();
            once();
            notifying();
            Barrier barrier = Barrier.create("barrier", PARTIES);
            try (Scope scope = Scope.open("meeting")) {
              for (int i = 1; i <= PARTIES; i++) {
                int[] passed = {0};
                Fiber<?> party = Drill.alone(scope, "party-" + i, () -> pass(barrier, passed));
                scope.start(
                    "stand-in-" + i,
                    () -> {
                      Fiber.await(party.end());
                      pass(barrier, passed);
                    });
              }
              scope.join();
            }
            check(barrier.arrived() == 0, "somebody is left at the " + barrier);
          });
    }

    private static void pass(Barrier barrier, int[] passed) {
      while (passed[0] < ROUNDS) {
        int place = barrier.await();
        check(place >= 0 && place < PARTIES, "arrived as number " + place);
        passed[0]++;
      }
    }

    private static void latch() {
      Latch latch = Latch.create("latch", 2);
      try (Scope scope = Scope.open("latch")) {
        for (int i = 1; i <= 3; i++) {
          Drill.alone(
              scope,
              "waiter-" + i,
              () -> {
                latch.await();
                check(latch.count() == 0, "passed at " + latch.count());
              });
        }
        Fiber.sleep(MILLI);
        latch.countDown();
        Fiber.sleep(MILLI);
        latch.countDown();
        scope.join();
      }
    }

    /** However many are cut while they make it, all get the same. */
    private static void once() throws Exception {
      int[] made = {0};
      Once<Integer> once =
          Once.create(
              "number",
              () -> {
                Fiber.sleep(MILLI);
                return ++made[0];
              });
      try (Scope scope = Scope.open("once")) {
        for (int i = 1; i <= 3; i++) {
          Drill.alone(
              scope, "asker-" + i, () -> check(once.get() == 1, "made more than once: " + made[0]));
        }
        scope.join();
      }
      check(once.get() == 1, "made more than once: " + made[0]);
    }

    /** What is told to one who leaves is told to the next. */
    private static void notifying() {
      Notify notify = Notify.create("notify");
      int[] heard = {0};
      int[] left = {3};
      int told = 0;
      try (Scope scope = Scope.open("notify")) {
        for (int i = 1; i <= 3; i++) {
          Drill.alone(
              scope,
              "listener-" + i,
              () -> {
                try {
                  notify.await();
                  heard[0]++;
                } finally {
                  left[0]--;
                }
              });
        }
        for (; left[0] > 0; told++) {
          Fiber.sleep(MILLI);
          notify.one();
        }
        scope.join();
      }
      check(heard[0] <= told, heard[0] + " have heard what was told " + told + " times");
      check(notify.waiting() == 0, notify.waiting() + " wait, and nobody does");
    }
  }

  // ---- several at once

  /** Nothing that was started goes on when the call is over, whatever has ended that. */
  private static final class WorkDrill implements Drill {
    private static final int LIMIT = 2;

    @Override
    public String name() {
      return "work";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .run(() -> {
            try (Scope scope = Scope.open("callers")) {
              Drill.alone(scope, "all", () -> counted(WorkDrill::all));
              Drill.alone(scope, "race", () -> counted(WorkDrill::race));
              Drill.alone(scope, "each", () -> counted(WorkDrill::each));
              Drill.alone(scope, "gather", () -> counted(WorkDrill::gather));
              Drill.alone(scope, "hedge", () -> counted(WorkDrill::hedge));
              scope.join();
            }
          });
    }

    private interface Counted {
      void run(int[] running) throws Exception;
    }

    private static void counted(Counted body) throws Exception {
      int[] running = {0};
      try {
        body.run(running);
      } finally {
        check(running[0] == 0, running[0] + " still run");
      }
    }

    private static int step(int[] running, int millis, int result) {
      running[0]++;
      try {
        Fiber.sleep(Duration.ofMillis(millis));
        return result;
      } finally {
        running[0]--;
      }
    }

    private static void all(int[] running) {
      List<Integer> both = Work.all(List.of(() -> step(running, 2, 1), () -> step(running, 1, 2)));
      check(both.equals(List.of(1, 2)), "all gave " + both);
    }

    private static void race(int[] running) {
      int first = Work.race(List.of(() -> step(running, 3, 1), () -> step(running, 1, 2)));
      check(first == 2 || first == 1, "the race gave " + first);
    }

    private static void each(int[] running) throws Exception {
      Set<Integer> done = new HashSet<>();
      Work.forEach(
          List.of(1, 2, 3, 4, 5),
          LIMIT,
          item -> {
            check(running[0] < LIMIT, running[0] + " run already");
            check(done.add(step(running, 1, item)), item + " is done twice");
          });
      check(done.size() == 5, done + " are done");
    }

    private static void gather(int[] running) {
      try (Gather<Integer> gather = Gather.open("gather")) {
        for (int i = 1; i <= 3; i++) {
          int item = i;
          var _ = gather.start(() -> step(running, 4 - item, item));
        }
        int sum = 0;
        for (Outcome<Integer> outcome : gather) {
          sum += outcome instanceof Outcome.Done<Integer>(int _, Integer item) ? item : 10;
        }
        check(sum == 6 || sum > 9, "gathered " + sum);
      }
    }

    private static void hedge(int[] running) {
      int got = Hedge.after(MILLI).attempts(3).call(() -> step(running, 2, 7));
      check(got == 7, "the hedge gave " + got);
    }
  }

  // ---- limits

  /** Whoever is cut gives back what it had, and leaves what it waited for to the next. */
  private static final class LimitDrill implements Drill {
    private static final Duration LONG = Duration.ofSeconds(10);

    @Override
    public String name() {
      return "limits";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .run(() -> {
            RateLimit all = RateLimit.create("all", 1_000, 2);
            RateLimit part = all.child("part", 1_000, 1);
            AdaptiveLimit adaptive = AdaptiveLimit.create("adaptive", 2, 4, Duration.ofSeconds(1));
            CircuitBreaker breaker = CircuitBreaker.create("breaker", 50, 2, MILLI, 1);
            int[] running = {0};
            try (Scope scope = Scope.open("users")) {
              for (int i = 1; i <= 3; i++) {
                Drill.alone(scope, "whole-" + i, () -> acquire(all));
                Drill.alone(scope, "part-" + i, () -> acquire(part));
                Drill.alone(scope, "caller-" + i, () -> call(adaptive, running));
                Drill.alone(scope, "prober-" + i, () -> probe(breaker));
              }
              scope.join();
            }
            check(adaptive.running() == 0 && adaptive.waiting() == 0, "left in " + adaptive);
            inTime("take from " + part, () -> acquire(part));
            inTime("close " + breaker, () -> closeAgain(breaker));
          });
    }

    private static void acquire(RateLimit limit) {
      for (int i = 0; i < 3; i++) {
        limit.acquire(1);
        check(limit.available() <= 2, "more than the burst: " + limit);
      }
    }

    private static void call(AdaptiveLimit limit, int[] running) throws Exception {
      for (int i = 0; i < 3; i++) {
        boolean isDone =
            limit.call(() -> {
              running[0]++;
              try {
                check(running[0] <= 4, running[0] + " run");
                Fiber.sleep(MILLI);
                return true;
              } finally {
                running[0]--;
              }
            });
        check(isDone, "not done");
      }
    }

    /** Every other call fails, so that it opens again and again. */
    private static void probe(CircuitBreaker breaker) throws Exception {
      for (int i = 0; i < 4; i++) {
        int number = i;
        try {
          boolean isDone =
              breaker.call(() -> {
                Fiber.sleep(MILLI);
                if (number % 2 == 0) {
                  throw new IllegalStateException("fails");
                }
                return true;
              });
          check(isDone, "not done");
        } catch (CircuitOpenException e) {
          Fiber.sleep(MILLI);
        } catch (IllegalStateException e) {
          check("fails".equals(e.getMessage()), "failed otherwise: " + e);
        }
      }
    }

    /** A probe that was cut must not keep it half open for good. */
    private static void closeAgain(CircuitBreaker breaker) throws Exception {
      for (int good = 0; good < 3; ) {
        try {
          good += breaker.call(() -> 1);
        } catch (CircuitOpenException e) {
          good = 0;
          Fiber.sleep(MILLI);
        }
      }
    }

    private static void inTime(String what, Task body) throws Exception {
      long begunNanos = Loop.current().nanoTime();
      try {
        Cancellation.within(LONG, body);
      } catch (DeadlineExceededException e) {
        Cancellation.current().check();
        if (Loop.current().nanoTime() - begunNanos < LONG.toNanos()) {
          return; // it was this limit that was cut
        }
        throw new AssertionError("could not " + what + " in time", e);
      }
    }
  }
}
