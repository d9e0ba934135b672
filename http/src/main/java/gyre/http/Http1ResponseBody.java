package gyre.http;

import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.OutputFullException;
import gyre.io.PoolExhaustedException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A body that is sent in pieces: as chunks, of a length that was said before, or to the end. */
final class Http1ResponseBody implements ResponseBody {
  /** What costs less to copy than to write in three parts. */
  private static final int LITTLE_BYTES = 1000;

  /** What the largest block of a pool holds. */
  private static final int BLOCK_BYTES = 16 * 1024;

  private final Exchange exchange;
  private final Http1Response response;
  private final HeadWriter trailers = new HeadWriter();
  private @Nullable WritableHandler writable;
  private @Nullable Gzip gzip;

  /** Compressed, and refused by the stream, which is full: goes out when it tells of room. */
  private @Nullable ByteQueue refused;

  /** What the compressor has kept back goes out when the stream tells of room. */
  private boolean isFlushRefused;

  /** The handler has written all, and the stream had no room for the end. */
  private boolean isEndRefused;

  Http1ResponseBody(Exchange exchange, Http1Response response) {
    this.exchange = exchange;
    this.response = response;
  }

  private ByteStream stream() {
    return exchange.connection().stream();
  }

  private void wrote(long bytes) {
    exchange.connection().patience().wrote(bytes);
  }

  // ---- compressed

  void gzip(@Nullable Gzip lent) {
    gzip = lent;
  }

  void giveBack() {
    Gzip lent = gzip;
    gzip = null;
    if (lent != null) {
      exchange.connection().loopState().giveBack(lent);
    }
    ByteQueue waiting = refused;
    refused = null;
    if (waiting != null) {
      waiting.close();
    }
  }

  private interface Compressing {
    void run(Gzip lent, ByteQueue to);
  }

  /**
   * Sends what a compressor has made of something, or keeps it if the stream refuses that: the
   * compressor has taken its bytes, and cannot give them back. Where there is no memory for what it
   * may make, it is given nothing.
   */
  private void compress(Gzip lent, Compressing step) {
    assert refused == null : "that goes before";
    ByteQueue made = stream().input().sibling();
    try {
      step.run(lent, made);
      send(made);
    } catch (OutputFullException e) {
      refused = made;
    } catch (PoolExhaustedException e) {
      response.cut(); // what the compressor has made is lost
      throw e;
    } finally {
      if (refused == null) {
        made.close();
      }
    }
  }

  /**
   * @param isMoved of a queue, which is taken whatever its length where the stream is writable
   */
  private void checkRoomToCompress(long bytes, boolean isMoved) {
    if (!exchange.mayPark) {
      if (!isMoved || !stream().isWritable()) {
        stream().checkOutputRoom(bytes);
      }
      // The queue is a new one, which can't go on in a block that another has begun.
      long most = Gzip.mostBytes(bytes) + BLOCK_BYTES;
      if (!stream().input().canAppend(most)) {
        throw refusal(most);
      }
    }
  }

  /** The loop has no memory at present. The handler is told when it has some. */
  private OutputFullException refusal(long bytes) {
    if (stream().isWritable()) {
      exchange.connection().retryWritable(); // for less than that there is
    }
    return new OutputFullException(
        stream().name()
            + ": the loop has no memory for "
            + bytes
            + " bytes at present: stop when isWritable() is false, go on in onWritable");
  }

  /** What was refused goes before anything else, or that is refused too. */
  private void sendRefused() {
    ByteQueue waiting = refused;
    if (waiting != null) {
      send(waiting);
      refused = null;
    }
  }

  // ---- pieces

  @Override
  public void write(byte[] source, int offset, int length) {
    write(ByteBuffer.wrap(source, offset, length));
  }

  @Override
  public void write(ByteBuffer source) {
    sendRefused();
    int bytes = source.remaining();
    response.take(this, bytes);
    Gzip lent = gzip;
    try {
      if (lent == null) {
        send(source);
      } else {
        checkRoomToCompress(bytes, false);
        compress(lent, (to, made) -> to.write(source, made));
      }
    } catch (OutputFullException e) {
      response.untake(bytes);
      throw e;
    }
  }

