package gyre.sim.real;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.HandleInfo;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.engine.BlockPool;
import gyre.engine.Engine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** One run of a program: its loops on threads of their own, and a limit on the time. */
final class Run {
  private static final Set<String> WARM = ConcurrentHashMap.newKeySet();
  private static final long WARM_SEED = 2;
  private static final long DUMP_MILLIS = 1_000;
  private static final long ENDING_SECONDS = 5;
  private static final long HOARDING_MILLIS = 20;
  private static final long LOOK_MILLIS = 5;

  /** One look may have to wait for long, because the machine stood still and not the program. */
  private static final long LONGEST_LOOK_NANOS = 20 * LOOK_MILLIS * 1_000_000;

  /** An engine may have blocks at hand to receive into, one of them for datagrams. */
  private static final long LANDING_BYTES = 2L * BlockPool.LARGE_BYTES + 64 * 1024;

  private final Program program;
  private final Duration limit;
  private final AtomicReference<@Nullable Failure> failure = new AtomicReference<>();
  private final CountDownLatch failed = new CountDownLatch(1);
  private final AtomicInteger sidesLeft;
  private final AtomicInteger othersLeft;
  private final CompletableFuture<Boolean> othersDone = new CompletableFuture<>();
  private final CompletableFuture<Boolean> sidesDone = new CompletableFuture<>();
  private final AtomicReferenceArray<@Nullable Loop> loops;
  private final CompletableFuture<Boolean> allOpen = new CompletableFuture<>();
  private final AtomicInteger toOpen;
  private final ConcurrentLinkedQueue<Connection> connections = new ConcurrentLinkedQueue<>();
  private final List<Lane> lanes;

  private Run(Program program, Duration limit) {
    this.program = program;
    this.limit = limit;
    this.loops = new AtomicReferenceArray<>(program.setup().loops());
    this.toOpen = new AtomicInteger(loops.length());
    this.sidesLeft = new AtomicInteger(2 * program.lanes().size());
    this.othersLeft =
        new AtomicInteger(
            2 * (int) program.lanes().stream().filter(plan -> !isHoarding(plan)).count());
    this.lanes = program.lanes().stream().map(plan -> new Lane(this, plan)).toList();
  }

  /** What is wrong, if anything is. One at a time in a process, because descriptors are counted. */
  static synchronized Optional<Failure> of(Program program, Duration limit) {
    if (WARM.add(program.engine())) {
      // What the JDK opens the first time and keeps is no leak.
      Outsider.warmUp();
      Object ignored = new Run(Program.of(program.engine(), WARM_SEED), limit).run();
    }
    return Optional.ofNullable(new Run(program, limit).run());
  }

