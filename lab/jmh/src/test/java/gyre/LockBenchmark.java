package gyre;

import gyre.sync.Mutex;
import gyre.sync.Semaphore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Locks of fibers beside those of {@code java.util.concurrent} in virtual threads, which have one
 * carrier here, as fibers have. Contended means that a hundred want the lock, in order, and who has
 * it lets others run: so each time costs a hand-over.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "-Djdk.virtualThreadScheduler.parallelism=1",
      "-Djdk.virtualThreadScheduler.maxPoolSize=1"
    })
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class LockBenchmark {
  /** Many, because an invocation turns the loop, which takes as long as thousands of these. */
  private static final int ALONE = 1_000_000;
  private static final int WAITING = 100;
  private static final int EACH = 100;

  private Loop loop;
  private Mutex mutex;
  private Semaphore semaphore;
  private final ReentrantLock jdkLock = new ReentrantLock(true);
  private final java.util.concurrent.Semaphore jdkSemaphore =
      new java.util.concurrent.Semaphore(1, true);
  private int counter;

  @Setup
  public void open() {
    loop = Loop.open();
    mutex = Mutex.create("mutex");
    semaphore = Semaphore.create("semaphore", 1);
  }

  @TearDown
  public void close() {
    loop.close();
  }

  @Benchmark
  @OperationsPerInvocation(ALONE)
  public int mutexAlone() {
    return loop.run(() -> {
      for (int i = 0; i < ALONE; i++) {
        mutex.lock();
        counter++;
        mutex.unlock();
      }
      return counter;
    });
  }

  @Benchmark
  @OperationsPerInvocation(ALONE)
  public int semaphoreAlone() {
    return loop.run(() -> {
      for (int i = 0; i < ALONE; i++) {
        try (var _ = semaphore.acquire()) {
          counter++;
        }
      }
      return counter;
    });
  }

  @Benchmark
  @OperationsPerInvocation(WAITING * EACH)
  public int mutexContended() {
    return contended(() -> {
      for (int i = 0; i < EACH; i++) {
        mutex.lock();
        Fiber.yield();
        counter++;
        mutex.unlock();
      }
    });
  }

  @Benchmark
  @OperationsPerInvocation(WAITING * EACH)
  public int semaphoreContended() {
    return contended(() -> {
      for (int i = 0; i < EACH; i++) {
        try (var _ = semaphore.acquire()) {
          Fiber.yield();
          counter++;
        }
      }
    });
  }

  private int contended(Task body) {
    return loop.run(() -> {
      try (gyre.Scope scope = gyre.Scope.open("all")) {
        for (int i = 0; i < WAITING; i++) {
          scope.start(body);
        }
        scope.join();
      }
      return counter;
    });
  }

  @Benchmark
  @OperationsPerInvocation(ALONE)
  public int jdkLockAlone() throws InterruptedException {
    return inThreads(
        1,
        () -> {
          for (int i = 0; i < ALONE; i++) {
            jdkLock.lock();
            counter++;
            jdkLock.unlock();
          }
        });
  }

  @Benchmark
  @OperationsPerInvocation(ALONE)
  public int jdkSemaphoreAlone() throws InterruptedException {
    return inThreads(
        1,
        () -> {
          for (int i = 0; i < ALONE; i++) {
            jdkSemaphore.acquireUninterruptibly();
            counter++;
            jdkSemaphore.release();
          }
        });
  }

  @Benchmark
  @OperationsPerInvocation(WAITING * EACH)
  public int jdkLockContended() throws InterruptedException {
    return inThreads(
        WAITING,
        () -> {
          for (int i = 0; i < EACH; i++) {
            jdkLock.lock();
            Thread.yield();
            counter++;
            jdkLock.unlock();
          }
        });
  }

  @Benchmark
  @OperationsPerInvocation(WAITING * EACH)
  public int jdkSemaphoreContended() throws InterruptedException {
    return inThreads(
        WAITING,
        () -> {
          for (int i = 0; i < EACH; i++) {
            jdkSemaphore.acquireUninterruptibly();
            Thread.yield();
            counter++;
            jdkSemaphore.release();
          }
        });
  }

  private int inThreads(int number, Runnable body) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      threads.add(Thread.ofVirtual().start(body));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return counter;
  }
}