  @Override
  public void write(ByteQueue source) {
    sendRefused();
    long bytes = source.size();
    response.take(this, bytes);
    Gzip lent = gzip;
    try {
      if (lent == null) {
        send(source);
      } else {
        checkRoomToCompress(bytes, true);
        compress(lent, (to, made) -> source.forEachSpan(span -> to.write(span, made)));
        source.clear();
      }
    } catch (OutputFullException e) {
      response.untake(bytes);
      throw e;
    }
  }

  private void send(ByteBuffer source) {
    int bytes = source.remaining();
    if (!response.count(bytes)) {
      source.position(source.limit());
    } else if (bytes <= LITTLE_BYTES) {
      HeadWriter piece = beginPiece(bytes);
      piece.put(source);
      sendPiece(piece, bytes);
      source.position(source.limit());
    } else if (exchange.mayPark) {
      HeadWriter head = beginPiece(bytes);
      wrote(head.length + (long) bytes);
      stream().write(head.bytes, 0, head.length);
      stream().write(source);
      endPiece();
    } else {
      sendCopy(source);
    }
  }

  private void sendCopy(ByteBuffer source) {
    int bytes = source.remaining();
    int start = source.position();
    HeadWriter head = beginPiece(bytes);
    try (ByteQueue piece = stream().input().sibling()) {
      stream().checkOutputRoom(head.length + bytes + endBytes());
      piece.append(head.bytes, 0, head.length);
      piece.append(source);
      sendPiece(piece);
    } catch (OutputFullException e) {
      source.position(start);
      refusePiece(bytes);
      throw e;
    } catch (PoolExhaustedException e) {
      source.position(start);
      refusePiece(bytes);
      throw refusal(bytes);
    }
  }

  /** It is empty behind that, or as it was where it is refused. */
  private void send(ByteQueue source) {
    long bytes = source.size();
    if (!response.count(bytes)) {
      source.clear();
    } else if (exchange.mayPark) {
      HeadWriter head = beginPiece(bytes);
      wrote(head.length + bytes);
      stream().write(head.bytes, 0, head.length);
      stream().write(source);
      endPiece();
    } else {
      sendWhole(source);
    }
  }

  /**
   * With what frames it in one write, which is taken or refused as a whole. Its bytes have their
   * memory already, unless they are of another pool.
   */
  private void sendWhole(ByteQueue source) {
    long bytes = source.size();
    HeadWriter head = beginPiece(bytes);
    int headBytes = head.length;
    try (ByteQueue piece = source.sibling()) {
      piece.append(head.bytes, 0, headBytes);
      piece.append(source);
      try {
        sendPiece(piece);
      } catch (OutputFullException | PoolExhaustedException e) {
        piece.drain(headBytes);
        source.append(piece, bytes);
        throw e;
      }
    } catch (OutputFullException e) {
      refusePiece(bytes);
      throw e;
    } catch (PoolExhaustedException e) {
      refusePiece(bytes);
      throw refusal(bytes);
    }
  }

  private void sendPiece(ByteQueue piece) {
    piece.append(Http1Connection.LINE_END, 0, endBytes());
    long bytes = piece.size();
    stream().write(piece);
    wrote(bytes);
    response.endWrite();
  }

  /** What stands behind the bytes of a piece. */
  private int endBytes() {
    return response.isChunked() ? Http1Connection.LINE_END.length : 0;
  }

  private HeadWriter beginPiece(long bytes) {
    response.beginWrite();
    return response.pieceHead(bytes);
  }

  /** In a fiber, behind the head and the bytes. */
  private void endPiece() {
    if (response.isChunked()) {
      wrote(2);
      stream().write(Http1Connection.LINE_END, 0, 2);
    }
    response.endWrite();
  }

  /** So little that it is copied together with what frames it. */
  private void sendPiece(HeadWriter piece, int bytes) {
    if (response.isChunked()) {
      piece.put(Http1Connection.LINE_END);
    }
    try {
      stream().write(piece.bytes, 0, piece.length);
    } catch (OutputFullException e) {
      refusePiece(bytes);
      throw e;
    }
    wrote(piece.length);
    response.endWrite();
  }

