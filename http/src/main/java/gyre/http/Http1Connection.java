package gyre.http;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Registration;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.io.OutputFullException;
import gyre.net.SocketStream;
import gyre.tls.TlsStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A connection of HTTP/1.x: what both styles have in common. One request is answered at a time, and
 * the next one waits in the input, so answers come in the order of requests.
 */
abstract class Http1Connection implements Patience.Listener {
  static final byte[] LINE_END = HeadWriter.ascii("\r\n");
  private static final byte[] HEAD_END = HeadWriter.ascii("\r\n\r\n");
  static final byte[] CONTINUE = HeadWriter.ascii("HTTP/1.1 100 Continue\r\n\r\n");

  /** A body that nobody reads is received up to this, so that the connection can go on. */
  static final int DISCARD_BYTES = 64 * 1024;

  private final ByteStream stream;
  private final ServerState server;
  private final LoopState loopState;
  private final Patience patience;
  private @Nullable Exchange exchange;
  private @Nullable Upgrade upgrade;
  private @Nullable InetSocketAddress peer;
  private int requests;

  @SuppressWarnings("this-escape") // told later, by a timer
  Http1Connection(ByteStream stream, ServerState server, LoopState loopState) {
    this.stream = stream;
    this.server = server;
    this.loopState = loopState;
    this.patience = new Patience(loopState.loop, stream, server.options().limits(), this);
  }

  /** The connection has come by another way than it seems. */
  final void peer(@Nullable InetSocketAddress address) {
    peer = address;
  }

  final @Nullable InetSocketAddress peer() {
    return peer;
  }

  final ByteStream stream() {
    return stream;
  }

  final ServerState server() {
    return server;
  }

  final LoopState loopState() {
    return loopState;
  }

  final Patience patience() {
    return patience;
  }

  final HttpLimits limits() {
    return server.options().limits();
  }

  final byte[] date() {
    return loopState.date.line();
  }

  /** The exchange of the present request, lent where there is none. */
  final Exchange exchange() {
    Exchange known = exchange;
    if (known == null) {
      known = loopState.lend(this);
      exchange = known;
    }
    return known;
  }

  /** The exchange of the present request, if there is one. */
  final @Nullable Exchange presentExchange() {
    return exchange;
  }

  final void giveBackExchange() {
    Exchange known = exchange;
    if (known != null) {
      exchange = null;
      loopState.giveBack(known);
    }
  }

  /** Says whether an answer is under way, for when the server is closed. */
  final void busy(boolean on) {
    if (stream.isOpen()) {
      switch (stream) {
        case SocketStream socket -> socket.busy(on);
        case TlsStream tls -> tls.busy(on);
        default -> {}
      }
    }
  }

  /** The connection is about to be closed while the peer sends: it must not lose its answer. */
  final void expectMore() {
    if (stream.isOpen() && stream instanceof SocketStream socket) {
      socket.expectMore(); // over TLS the goodbye is awaited anyway
    }
  }

  // ---- what the styles do in their way

  /**
   * Writes a head, and behind it a body or nothing.
   *
   * @param body null, a byte array or a ByteQueue
   */
  abstract void write(Exchange of, byte[] head, int length, @Nullable Object body);

  /** Waits until more of the body is there; false if the input has ended. */
  abstract boolean awaitBody(Http1Body body);

  abstract void checkCanDefer();

  /** Has a handler take the body as it comes. */
  abstract void bodyTaker(Exchange of, BodyHandler handler);

  abstract void pauseBody();

  abstract void resumeBody();

  /** A handler wants to be told when there is room for more of its answer. */
  abstract void pushWritable(Exchange of);

  /** The same in a while: there is room to write, and not as much as was wanted. */
  abstract void retryWritable();

  /** An answer in pieces has been closed. */
  abstract void bodySent(Exchange of);

  /** The request is given up: whatever comes from its handler is too late. */
  abstract void givingUp();

  /** Has a handler that may park answer. */
  abstract void handleInFiber(HttpHandler handler, Exchange of) throws Exception;

  // ---- requests

  final boolean hasHadRequests() {
    return requests > 0;
  }

