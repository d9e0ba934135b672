package gyre.http.client;

import gyre.Loop;
import gyre.Scope;
import gyre.Source;
import gyre.http.wire.AnswerReader;
import gyre.http.wire.RequestHeadWriter;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.net.ConnectionPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One request on one connection, up to the head of its answer. */
final class Exchange {
  private static final int INTERIM_LIMIT = 8;

  /** A body of more is sent while the answer is read already. */
  private static final int SMALL_BODY_BYTES = 16 * 1024;

  /** Why the wait for a part of the answer is over. */
  private enum Waited {
    MORE,
    ENDED,
    TOO_LONG
  }

  private final ClientOptions options;
  private final ConnectionPool<Target, ClientConnection> pool;
  private final Scope owner;
  private final ClientRequest request;
  private final String name;
  private final long startNanos;
  private final long deadlineNanos;
  private final Loop loop = Loop.current();
  private @Nullable Held held;
  private int interimAnswers;
  private boolean hasAnswerBytes;
  private boolean isCutOff;
  private long sendNanos;
  private long sentNanos;
  private long firstByteNanos;

  /**
   * @param startNanos when the call began, of which this is a part
   */
  Exchange(
      ClientOptions options,
      ConnectionPool<Target, ClientConnection> pool,
      Scope owner,
      ClientRequest request,
      long startNanos,
      long deadlineNanos) {
    this.options = options;
    this.pool = pool;
    this.owner = owner;
    this.request = request;
    this.name = request.toString();
    this.startNanos = startNanos;
    this.deadlineNanos = deadlineNanos;
  }

  /**
   * Whether it failed since the server had closed the connection, which was idle before: that is
   * nobody's fault, and says nothing of whether the server can be reached.
   */
  boolean wasStale() {
    Held known = held;
    return isCutOff && !hasAnswerBytes && known != null && known.connection().isUsed();
  }

  /** Parks until the head of the answer is there. */
  ClientResponse run() {
    Held lent = borrow();
    held = lent;
    boolean isDone = false;
    try {
      send(lent);
      readHead(lent);
      ClientResponse response = response(lent);
      isDone = true;
      return response;
    } finally {
      if (!isDone) {
        lent.abandon();
      }
    }
  }

  private Held borrow() {
    try {
      return new Held(pool.borrow(Target.of(request.url())));
    } catch (HttpClientException e) {
      throw new HttpClientException(name, e.phase(), e.kind(), String.valueOf(e.getMessage()), e);
    } catch (IoException e) {
      throw HttpClientException.broken(name, Phase.CONNECT, e);
    }
  }

  // ---- the request

  private void send(Held lent) {
    ClientConnection connection = lent.connection();
    if (!connection.stream().input().isEmpty()) {
      throw malformed("it was there before the request was sent");
    }
    connection.begin(asked());
    sendNanos = loop.nanoTime();
    try {
      ByteStream stream = connection.stream();
      stream.write(head());
      if (request.expectsContinue() && request.hasBody() && !isInvited(lent)) {
        connection.spoil();
        return;
      }
      sendBody(lent, stream);
    } catch (HttpClientException e) {
      throw e;
    } catch (IoException e) {
      // A server may have answered before it stopped to listen: what came is looked at.
      if (e.isTimeout()) {
        throw HttpClientException.broken(name, Phase.SEND, e);
      }
    }
    sentNanos = loop.nanoTime();
  }

  private byte[] head() {
    RequestHeadWriter head = Wire.headWriter();
    head.requestLine(request.method(), request.url().target());
    head.field("Host", request.url().authority());
    if (!request.hasHeader("User-Agent") && !options.userAgent().isEmpty()) {
      head.field("User-Agent", options.userAgent());
    }
    if (acceptsGzip()) {
      head.field("Accept-Encoding", "gzip");
    }
    for (ClientRequest.Header each : request.headers()) {
      head.field(each.name(), each.value());
    }
    frame(head);
    return head.finish();
  }

  /** A request with its own idea of what it accepts inflates the answer itself. */
  private boolean acceptsGzip() {
    return request.gzipOr(options.gzip()) && !request.hasHeader("Accept-Encoding");
  }

  private void frame(RequestHeadWriter head) {
    switch (request.body()) {
      case ClientRequest.NoBody _ -> {
        String method = request.method();
        if (method.equals("POST") || method.equals("PUT") || method.equals("PATCH")) {
          head.field("Content-Length", "0");
        }
      }
      case ClientRequest.Bytes(byte[] bytes) ->
          head.field("Content-Length", String.valueOf(bytes.length));
      case ClientRequest.Streamed streamed -> {
        if (streamed.length() < 0) {
          head.field("Transfer-Encoding", "chunked");
        } else {
          head.field("Content-Length", String.valueOf(streamed.length()));
        }
      }
    }
    if (request.expectsContinue() && request.hasBody()) {
      head.field("Expect", "100-continue");
    }
  }

  private void sendBody(Held lent, ByteStream stream) {
    switch (request.body()) {
      case ClientRequest.NoBody _ -> {}
      case ClientRequest.Bytes(byte[] bytes) -> {
        if (bytes.length <= SMALL_BODY_BYTES) {
          stream.write(bytes);
        } else {
          upload(lent, stream, bytes.length, out -> out.write(bytes));
        }
      }
      case ClientRequest.Streamed streamed ->
          upload(lent, stream, streamed.length(), streamed.writer());
    }
  }

  private void upload(Held lent, ByteStream stream, long length, BodyWriter writer) {
    Duration left = Duration.ofNanos(Math.max(1, deadlineNanos - loop.nanoTime()));
    lent.upload(Upload.begin(owner, stream, length, writer, left));
  }