  /** Nothing of it was taken. */
  private void refusePiece(long bytes) {
    response.uncount(bytes);
    response.endWrite();
  }

  /** As the stream's own: parks until all is sent. Without memory it follows when there is some. */
  @Override
  public void flush() {
    if (!response.isStreaming(this)) {
      return;
    }
    if (!isGzipFlushed()) {
      stream().flush();
      isFlushRefused = !isGzipFlushed();
    }
    stream().flush();
  }

  private boolean isGzipFlushed() {
    try {
      flushGzip();
      return true;
    } catch (OutputFullException e) {
      return false;
    }
  }

  private void flushGzip() {
    sendRefused();
    Gzip lent = gzip;
    if (lent != null) {
      checkRoomToCompress(0, false);
      compress(lent, Gzip::flush);
      sendRefused();
    }
    isFlushRefused = false;
  }

  // ---- push style

  @Override
  public boolean isWritable() {
    return response.isStreaming(this) && refused == null && stream().isWritable();
  }

  @Override
  public void onWritable(WritableHandler handler) {
    if (exchange.mayPark) {
      throw new IllegalStateException("in a fiber writing parks while the peer is slow");
    }
    if (response.isLost()) {
      handler.onClosed();
      return;
    }
    if (!response.isStreaming(this)) {
      throw new IllegalStateException("the answer is complete");
    }
    if (!exchange.isDeferred) {
      Response ignored = response.defer();
    }
    writable = handler;
    exchange.connection().pushWritable(exchange);
  }

  boolean awaitsWritable() {
    return writable != null || refused != null || isFlushRefused;
  }

  boolean isEndRefused() {
    return isEndRefused;
  }

  void tellWritable() throws Exception {
    try {
      sendRefused();
      if (isFlushRefused) {
        flushGzip();
      }
    } catch (OutputFullException e) {
      return; // and is told once more
    }
    WritableHandler handler = writable;
    if (handler != null) {
      handler.onWritable(this);
    }
  }

  /** Nothing more is sent, for whatever reason. */
  void tellClosed() {
    WritableHandler handler = writable;
    writable = null;
    if (handler != null) {
      handler.onClosed();
    }
  }

  @Override
  public void trailer(String name, String value) {
    if (TrailerRules.isForbidden(name)) {
      throw new IllegalArgumentException("field " + name + " belongs into the head");
    }
    trailers.putField(name, value);
  }

  /**
   * While the handler is called the end waits until it returns: what a failing handler closes on
   * its way out must not pass for the whole.
   */
  @Override
  public void close() {
    if (response.isStreaming(this)) {
      if (!response.isCut()) {
        response.checkWhole(); // else what has broken the writing is told, and not what follows
      }
      if (exchange.isCalled()) {
        response.closed();
      } else if (response.isCut()) {
        stream().reset();
      } else {
        end();
      }
    }
  }

  /** The handler has returned in order. */
  void finish() {
    if (response.isEndDue(this)) {
      response.checkWhole();
      end();
    }
  }

  /** Where there is no room for it in push style, it goes out when there is. */
  private void end() {
    try {
      sendRefused();
      endGzip();
      sendEnd();
    } catch (OutputFullException e) {
      isEndRefused = true;
      response.closed();
      return;
    }
    isEndRefused = false;
    response.complete();
    tellClosed();
    exchange.connection().bodySent(exchange);
  }

  private void endGzip() {
    Gzip lent = gzip;
    if (lent != null) {
      checkRoomToCompress(0, false);
      compress(lent, Gzip::finish);
      gzip = null;
      exchange.connection().loopState().giveBack(lent);
      sendRefused();
    }
  }

  private void sendEnd() {
    @Nullable HeadWriter rest = response.end(trailers);
    if (rest != null) {
      if (!exchange.mayPark) {
        stream().checkOutputRoom(rest.length);
      }
      response.beginWrite();
      try {
        stream().write(rest.bytes, 0, rest.length);
      } catch (OutputFullException e) {
        response.endWrite();
        throw e;
      }
      wrote(rest.length);
      response.endWrite();
    }
  }
}
