package gyre.net;

import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.engine.BlockPool;
import gyre.engine.Sockets.Option;
import gyre.io.ByteAppender;
import gyre.io.ByteQueue;
import gyre.io.ByteRateLimit;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A connected stream of bytes in both directions.
 *
 * <p>Two ways to use it, on one implementation. In <b>direct style</b> a fiber calls {@link #read}
 * and {@link #write}, which park it where they have to wait; one fiber may read while another
 * writes. In <b>push style</b> {@link #onData} is given what arrives.
 *
 * <p>Written bytes go out at the end of the loop's turn, all of them in one system call. A writer
 * parks while more than {@link StreamOptions#outputLimitBytes} waits; a push handler is not called
 * then. Receiving pauses while more than {@link StreamOptions#inputLimitBytes} is not consumed.
 *
 * <p>A cancelled read has consumed nothing. A cancelled write may have queued a part of its bytes,
 * which its buffer's position tells. Closing sends what was written, for {@link
 * StreamOptions#closeTimeout} at most, and an accepted stream discards what its peer still sends,
 * so that the peer can read the answer; {@link #reset} does neither. Where not all of it can be
 * sent the connection is reset, so that the peer never takes a part for the whole.
 */
public abstract sealed class SocketStream extends StreamLife implements ByteStream
    permits TcpStream, UnixStream {
  private @Nullable ByteAppender appender;

  SocketStream(Scope owner, int descriptor, StreamOptions options) {
    super(owner, descriptor, options);
  }

  /**
   * For pools: whether another exchange can begin, as far as is known. Receives from now on, so
   * that the end of an idle connection is heard of.
   */
  public final boolean isReusable() {
    checkThread();
    if (!isOpen()
        || isDraining()
        || push != null
        || input.isEnded()
        || !input.bytes.isEmpty()
        || hasBreakage()
        || output.isShut()) {
      return false;
    }
    input.resume();
    return true;
  }

  // ---- direct style

  /**
   * Reads what is there, at least a byte, and parks until there is one.
   *
   * @return the number of bytes, or -1 at the end of the stream
   */
  @Override
  public final int read(ByteBuffer target) {
    if (!target.hasRemaining()) {
      throw new IllegalArgumentException("the buffer to read into is full");
    }
    if (!await(1)) {
      return -1;
    }
    int count = input.bytes.read(target);
    if (!input.bytes.isEmpty()) {
      requestEndOfTurn(); // where what stays is kept elsewhere
    }
    input.consumed();
    return count;
  }

  /**
   * What was received and not consumed. Fill it with {@link #await}, consume from it, and don't
   * keep it beyond the stream's life.
   */
  @Override
  public final ByteQueue input() {
    checkThread();
    return input.bytes;
  }

  /**
   * Parks until {@link #input} holds at least so many bytes.
   *
   * @return false if the stream ended before
   */
  @Override
  public final boolean await(int bytes) {
    Fiber<?> caller = caller();
    checkOpen();
    checkDirect();
    return reader.await(bytes, caller);
  }

  @Override
  public final int awaitLimitBytes() {
    return (int) Math.min(options.inputLimitBytes(), memory.largestClaim());
  }

  /** Writes all of the buffer; parks while the peer is slow. */
  @Override
  public final void write(ByteBuffer source) {
    Fiber<?> caller = caller();
    checkWritable();
    writer.write(source, caller);
  }

  @Override
  public final void write(byte[] source, int offset, int length) {
    checkOnLoop();
    checkWritable();
    long room = output.limit() - output.bytes.size();
    if (length <= room && output.bytes.tryAppend(source, offset, length)) {
      requestEndOfTurn(); // the usual case, with nothing allocated
    } else {
      write(ByteBuffer.wrap(source, offset, length));
    }
  }

  /**
   * Writes all of the queue without copying, which is empty afterwards; parks while the peer is
   * slow.
   */
  @Override
  public final void write(ByteQueue source) {
    Fiber<?> caller = caller();
    checkWritable();
    writer.write(source, caller);
  }

  @Override
  public final ByteAppender output() {
    checkThread();
    ByteAppender known = appender;
    if (known == null) {
      known = ByteStream.super.output();
      appender = known;
    }
    return known;
  }

  /** Parks until everything written is with the kernel. */
  @Override
  public final void flush() {
    Fiber<?> caller = caller();
    checkSending();
    writer.flush(caller);
  }

  @Override
  public final void shutdownOutput() {
    checkOnLoop();
    checkOpen();
    output.shut();
    writer.changed();
    requestEndOfTurn();
  }

  @Override
  public final void reset() {
    checkOnLoop();
    if (isOpen()) {
      abandon();
      close();
    }
  }

  // ---- waiting for this or something else

  @Override
  public final Source readable() {
    return readable(1);
  }

  @Override
  public final Source readable(int bytes) {
    checkDirect();
    if (bytes < 1) {
      throw new IllegalArgumentException("readable(" + bytes + ") is always true");
    }
    reader.checkLimit(bytes);
    return reader.readable(bytes);
  }

  @Override
  public final Source writable() {
    checkThread();
    return writer.writable();
  }

  @Override
  public final Source drained() {
    checkThread();
    return writer.drained();
  }

  // ---- limits

  @Override
  public final void limitInput(ByteRateLimit limit) {
    checkOnLoop();
    checkOpen();
    input.limit(limit);
  }

  @Override
  public final void limitOutput(ByteRateLimit limit) {
    checkOnLoop();
    checkOpen();
    output.limit(limit);
  }

  // ---- options

  /** Bytes that the kernel buffers for sending; as Linux counts, with its own bookkeeping. */
  public final int sendBufferBytes() {
    return get(Option.SEND_BUFFER_BYTES);
  }

  public final void sendBufferBytes(int bytes) {
    set(Option.SEND_BUFFER_BYTES, bytes);
  }

  /** Bytes that the kernel buffers until they are received. */
  public final int receiveBufferBytes() {
    return get(Option.RECEIVE_BUFFER_BYTES);
  }

  public final void receiveBufferBytes(int bytes) {
    set(Option.RECEIVE_BUFFER_BYTES, bytes);
  }

  // ---- push style

  @Override
  public final void onData(DataHandler newHandler) {
    checkOnLoop();
    checkOpen();
    reader.checkFree();
    if (push == null) {
      push = new SocketPush(this, newHandler);
    } else {
      push.replace(newHandler);
    }
    input.start();
    if (!input.bytes.isEmpty() || input.isEnded() || isBroken()) {
      requestCallback(); // of what came, or broke it, while nobody was told
    }
  }

  @Override
  public final void pauseInput() {
    checkOnLoop();
    checkOpen();
    input.pause();
    beDeaf();
  }

  @Override
  public final void resumeInput() {
    checkOnLoop();
    checkOpen();
    input.resume();
    if (push != null && (!input.bytes.isEmpty() || input.isEnded())) {
      requestCallback();
    }
  }

  /**
   * Says whether an answer to the peer is under way. Only that lets an accepted stream last while
   * its server or loop ends, for as long as the time for draining allows.
   *
   * <p>If this is never called, an answer is taken to be under way from when something was received
   * until something was sent. That is right for most: a handler that answers later, from a timer or
   * another fiber, needs no thought of it. Say {@code true} before the first part of an answer in
   * several parts, and {@code false} after the last. A handler that only receives says {@code
   * false} once; otherwise it is waited for in vain.
   */
  public final void busy(boolean on) {
    checkOnLoop();
    drain.busy(on);
    if (isDraining()) {
      draining();
    }
  }

  /**
   * Says that the peer is in the middle of sending what nobody wants any more, the body of a
   * request that was refused, say. Closing this stream then discards what comes until the peer
   * ends, within {@link StreamOptions#discardLimitBytes} and {@link StreamOptions#closeTimeout},
   * also where nothing of it is here yet. Otherwise the kernel would reset the connection when it
   * comes, and the peer might lose the answer. Of an accepted stream that has sent something; of
   * others it changes nothing.
   */
  public final void expectMore() {
    checkOnLoop();
    end.expectMore();
  }

  /**
   * Whether less waits to be sent than the stream's limit, and the loop has memory for more. A
   * write of up to 16 KiB is taken then. If not, {@link DataHandler#onDrained} follows when it is.
   */
  @Override
  public final boolean isWritable() {
    checkThread();
    if (!isOpen()) {
      return false;
    }
    if (output.isFull()) {
      outputFilled();
      return false;
    }
    if (memory.hasRoomToWrite()) {
      return true;
    }
    refuseUntilDrained();
    return false;
  }

  /** Bytes written that the kernel has not taken. */
  @Override
  public final long pendingOutputBytes() {
    checkThread();
    return output.bytes.size();
  }

  /** What a write surely gets without parking, while {@link #isWritable} says so. */
  @Override
  public final long outputRoomBytes() {
    if (!isWritable()) {
      return 0;
    }
    return Math.max(0, Math.min(output.limit() - output.bytes.size(), BlockPool.LARGE_BYTES));
  }

  @Override
  public final void checkOutputRoom(long bytes) {
    Fiber<?> caller = caller();
    checkWritable();
    writer.checkRoom(bytes, caller);
  }

  @Override
  public final boolean isKeptWaiting() {
    checkThread();
    return isOpen() && memory.keepsWaiting(this);
  }

  @Override
  public final void keptBytes(long bytes) {
    checkThread();
    if (bytes != keptBytes) {
      boolean isNews = (bytes == 0) != (keptBytes == 0);
      keptBytes = bytes;
      if (isNews && memory.isTight() && isOpen()) {
        account();
      }
    }
  }

  /** What it was opened with. */
  public final StreamOptions streamOptions() {
    return options;
  }

  @Override
  public final <E extends IoException> E byPeer(E failure) {
    checkThread();
    countBrokenByPeer();
    failure.markRemote();
    return failure;
  }
}
