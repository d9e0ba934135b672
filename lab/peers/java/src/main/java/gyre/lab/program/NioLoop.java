package gyre.lab.program;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Selector;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A selector and a queue: how tasks reach a plain selector loop. */
final class NioLoop implements Poster {
  private final Selector selector;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

  private NioLoop(Selector selector) {
    this.selector = selector;
  }

  static NioLoop start(Runnable first) throws IOException {
    NioLoop loop = new NioLoop(Selector.open());
    Thread.ofPlatform().daemon().name("loop").start(() -> loop.run(first));
    return loop;
  }

  @Override
  public void post(Runnable task) {
    tasks.add(task);
    selector.wakeup();
  }

  private void run(Runnable first) {
    first.run();
    try {
      while (true) {
        selector.select(_ -> {});
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
          task.run();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
