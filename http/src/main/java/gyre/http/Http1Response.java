package gyre.http;

import gyre.Fiber;
import gyre.io.ByteQueue;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

// Over 500 lines: the whole public interface of a response, in short methods.
/** An answer of HTTP/1.x: gathers the head, and knows how its body is framed. */
final class Http1Response implements Response {
  private enum State {
    /** Status and fields may be set. */
    OPEN,
    /** The head is on its way, the body is not complete. */
    STREAMING,
    /** The handler has closed the body, which ends when the handler returns in order. */
    CLOSED,
    COMPLETE
  }

  /** Up to so much goes out in one piece with the head. */
  private static final int SMALL_BYTES = 4096;

  /** A whole answer that is longer is not compressed, which would hold up the loop. */
  private static final int COMPRESSED_AT_ONCE_BYTES = 1 << 20;

  private static final long UNKNOWN = -1;
  private static final int NO_TAG = -1;
  private static final byte[] WEAK = HeadWriter.ascii("W/");

  private static final byte[] TEXT =
      HeadWriter.ascii("Content-Type: text/plain; charset=utf-8\r\n");
  private static final byte[] LENGTH = HeadWriter.ascii("Content-Length: ");
  private static final byte[] CHUNKED = HeadWriter.ascii("Transfer-Encoding: chunked\r\n");
  private static final byte[] CLOSE = HeadWriter.ascii("Connection: close\r\n");
  private static final byte[] KEEP_ALIVE = HeadWriter.ascii("Connection: keep-alive\r\n");
  private static final byte[] UPGRADE = HeadWriter.ascii("Connection: Upgrade\r\n");
  private static final byte[] LINE_END = HeadWriter.ascii("\r\n");

  /** Set by the server, which alone knows what holds. */
  private static final List<String> OWN =
      List.of(
          "content-length",
          "transfer-encoding",
          "connection",
          "keep-alive",
          "date",
          "trailer",
          "upgrade");

  private final Exchange exchange;
  private final HeadWriter fields;
  private final HeadWriter out;
  private State state = State.COMPLETE;

  /** Who writes a part of it, or has failed to. */
  private @Nullable Fiber<?> writer;

  /** The connection ended before a deferred answer came, which goes nowhere now. */
  private boolean isLost;

  private int status = 200;
  private boolean hasType;
  private String type = "";
  private boolean hasCoding;

  /** Where in the fields a strong tag stands. */
  private int tagIndex = NO_TAG;

  private boolean isHead;
  private boolean isChunked;
  private boolean persists;

  /** Of the body before it is compressed; -1 if that was not said. */
  private long declaredBytes;

  /** Of the body before it is compressed. */
  private long plainBytes;

  /** As they are sent. */
  private long bodyBytes;

  private @Nullable Http1ResponseBody body;

  Http1Response(Exchange exchange) {
    this.exchange = exchange;
    this.fields = exchange.answerFields;
    this.out = exchange.answerHead;
  }

  /** For a request whose head is not read yet. */
  void begin() {
    writer = null;
    state = State.OPEN;
    status = 200;
    forgetFields();
    isHead = false;
    isChunked = false;
    persists = false;
    declaredBytes = 0;
    plainBytes = 0;
    bodyBytes = 0;
    body = null;
  }

  private void forgetFields() {
    fields.clear();
    hasType = false;
    type = "";
    hasCoding = false;
    tagIndex = NO_TAG;
  }

  void forget() {
    isLost = exchange.isDeferred && state != State.COMPLETE;
    state = State.COMPLETE;
    if (body != null) {
      body.giveBack();
      body.tellClosed();
    }
    fields.clear();
    out.clear();
  }

  boolean isComplete() {
    return state == State.COMPLETE;
  }

  /**
   * Bytes of it are about to be written.
   *
   * @throws IllegalStateException if some before were not written whole: they cannot be taken back
   */
  void beginWrite() {
    if (writer != null) {
      throw new IllegalStateException("a part of the answer was cut, so that it cannot go on");
    }
    writer = Fiber.current();
  }

  void endWrite() {
    writer = null;
  }

  /** A write was begun and has failed: who can say what the peer has of it. */
  boolean isCut() {
    return writer != null;
  }

