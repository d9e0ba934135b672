package gyre.cli;

import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.ShutdownOptions;
import gyre.net.ServerOptions;
import gyre.net.TcpServer;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** What {@code gyre serve} runs: an echo server on a group of loops. */
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
      TcpServer server =
          TcpServer.onConnection(
              group,
              new InetSocketAddress(where.host(), where.port()),
              ServerOptions.defaults(),
              stream -> stream.onData(stream::write));
      return new EchoService(new ListenAddress(where.host(), server.address().getPort()), group);
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
