package gyre;

import gyre.sync.Channel;
import gyre.sync.Received;
import gyre.sync.Select;
import gyre.sync.SharedChannel;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Messages of one sender and one receiver: within a loop, between two loops, and over the JDK's
 * queue between two threads, as a measure of the machine. An invocation opens its loops, which is
 * little beside a million messages.
 */
@State(org.openjdk.jmh.annotations.Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChannelBenchmark {
  private static final int MESSAGES = 1_000_000;
  private static final int CAPACITY = 1_024;
  private static final Integer MESSAGE = 1;

  @Benchmark
  @OperationsPerInvocation(MESSAGES)
  public long withinALoop() {
    return withinALoop(CAPACITY);
  }

  /** Each message switches fibers. */
  @Benchmark
  @OperationsPerInvocation(MESSAGES)
  public long rendezvousWithinALoop() {
    return withinALoop(0);
  }

  private static long withinALoop(int capacity) {
    try (Loop loop = Loop.open()) {
      return loop.run(() -> {
        Channel<Integer> channel = Channel.bounded(capacity);
        Fiber<?> sender =
            Fiber.start(() -> {
              for (int i = 0; i < MESSAGES; i++) {
                channel.send(MESSAGE);
              }
              channel.close();
            });
        long sum = 0;
        for (int item : channel) {
          sum += item;
        }
        Object ignored = sender.join();
        return sum;
      });
    }
  }

  @Benchmark
  @OperationsPerInvocation(MESSAGES)
  public long betweenTwoLoops() throws InterruptedException {
    SharedChannel<Integer> channel = SharedChannel.bounded(CAPACITY);
    Thread sender =
        Thread.ofPlatform()
            .start(() -> {
              try (Loop loop = Loop.open()) {
                loop.run(() -> {
                  for (int i = 0; i < MESSAGES; i++) {
                    channel.send(MESSAGE);
                  }
                  channel.close();
                });
              }
            });
    long[] sum = {0};
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        for (int item : channel) {
          sum[0] += item;
        }
      });
    }
    sender.join();
    return sum[0];
  }

  @Benchmark
  @OperationsPerInvocation(MESSAGES)
  public long blockingQueueBetweenThreads() throws InterruptedException {
    ArrayBlockingQueue<Integer> queue = new ArrayBlockingQueue<>(CAPACITY);
    Thread sender =
        Thread.ofPlatform()
            .start(() -> {
              try {
                for (int i = 0; i < MESSAGES; i++) {
                  queue.put(MESSAGE);
                }
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    long sum = 0;
    for (int i = 0; i < MESSAGES; i++) {
      sum += queue.take();
    }
    sender.join();
    return sum;
  }

  /** All four can be done; a message is put back into each that was received from. */
  @Benchmark
  @OperationsPerInvocation(MESSAGES)
  public long selectOverFour() {
    try (Loop loop = Loop.open()) {
      return loop.run(() -> {
        Select<Integer> select = Select.fair(ready(), ready(), ready(), ready());
        long sum = 0;
        for (int i = 0; i < MESSAGES; i++) {
          sum += select.await();
        }
        return sum;
      });
    }
  }

  private static gyre.sync.Case<Integer> ready() {
    Channel<Integer> channel = Channel.bounded(1);
    channel.send(MESSAGE);
    return Select.receive(
        channel,
        received -> {
          channel.send(MESSAGE);
          return received instanceof Received.Value<Integer>(Integer item) ? item : 0;
        });
  }
}
