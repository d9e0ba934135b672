package gyre.lab.program;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Threads that post to a loop: made and put on their core first, let go all at once, and kept until
 * all is measured, because a thread that has ended takes the CPU time it used with it.
 */
final class Producers {
  private final CountDownLatch ready;
  private final CountDownLatch go = new CountDownLatch(1);
  private final CountDownLatch leave = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();

  private Producers(int count) {
    this.ready = new CountDownLatch(count);
  }

  /** So many, which share the posts; they stand ready. */
  static Producers ready(int count, int posts, Poster loop, Runnable task)
      throws InterruptedException {
    Producers producers = new Producers(count);
    for (int i = 0; i < count; i++) {
      int times = posts / count + (i < posts % count ? 1 : 0);
      producers.threads.add(
          Thread.ofPlatform().daemon().start(() -> producers.produce(loop, task, times)));
    }
    producers.ready.await();
    return producers;
  }

  private void produce(Poster loop, Runnable task, int times) {
    Cores.pinToSecond();
    ready.countDown();
    try {
      go.await();
      for (int i = 0; i < times; i++) {
        loop.post(task);
      }
      leave.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void go() {
    go.countDown();
  }

  void join() throws InterruptedException {
    leave.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
  }
}