  /** A fiber of the handler's is in the middle of a write, in which it may be parked. */
  @SuppressWarnings("ReferenceEquality") // this very fiber
  boolean isWrittenElsewhere() {
    Fiber<?> known = writer;
    return known != null && known != Fiber.current() && known.isAlive();
  }

  /** A part of it is lost, so that it cannot go on. */
  void cut() {
    writer = Fiber.current();
  }

  /** Whether the connection may go on after it. */
  boolean persists() {
    return persists;
  }

  @Override
  public boolean isStarted() {
    return state != State.OPEN;
  }

  // ---- the head

  private void checkOpen() {
    if (isLost) {
      return;
    }
    exchange.checkIsOf(this);
    if (state != State.OPEN) {
      throw new IllegalStateException(
          state == State.COMPLETE ? "the answer is complete" : "the head of the answer is sent");
    }
    if (!exchange.isLent(this)) {
      throw new IllegalStateException(
          "the answer is complete: the request is over, and was not deferred");
    }
  }

  /** Also behind its end, until the request is over. */
  private void checkLent() {
    if (!isLost) {
      exchange.checkLent(this);
    }
  }

  @Override
  public Response status(int code) {
    checkOpen();
    status = Checks.between("status", code, 200, 599);
    return this;
  }

  @Override
  public int status() {
    checkLent();
    return status;
  }

  @Override
  public Response header(String name, String value) {
    checkOpen();
    for (String own : OWN) {
      if (own.equalsIgnoreCase(name)) {
        throw new IllegalArgumentException("field " + name + " is set by the server itself");
      }
    }
    fields.putField(name, value);
    if (name.equalsIgnoreCase("Content-Type")) {
      hasType = true;
      type = value;
    } else if (name.equalsIgnoreCase("Content-Encoding")) {
      hasCoding = true;
    } else if (name.equalsIgnoreCase("ETag") && value.startsWith("\"")) {
      tagIndex = fields.length - value.length() - LINE_END.length;
    }
    return this;
  }

  @Override
  public Response contentType(String type) {
    return header("Content-Type", type);
  }

  /** Forgets what the handler has set: an error is answered instead. */
  void restart(int code) {
    checkOpen();
    forgetFields();
    status = code;
  }

  /** Puts the head together. */
  private void beginHead(long length) {
    checkOpen();
    RequestHead head = exchange.head;
    Http1Connection connection = exchange.connection();
    isHead = head.isMethod("HEAD");
    boolean canChunk = head.minorVersion >= 1;
    boolean hasBody = Status.hasBody(status);
    isChunked = hasBody && length == UNKNOWN && canChunk;
    declaredBytes = hasBody ? length : 0;
    boolean endsByClose = hasBody && length == UNKNOWN && !canChunk && !isHead;
    persists = !endsByClose && connection.mayPersist(exchange);
    out.clear();
    out.put(Status.line(status));
    out.put(connection.date());
    out.put(fields);
    if (isChunked) {
      out.put(CHUNKED);
    } else if (hasBody && length >= 0) {
      out.put(LENGTH);
      out.putDecimal(length);
      out.put(LINE_END);
    }
    if (!persists) {
      out.put(CLOSE);
    } else if (!canChunk) {
      out.put(KEEP_ALIVE);
    }
    out.put(LINE_END);
    state = State.STREAMING;
  }

  private boolean isBodySent() {
    return !isHead && Status.hasBody(status);
  }

  // ---- whole answers

  @Override
  public void send() {
    if (isLost) {
      return;
    }
    beginHead(0);
    complete();
    exchange.connection().write(exchange, out.bytes, out.length, null);
  }

  @Override
  public void send(String text) {
    if (!hasType) {
      checkOpen();
      fields.put(TEXT);
      type = "text/plain";
    }
    if (isLost || text.length() > SMALL_BYTES || isLongEnoughToPack(text.length())) {
      send(text.getBytes(StandardCharsets.UTF_8));
    } else {
      sendLittle(text);
    }
  }

