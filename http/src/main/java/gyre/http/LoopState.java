package gyre.http;

import gyre.Loop;
import java.util.ArrayDeque;

/** What the connections of a server share on one loop. */
final class LoopState {
  private static final int KEPT_EXCHANGES = 64;

  final Loop loop;
  final DateCache date;
  final Endings endings;
  private final HttpLimits limits;
  private final ArrayDeque<Exchange> free = new ArrayDeque<>();

  LoopState(Loop loop, HttpLimits limits) {
    this.loop = loop;
    this.limits = limits;
    this.date = new DateCache(loop);
    this.endings = new Endings(loop);
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