  /** A head is there. */
  final void headDone(Exchange of) {
    requests++;
    of.startNanos = loopState.loop.nanoTime();
    ForwardedTrust trust = server.options().forwarded();
    if (trust != null) {
      Fiber<?> before = of.enter(); // it reads the request as a handler does
      try {
        of.request.findForwarding(trust);
      } finally {
        of.leave(before);
      }
    }
    of.body.begin(limits().bodyBytes());
    if (!of.body.isEnded()) {
      patience.bodyBegins();
    }
  }

  final boolean mayPersist(Exchange of) {
    Http1Body body = of.body;
    return of.parser.problem() == null
        && body.problem() == null
        && of.head.mayPersist()
        && requests < limits().requestsPerConnection()
        && !server.isDraining()
        && !body.isContinueOwed()
        && body.knownLeftBytes() <= DISCARD_BYTES;
  }

  /**
   * Calls the handler, and answers for it where it fails.
   *
   * @param mayDefer whether it may return without an answer
   * @return false if the connection cannot go on
   */
  final boolean call(HttpHandler handler, Exchange of, boolean mayDefer) {
    Http1Response response = of.response;
    Fiber<?> before = of.enter();
    try {
      of.request.checkForwarding();
      checkDirected(of);
      handler.handle(of.request, response);
      boolean goesOnElsewhere = mayDefer && of.isDeferred && response.isWrittenElsewhere();
      if (response.isCut() && !goesOnElsewhere) { // by a deadline of the handler's own, say
        stream.reset();
        return false;
      }
      if (response.isStarted()) {
        response.finish();
      } else if (!mayDefer || !of.isDeferred) {
        throw new IllegalStateException("it has returned without an answer");
      }
      return true;
    } catch (HttpException e) {
      return answerError(of, e.status(), String.valueOf(e.getMessage()));
    } catch (BodyException e) {
      Problem problem = of.body.problem();
      return answerError(of, e.status(), problem == null ? "" : problem.text());
    } catch (CancelledException e) {
      throw e; // whoever did that knows
    } catch (IoException e) {
      if (e.subject().equals(stream.name())) {
        throw e; // the connection itself, which the stream counts
      }
      return failed(of, e);
    } catch (Exception | Error e) {
      return failed(of, e);
    } finally {
      of.leave(before);
    }
  }

  /**
   * One connection may serve several hosts, but not those whose clients have to show certificates
   * that this one was not asked for: RFC 9110, 7.4.
   */
  private void checkDirected(Exchange of) {
    if (of.isDirected) {
      return; // a handler is called for each piece of a body
    }
    if (stream instanceof TlsStream tls && tls.hasSeveralRules()) {
      String host = of.request.hostName();
      if (host != null && !tls.mayServe(host)) {
        throw new HttpException(421, "this host needs a connection of its own");
      }
    }
    of.isDirected = true;
  }

  private boolean failed(Exchange of, Throwable failure) {
    if (!stream.isOpen()) {
      return false; // nobody is there to be answered, and that is what it failed of
    }
    server.report(loopState.loop, of.request + " on " + stream.name(), failure);
    return answerError(of, 500, "");
  }

  /** False if it is too late for an answer: the peer must not take a part for the whole. */
  private boolean answerError(Exchange of, int status, String message) {
    if (!stream.isOpen()) {
      return false; // nobody is there to be answered
    }
    if (of.response.isStarted()) {
      if (!of.response.isComplete() || of.response.isCut()) {
        stream.reset();
        return false;
      }
      return true;
    }
    ErrorFormat format = server.options().errors();
    of.response.restart(status);
    of.response.contentType(format.contentType());
    of.response.send(format.body(status, message).getBytes(StandardCharsets.UTF_8));
    return true;
  }

