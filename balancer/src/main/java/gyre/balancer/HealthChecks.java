package gyre.balancer;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Scope;
import java.time.Duration;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Checks the targets of all pools: a fiber on the control loop for each target, which reads the
 * rules anew each time, so that a reload needs no restart. It ends when its target is removed.
 */
final class HealthChecks {
  private static final Duration PAUSED = Duration.ofMillis(500);

  private final LoopPart part;
  private final Scope scope;
  private final IdentityHashMap<Target, Fiber<?>> running = new IdentityHashMap<>();

  /** In the current scope, which ends the checks. */
  HealthChecks(LoopPart part) {
    this.part = part;
    this.scope = Scope.current();
  }

  /** Starts what is missing. On the control loop. */
  void look(Iterable<Pool> pools) {
    for (Pool pool : pools) {
      pool.endEjections(part);
      if (pool.config().health() == null) {
        continue;
      }
      for (Target target : pool.targets()) {
        if (!running.containsKey(target)) {
          running.put(target, scope.start("check " + target.path(), () -> checkAll(pool, target)));
        }
      }
    }
  }

  int running() {
    return running.size();
  }

  private void checkAll(Pool pool, Target target) {
    HealthTrack track = new HealthTrack();
    try {
      // Not all at the same time after a start.
      HealthConfig first = pool.config().health();
      if (first != null) {
        Fiber.sleep(spread(first.fastInterval().dividedBy(4)));
      }
      while (!target.isRemoved()) {
        HealthConfig rules = pool.config().health();
        if (rules == null) {
          pool.health(target, true, "it is not checked any more", part);
          return;
        }
        Fiber.sleep(once(pool, target, rules, track));
      }
    } finally {
      running.remove(target);
    }
  }

  /** One check; how long to wait then. */
  private Duration once(Pool pool, Target target, HealthConfig rules, HealthTrack track) {
    if (target.admin() == AdminState.MAINTENANCE) {
      track.forget();
      return PAUSED;
    }
    String failure;
    try {
      failure = failure(target, rules);
    } catch (OwnShortage e) {
      pool.notChecked(String.valueOf(e.getMessage()), part);
      return jitter(rules.interval(), rules);
    }
    if (target.isRemoved() || target.admin() == AdminState.MAINTENANCE) {
      return PAUSED; // what came out is of no interest any more
    }
    pool.checked();
    target.checks.increment();
    if (failure != null) {
      target.failedChecks.increment();
    }
    boolean isUp = track.result(failure == null, rules.rise(), rules.fall());
    boolean isNews = target.health() != (isUp ? Target.Health.UP : Target.Health.DOWN);
    if (isNews && isUp == (failure == null)) {
      pool.health(target, isUp, reason(failure, rules, target), part);
    }
    return jitter(track.isChanging() ? rules.fastInterval() : rules.interval(), rules);
  }

  private static String reason(@Nullable String failure, HealthConfig rules, Target target) {
    if (target.health() == Target.Health.UNKNOWN) {
      return "the first check " + (failure == null ? "succeeded" : "failed: " + failure);
    }
    return failure == null
        ? rules.rise() + " checks in a row succeeded"
        : rules.fall() + " checks in a row failed: " + failure;
  }

  /** A check could not be made, which says nothing about its target. */
  private static final class OwnShortage extends Exception {
    private static final long serialVersionUID = 1L;

    OwnShortage(Exception cause) {
      super(String.valueOf(cause.getMessage()), cause);
    }
  }

  private static @Nullable String failure(Target target, HealthConfig rules) throws OwnShortage {
    try {
      return Cancellation.within(rules.timeout(), () -> Checker.check(target.config(), rules));
    } catch (DeadlineExceededException e) {
      return "no answer in " + rules.timeout().toMillis() + " ms";
    } catch (CancelledException e) {
      throw e;
    } catch (Exception e) {
      if (Shortages.isOne(e)) {
        throw new OwnShortage(e);
      }
      String message = e.getMessage();
      return message == null ? e.toString() : message;
    }
  }

  private Duration jitter(Duration interval, HealthConfig rules) {
    long widest = interval.toNanos() / 100 * rules.jitterPercent();
    return widest == 0
        ? interval
        : interval.plusNanos(part.random().nextLong(2 * widest + 1) - widest);
  }

  private Duration spread(Duration most) {
    return Duration.ofNanos(part.random().nextLong(most.toNanos() + 1));
  }
}