  private @Nullable Failure run() {
    long before = Descriptors.open();
    CountDownLatch left = new CountDownLatch(loops.length());
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < loops.length(); i++) {
      int number = i;
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .name("real-" + i)
              .start(() -> {
                try {
                  runLoop(number);
                } catch (Throwable e) {
                  failed("loop " + number, e);
                } finally {
                  left.countDown();
                }
              }));
    }
    try {
      await(left, threads);
    } catch (InterruptedException e) {
      failed("interrupted", e);
      Thread.currentThread().interrupt();
    }
    if (failure.get() == null) {
      checkNothingIsLent();
    }
    if (failure.get() == null && !Descriptors.settle(before)) {
      failed(
          "descriptors are left: "
              + Descriptors.open()
              + " after "
              + before
              + " before: "
              + Descriptors.list(),
          null);
    }
    return failure.get();
  }

  private void await(CountDownLatch left, List<Thread> threads) throws InterruptedException {
    long stoodNanos = 0;
    long moved = -1;
    while (left.getCount() > 0 && failed.getCount() > 0) {
      long begunNanos = System.nanoTime();
      boolean ignored = left.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      long present = connections.stream().mapToLong(Connection::moved).sum();
      if (present != moved) {
        moved = present;
        stoodNanos = 0;
      } else {
        stoodNanos += Math.min(System.nanoTime() - begunNanos, LONGEST_LOOK_NANOS);
      }
      if (stoodNanos > limit.toNanos() && left.getCount() > 0) {
        failed("nothing moves any more", hang(threads));
      }
    }
    if (failed.getCount() == 0) {
      for (int i = 0; i < loops.length(); i++) {
        Loop loop = loops.get(i);
        if (loop != null) {
          loop.forceShutdown();
        }
      }
      boolean ignored = left.await(ENDING_SECONDS, TimeUnit.SECONDS);
    }
  }

  private void runLoop(int number) {
    AtomicReference<@Nullable Engine> opened = new AtomicReference<>();
    LoopOptions options =
        LoopOptions.defaults()
            .name("real-" + number)
            .engine(() -> {
              Engine engine = program.setup().open();
              opened.set(engine);
              return engine;
            })
            .failures(this::failed);
    try (Loop loop = Loop.open(options)) {
      loops.set(number, loop);
      Engine engine = Objects.requireNonNull(opened.get());
      int active = engine.active();
      if (toOpen.decrementAndGet() == 0) {
        allOpen.complete(true);
      }
      loop.run(() -> main(number));
      if (failed.getCount() > 0) {
        checkNothingIsLeft(engine, active);
      }
    } catch (CancelledException e) {
      if (failed.getCount() > 0) {
        throw e;
      }
    }
  }

  private void main(int number) {
    Lane.await(allOpen);
    lanes.forEach(lane -> lane.start(number));
    tellDone(); // there may be none
    Lane.await(sidesDone);
  }

  private static boolean isHoarding(Plan plan) {
    return plan.transport() == Plan.Transport.HOARDING;
  }

  void sidesDone(Plan plan, int sides) {
    int ignored = sidesLeft.addAndGet(-sides);
    if (!isHoarding(plan)) {
      ignored = othersLeft.addAndGet(-sides);
    }
    tellDone();
  }

  private void tellDone() {
    if (othersLeft.get() == 0) {
      othersDone.complete(true);
    }
    if (sidesLeft.get() == 0) {
      sidesDone.complete(true);
    }
  }

  /** Done when all but those are through who hold memory until then. */
  CompletableFuture<?> othersDone() {
    return othersDone;
  }

  boolean isScarce() {
    return program.setup().isScarce();
  }

  /** Gives those who hold memory the time to take it. */
  void awaitHoarders(Plan plan) {
    if (isScarce() && !isHoarding(plan)) {
      Fiber.sleep(Duration.ofMillis(HOARDING_MILLIS));
    }
  }

  private void checkNothingIsLeft(Engine engine, int active) {
    if (engine.pool().usedBytes() > LANDING_BYTES) {
      failed("pool memory is left: " + engine.pool().usedBytes() + " bytes", null);
    }
    if (engine.active() > active) {
      failed("operations are left: " + engine.active() + " after " + active + " before", null);
    }
  }

  /** When all loops have ended: the last of them may hold memory of both ends. */
  private void checkNothingIsLent() {
    for (Connection connection : connections) {
      if (connection.lent() != 0) {
        failed(
            connection.lent() + " lent segments of connection " + connection.number() + " are left",
            null);
      }
    }
  }

  // ---- for lanes

  Connection connect(Plan.Pair pair, boolean cannotReset) {
    Connection connection = new Connection(pair.number(), cannotReset);
    if (pair.left().isImpatient() || pair.right().isImpatient()) {
      connection.breakSoon();
    }
    connections.add(connection);
    return connection;
  }

  boolean isOver() {
    return failed.getCount() == 0;
  }

  void failed(String what, @Nullable Throwable cause) {
    if (failure.compareAndSet(null, new Failure(program, what, cause))) {
      failed.countDown();
    }
  }

  interface Check {
    void run();
  }

  void check(Check check) {
    try {
      check.run();
    } catch (Throwable e) {
      failed("wrong", e);
    }
  }

  /** Posts to each loop, and returns when all have answered. */
  void wakeOthers() {
    for (int i = 0; i < loops.length(); i++) {
      Loop loop = loops.get(i);
      if (loop != null) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        loop.post(() -> answer.complete(true));
        Lane.await(answer);
      }
    }
  }

  // ---- reports

  private AssertionError hang(List<Thread> threads) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < loops.length(); i++) {
      text.append(state(loops.get(i), threads.get(i)));
    }
    connections.stream()
        .limit(200)
        .forEach(connection -> text.append("  ").append(connection.progress()).append('\n'));
    return new AssertionError(text.toString());
  }

  private static String state(@Nullable Loop loop, Thread thread) {
    if (loop != null) {
      CompletableFuture<String> answer = new CompletableFuture<>();
      if (loop.tryPost(() -> answer.complete(describe(loop)))) {
        try {
          return answer.get(DUMP_MILLIS, TimeUnit.MILLISECONDS);
        } catch (Exception e) {
          // the stack says why
        }
      }
    }
    StringBuilder text = new StringBuilder("  " + thread + "\n");
    for (StackTraceElement frame : thread.getStackTrace()) {
      text.append("    at ").append(frame).append('\n');
    }
    return text.toString();
  }

  private static String describe(Loop loop) {
    StringBuilder text = new StringBuilder("  " + loop + "\n");
    loop.fibers()
        .forEach(fiber ->
            text.append("    ")
                .append(fiber.name())
                .append(": ")
                .append(fiber.waitsFor())
                .append('\n'));
    for (HandleInfo handle : loop.handles()) {
      text.append("    ")
          .append(handle.name())
          .append(' ')
          .append(handle.kind())
          .append(": ")
          .append(handle.state())
          .append(", operations: ")
          .append(handle.pendingOperations())
          .append('\n');
    }
    return text.toString();
  }
}
