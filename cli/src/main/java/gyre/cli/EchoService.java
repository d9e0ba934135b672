package gyre.cli;

import gyre.Loop;
import gyre.LoopOptions;
import gyre.ShutdownOptions;
import gyre.ShutdownReport;
import gyre.net.ListenOptions;
import gyre.net.TcpListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What {@code gyre serve} runs: loops, each with a thread and a listening socket of its own, among
 * which the kernel spreads the connections.
 *
 * <p>The first loop is opened before the others, because the port that the system chooses for it is
 * the one that they share.
 */
final class EchoService {
  /** A loop that listens. */
  record Listening(Loop loop, int port) {}

  private final ListenAddress address;
  private final LoopOptions options;
  private final int loops;
  private final List<Listening> listening = new ArrayList<>();
  private final List<CompletableFuture<String>> ends = new ArrayList<>();
  private final AtomicInteger stops = new AtomicInteger();

  private EchoService(ListenAddress address, LoopOptions options, int loops) {
    this.address = address;
    this.options = options;
    this.loops = loops;
  }

  /** Returns when all loops listen; throws, with none of them left, if one of them cannot. */
  static EchoService start(ListenAddress address, String engine, int loops) {
    EchoService service = new EchoService(address, LoopOptions.defaults().engine(engine), loops);
    try {
      int port = service.startLoop(0, address.port()).port();
      for (int number = 1; number < loops; number++) {
        var ignored = service.startLoop(number, port);
      }
      return service;
    } catch (RuntimeException e) {
      service.stop();
      service.await();
      throw e;
    }
  }

  private Listening startLoop(int number, int port) {
    CompletableFuture<Listening> started = new CompletableFuture<>();
    CompletableFuture<String> ended = new CompletableFuture<>();
    String name = "loop-" + number;
    Thread.ofPlatform().name(name).start(() -> runLoop(name, port, started, ended));
    try {
      Listening result = started.join();
      synchronized (listening) {
        listening.add(result);
      }
      ends.add(ended);
      return result;
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  private void runLoop(
      String name,
      int port,
      CompletableFuture<Listening> started,
      CompletableFuture<String> ended) {
    try {
      Loop loop = Loop.open(options.name(name));
      try (loop) {
        loop.run(() -> started.complete(listen(loop, port)));
      }
      ShutdownReport report = loop.shutdownReport();
      ended.complete(name + ": " + (report == null ? "ended" : report));
    } catch (RuntimeException | Error e) {
      started.completeExceptionally(e);
      ended.completeExceptionally(e);
    }
  }

  private Listening listen(Loop loop, int port) {
    ListenOptions shared = ListenOptions.defaults().reusePort(loops > 1);
    TcpListener listener = TcpListener.bind(address.host(), port, shared);
    listener.onConnection(stream -> stream.onData(stream::write));
    return new Listening(loop, listener.port());
  }

  /** One line: where it listens, on which engine, and why on that one. */
  String describe() {
    Listening first = listening.getFirst();
    return "listening on %s, engine %s, %s; Ctrl-C stops it"
        .formatted(
            new ListenAddress(address.host(), first.port()),
            first.loop().engineExplanation(),
            loops == 1 ? "1 loop" : loops + " loops");
  }

  /** Starts an orderly shutdown; the second time it is forced. From any thread. */
  void stop() {
    boolean isFirst = stops.getAndIncrement() == 0;
    synchronized (listening) {
      for (Listening each : listening) {
        if (isFirst) {
          each.loop().shutdown(ShutdownOptions.defaults());
        } else {
          each.loop().forceShutdown();
        }
      }
    }
  }

  /** Waits until every loop has ended. A line for each, how it ended. */
  List<String> await() {
    return ends.stream().map(CompletableFuture::join).toList();
  }
}
