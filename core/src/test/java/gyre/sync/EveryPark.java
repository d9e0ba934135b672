package gyre.sync;

import gyre.Cancellation;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Cancels each of several fibers at each of its parking points, in turn: for every victim, and
 * every number of rounds that the others may run before. Fibers take turns in a fixed order, so the
 * number of rounds says where the victim is parked. The canceller runs before all others of a round
 * in one pass, and after them in another, so that victims are also met when they have been woken
 * and have not run yet.
 *
 * <p>Nobody may stay parked: who has not ended long after the last cancellation fails the test.
 */
final class EveryPark {
  /** Far more than any of the cases takes. */
  private static final int ROUNDS_LIMIT = 2_000;

  /** What fibers do together. Made anew for each run. */
  interface Case {
    int parties();

    /** So many of the first of them are cancelled: what the others do must happen. */
    default int victims() {
      return parties();
    }

    /** What one of them does; may be cancelled at any of its parks. */
    void run(int party) throws Exception;

    /** All have ended: throws if something is lost, doubled, or still held. */
    void check();
  }

  private EveryPark() {}

  /** Runs it in the calling fiber, and tells how many cancellations there were. */
  static int cancel(Supplier<Case> cases) throws Exception {
    int cancelled = 0;
    int victims = cases.get().victims();
    for (boolean before : new boolean[] {true, false}) {
      for (int victim = 0; victim < victims; victim++) {
        for (int rounds = 0; runOnce(cases.get(), victim, rounds, before); rounds++) {
          cancelled++;
        }
      }
    }
    return cancelled;
  }

  /** Whether the victim had not ended when it was cancelled. */
  private static boolean runOnce(Case one, int victim, int rounds, boolean before)
      throws Exception {
    String what = "victim " + victim + " cancelled " + (before ? "before" : "after") + " " + rounds;
    boolean[] met = new boolean[1];
    try (Scope scope = Scope.open(what);
        Cancellation token = Cancellation.current().child()) {
      List<Fiber<?>> fibers = new ArrayList<>();
      if (before) {
        canceller(scope, fibers, token, victim, rounds, met);
      }
      for (int party = 0; party < one.parties(); party++) {
        int me = party;
        fibers.add(
            scope.start(
                "party-" + me,
                () -> {
                  if (me == victim) {
                    runAsVictim(one, me, token);
                  } else {
                    one.run(me);
                  }
                }));
      }
      if (!before) {
        canceller(scope, fibers, token, victim, rounds, met);
      }
      for (int round = 0; scope.fibers() > 0; round++) {
        if (round == ROUNDS_LIMIT) {
          throw new AssertionError(what + ": parked for good: " + Loop.current().fibers());
        }
        Fiber.yield();
      }
      scope.join();
      one.check();
    } catch (Throwable e) {
      throw new AssertionError(what, e);
    }
    return met[0];
  }

  private static void runAsVictim(Case one, int me, Cancellation token) throws Exception {
    try {
      token.run(() -> one.run(me));
    } catch (gyre.CancelledException e) {
      if (!token.isCancelled()) {
        throw e;
      }
    }
  }

  private static void canceller(
      Scope scope,
      List<Fiber<?>> fibers,
      Cancellation token,
      int victim,
      int rounds,
      boolean[] met) {
    Fiber<?> ignored =
        scope.start(
            "canceller",
            () -> {
              for (int i = 0; i < rounds; i++) {
                Fiber.yield();
              }
              met[0] = fibers.size() <= victim || fibers.get(victim).isAlive();
              token.cancel("to see what it leaves behind");
            });
  }
}