  /** Without a byte array in between, if it is nothing but ASCII. */
  private void sendLittle(String text) {
    int length = text.length();
    if (!HeadWriter.isAscii(text)) {
      send(text.getBytes(StandardCharsets.UTF_8));
      return;
    }
    beginHead(length);
    bodyBytes = length;
    complete();
    if (isBodySent()) {
      out.putText(text);
    }
    exchange.connection().write(exchange, out.bytes, out.length, null);
  }

  private boolean isLongEnoughToPack(int length) {
    Compression options = exchange.connection().server().options().compression();
    return options != null && length >= options.leastBytes();
  }

  @Override
  public void send(byte[] bytes) {
    if (isLost) {
      return;
    }
    checkOpen();
    Gzip gzip = bytes.length <= COMPRESSED_AT_ONCE_BYTES ? beginGzip(bytes.length) : null;
    sendAsItIs(gzip == null ? bytes : compressed(gzip, bytes));
  }

  /** Not in the memory of the loop, which may be short: a whole answer is refused by nobody. */
  private byte[] compressed(Gzip gzip, byte[] bytes) {
    try (ByteQueue out = ByteQueue.create()) {
      gzip.write(bytes, 0, bytes.length, out);
      gzip.finish(out);
      return out.take((int) out.size());
    } finally {
      exchange.connection().loopState().giveBack(gzip);
    }
  }

  /** Null if this answer is not compressed; sets its fields if it is. */
  private @Nullable Gzip beginGzip(long length) {
    Http1Connection connection = exchange.connection();
    Compression options = connection.server().options().compression();
    if (options == null
        || hasCoding
        || status == 206
        || !Status.hasBody(status)
        || (length != UNKNOWN && length < options.leastBytes())
        || !options.isForType(type)) {
      return null;
    }
    fields.putField("Vary", "Accept-Encoding");
    int weight = ContentCodings.weight(exchange.request, "gzip");
    boolean isWanted = weight > 0 && weight >= ContentCodings.weight(exchange.request, "identity");
    boolean canBeFramed = length != UNKNOWN || exchange.head.minorVersion >= 1;
    Gzip gzip =
        isWanted && canBeFramed && !exchange.head.isMethod("HEAD")
            ? connection.loopState().lendGzip()
            : null;
    if (gzip != null) {
      if (tagIndex != NO_TAG) {
        fields.insert(tagIndex, WEAK); // these are not the bytes that the tag is of
      }
      fields.removeFields("accept-ranges"); // nobody has parts of these bytes
      tagIndex = NO_TAG; // has moved
      fields.putField("Content-Encoding", "gzip");
    }
    return gzip;
  }

  private void sendAsItIs(byte[] bytes) {
    beginHead(bytes.length);
    bodyBytes = bytes.length;
    complete();
    if (!isBodySent()) {
      exchange.connection().write(exchange, out.bytes, out.length, null);
    } else if (bytes.length <= SMALL_BYTES) {
      out.put(bytes);
      exchange.connection().write(exchange, out.bytes, out.length, null);
    } else {
      exchange.connection().write(exchange, out.bytes, out.length, bytes);
    }
  }

  @Override
  public void send(ByteQueue bytes) {
    if (isLost) {
      bytes.clear();
      return;
    }
    beginHead(bytes.size());
    bodyBytes = bytes.size();
    complete();
    if (isBodySent()) {
      exchange.connection().write(exchange, out.bytes, out.length, bytes);
    } else {
      bytes.clear();
      exchange.connection().write(exchange, out.bytes, out.length, null);
    }
  }

  void complete() {
    state = State.COMPLETE;
  }

  @Override
  public long bodyBytes() {
    checkLent();
    return bodyBytes;
  }

  // ---- in pieces

  @Override
  public ResponseBody stream() {
    return stream(UNKNOWN);
  }

  @Override
  public ResponseBody stream(long length) {
    if (length != UNKNOWN) {
      Checks.atLeast("length", length, 0);
    }
    if (isLost) {
      return new Http1ResponseBody(exchange, this);
    }
    checkOpen();
    Http1ResponseBody begun = new Http1ResponseBody(exchange, this);
    body = begun; // which gives the compressor back, whatever fails from here on
    Gzip gzip = beginGzip(exchange.head.minorVersion >= 1 ? length : UNKNOWN);
    begun.gzip(gzip);
    beginHead(gzip == null ? length : UNKNOWN);
    if (gzip != null) {
      declaredBytes = length;
    }
    exchange.connection().write(exchange, out.bytes, out.length, null);
    return begun;
  }

