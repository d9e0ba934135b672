package gyre.http;

import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A body that is sent in pieces: as chunks, of a length that was said before, or to the end. */
final class Http1ResponseBody implements ResponseBody {
  private final Exchange exchange;
  private final Http1Response response;
  private final HeadWriter trailers = new HeadWriter();
  private @Nullable WritableHandler writable;
  private @Nullable Gzip gzip;

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

  private void beginPiece(long bytes) {
    response.beginWrite();
    if (response.isChunked()) {
      HeadWriter head = response.chunkHead(bytes);
      wrote(head.length);
      stream().write(head.bytes, 0, head.length);
    }
    wrote(bytes);
  }

  private void endPiece() {
    if (response.isChunked()) {
      wrote(2);
      stream().write(Http1Connection.LINE_END, 0, 2);
    }
    response.endWrite();
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
  }

  private interface Compressing {
    void run(Gzip lent, ByteQueue to);
  }

  /** Sends what a compressor has made of something. */
  private void compress(Gzip lent, Compressing step) {
    try (ByteQueue made = stream().input().sibling()) {
      step.run(lent, made);
      send(made);
    }
  }

  // ---- pieces

  @Override
  public void write(ByteBuffer source) {
    response.take(this, source.remaining());
    Gzip lent = gzip;
    if (lent != null) {
      compress(lent, (to, made) -> to.write(source, made));
    } else if (response.count(source.remaining())) {
      beginPiece(source.remaining());
      stream().write(source);
      endPiece();
    } else {
      source.position(source.limit());
    }
  }

  @Override
  public void write(ByteQueue source) {
    response.take(this, source.size());
    Gzip lent = gzip;
    if (lent != null) {
      compress(lent, (to, made) -> source.forEachSpan(span -> to.write(span, made)));
      source.clear();
    } else {
      send(source);
    }
  }

  private void send(ByteQueue source) {
    if (response.count(source.size())) {
      beginPiece(source.size());
      stream().write(source);
      endPiece();
    } else {
      source.clear();
    }
  }

  @Override
  public void write(byte[] source, int offset, int length) {
    response.take(this, length);
    Gzip lent = gzip;
    if (lent != null) {
      compress(lent, (to, made) -> to.write(source, offset, length, made));
    } else if (response.count(length)) {
      beginPiece(length);
      stream().write(source, offset, length);
      endPiece();
    }
  }

  @Override
  public void flush() {
    if (response.isStreaming(this)) {
      Gzip lent = gzip;
      if (lent != null) {
        compress(lent, Gzip::flush);
      }
      stream().flush();
    }
  }

  // ---- push style

  @Override
  public boolean isWritable() {
    return response.isStreaming(this) && stream().isWritable();
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
    return writable != null;
  }

  void tellWritable() throws Exception {
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
      if (exchange.isCalled) {
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

  private void end() {
    Gzip lent = gzip;
    if (lent != null) {
      compress(lent, Gzip::finish);
      giveBack();
    }
    @Nullable HeadWriter rest = response.end(trailers);
    if (rest != null) {
      wrote(rest.length);
      stream().write(rest.bytes, 0, rest.length);
    }
    tellClosed();
    exchange.connection().bodySent(exchange);
  }
}
