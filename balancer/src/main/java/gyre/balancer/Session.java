package gyre.balancer;

import gyre.ClosedException;
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
import gyre.tls.TlsStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A connection of a client from its first byte to its last. In a fiber of its own until there is a
 * target, and then by callbacks:
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
  private final long startNanos;
  private @Nullable InetSocketAddress client;
  private @Nullable Target target;
  private int retries;

  /** Whatever comes of it, the relay tells how it has ended. */
  private boolean isRelayed;

  private long connectNanos;

  /** What is of use until there is a target alone. */
  private static final class Beginning {
    @Nullable InetSocketAddress destination;
    List<ProxyHeader.Field> fields = List.of();
    @Nullable ClientHello hello;
  }

  Session(Balancer balancer, LoopPart part, ListenConfig listen, TcpStream tcp) {
    this.balancer = balancer;
    this.part = part;
    this.listen = listen;
    this.tcp = tcp;
    this.startNanos = part.nanoTime();
  }

  private Counters counters() {
    return balancer.counters();
  }

  /** In a fiber, which ends when there is a target, or none can be had. */
  void run() throws Exception {
    tcp.busy(true); // it lasts while the balancer is stopping, for as long as that allows
    counters().accepted.increment();
    int limit = balancer.config().maxConnections();
    int now = counters().sessions.incrementAndGet();
    @Nullable String end = "stopped";
    try {
      if (limit > 0 && now > limit) {
        counters().refusedByLimit.increment();
        end = "limit";
      } else {
        end = serve();
      }
    } finally {
      if (end != null && !isRelayed) {
        try {
          tcp.reset();
        } finally {
          ended(end, 0, 0);
        }
      }
    }
  }

  /** Once, whatever comes of it. */
  private void ended(String end, long bytesIn, long bytesOut) {
    counters().done.increment(); // first: who sees that there are none finds all of them done
    counters().sessions.decrementAndGet();
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

  /** Null if a relay goes on with it, else how it has ended. */
  private @Nullable String serve() {
    Beginning known = new Beginning();
    try {
      client = tcp.remoteAddress();
      known.destination = tcp.localAddress();
      if (!isRateAllowed()) {
        counters().refusedByRate.increment();
        return "rate";
      }
      ProxyTrust trust = listen.acceptProxy();
      if (trust != null) {
        take(trust.awaitHeader(tcp), known);
      }
      Pool pool = route(known);
      if (pool == null) {
        counters().refusedNobody.increment();
        return "no-pool";
      }
      TlsServer tls = listen.tls();
      return tls == null ? toTarget(pool, tcp, known) : inside(tls, pool, known);
    } catch (DecodeException | EndOfStreamException e) {
      counters().badHeaders.increment();
      return "bad-header";
    } catch (IoException | ClosedException e) {
      counters().broken.increment();
      return "client-broke";
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

  private void take(@Nullable ProxyHeader header, Beginning known) {
    if (header != null && !header.isLocal() && header.source() != null) {
      client = header.source();
      known.destination = header.destination();
      known.fields = header.fields();
    }
  }

  // ---- where to

  private @Nullable Pool route(Beginning known) {
    if (!listen.serverNames().isEmpty() || !listen.applicationProtocols().isEmpty()) {
      known.hello = awaitHello();
    }
    return balancer.pool(Routes.pool(listen, known.hello));
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

  /**
   * The handshake comes first: who says nothing must not hold a place at a target. The stream
   * inside belongs to the server's scope, which lasts: it is given back here where no relay takes
   * it.
   */
  private @Nullable String inside(TlsServer tls, Pool pool, Beginning known) {
    TlsStream inside = tls.accept(tcp);
    try {
      return toTarget(pool, inside, known);
    } finally {
      if (!isRelayed) {
        inside.reset();
      }
    }
  }

  /** Null if a relay goes on with it, else how it has ended. */
  private @Nullable String toTarget(Pool pool, ByteStream inside, Beginning known) {
    InetSocketAddress source = client;
    InetAddress address = source == null ? null : source.getAddress();
    Connecting connecting = new Connecting(pool, part, counters(), address);
    Connecting.Result result = connecting.run(StreamOptions.defaults());
    retries = connecting.retries();
    connectNanos = part.nanoTime() - startNanos;
    switch (result) {
      case Connecting.Result.Refused refused -> {
        return refused.end();
      }
      case Connecting.Result.Connected connected -> {
        target = connected.target();
        try {
          sendHeader(pool, connected.stream(), known);
          Relay relay = relay(pool, inside, connected.stream(), connected.target());
          isRelayed = true;
          relay.start();
          return null;
        } finally {
          if (!isRelayed) {
            try {
              connected.stream().reset();
            } finally {
              pool.release(connected.target());
            }
          }
        }
      }
    }
  }

  /** From its start on it goes on by itself. */
  private Relay relay(Pool pool, ByteStream inside, TcpStream other, Target chosen) {
    return new Relay(inside, other, part.watch(listen)) {
      @Override
      void ended(End end) {
        pool.release(chosen);
        chosen.bytesIn.add(bytesToTarget());
        chosen.bytesOut.add(bytesToClient());
        count(end);
        Session.this.ended(end.label(), bytesToTarget(), bytesToClient());
      }
    };
  }

  private void count(Relay.End end) {
    switch (end) {
      case DONE, STOPPED -> {}
      case CLIENT_BROKE, TARGET_BROKE -> counters().broken.increment();
      case IDLE, HALF_CLOSED, LIFETIME -> counters().timeouts.increment();
      case SHED -> counters().shed.increment();
    }
  }

  private void sendHeader(Pool pool, TcpStream other, Beginning known) {
    switch (pool.config().sendProxy()) {
      case NONE -> {}
      case V1 -> header(known).writeVersion1(other.output());
      case V2 -> header(known).withFields(moreFields(known)).writeVersion2(other.output());
    }
  }

  private ProxyHeader header(Beginning known) {
    InetSocketAddress from = client;
    InetSocketAddress to = known.destination;
    if (from == null
        || to == null
        || from.getAddress().getAddress().length != to.getAddress().getAddress().length) {
      return ProxyHeader.local();
    }
    return ProxyHeader.tcp(from, to);
  }

  /** Those that came with the client's header, and what its hello says. */
  private static List<ProxyHeader.Field> moreFields(Beginning known) {
    List<ProxyHeader.Field> all = new ArrayList<>(known.fields);
    ClientHello said = known.hello;
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
