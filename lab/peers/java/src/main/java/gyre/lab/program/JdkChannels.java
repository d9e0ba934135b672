package gyre.lab.program;

import gyre.lab.program.ChannelRound.Result;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.ReentrantLock;

/** The JDK's bounded queue and lock: in virtual threads on one core, or in threads on two. */
final class JdkChannels {
  private JdkChannels() {}

  /** In virtual threads, of which one runs at a time. */
  static Round virtual(Options options) {
    ThreadFactory threads = Thread.ofVirtual().factory();
    return switch (ChannelRound.variant(options)) {
      case "within" -> {
        ExecutorService each = Executors.newThreadPerTaskExecutor(threads);
        yield ChannelRound.of(options, count -> transfer(each, each, count));
      }
      case "mutex" -> {
        ExecutorService each = Executors.newThreadPerTaskExecutor(threads);
        yield ChannelRound.of(options, count -> each.submit(() -> lock(count)).get());
      }
      default -> throw new UnsupportedOperationException("between threads: see nio");
    };
  }

  /** Between two threads. */
  static Round platform(Options options) {
    if (!ChannelRound.variant(options).equals("between")) {
      throw new UnsupportedOperationException("within one thread: see vthreads");
    }
    ExecutorService near = Executors.newSingleThreadExecutor(pinned(Cores::pinToFirst));
    ExecutorService far = Executors.newSingleThreadExecutor(pinned(Cores::pinToSecond));
    return ChannelRound.of(options, count -> transfer(near, far, count));
  }

  /** Daemons that do {@code first} before anything else. */
  static ThreadFactory pinned(Runnable first) {
    return body ->
        Thread.ofPlatform()
            .daemon()
            .unstarted(() -> {
              first.run();
              body.run();
            });
  }

  private static Result transfer(ExecutorService near, ExecutorService far, int count)
      throws ExecutionException, InterruptedException {
    BlockingQueue<Integer> queue = new ArrayBlockingQueue<>(ChannelRound.CAPACITY);
    Future<Result> receiving =
        near.submit(() -> {
          long start = System.nanoTime();
          Future<?> sending =
              far.submit(() -> {
                for (int i = 0; i < count; i++) {
                  queue.put(ChannelRound.message(i));
                }
                return true;
              });
          long wrong = 0;
          for (int i = 0; i < count; i++) {
            wrong += ChannelRound.wrong(queue.take(), i);
          }
          long elapsed = System.nanoTime() - start;
          Object ignored = sending.get();
          return new Result(elapsed, wrong);
        });
    return receiving.get();
  }

  private static Result lock(int count) {
    ReentrantLock lock = new ReentrantLock();
    int inside = 0;
    long start = System.nanoTime();
    for (int i = 0; i < count; i++) {
      lock.lock();
      try {
        inside++;
      } finally {
        lock.unlock();
      }
    }
    return new Result(System.nanoTime() - start, Math.abs(count - inside));
  }
}
