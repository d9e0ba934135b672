package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.Deadline;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Signal;
import gyre.Timer;
import gyre.WaitPoint;
import gyre.sim.World;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Drills of what fibers of one loop do with each other, on sources as a user would make them. */
final class WaitDrills {
  private static final Duration MILLI = Duration.ofMillis(1);

  private WaitDrills() {}

  static List<Drill> all() {
    return List.of(
        new PermitDrill(),
        new RefillDrill(),
        new BufferDrill(),
        new FirstDrill(),
        new ScopeDrill(),
        new WorkDrill());
  }

  private static void check(boolean holds, String otherwise) {
    Weathered.check(holds, otherwise);
  }

  // ---- permits

  /** A semaphore: the least that can be made of a source. */
  static final class Permits extends WaitPoint {
    private final int limit;
    private int free;

    Permits(int limit) {
      this.limit = limit;
      this.free = limit;
    }

    void acquire() {
      Fiber.await(this);
      take();
    }

    void take() {
      check(free > 0, "a permit was taken that is not there");
      free--;
    }

    void release() {
      free++;
      wakeFirst();
    }

    void checkAllBack() {
      check(free == limit, free + " of " + limit + " permits are back");
      check(!hasWaiters(), "a fiber that has ended is still in line");
    }

    @Override
    public boolean isReady() {
      return free > 0;
    }

    @Override
    public String doing() {
      return "waiting for a permit";
    }
  }

  /** One permit for all: of two, the release of the other one would wake who has been forgotten. */
  private static final class PermitDrill implements Drill {
    @Override
    public String name() {
      return "permits";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .run(() -> {
            Permits permits = new Permits(1);
            try (Scope scope = Scope.open("users")) {
              for (int i = 1; i <= 4; i++) {
                int pause = i;
                Drill.alone(scope, "user-" + i, () -> use(permits, pause));
              }
              scope.join();
            }
            permits.checkAllBack();
          });
    }

    private static void use(Permits permits, int pause) {
      for (int round = 0; round < 2; round++) {
        permits.acquire();
        try {
          Fiber.sleep(MILLI.multipliedBy(pause));
        } finally {
          permits.release();
        }
      }
    }
  }

  /** Two permits come at once, twice, for four fibers that keep them. */
  private static final class RefillDrill implements Drill {
    @Override
    public String name() {
      return "refill";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .run(() -> {
            Permits permits = new Permits(0);
            int[] kept = {0};
            int given = 0;
            try (Scope scope = Scope.open("users")) {
              for (int i = 1; i <= 4; i++) {
                Drill.alone(
                    scope,
                    "user-" + i,
                    () -> {
                      permits.acquire();
                      kept[0]++;
                    });
              }
              while (given < 4) {
                Fiber.sleep(MILLI);
                given += 2;
                permits.release();
                permits.release();
              }
              scope.join();
            }
            check(kept[0] + permits.free == given, kept[0] + " permits are kept of " + given);
            check(!permits.hasWaiters(), "a fiber that has ended is still in line");
          });
    }
  }

  // ---- a bounded buffer

  /** What is put in comes out once, in order; closed, it is drained and then over. */
  private static final class Buffer {
    private static final int ROOM = 1;

    private final ArrayDeque<Integer> items = new ArrayDeque<>();
    private boolean isClosed;

    private final WaitPoint room =
        new WaitPoint() {
          @Override
          public boolean isReady() {
            return items.size() < ROOM;
          }

          @Override
          public String doing() {
            return "waiting for room in the buffer";
          }
        };

    private final WaitPoint filled =
        new WaitPoint() {
          @Override
          public boolean isReady() {
            return !items.isEmpty() || isClosed;
          }

          @Override
          public String doing() {
            return "waiting for an item of the buffer";
          }
        };

    void put(int item) {
      Fiber.await(room);
      check(items.size() < ROOM, "the buffer overflows");
      items.add(item);
      filled.wakeFirst();
    }

    /** The next one, or -1 at the end. */
    int take() {
      Fiber.await(filled);
      if (items.isEmpty()) {
        return -1;
      }
      int item = items.remove();
      room.wakeFirst();
      return item;
    }

    void close() {
      isClosed = true;
      filled.wakeAll();
    }
  }

  private static final class BufferDrill implements Drill {
    @Override
    public String name() {
      return "buffer";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .run(() -> {
            Buffer buffer = new Buffer();
            List<Integer> sent = new ArrayList<>();
            List<Integer> received = new ArrayList<>();
            try (Scope scope = Scope.open("all")) {
              for (int i = 1; i <= 3; i++) {
                Drill.alone(scope, "taker-" + i, () -> takeAll(buffer, received));
              }
              try (Scope putting = Scope.open("putters")) {
                for (int i = 1; i <= 3; i++) {
                  int first = 100 * i;
                  Drill.alone(putting, "putter-" + i, () -> putAll(buffer, first, sent));
                }
                putting.join();
              }
              buffer.close();
              scope.join();
            }
            Collections.sort(sent);
            Collections.sort(received);
            check(sent.equals(received), "sent " + sent + ", received " + received);
            check(buffer.items.isEmpty(), "left behind: " + buffer.items);
          });
    }

