package gyre.http;

import gyre.Loop;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What the connections of a server share on one loop. */
final class LoopState {
  private static final int KEPT_EXCHANGES = 64;

  /**
   * Of a server that has not deferred an answer yet, so many requests on each loop have objects of
   * their own. After them the objects are used again for the next request, so that nothing is
   * allocated. They are checked while the handler is called, and gone when it returns; only where
   * an answer is deferred could somebody who has kept them use them meanwhile. So the first answer
   * that is deferred ends this for good.
   */
  static final int RENEWED_REQUESTS = 1024;

  final Loop loop;
  final DateCache date;
  final Endings endings;

  /** As {@link #endings}, told before: as soon as nothing new is to begin. */
  final Endings drainings;

  private final ServerState server;
  private final HttpLimits limits;
  private int requests;
  private final ArrayDeque<Exchange> free = new ArrayDeque<>();

  private final Gzip.@Nullable Pool compressors;

  LoopState(Loop loop, ServerState server) {
    HttpOptions options = server.options();
    this.server = server;
    Compression compression = options.compression();
    this.compressors = compression == null ? null : new Gzip.Pool(compression);
    this.loop = loop;
    this.limits = options.limits();
    this.date = new DateCache(loop);
    this.endings = new Endings(loop);
    this.drainings = new Endings(loop);
  }

  /** Whether the request that begins may be answered later than its handler returns. */
  boolean mayNextLast() {
    if (server.defers()) {
      return true;
    }
    if (requests < RENEWED_REQUESTS) {
      requests++;
      return true;
    }
    return false;
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
    Exchange lent = known == null ? new Exchange(limits) : known;
    lent.attach(to);
    return lent;
  }

  void giveBack(Exchange exchange) {
    boolean isReusable = !exchange.isDeferred;
    exchange.detach();
    if (isReusable && free.size() < KEPT_EXCHANGES) {
      free.addLast(exchange);
    }
  }
}