  /**
   * Waits whether the server wants the body; one that says nothing is sent it.
   *
   * @return false if the answer came instead
   */
  private boolean isInvited(Held lent) {
    sentNanos = loop.nanoTime();
    AnswerReader reader = lent.connection().reader();
    long untilNanos = sentNanos + options.continueTimeout().toNanos();
    while (true) {
      AnswerReader.Outcome outcome = parse(lent);
      while (outcome == AnswerReader.Outcome.MORE) {
        Waited waited = await(lent, untilNanos);
        if (waited != Waited.MORE) {
          return waited == Waited.TOO_LONG;
        }
        outcome = parse(lent);
      }
      if (outcome == AnswerReader.Outcome.FAILED || !isInterim(reader)) {
        return false;
      }
      boolean isInvitation = reader.status() == 100;
      nextHead(reader);
      if (isInvitation) {
        return true;
      }
    }
  }

  // ---- the answer

  private AnswerReader.Asked asked() {
    return request.method().equals("HEAD") ? AnswerReader.Asked.HEAD : AnswerReader.Asked.OTHER;
  }

  private AnswerReader.Outcome parse(Held lent) {
    ByteQueue in = lent.connection().stream().input();
    if (!hasAnswerBytes && !in.isEmpty()) {
      hasAnswerBytes = true;
      firstByteNanos = loop.nanoTime();
    }
    return lent.connection().reader().readHead(in);
  }

  private boolean isInterim(AnswerReader reader) {
    if (reader.status() == 101) {
      throw malformed("it changes the protocol, and nobody has asked for that");
    }
    return reader.status() < 200;
  }

  /** One interim answer less to come. */
  private void nextHead(AnswerReader reader) {
    if (++interimAnswers > INTERIM_LIMIT) {
      throw malformed("there are more than " + INTERIM_LIMIT + " interim answers before it");
    }
    reader.begin(asked());
  }

  /** Of the final answer. */
  private void readHead(Held lent) {
    AnswerReader reader = lent.connection().reader();
    readOneHead(lent);
    while (isInterim(reader)) {
      nextHead(reader);
      readOneHead(lent);
    }
  }

  private void readOneHead(Held lent) {
    AnswerReader.Outcome outcome = parse(lent);
    while (outcome == AnswerReader.Outcome.MORE) {
      switch (await(lent, Long.MAX_VALUE)) {
        case MORE -> outcome = parse(lent);
        case ENDED -> {
          isCutOff = true;
          throw new HttpClientException(
              name,
              Phase.HEAD,
              HttpClientException.Kind.BROKEN,
              "the server has closed the connection without an answer",
              null);
        }
        case TOO_LONG ->
            throw HttpClientException.timeout(
                name,
                Phase.HEAD,
                "it took longer than headTimeout, "
                    + options.limits().headTimeout().toMillis()
                    + " ms");
      }
    }
    if (outcome == AnswerReader.Outcome.FAILED) {
      throw malformed(lent.connection().reader().problem());
    }
  }

  private HttpClientException malformed(String why) {
    return HttpClientException.malformed(name, Phase.HEAD, why);
  }

  /** Waits for more of the answer. While a body is sent the server may take its time. */
  private Waited await(Held lent, long untilNanos) {
    ByteStream stream = lent.connection().stream();
    int wanted = Math.toIntExact(stream.input().size() + 1);
    try {
      Source readable = stream.readable(wanted);
      while (!readable.isReady()) {
        lent.checkWriter(name);
        Source sent = lent.sent();
        long dueNanos =
            sent != null
                ? deadlineNanos
                : Math.min(sentNanos + options.limits().headTimeout().toNanos(), untilNanos);
        if (!ClientConnection.awaitEither(readable, sent, dueNanos - loop.nanoTime())) {
          return Waited.TOO_LONG;
        }
        if (sent != null && sent.isReady()) {
          sentNanos = loop.nanoTime();
        }
      }
      return stream.await(wanted) ? Waited.MORE : Waited.ENDED;
    } catch (IoException e) {
      isCutOff = !e.isTimeout();
      throw HttpClientException.broken(name, Phase.HEAD, e);
    }
  }

  private ClientResponse response(Held lent) {
    ClientConnection connection = lent.connection();
    AnswerReader reader = connection.reader();
    List<ClientRequest.Header> headers = new ArrayList<>();
    for (int i = 0; i < reader.fieldCount(); i++) {
      headers.add(new ClientRequest.Header(reader.fieldName(i), reader.fieldValue(i)));
    }
    int status = reader.status();
    String version = "HTTP/1." + reader.minorVersion();
    boolean isNew = !connection.isUsed();
    Timings timings =
        new Timings(
            isNew ? connection.resolveNanos : 0,
            isNew ? connection.connectNanos : 0,
            isNew ? connection.tlsNanos : 0,
            firstByteNanos - sendNanos,
            0);
    AnswerBody raw = new AnswerBody(lent, name, options.limits(), deadlineNanos);
    GzipBody inflated =
        acceptsGzip() && raw.length() != 0 && isGzip(headers)
            ? new GzipBody(raw, name, options)
            : null;
    return new ClientResponse(
        request.url(), status, version, List.copyOf(headers), raw, inflated, timings, startNanos);
  }

  private static boolean isGzip(List<ClientRequest.Header> headers) {
    List<ClientRequest.Header> codings =
        headers.stream().filter(header -> header.isNamed("Content-Encoding")).toList();
    String coding = codings.size() == 1 ? codings.getFirst().value() : "";
    return coding.equalsIgnoreCase("gzip") || coding.equalsIgnoreCase("x-gzip");
  }
}
