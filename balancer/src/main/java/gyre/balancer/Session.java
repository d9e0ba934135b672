package gyre.balancer;

import gyre.Loop;
import gyre.Timer;
import gyre.io.ByteStream;
import gyre.io.DecodeException;
import gyre.io.EndOfStreamException;
import gyre.io.IoException;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import gyre.proxy.ProxyHeader;
import gyre.proxy.ProxyTrust;
import gyre.tls.ClientHello;
import gyre.tls.TlsServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A connection of a client from its first byte to its last, in a fiber of its own:
 *
 * <pre>
 * limits -&gt; PROXY header -&gt; ClientHello or TLS -&gt; a target -&gt; PROXY header -&gt; relay -&gt; log
 * </pre>
 *
 * <p>What fails here is counted and logged with the access, and thrown to nobody: a peer can't make
 * the balancer write a stack trace.
 */
final class Session {
  private final Balancer balancer;
  private final LoopPart part;
  private final ListenConfig listen;
  private final TcpStream tcp;
  private final Counters counters;
  private final long startNanos;
  private @Nullable InetSocketAddress client;
  private @Nullable InetSocketAddress destination;
  private List<ProxyHeader.Field> fields = List.of();
  private @Nullable ClientHello hello;
  private @Nullable Target target;
  private int retries;
  private long connectNanos;
  private long bytesIn;
  private long bytesOut;

  Session(Balancer balancer, LoopPart part, ListenConfig listen, TcpStream tcp) {
    this.balancer = balancer;
    this.part = part;
    this.listen = listen;
    this.tcp = tcp;
    this.counters = balancer.counters();
    this.startNanos = part.nanoTime();
  }

  void run() throws Exception {
    tcp.busy(true); // it lasts while the balancer is stopping, for as long as that allows
    counters.accepted.increment();
    int limit = balancer.config().maxConnections();
    int now = counters.sessions.incrementAndGet();
    String end = "stopped";
    try {
      if (limit > 0 && now > limit) {
        counters.refusedByLimit.increment();
        end = refuse("limit");
      } else {
        end = serve();
      }
    } finally {
      counters.sessions.decrementAndGet();
      counters.done.increment();
      log(end);
    }
  }

  private String refuse(String end) {
    tcp.reset();
    return end;
  }

  private void log(String end) {
    AccessLog log = balancer.accessLog();
    if (log != null) {
      log.add(
          new AccessRecord(
              part.now(),
              listen.name(),
              client,
              target,
              retries,
              connectNanos,
              part.nanoTime() - startNanos,
              bytesIn,
              bytesOut,
              end));
    }
  }

  private String serve() throws Exception {
    try {
      client = tcp.remoteAddress();
      destination = tcp.localAddress();
      if (!isRateAllowed()) {
        counters.refusedByRate.increment();
        return refuse("rate");
      }
      ProxyTrust trust = listen.acceptProxy();
      if (trust != null) {
        take(trust.awaitHeader(tcp));
      }
      Pool pool = route();
      if (pool == null) {
        counters.refusedNobody.increment();
        return refuse("no-pool");
      }
      TlsServer tls = listen.tls();
      return tls == null ? toTarget(pool, tcp) : endTls(tls, pool);
    } catch (DecodeException | EndOfStreamException e) {
      counters.badHeaders.increment();
      return refuse("bad-header");
    } catch (IoException | gyre.ClosedException e) {
      counters.broken.increment();
      return refuse("client-broke");
    }
  }

  /** By the address of the connection: that in a PROXY header is not known yet. */
  private boolean isRateAllowed() {
    InetSocketAddress source = client;
    return listen.sourceRate() == 0
        || source == null
        || balancer
            .sourceRates(listen)
            .tryEnter(
                source.getAddress(), listen.sourceRate(), listen.sourceBurst(), part.nanoTime());
  }

  private void take(@Nullable ProxyHeader header) {
    if (header != null && !header.isLocal() && header.source() != null) {
      client = header.source();
      destination = header.destination();
      fields = header.fields();
    }
  }

  // ---- where to

  private @Nullable Pool route() {
    if (!listen.serverNames().isEmpty() || !listen.applicationProtocols().isEmpty()) {
      hello = awaitHello();
    }
    return balancer.pool(Routes.pool(listen, hello));
  }