    private static void putAll(Buffer buffer, int first, List<Integer> sent) {
      for (int i = first; i < first + 4; i++) {
        buffer.put(i);
        sent.add(i);
        Fiber.yield();
      }
    }

    private static void takeAll(Buffer buffer, List<Integer> received) {
      for (int item = buffer.take(); item >= 0; item = buffer.take()) {
        received.add(item);
        Fiber.sleep(MILLI);
      }
    }
  }

  // ---- the first of several

  /** A permit, or a signal, or the time: who is woken by one may leave by another. */
  private static final class FirstDrill implements Drill {
    @Override
    public String name() {
      return "first-of-several";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .run(() -> {
            Permits permits = new Permits(1);
            Signal over = Signal.open();
            try (Scope scope = Scope.open("users")) {
              for (int i = 1; i <= 4; i++) {
                int pause = i;
                Drill.alone(scope, "user-" + i, () -> use(permits, over, pause));
              }
              Drill.alone(scope, "ender", () -> Fiber.sleep(MILLI.multipliedBy(15)));
              Fiber.sleep(MILLI.multipliedBy(15));
              over.raise();
              scope.join();
            }
            permits.checkAllBack();
          });
    }

    private static void use(Permits permits, Signal over, int pause) {
      for (int round = 0; round < 3; round++) {
        Deadline deadline = Deadline.in(MILLI.multipliedBy(2));
        var first = Fiber.awaitFirst(permits, over, deadline);
        if (first == permits) {
          permits.take();
          try {
            Fiber.sleep(MILLI.multipliedBy(pause));
          } finally {
            permits.release();
          }
        }
      }
    }
  }

  // ---- scopes and time

  private static final class ScopeDrill implements Drill {
    @Override
    public String name() {
      return "scopes";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .run(() -> {
            int[] alive = {0};
            try (Scope scope = Scope.open("all")) {
              Drill.alone(scope, "nested", () -> nest(alive));
              Drill.alone(scope, "limited", () -> limit(alive));
              Drill.alone(scope, "timed", () -> time(alive));
              scope.join();
            } finally {
              check(alive[0] == 0, alive[0] + " parts of what has ended are alive");
            }
            Weathered.checkNothingOpen("host");
          });
    }

    private static void nest(int[] alive) {
      try (Scope outer = Scope.open("outer")) {
        for (int i = 1; i <= 2; i++) {
          outer.start(
              "outer-" + i,
              () -> {
                try (Scope inner = Scope.open("inner")) {
                  Fiber<?> left = inner.start("left", () -> live(alive, 2));
                  Fiber<?> right = inner.start("right", () -> live(alive, 4));
                  left.join();
                  right.join();
                }
              });
        }
        outer.join();
      }
    }

    private static void live(int[] alive, int millis) throws Exception {
      alive[0]++;
      try {
        Fiber.sleep(MILLI.multipliedBy(millis));
      } finally {
        Cancellation.shield(Duration.ofSeconds(1), () -> cleanUp(alive));
      }
    }

    /** Is not over before it has been done, or the time for it is. */
    private static void cleanUp(int[] alive) {
      try {
        Fiber.sleep(MILLI);
      } finally {
        alive[0]--;
      }
    }

    private static void limit(int[] alive) throws Exception {
      for (int i = 0; i < 3; i++) {
        try {
          Cancellation.within(MILLI.multipliedBy(3), () -> live(alive, 5));
          throw new AssertionError("five milliseconds within three");
        } catch (DeadlineExceededException expected) {
          Fiber.yield();
        }
      }
    }

    private static void time(int[] alive) {
      List<Integer> fired = new ArrayList<>();
      try (Timer timer = Loop.current().every(MILLI, () -> fired.add(fired.size()))) {
        alive[0]++;
        Fiber.sleep(MILLI.multipliedBy(5));
        check(fired.size() >= 3 || !timer.isOpen(), "fired " + fired.size() + " times in 5 ms");
      } finally {
        alive[0]--;
      }
    }
  }

  // ---- work off the loop

  private static final class WorkDrill implements Drill {
    @Override
    public String name() {
      return "offload";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .options(options -> options.offloadThreads(1))
          .run(() -> {
            List<Integer> done = new ArrayList<>();
            try (Scope scope = Scope.open("askers")) {
              for (int i = 1; i <= 3; i++) {
                int number = i;
                Drill.alone(scope, "asker-" + i, () -> ask(number, done));
              }
              scope.join();
              check(
                  done.size() >= 4 || scope.cancellation().isCancelled(),
                  "one was cut, and others have not got their answers: " + done);
            }
          });
    }

    private static void ask(int number, List<Integer> done) throws Exception {
      for (int i = 0; i < 2; i++) {
        int answer = Fiber.offload(() -> number * 3);
        check(answer == number * 3, "another's answer: " + answer);
        done.add(answer);
      }
    }
  }
}
