package gyre.cli;

import gyre.ExitStatus;
import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.ShutdownOptions;
import gyre.Task;
import gyre.insight.text.Plural;
import gyre.io.ByteStream;
import gyre.net.ServerOptions;
import gyre.net.TcpServer;
import gyre.net.TcpStream;
import gyre.proxy.ProxyTrust;
import gyre.tls.TlsServer;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@code gyre serve} runs: an echo server, or another one, on a group of loops. */
final class EchoService {
  private final ListenAddress address;
  private final LoopGroup group;

  private EchoService(ListenAddress address, LoopGroup group) {
    this.address = address;
    this.group = group;
  }

  /** What is served on a group of loops, and where it listens then. */
  interface Service {
    InetSocketAddress open(LoopGroup group, InetSocketAddress address);
  }

  /** The bytes of each connection come back, over TLS and behind proxies where those are given. */
  static Service echo(@Nullable TlsServer tls, @Nullable ProxyTrust proxies) {
    return (group, address) ->
        TcpServer.onConnection(
                group,
                address,
                ServerOptions.defaults(),
                stream -> {
                  if (proxies == null) {
                    echoOn(stream, tls);
                  } else {
                    proxies.onClient(stream, _ -> echoOn(stream, tls));
                  }
                })
            .address();
  }

  private static void echoOn(TcpStream tcp, @Nullable TlsServer tls) {
    ByteStream stream = tls == null ? tcp : tls.stream(tcp);
    stream.onData(stream::write);
  }

  /** As {@link #start(ListenAddress, LoopOptions, int, Service)}, with an echo of bytes. */
  static EchoService start(ListenAddress where, LoopOptions each, int loops) {
    return start(where, each, loops, echo(null, null));
  }

  /** Returns when all loops listen; throws, with none of them left, if one of them cannot. */
  static EchoService start(ListenAddress where, LoopOptions each, int loops, Service service) {
    LoopGroup group = LoopGroup.open(loops, each);
    try {
      InetSocketAddress address =
          service.open(group, new InetSocketAddress(where.host(), where.port()));
      return new EchoService(new ListenAddress(where.host(), address.getPort()), group);
    } catch (RuntimeException e) {
      endAfter(e, group);
      throw e;
    }
  }

  LoopGroup group() {
    return group;
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
        + Plural.of(group.size(), "loop")
        + "; Ctrl-C stops it";
  }

  /**
   * Waits until every loop has ended, by signals or because one of them fails, whose failure is
   * thrown.
   *
   * @param ready told once signals end the service in order
   */
  ExitStatus await(Task ready) {
    return group.runUntilShutdown(ShutdownOptions.defaults(), ready);
  }

  /** Begins an orderly shutdown. From any thread. */
  void stop() {
    group.shutdown(ShutdownOptions.defaults());
  }

  /** A line for each loop, how it ended. */
  List<String> lines(ExitStatus status) {
    List<String> lines = new ArrayList<>();
    status.reports().forEach(report -> lines.add(group.loop(lines.size()).name() + ": " + report));
    return lines;
  }
}