  /** Answers a request that was not understood; the connection is closed after that. */
  final void refuse(Exchange of, Problem problem) {
    boolean isHeadWrong = problem == of.parser.problem();
    if (isHeadWrong && isBodyUnlikely(of, problem)) {
      dropRestOfHead();
    } else if (problem != Problem.HEAD_TOO_SLOW && problem != Problem.BODY_TOO_SLOW) {
      expectMore();
    }
    if (isHeadWrong) {
      of.head.fields.clear(); // half of a head
    }
    of.body.fail(problem);
    if (!of.response.isStarted()) {
      of.startNanos = loopState.loop.nanoTime();
      Fiber<?> before = of.enter();
      try {
        boolean ignored = answerError(of, problem.status(), problem.text());
      } finally {
        of.leave(before);
      }
      of.tellEndings(); // it is not the handler's answer
      answered(of);
    }
  }

  private static boolean isBodyUnlikely(Exchange of, Problem problem) {
    return !problem.isMoreLikely() && (of.head.isMethod("GET") || of.head.isMethod("HEAD"));
  }

  /**
   * What is left of a head that has come whole does not say that more is to come, as other unread
   * bytes do for whom the stream waits.
   */
  private void dropRestOfHead() {
    ByteQueue in = stream.input();
    long size = in.size();
    boolean isEnd = size == LINE_END.length && in.startsWith(LINE_END);
    boolean isWhole = size >= HEAD_END.length && in.indexOf(HEAD_END, size - HEAD_END.length) >= 0;
    if (isEnd || isWhole) {
      in.clear();
    }
  }

  // ---- leaving HTTP

  final void upgradeTo(Upgrade next) {
    upgrade = next;
  }

  final boolean isUpgraded() {
    return upgrade != null;
  }

  /** After the answer that says so: HTTP is over, and nothing of it stays. */
  final void leave(boolean isDirect) {
    Upgrade next = Objects.requireNonNull(upgrade);
    patience.close();
    giveBackExchange();
    try {
      next.run(new Left(isDirect));
    } catch (CancelledException e) {
      throw e;
    } catch (Exception | Error e) {
      if (e instanceof IoException broken && broken.subject().equals(stream.name())) {
        throw broken;
      }
      if (stream.isOpen()) {
        server.report(loopState.loop, "the upgrade of " + stream.name(), e);
        stream.reset();
      }
    }
  }

  private final class Left implements UpgradedConnection {
    private final boolean isDirect;

    Left(boolean isDirect) {
      this.isDirect = isDirect;
    }

    @Override
    public ByteStream stream() {
      return stream;
    }

    @Override
    public boolean isDirect() {
      return isDirect;
    }

    @Override
    public void busy(boolean on) {
      Http1Connection.this.busy(on);
    }

    @Override
    public Registration onEnding(Runnable action) {
      return loopState.endings.add(action);
    }
  }

  /** The answer is complete, as whoever is the first to see says. */
  final void answered(Exchange of) {
    if (of.response.isComplete()) {
      of.dropEndings();
    }
    AccessLog log = server.options().accessLog();
    if (log != null && !of.isLogged) {
      of.isLogged = true;
      Fiber<?> before = of.enter();
      try {
        log.answered(of.request, of.response, loopState.loop.nanoTime() - of.startNanos);
      } finally {
        of.leave(before);
      }
    }
  }

  // ---- patience

  @Override
  public final void outputTooSlow() {
    stream.reset();
  }

  @Override
  public final void tooSlow(Patience.Phase phase) {
    switch (phase) {
      case FIRST, IDLE -> closeIdle();
      case HEAD -> giveUp(Problem.HEAD_TOO_SLOW);
      case BODY -> giveUp(Problem.BODY_TOO_SLOW);
      case HANDLER -> throw new AssertionError(phase);
    }
  }

  /** It has nothing to lose, so its goodbye is not waited for. */
  private void closeIdle() {
    if (stream instanceof TlsStream tls) {
      tls.closeIdle();
    } else {
      stream.close();
    }
  }

  private void giveUp(Problem problem) {
    Exchange of = exchange;
    if (of == null || of.response.isStarted()) {
      stream.reset();
      return;
    }
    givingUp();
    try {
      refuse(of, problem);
    } catch (OutputFullException e) {
      stream.reset(); // there is no memory even to say so, and it must not stay for that
      return;
    }
    stream.close();
  }
}
