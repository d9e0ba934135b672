package gyre.http;

import gyre.Loop;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What the connections of a server share on one loop. */
final class LoopState {
  private static final int KEPT_EXCHANGES = 64;

  final Loop loop;
  final DateCache date;
  final Endings endings;

  /** As {@link #endings}, told before: as soon as nothing new is to begin. */
  final Endings drainings;

  private final HttpLimits limits;
  private final boolean reusesRequests;
  private final ArrayDeque<Exchange> free = new ArrayDeque<>();

  private final Gzip.@Nullable Pool compressors;

  LoopState(Loop loop, ServerState server) {
    HttpOptions options = server.options();
    this.reusesRequests = options.reusesRequests();
    Compression compression = options.compression();
    this.compressors = compression == null ? null : new Gzip.Pool(compression);
    this.loop = loop;
    this.limits = options.limits();
    this.date = new DateCache(loop);
    this.endings = new Endings(loop);
    this.drainings = new Endings(loop);
  }

  /** Null where nothing is compressed, or all compressors are in use. */
  @Nullable Gzip lendGzip() {
    return compressors == null ? null : compressors.lend();
  }

  void giveBack(Gzip gzip) {
    if (compressors != null) {
      compressors.giveBack(gzip);
    }
  }

  Exchange lend(Http1Connection to) {
    Exchange known = free.pollLast();
    Exchange lent = known == null ? new Exchange(limits, reusesRequests) : known;
    lent.attach(to);
    return lent;
  }

  void giveBack(Exchange exchange) {
    // Its handler may still be parked, and would go on with the exchange of another connection.
    boolean isReusable = !exchange.isDeferred && !exchange.isCalled();
    exchange.detach();
    if (isReusable && free.size() < KEPT_EXCHANGES) {
      free.addLast(exchange);
    }
  }
}
