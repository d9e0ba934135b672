package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loops;
import gyre.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Plain threads and loops beside the test's own thread, and what they failed with. */
final class OtherThreads {
  private final List<Thread> threads = new ArrayList<>();
  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();

  Thread thread(Task body) {
    Thread started =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try {
                body.run();
              } catch (Throwable e) {
                failures.add(e);
              }
            });
    threads.add(started);
    return started;
  }

  Thread loop(Task body) {
    return thread(() -> Loops.run("nio", body));
  }

  void joinAll() throws InterruptedException {
    for (Thread thread : threads) {
      thread.join();
    }
    threads.clear();
    assertThat(failures).isEmpty();
  }
}
