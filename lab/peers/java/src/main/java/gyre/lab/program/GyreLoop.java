package gyre.lab.program;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.Task;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A loop of Gyre on a thread of its own, for programs that drive it from outside. */
final class GyreLoop implements Poster {
  private final Loop loop;

  private GyreLoop(Loop loop) {
    this.loop = loop;
  }

  static GyreLoop start() throws ExecutionException, InterruptedException {
    return start(() -> {});
  }

  static GyreLoop start(LoopOptions options) throws ExecutionException, InterruptedException {
    return start(() -> {}, options);
  }

  /** {@code first} runs on the loop's thread before anything else. */
  static GyreLoop start(Runnable first) throws ExecutionException, InterruptedException {
    return start(first, LoopOptions.defaults());
  }

  private static GyreLoop start(Runnable first, LoopOptions options)
      throws ExecutionException, InterruptedException {
    CompletableFuture<Loop> opened = new CompletableFuture<>();
    Thread.ofPlatform().daemon().name("loop").start(() -> run(first, options, opened));
    return new GyreLoop(opened.get());
  }

  private static void run(Runnable first, LoopOptions options, CompletableFuture<Loop> opened) {
    first.run();
    try (Loop loop = Loop.open(options)) {
      System.err.println(loop.engineExplanation());
      loop.run(() -> {
        opened.complete(loop);
        while (true) {
          Fiber.park();
        }
      });
    } catch (RuntimeException e) {
      opened.completeExceptionally(e);
      throw e;
    }
  }

  /** The inbox is bounded: who finds it full tries again. */
  @Override
  @SuppressWarnings("ThreadPriorityCheck") // As the contract has it for every peer.
  public void post(Runnable task) {
    while (!loop.tryPost(task)) {
      Thread.yield();
    }
  }

  /** Runs {@code work} in a fiber of the loop, and waits for its result. */
  <T> T call(Callable<T> work) throws ExecutionException, InterruptedException {
    CompletableFuture<T> result = new CompletableFuture<>();
    Task task =
        () -> {
          try {
            result.complete(work.call());
          } catch (Throwable e) {
            result.completeExceptionally(e);
          }
        };
    post(() -> Fiber.start(task));
    return result.get();
  }

  Loop loop() {
    return loop;
  }
}