  /** Null if what the client says is no TLS. The bytes stay where they are. */
  private @Nullable ClientHello awaitHello() {
    try (Timer deadline = Loop.current().after(listen.helloTimeout(), tcp::reset)) {
      assert deadline.isOpen();
      while (true) {
        ClientHello read = ClientHello.read(tcp.input());
        if (read != null) {
          return read;
        }
        if (!tcp.awaitMore()) {
          return null;
        }
      }
    } catch (DecodeException e) {
      return null;
    }
  }

  // ---- with a target

  /** The handshake comes first: who says nothing must not hold a place at a target. */
  private String endTls(TlsServer tls, Pool pool) throws Exception {
    String[] end = {""};
    try {
      tls.serving(
              inside -> {
                inside.handshake();
                end[0] = toTarget(pool, inside);
              })
          .handle(tcp);
    } catch (IoException | gyre.ClosedException e) {
      if (end[0].isEmpty()) {
        throw e;
      }
    }
    return end[0].isEmpty() ? "stopped" : end[0];
  }

  private String toTarget(Pool pool, ByteStream inside) throws Exception {
    InetSocketAddress source = client;
    InetAddress address = source == null ? null : source.getAddress();
    Connecting connecting = new Connecting(pool, part, counters, address);
    Connecting.Result result = connecting.run(StreamOptions.defaults());
    retries = connecting.retries();
    connectNanos = part.nanoTime() - startNanos;
    return switch (result) {
      case Connecting.Result.Refused refused -> refuse(refused.end());
      case Connecting.Result.Connected connected -> {
        target = connected.target();
        try {
          yield pass(pool, inside, connected.stream(), connected.target());
        } finally {
          pool.release(connected.target());
        }
      }
    };
  }

  private String pass(Pool pool, ByteStream inside, TcpStream other, Target chosen) {
    try (other) {
      sendHeader(pool, other);
      return relay(inside, other, chosen);
    }
  }

  private String relay(ByteStream inside, TcpStream other, Target chosen) {
    Relay relay = new Relay(inside, other, listen, chosen);
    try {
      Relay.End end = relay.run();
      count(end);
      return end.label();
    } finally {
      bytesIn = relay.bytesToTarget();
      bytesOut = relay.bytesToClient();
    }
  }

  private void count(Relay.End end) {
    switch (end) {
      case DONE, STOPPED -> {}
      case CLIENT_BROKE, TARGET_BROKE -> counters.broken.increment();
      case IDLE, HALF_CLOSED, LIFETIME -> counters.timeouts.increment();
      case SHED -> counters.shed.increment();
    }
  }

  private void sendHeader(Pool pool, TcpStream other) {
    switch (pool.config().sendProxy()) {
      case NONE -> {}
      case V1 -> header().writeVersion1(other.output());
      case V2 -> header().withFields(moreFields()).writeVersion2(other.output());
    }
  }

  private ProxyHeader header() {
    InetSocketAddress from = client;
    InetSocketAddress to = destination;
    if (from == null
        || to == null
        || from.getAddress().getAddress().length != to.getAddress().getAddress().length) {
      return ProxyHeader.local();
    }
    return ProxyHeader.tcp(from, to);
  }

  /** Those that came with the client's header, and what its hello says. */
  private List<ProxyHeader.Field> moreFields() {
    List<ProxyHeader.Field> all = new ArrayList<>(fields);
    ClientHello said = hello;
    if (said != null) {
      String name = said.serverName();
      if (name != null) {
        add(all, ProxyHeader.Field.AUTHORITY, name.toLowerCase(Locale.ROOT));
      }
      if (!said.applicationProtocols().isEmpty()) {
        add(all, ProxyHeader.Field.ALPN, said.applicationProtocols().getFirst());
      }
    }
    return all;
  }

  private static void add(List<ProxyHeader.Field> all, int type, String value) {
    if (all.stream().noneMatch(field -> field.type() == type)) {
      all.add(new ProxyHeader.Field(type, value.getBytes(StandardCharsets.ISO_8859_1)));
    }
  }
}