  @Override
  public Response defer() {
    exchange.connection().checkCanDefer();
    if (exchange.isReused()) {
      throw new IllegalStateException(
          "the objects of this request serve the next one (HttpOptions.reuseRequests), so its"
              + " answer can't be deferred");
    }
    exchange.isDeferred = true;
    return this;
  }

  /** The handler has returned. */
  void finish() {
    if (body != null && (state == State.CLOSED || exchange.mayPark || !exchange.isDeferred)) {
      body.finish();
    }
  }

  // ---- leaving HTTP

  @Override
  public void upgrade(String protocol, Upgrade next) {
    checkOpen();
    if (isLost) {
      return;
    }
    RequestHead head = exchange.head;
    if (head.minorVersion < 1 || !head.saysUpgrade || !exchange.body.isEnded()) {
      throw new IllegalStateException(
          exchange.request + " asks for no upgrade, or has a body that was not read");
    }
    Http1Connection connection = exchange.connection();
    status = 101;
    out.clear();
    out.put(Status.line(status));
    out.put(connection.date());
    out.put(fields);
    out.put(UPGRADE);
    out.putField("Upgrade", protocol);
    out.put(LINE_END);
    persists = false;
    complete();
    connection.upgradeTo(next);
    connection.write(exchange, out.bytes, out.length, null);
  }

  /** There is room again; false if nobody has asked to be told. */
  boolean awaitsWritable() {
    return body != null
        && switch (state) {
          case STREAMING -> body.awaitsWritable();
          case CLOSED -> body.isEndRefused();
          case OPEN, COMPLETE -> false;
        };
  }

  void tellWritable() throws Exception {
    if (body != null && state == State.STREAMING) {
      body.tellWritable();
    }
  }

  boolean isLost() {
    return isLost;
  }

  // ---- for the body

  /** Whether this is what may be written to: the body of an answer before is not. */
  boolean isStreaming(Http1ResponseBody of) {
    return state == State.STREAMING && body == of;
  }

  /** Whether the end of this body is still to be sent. */
  boolean isEndDue(Http1ResponseBody of) {
    return (state == State.STREAMING || state == State.CLOSED) && body == of;
  }

  /** Takes note of bytes that a handler writes. */
  void take(Http1ResponseBody of, long bytes) {
    if (isLost) {
      return;
    }
    if (!isStreaming(of)) {
      throw new IllegalStateException("the answer is complete");
    }
    if (declaredBytes >= 0 && plainBytes + bytes > declaredBytes) {
      throw new IllegalStateException(
          "the answer has announced "
              + declaredBytes
              + " bytes, and would have "
              + (plainBytes + bytes));
    }
    plainBytes += bytes;
  }

  /** What was taken note of is refused. */
  void untake(long bytes) {
    plainBytes -= bytes;
  }

  void uncount(long bytes) {
    bodyBytes -= bytes;
  }

  /** Counts bytes that are to be sent; true if they really are. */
  boolean count(long bytes) {
    if (isLost) {
      return false;
    }
    bodyBytes += bytes;
    return bytes > 0 && isBodySent();
  }

  void checkWhole() {
    if (declaredBytes >= 0 && isBodySent() && plainBytes < declaredBytes) {
      throw new IllegalStateException(
          "the answer has announced " + declaredBytes + " bytes, and has " + plainBytes);
    }
  }

  /** The handler writes no more, and is not done. */
  void closed() {
    state = State.CLOSED;
  }

  boolean isChunked() {
    return isChunked;
  }

  /** What stands before the bytes of a piece: nothing, unless it is a chunk. */
  HeadWriter pieceHead(long bytes) {
    out.clear();
    if (isChunked) {
      out.putHex(bytes);
      out.put(LINE_END);
    }
    return out;
  }

  /** What is to be written before the body is complete. */
  @Nullable HeadWriter end(HeadWriter trailers) {
    if (!isChunked || !isBodySent()) {
      return null;
    }
    out.clear();
    out.putHex(0);
    out.put(LINE_END);
    out.put(trailers);
    out.put(LINE_END);
    return out;
  }
}
