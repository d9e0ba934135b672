package gyre.cli;

import gyre.Loop;
import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.ShutdownOptions;
import gyre.net.ListenOptions;
import gyre.net.TcpListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What {@code gyre serve} runs: loops, each with a listening socket of its own, among which the
 * kernel spreads the connections. The port that the system chooses for the first is the one that
 * they share.
 */
final class EchoService {
  private final ListenAddress address;
  private final LoopGroup group;
  private final AtomicBoolean stopping = new AtomicBoolean();

  private EchoService(ListenAddress address, LoopGroup group) {
    this.address = address;
    this.group = group;
  }

  /** Returns when all loops listen; throws, with none of them left, if one of them cannot. */
  static EchoService start(ListenAddress where, LoopOptions each, int loops) {
    LoopGroup group = LoopGroup.open(loops, each);
    try {
      ListenOptions options = ListenOptions.defaults().reusePort(loops > 1);
      int port = where.port();
      for (int index = 0; index < loops; index++) {
        port = listen(group, index, where.host(), port, options);
      }
      return new EchoService(new ListenAddress(where.host(), port), group);
    } catch (RuntimeException e) {
      endAfter(e, group);
      throw e;
    }
  }

  private static void endAfter(RuntimeException failure, LoopGroup group) {
    try {
      group.close();
    } catch (RuntimeException e) {
      if (!failure.equals(e)) {
        failure.addSuppressed(e);
      }
    }
  }

  private static int listen(
      LoopGroup group, int index, String host, int port, ListenOptions options) {
    Loop loop = group.loop(index);
    CompletableFuture<Integer> bound = new CompletableFuture<>();
    // A loop that ends before it comes to this is not waited for.
    var ignored =
        group
            .ended(index)
            .whenComplete((report, failure) ->
                bound.completeExceptionally(
                    failure != null
                        ? failure
                        : new IllegalStateException(loop.name() + " has ended: " + report)));
    loop.post(() -> {
      try {
        TcpListener listener = TcpListener.bind(host, port, options);
        listener.onConnection(stream -> stream.onData(stream::write));
        bound.complete(listener.port());
      } catch (RuntimeException | Error e) {
        bound.completeExceptionally(e);
      }
    });
    try {
      return bound.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /** One line: where it listens, on which engine, and why on that one. */
  String describe() {
    return "listening on "
        + address
        + ", engine "
        + group.loop(0).engineExplanation()
        + ", "
        + (group.size() == 1 ? "1 loop" : group.size() + " loops")
        + "; Ctrl-C stops it";
  }

  /** Starts an orderly shutdown; the second time it is forced. From any thread. */
  void stop() {
    if (stopping.compareAndSet(false, true)) {
      group.shutdown(ShutdownOptions.defaults());
    } else {
      group.forceShutdown();
    }
  }

  /**
   * Waits until every loop has ended. A line for each, how it ended. If one of them fails the
   * others are shut down, and its failure is thrown: a service that lacks a loop must not look
   * healthy.
   */
  List<String> await() {
    for (int index = 0; index < group.size(); index++) {
      var ignored =
          group
              .ended(index)
              .whenComplete((report, failure) -> {
                if (failure != null) {
                  group.shutdown(ShutdownOptions.defaults());
                }
              });
    }
    List<String> lines = new ArrayList<>();
    group.join().forEach(report -> lines.add(group.loop(lines.size()).name() + ": " + report));
    return lines;
  }
}
