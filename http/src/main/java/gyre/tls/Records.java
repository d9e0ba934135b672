package gyre.tls;

import gyre.io.ByteQueue;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLProtocolException;

/**
 * One record at a time between queues and an engine. Knows of no loop and no stream.
 *
 * <p>The engine gets whole records alone, so it never asks for more bytes; that the space for what
 * it makes is too small it may say at any time, and is called again with the same bytes then.
 */
final class Records {
  static final int HEADER_BYTES = 5;

  /** So much of a stream goes into one record, which then fits into a block of 16 KiB. */
  static final int FRAGMENT_BYTES = 16 * 1024 - 128;

  /** What TLS 1.2 allows, the larger of the two. */
  private static final int RECORD_LIMIT_BYTES = HEADER_BYTES + 16 * 1024 + 2048;

  /** What is inside a record is never more. */
  private static final int INSIDE_LIMIT_BYTES = 16 * 1024;

  private static final int FIRST_TYPE = 20;
  private static final int HANDSHAKE_TYPE = 22;
  private static final int LAST_TYPE = 23;

  /** Each time the engine has to ask for more space than before. */
  private static final int GROWTHS_LIMIT = 4;

  private final SSLEngine engine;
  private final Scratch scratch;
  private ByteBuffer made = ByteBuffer.allocate(0);

  Records(SSLEngine engine, Scratch scratch) {
    this.engine = engine;
    this.scratch = scratch;
  }

  /** The length of the first record with its header; 0 if too little is there to tell. */
  static int length(ByteQueue in) throws SSLException {
    if (in.size() < HEADER_BYTES) {
      return 0;
    }
    int type = in.byteAt(0) & 0xFF;
    int length = HEADER_BYTES + (in.shortAt(3) & 0xFFFF);
    if (type < FIRST_TYPE || type > LAST_TYPE || in.byteAt(1) != 3) {
      throw new SSLProtocolException("this is no record of TLS");
    }
    if (length > RECORD_LIMIT_BYTES) {
      throw new SSLProtocolException("a record of " + length + " bytes is longer than TLS allows");
    }
    return length;
  }

  /** What may be inside the first record: never more than what a writer waits for room for. */
  static int insideLimit(ByteQueue in) throws SSLException {
    return Math.min(length(in), INSIDE_LIMIT_BYTES);
  }

  /** Whether a whole record is there. */
  static boolean hasRecord(ByteQueue in) throws SSLException {
    int length = length(in);
    return length > 0 && in.size() >= length;
  }

  static boolean isHandshake(ByteQueue in) {
    return in.byteAt(0) == HANDSHAKE_TYPE;
  }

  /** Takes the first record, which is there as a whole; what was inside is in {@link #made}. */
  @SuppressWarnings("ByteBufferBackingArray") // of Scratch, which allocates them
  SSLEngineResult unwrap(ByteQueue in) throws SSLException {
    int length = length(in);
    ByteBuffer source = scratch.source(length);
    in.copyTo(0, source.array(), 0, length);
    source.limit(length);
    ByteBuffer target = scratch.target(1);
    SSLEngineResult result = engine.unwrap(source, target);
    for (int i = 0; result.getStatus() == Status.BUFFER_OVERFLOW && i < GROWTHS_LIMIT; i++) {
      target = scratch.target(engine.getSession().getApplicationBufferSize());
      result = engine.unwrap(source, target);
    }
    checkUsable(result);
    in.drain(source.position());
    target.flip();
    made = target;
    return result;
  }

  /**
   * Makes one record of the first bytes of {@code plain}, or of what the handshake has to say.
   *
   * @return what the engine says; the record is in {@link #made}
   */
  @SuppressWarnings("ByteBufferBackingArray") // of Scratch, which allocates them
  SSLEngineResult wrap(ByteQueue plain) throws SSLException {
    int length = (int) Math.min(plain.size(), FRAGMENT_BYTES);
    ByteBuffer source = scratch.source(length);
    plain.copyTo(0, source.array(), 0, length);
    source.limit(length);
    ByteBuffer target = scratch.target(engine.getSession().getPacketBufferSize());
    SSLEngineResult result = engine.wrap(source, target);
    for (int i = 0; result.getStatus() == Status.BUFFER_OVERFLOW && i < GROWTHS_LIMIT; i++) {
      target = scratch.target(engine.getSession().getPacketBufferSize());
      result = engine.wrap(source, target);
    }
    checkUsable(result);
    plain.drain(source.position());
    target.flip();
    made = target;
    return result;
  }

  /** What {@link #wrap} or {@link #unwrap} has made, until the next call of anything. */
  ByteBuffer made() {
    return made;
  }

  private static void checkUsable(SSLEngineResult result) throws SSLException {
    switch (result.getStatus()) {
      case OK, CLOSED -> {}
      case BUFFER_OVERFLOW, BUFFER_UNDERFLOW ->
          throw new SSLProtocolException("a record does not have the length that it says");
    }
  }
}
