package gyre.tls;

import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.io.ByteAppender;
import gyre.io.ByteQueue;
import gyre.io.ByteRateLimit;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.net.SocketStream;
import gyre.net.StreamOptions;
import java.nio.ByteBuffer;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A TLS connection over any stream of bytes: itself one, in both styles. {@link TlsServer} and
 * {@link TlsClient} make them.
 *
 * <p>The handshake goes on by itself. Reads and writes may begin before it has ended: what is
 * written is sent after it. {@link #handshake} waits for it, and {@link #info} tells what was
 * agreed on. A handshake that fails is the failure of every read and write.
 *
 * <p><b>The end.</b> Closing and {@link #shutdownOutput} tell the peer so (close_notify), and an
 * end of the stream below without that is a failure, since anybody on the way could have made it.
 * In TLS 1.3 one direction may end before the other. TLS 1.2 has no such thing: when either side
 * ends its output, both have ended, and what the other one had still to send is lost.
 *
 * <p>The stream below belongs to this one from the beginning, and is closed with it. Its limits of
 * time and memory hold for this one too, and what lies here counts as held there: records that have
 * come in part, input that somebody waits for more of, output that waits to be sent.
 */
public final class TlsStream extends TlsLife implements ByteStream {
  private @Nullable ByteAppender appender;
  private @Nullable TlsInfo info;

  TlsStream(Scope owner, ByteStream lower, Role role, StreamOptions options) {
    super(owner, lower, role, options);
  }

  static TlsStream over(ByteStream lower, Role role) {
    StreamOptions options =
        lower instanceof SocketStream socket ? socket.streamOptions() : StreamOptions.defaults();
    TlsStream made = new TlsStream(Scope.current(), lower, role, options);
    made.begin();
    return made;
  }

  // ---- the handshake

  /**
   * Parks until the handshake has ended.
   *
   * @throws TlsException if it failed
   */
  public void handshake() {
    Fiber<?> caller = caller();
    checkOpen();
    await(caller, opened);
    checkNotClosed(caller, "waiting for the handshake of");
    if (phase() == Phase.BROKEN) {
      throw failure();
    }
  }

  /** Whether the handshake has ended well. */
  public boolean isEstablished() {
    checkThread();
    return info != null || phase() == Phase.OPEN;
  }

  /**
   * What was agreed on.
   *
   * @throws IllegalStateException before the handshake has ended
   */
  public TlsInfo info() {
    checkThread();
    TlsInfo known = info;
    if (known == null) {
      if (phase() != Phase.OPEN) {
        throw new IllegalStateException(
            "the handshake of " + name() + " has not ended: call handshake() before");
      }
      known = describe(tlsEngine().getSession());
      info = known;
    }
    return known;
  }

  /** Whether {@link #mayServe} can be false for some names: of a server with several sites. */
  public boolean hasSeveralRules() {
    return role.hasSeveralRules();
  }

  /**
   * Whether a server may answer for another name here than the one that the handshake was about: it
   * may not where clients of that name have to show other certificates, {@link
   * TlsSite#clientCertificates}. Of a client's stream it is always true.
   *
   * @param name in lower case, without a port; one that no site has is the first site's
   */
  public boolean mayServe(String name) {
    return !role.hasSeveralRules() || role.hasSameRules(askedName(), name);
  }

  private TlsInfo describe(SSLSession session) {
    List<X509Certificate> peer = new ArrayList<>();
    try {
      for (Certificate each : session.getPeerCertificates()) {
        if (each instanceof X509Certificate certificate) {
          peer.add(certificate);
        }
      }
    } catch (SSLPeerUnverifiedException e) {
      assert peer.isEmpty() : "it has shown none";
    }
    String protocol = tlsEngine().getApplicationProtocol();
    return new TlsInfo(
        session.getProtocol(),
        session.getCipherSuite(),
        protocol == null ? "" : protocol,
        role.isServer() ? askedName() : session.getPeerHost(),
        peer);
  }

  // ---- may it be used

  void checkDirect() {
    checkThread();
    if (push != null) {
      throw new IllegalStateException(name() + " is read in push style");
    }
  }

  void checkOnItsLoop() {
    checkThread();
  }

  void checkNotClosed(Fiber<?> caller, String doing) {
    checkStillOpen(caller, doing);
  }

  void checkInputUnbroken() {
    if (!isInputEndedInOrder()) {
      throw failure();
    }
  }

  void checkOutputUnbroken() {
    if (hasOutputFailed()) {
      throw failure();
    }
  }

  IoException failure() {
    TlsFailure known = brokenBy();
    return known == null ? TlsException.of(READ, name(), "was closed") : known.toException(name());
  }

  void checkSending() {
    checkOpen();
    checkOutputUnbroken();
  }

  void checkWritable() {
    checkSending();
    if (isInputEndedInOrder() && !isHalfCloseable()) {
      throw TlsException.of(
          WRITE, name(), "the peer has closed, and TLS 1.2 has no half of a connection");
    }
    if (isOutputShut()) {
      throw new IllegalStateException("the output of " + name() + " has been shut down");
    }
  }

  // ---- direct style

  /** Of the stream below: records and what else TLS adds count. */
  @Override
  public void limitInput(ByteRateLimit limit) {
    lower.limitInput(limit);
  }

  /** As {@link #limitInput}. */
  @Override
  public void limitOutput(ByteRateLimit limit) {
    lower.limitOutput(limit);
  }

  @Override
  public int read(ByteBuffer target) {
    if (!target.hasRemaining()) {
      throw new IllegalArgumentException("the buffer to read into is full");
    }
    if (!await(1)) {
      return -1;
    }
    int count = input.read(target);
    consumed();
    return count;
  }

  @Override
  public ByteQueue input() {
    checkThread();
    return input;
  }

  @Override
  public boolean await(int bytes) {
    Fiber<?> caller = caller();
    checkOpen();
    checkDirect();
    return reader.await(bytes, caller);
  }

  @Override
  public int awaitLimitBytes() {
    return options.inputLimitBytes();
  }

  @Override
  public void write(ByteBuffer source) {
    Fiber<?> caller = caller();
    checkWritable();
    writer.write(source, caller);
  }

  @Override
  public void write(ByteQueue source) {
    Fiber<?> caller = caller();
    checkWritable();
    writer.write(source, caller);
  }

  @Override
  public void write(byte[] source, int offset, int length) {
    checkOnLoop();
    checkWritable();
    long room = options.outputLimitBytes() - unsentBytes();
    if (length <= room && plain.tryAppend(source, offset, length)) {
      sendSoon(); // the usual case, with nothing allocated
    } else {
      write(ByteBuffer.wrap(source, offset, length));
    }
  }

  @Override
  public ByteAppender output() {
    checkThread();
    ByteAppender known = appender;
    if (known == null) {
      known = ByteStream.super.output();
      appender = known;
    }
    return known;
  }

  @Override
  public void flush() {
    Fiber<?> caller = caller();
    checkSending();
    writer.flush(caller);
  }

  @Override
  public void shutdownOutput() {
    checkOnLoop();
    checkOpen();
    shut();
    writer.changed();
    sendSoon();
  }

  @Override
  public void reset() {
    checkOnLoop();
    if (isOpen()) {
      abandon();
      close();
    }
  }

  // ---- waiting for this or something else

  @Override
  public Source readable() {
    return readable(1);
  }

  @Override
  public Source readable(int bytes) {
    checkDirect();
    if (bytes < 1) {
      throw new IllegalArgumentException("readable(" + bytes + ") is always true");
    }
    reader.checkLimit(bytes);
    return reader.readable(bytes);
  }

  @Override
  public Source writable() {
    checkThread();
    return writer.writable();
  }

  @Override
  public Source drained() {
    checkThread();
    return writer.drained();
  }

  // ---- push style

  @Override
  public void onData(DataHandler handler) {
    checkOnLoop();
    checkOpen();
    reader.checkFree();
    if (push == null) {
      push = new TlsPush(this, handler);
    } else {
      push.replace(handler);
    }
    consumed();
    tellInput();
  }

  private void tellInput() {
    if (push != null && (!input.isEmpty() || isInputOver())) {
      requestCallback();
    }
  }

  @Override
  public void pauseInput() {
    checkOnLoop();
    checkOpen();
    pause(true);
  }

  @Override
  public void resumeInput() {
    checkOnLoop();
    checkOpen();
    pause(false);
    tellInput();
  }

  @Override
  public boolean isWritable() {
    checkThread();
    if (!isOpen()) {
      return false;
    }
    if (isOutputFull() || !hasRoomBelow()) {
      outputFilled();
      return false;
    }
    return true;
  }

  @Override
  public void checkOutputRoom(long bytes) {
    Fiber<?> caller = caller();
    checkWritable();
    writer.checkRoom(bytes, caller);
  }

  @Override
  public boolean isKeptWaiting() {
    checkThread();
    return isOpen() && (lower.isKeptWaiting() || lacksMemory);
  }

  @Override
  public void keptBytes(long bytes) {
    checkThread();
    keptByUser = bytes;
    tellKept();
  }

  @Override
  public long pendingOutputBytes() {
    checkThread();
    return unsentBytes();
  }

  @Override
  public long outputRoomBytes() {
    return isWritable() ? Math.max(0, options.outputLimitBytes() - unsentBytes()) : 0;
  }

  /**
   * As {@link #close}, for a peer that has been idle: it has read what there was, so its goodbye is
   * not waited for.
   */
  public void closeIdle() {
    checkOnLoop();
    endedIdle();
    close();
  }

  /** As {@link SocketStream#busy}, of the connection below. */
  public void busy(boolean on) {
    checkOnLoop();
    if (lower.isOpen()) {
      switch (lower) {
        case SocketStream socket -> socket.busy(on);
        case TlsStream tls -> tls.busy(on);
        default -> {}
      }
    }
  }

  /** The stream that carries this one. What is read or written there directly breaks this one. */
  public ByteStream lower() {
    return lower;
  }

  @Override
  public <E extends IoException> E byPeer(E failure) {
    checkThread();
    return lower.byPeer(failure);
  }

  // ---- what others are told

  @Override
  public String kind() {
    return "tls-stream";
  }

  @Override
  protected @Nullable String addressText() {
    return lower.name();
  }
}
