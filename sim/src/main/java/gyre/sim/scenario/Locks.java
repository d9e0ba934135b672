package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Deadline;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.sim.World;
import gyre.sync.Barrier;
import gyre.sync.Mutex;
import gyre.sync.Notify;
import gyre.sync.Permit;
import gyre.sync.Request;
import gyre.sync.RwLock;
import gyre.sync.Semaphore;
import java.time.Duration;
import java.util.function.Supplier;

/** Fibers that take locks and are cancelled at any moment: none is lost, doubled or kept. */
final class Locks extends Weathered {
  private static final int WRITER = 1_000;
  private static final int OFTEN = 2_000;
  private static final Duration SELDOM = Duration.ofMinutes(1);

  Locks() {
    super("locks", "locks: nobody has what another has, nobody waits for good, in order");
  }

  /** What the fibers of a run share. */
  private static final class Shared {
    final Mutex mutex = Mutex.create("mutex");
    final LockModel mutexModel = new LockModel("the mutex", 1, true);
    final RwLock lock = RwLock.create("lock");
    final LockModel lockModel = new LockModel("the rwlock", WRITER, false);
    final Semaphore semaphore;
    final LockModel semaphoreModel;
    final int permits;
    final Notify notify = Notify.create("notify");
    int notified;
    int heard;

    Shared(int permits) {
      this.permits = permits;
      semaphore = Semaphore.create("semaphore", permits);
      semaphoreModel = new LockModel("the semaphore", permits, false);
    }

    void checkAllBack() {
      check(mutex.tryLock(), mutex + " is kept by nobody");
      mutex.unlock();
      check(lock.tryLockWrite(), lock + " is kept by nobody");
      lock.unlockWrite();
      check(semaphore.available() == permits, semaphore + " of " + permits);
      check(heard <= notified, "heard " + heard + " of " + notified + " notifications");
    }
  }

  @Override
  void build(World world, Plan plan) {
    world
        .host("host")
        .run(() -> {
          Shared shared = new Shared(plan.between(1, 5));
          try (Scope scope = Scope.open("users")) {
            Fiber<?> notifier = scope.start("notifier", () -> notifyAll(shared, plan.part("n")));
            try (Scope users = Scope.open("fibers")) {
              for (int i = plan.between(2, 12); i > 0; i--) {
                Plan part = plan.part("user-" + i);
                users.start("user-" + i, () -> use(shared, part));
              }
              users.join();
            }
            meet(plan.part("barrier"));
            check(notifier.isAlive(), "the notifier ended by itself");
            scope.cancel("all have ended");
          }
          shared.checkAllBack();
        });
  }

  /**
   * Goes on for ever, slowly in the end: whoever waits for a notification gets one, and a run that
   * hangs is over soon.
   */
  private static void notifyAll(Shared shared, Plan plan) {
    for (int i = 0; ; i++) {
      Fiber.sleep(i < OFTEN ? plan.millis(0, 5) : SELDOM);
      if (plan.oneIn(5)) {
        shared.notified += shared.notify.waiting();
        shared.notify.all();
      } else {
        shared.notified++;
        shared.notify.one();
      }
    }
  }

  private static void use(Shared shared, Plan plan) throws Exception {
    for (int i = plan.between(1, 20); i > 0; i--) {
      try {
        if (plan.oneIn(3)) {
          Cancellation.within(plan.millis(0, 8), () -> step(shared, plan));
        } else {
          step(shared, plan);
        }
      } catch (DeadlineExceededException e) {
        // Too late for this one.
      }
    }
  }

  private static void step(Shared shared, Plan plan) {
    switch (plan.between(0, 4)) {
      case 0 -> {
        Mutex mutex = shared.mutex;
        take(shared.mutexModel, 1, plan, mutex::hold, mutex.request());
      }
      case 1 -> {
        RwLock lock = shared.lock;
        take(shared.lockModel, 1, plan, lock::read, lock.requestRead());
      }
      case 2 -> {
        RwLock lock = shared.lock;
        take(shared.lockModel, WRITER, plan, lock::write, lock.requestWrite());
      }
      case 3 -> {
        int permits = plan.between(1, shared.permits);
        Semaphore semaphore = shared.semaphore;
        take(
            shared.semaphoreModel,
            permits,
            plan,
            () -> semaphore.acquire(permits),
            semaphore.request(permits));
      }
      default -> {
        shared.notify.await();
        shared.heard++;
      }
    }
  }

  /** Alone, or as one of two things of which the other is a moment. */
  private static void take(
      LockModel model, int units, Plan plan, Supplier<Permit> parking, Request request) {
    String me = Fiber.current().name();
    model.comes(me);
    Permit permit;
    try {
      if (plan.oneIn(3)) {
        Source later = Deadline.in(plan.millis(0, 6));
        if (Fiber.awaitFirst(request, later) == later) {
          model.gives(me);
          return;
        }
        permit = request.take();
      } else {
        permit = parking.get();
      }
    } catch (CancelledException e) {
      model.gives(me);
      throw e;
    }
    model.enters(me, units);
    try (permit) {
      if (!plan.oneIn(4)) {
        Fiber.sleep(plan.millis(0, 4));
      }
    } finally {
      model.leaves(units);
    }
  }

  /** Those who are cancelled come again, so that every round is full in the end. */
  private static void meet(Plan plan) {
    int parties = plan.between(1, 5);
    int rounds = plan.between(1, 5);
    Barrier barrier = Barrier.create("barrier", parties);
    int[] passed = new int[rounds];
    try (Scope scope = Scope.open("meeting")) {
      for (int i = 0; i < parties; i++) {
        Plan part = plan.part("party-" + i);
        scope.start(
            "party-" + i,
            () -> {
              for (int round = 0; round < rounds; round++) {
                Fiber.sleep(part.millis(0, 5));
                pass(barrier, part);
                passed[round]++;
                check(round == 0 || passed[round - 1] >= parties - 1, "a round was left out");
              }
            });
      }
      scope.join();
    }
    check(barrier.arrived() == 0, "somebody is left at the barrier");
  }

  private static void pass(Barrier barrier, Plan plan) throws Exception {
    while (true) {
      try {
        Cancellation.within(plan.millis(0, 10), barrier::await);
        return;
      } catch (DeadlineExceededException e) {
        // Comes again.
      }
    }
  }
}
