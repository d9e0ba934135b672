package gyre.tls;

import gyre.Fiber;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DecodeException;
import gyre.io.IoException;
import gyre.io.PoolExhaustedException;
import gyre.net.StreamOptions;
import gyre.spi.Resource;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLProtocolException;
import org.jspecify.annotations.Nullable;

// Over 500 lines: one state machine, whose steps and failures decide about the same few fields.
/**
 * How a TLS stream moves bytes: {@link #advance} takes records apart and makes them, as far as what
 * is there, the room below and the engine allow. {@link TlsLife} is how it ends, {@link TlsStream}
 * what users see of it.
 *
 * <pre>
 *   HELLO --all of it is there--&gt; QUEUED --admitted--&gt; HANDSHAKE --&gt; OPEN     any --&gt; BROKEN
 * </pre>
 *
 * <p>A handshake has a place at the gate while it has something to do, and none while it waits for
 * the peer: a peer that is silent keeps nobody out.
 *
 * <p>Bytes go {@code lower → received → input} and {@code plain → records → lower}. All four queues
 * are empty, and own no memory, while nothing is under way. Nothing here parks: what has to wait
 * goes on by the next call of {@code advance}.
 */
abstract sealed class TlsCore extends Resource permits TlsLife {
  static final String READ = "read from";
  static final String WRITE = "write to";
  static final String HANDSHAKE = "handshake with";

  /** More in one go would keep others from their turn. */
  private static final int STEPS_LIMIT = 64;

  /** A record that has an alert in it, whatever the cipher. */
  private static final int GOODBYE_BYTES = 128;

  private static final int ALERTS_LIMIT = 8;

  /** How far the connection has come. */
  enum Phase {
    /** A server waits for the whole hello. */
    HELLO,
    /** Too many handshakes are under way. */
    QUEUED,
    HANDSHAKE,
    OPEN,
    /** Nothing is understood or sent any more. */
    BROKEN
  }

  /** What the gate of handshakes knows of this one. */
  private enum Place {
    NONE,
    /** Others are before it. */
    AWAITED,
    HELD
  }

  /** How the output stands. */
  private enum Out {
    OPEN,
    /** No bytes may follow; the peer is told once all are sent. */
    ASKED,
    /** The peer was told. */
    TOLD
  }

  final ByteStream lower;
  final StreamOptions options;
  final Role role;

  /** Records that have arrived, the last one maybe in part. */
  final ByteQueue received;

  /** What was in them. */
  final ByteQueue input;

  /** What was written and is in no record yet. */
  final ByteQueue plain;

  /** Made, and there is no room for them below. */
  final ByteQueue records;

  private final Scratch scratch;
  private Phase phase = Phase.HELLO;
  private @Nullable SSLEngine engine;
  private @Nullable Records engineRecords;
  private @Nullable String serverName;
  private boolean offloads;

  /** A worker has the engine. */
  private boolean isComputing;

  private Place place = Place.NONE;

  private Out out = Out.OPEN;
  private boolean isCloseReceived;
  private @Nullable TlsFailure failure;

  /** Nothing more comes from below. */
  boolean isLowerEnded;

  private boolean isAdvancing;

  /** A record waits to be opened until there is memory. */
  boolean lacksMemory;

  /** What the user has moved out of the input and keeps. */
  long keptByUser;

  /** All that was ever in records. */
  long receivedBytes;

  /** Of records that were opened, whatever was in them: also empty ones cost work. */
  long openedBytes;

  TlsCore(Scope owner, ByteStream lower, Role role, StreamOptions options) {
    super(owner);
    this.lower = lower;
    this.role = role;
    this.options = options;
    this.scratch = onePerLoop(loop(), Scratch.class, _ -> new Scratch());
    this.received = lower.input().sibling();
    this.input = received.sibling();
    this.plain = received.sibling();
    this.records = received.sibling();
  }

  // ---- what the life of the stream adds

  abstract boolean isPaused();

  /** Everything that could be done is done: whoever waits looks again. */
  abstract void settled();

  abstract void phaseEnded();

  /** There is no memory to go on with: {@link #advance} is called when there may be. */
  abstract void awaitMemory();

  /** Whether somebody wants what is in the input, and more. */
  abstract boolean isRead();

  abstract void tasksEnded();

  // ---- how it stands

  final Phase phase() {
    return phase;
  }

  final boolean isComputing() {
    return isComputing;
  }

  /** Others have their handshakes before this one goes on. */
  final boolean isPlaceAwaited() {
    return place == Place.AWAITED;
  }

  final boolean isInputOver() {
    return isCloseReceived || failure != null;
  }

  final boolean isInputEndedInOrder() {
    return isCloseReceived;
  }

  final boolean hasOutputFailed() {
    return failure != null;
  }

  final boolean isOutputShut() {
    return out != Out.OPEN;
  }

  /** Something waits for room below. */
  final boolean hasUnfed() {
    return !records.isEmpty() || (phase == Phase.OPEN && !plain.isEmpty());
  }

  final boolean isGoodbyeSent() {
    return out == Out.TOLD && records.isEmpty();
  }

  final long unsentBytes() {
    return plain.size() + records.size() + lower.pendingOutputBytes();
  }

  final boolean isOutputFull() {
    return unsentBytes() >= options.outputLimitBytes();
  }

  final boolean isOutputDrained() {
    return unsentBytes() <= options.outputLimitBytes() / 2;
  }

  /** Everything written is with the kernel, or never will be. */
  final boolean isOutputDone() {
    return failure != null || unsentBytes() == 0;
  }

  final @Nullable TlsFailure brokenBy() {
    return failure;
  }

  final @Nullable String askedName() {
    return serverName;
  }

  final SSLEngine tlsEngine() {
    return Objects.requireNonNull(engine);
  }

  // ---- moving bytes

  /** Does all that can be done now. On the loop, in a fiber or not. */
  final void advance() {
    if (isAdvancing || state() == State.CLOSED) {
      return;
    }
    isAdvancing = true;
    feed();
    try {
      boolean goesOn = true;
      for (int step = 0; goesOn && step < STEPS_LIMIT; step++) {
        goesOn = step();
      }
      if (goesOn) {
        requestEndOfTurn();
      } else if (place == Place.HELD && !isComputing) {
        leaveGate(); // it is the peer's turn
      }
      checkCut();
    } catch (SSLException | DecodeException e) {
      refused(e);
    } catch (PoolExhaustedException e) {
      broken(TlsFailure.of(phaseOperation(), String.valueOf(e.getMessage()), false, e));
      lower.pauseInput();
    } catch (IoException e) {
      lowerFailed(e);
    } finally {
      isAdvancing = false;
    }
    keep();
    settled();
  }

  /** One record or one step of the handshake; false if there is nothing to do now. */
  private boolean step() throws SSLException {
    lacksMemory = false; // unless that is found again
    if (isComputing) {
      return false;
    }
    return switch (phase) {
      case HELLO -> takeHello();
      case QUEUED, BROKEN -> false;
      case HANDSHAKE -> mayGoOn() && stepOfEngine(tlsEngine());
      case OPEN -> stepOfEngine(tlsEngine());
    };
  }

  /** Whether it has its place again, if the peer has sent what makes work. */
  private boolean mayGoOn() throws SSLException {
    if (place == Place.NONE && Records.hasRecord(received)) {
      return enterGate();
    }
    return place != Place.AWAITED;
  }

  private boolean stepOfEngine(SSLEngine of) throws SSLException {
    return switch (of.getHandshakeStatus()) {
      case NEED_TASK -> compute(of);
      case NEED_WRAP -> records.isEmpty() && wrap(received.sibling());
      case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> unwrap() || wrapWritten();
      case NOT_HANDSHAKING, FINISHED -> {
        if (phase == Phase.HANDSHAKE) {
          opened();
        }
        boolean hasRead = unwrap();
        boolean hasWritten = wrapWritten();
        yield hasRead || hasWritten || shutOutput(of);
      }
    };
  }

  private void opened() {
    phase = Phase.OPEN;
    leaveGate();
    phaseEnded();
  }

  private boolean unwrap() throws SSLException {
    if (isCloseReceived || !Records.hasRecord(received)) {
      return false;
    }
    if (phase == Phase.OPEN) {
      if (isOpen() && (isPaused() || input.size() >= options.inputLimitBytes())) {
        return false;
      }
      checkNoRenegotiation();
    }
    boolean isDropped = !isOpen(); // nobody reads it any more
    lacksMemory = !isDropped && !input.canAppend(Records.insideLimit(received));
    if (lacksMemory) {
      awaitMemory();
      return false;
    }
    Records of = Objects.requireNonNull(engineRecords);
    SSLEngineResult result = of.unwrap(received);
    receivedBytes += result.bytesProduced();
    openedBytes += result.bytesConsumed();
    if (!isDropped) {
      input.append(of.made());
    }
    if (tlsEngine().isInboundDone()) {
      closeReceived();
    }
    return result.bytesConsumed() > 0 || result.getHandshakeStatus() != status();
  }

  private SSLEngineResult.HandshakeStatus status() {
    return tlsEngine().getHandshakeStatus();
  }

  /** TLS 1.2 alone has such a thing. */
  private void checkNoRenegotiation() throws SSLException {
    if (Records.isHandshake(received)) {
      throw new SSLProtocolException("it wants to renegotiate, which is refused");
    }
  }

  private void closeReceived() {
    isCloseReceived = true;
    received.clear();
    if (!isHalfCloseable()) {
      plain.clear(); // nobody would take it for what it is
      if (out == Out.OPEN) {
        out = Out.ASKED;
      }
    }
  }

  /** Whether one direction may end before the other: not in TLS 1.2. */
  final boolean isHalfCloseable() {
    return tlsEngine().getSession().getProtocol().equals("TLSv1.3");
  }

  private boolean wrapWritten() throws SSLException {
    if (phase != Phase.OPEN || plain.isEmpty() || out == Out.TOLD) {
      return false;
    }
    return records.isEmpty() && lower.isOpen() && roomBelow() > 0 && wrap(plain);
  }

  private boolean wrap(ByteQueue from) throws SSLException {
    Records of = Objects.requireNonNull(engineRecords);
    long before = from.size();
    of.wrap(from);
    ByteBuffer made = of.made();
    boolean hasMade = made.hasRemaining();
    if (tlsEngine().isOutboundDone() && out != Out.TOLD) {
      out = Out.TOLD;
    }
    send(made);
    return hasMade || from.size() < before;
  }

  /** Tells the peer that nothing more comes, when everything was sent. */
  private boolean shutOutput(SSLEngine of) throws SSLException {
    if (out != Out.ASKED || phase != Phase.OPEN || !plain.isEmpty() || !records.isEmpty()) {
      return false;
    }
    if (lower.isOpen() && roomBelow() <= 0 && !records.canAppend(GOODBYE_BYTES)) {
      awaitMemory(); // without it what was sent before would look cut off
      return false;
    }
    of.closeOutbound();
    boolean hasMade = wrap(plain);
    out = Out.TOLD;
    return hasMade;
  }

  /** Gives a record to the stream below, as far as that has room. */
  @SuppressWarnings("ByteBufferBackingArray") // of Scratch, which allocates them
  private void send(ByteBuffer made) {
    while (records.isEmpty() && made.hasRemaining() && lower.isOpen()) {
      int part = Math.min(roomBelow(), made.remaining());
      if (part <= 0) {
        break;
      }
      lower.write(made.array(), made.position(), part);
      made.position(made.position() + part);
    }
    records.append(made);
  }

  /**
   * So much may be given to the stream below that it is not full: a stream that is full shows its
   * handler nothing of what arrives, and a peer that sends until it is heard would wait for ever.
   */
  private int roomBelow() {
    long room = lower.outputRoomBytes();
    return (int) (room > 1 ? room - 1 : lower.pendingOutputBytes() == 0 ? room : 0);
  }

  private void feed() {
    try {
      while (!records.isEmpty() && lower.isOpen()) {
        int part = (int) Math.min(roomBelow(), records.size());
        if (part <= 0) {
          return;
        }
        byte[] bytes = scratch.source(part).array();
        records.copyTo(0, bytes, 0, part);
        lower.write(bytes, 0, part);
        records.drain(part);
      }
    } catch (IoException e) {
      lowerFailed(e);
    }
  }

  /** What stays over the turn must not hold memory of others, and counts as the stream's below. */
  private void keep() {
    if (!received.isEmpty()) {
      received.copyPinned();
    }
    if (!plain.isEmpty()) {
      plain.copyPinned();
    }
    tellKept();
  }

  /** Input that nobody asks for is the handler's, who is not reset for it, as without TLS. */
  final void tellKept() {
    if (lower.isOpen()) {
      long bytes = received.size() + plain.size() + records.size() + keptByUser;
      lower.keptBytes(isRead() ? bytes + input.size() : bytes);
    }
  }

  // ---- the handshake

  private boolean takeHello() throws SSLException {
    if (!role.isServer()) {
      begin(role.choose(null));
      return true;
    }
    ClientHello hello = ClientHello.read(received);
    if (hello == null) {
      return false;
    }
    serverName = hello.serverName();
    phase = Phase.QUEUED;
    if (enterGate()) {
      begin(role.choose(hello));
      return true;
    }
    return false;
  }

  abstract HandshakeGate.Entrant entrant();

  /** Whether it may work now; if not, {@link #admittedLater} is called. */
  private boolean enterGate() {
    HandshakeGate gate = role.gate();
    if (gate == null) {
      return true;
    }
    place = gate.enter(entrant()) ? Place.HELD : Place.AWAITED;
    return place == Place.HELD;
  }

  /** There is room for one handshake more. */
  final void admittedLater() {
    if (place != Place.AWAITED || state() == State.CLOSED) {
      Objects.requireNonNull(role.gate()).leave();
      return;
    }
    place = Place.HELD;
    if (phase == Phase.QUEUED) {
      try {
        begin(role.choose(Objects.requireNonNull(ClientHello.read(received))));
      } catch (SSLException e) {
        refused(e);
      }
    }
    advance();
  }

  private void begin(Role.Part part) throws SSLException {
    engine = part.engine();
    engineRecords = new Records(part.engine(), scratch);
    offloads = part.offloads();
    phase = Phase.HANDSHAKE;
    part.engine().beginHandshake();
  }

  private boolean compute(SSLEngine of) {
    if (offloads) {
      try {
        isComputing = true;
        Fiber<?> ignored = owner().start("tls-handshake", () -> computeOnWorkers(of));
        return false;
      } catch (RuntimeException e) {
        isComputing = false; // the scope is ending
      }
    }
    runTasks(of);
    return true;
  }

  private void computeOnWorkers(SSLEngine of) throws Exception {
    try {
      Boolean ignored =
          Fiber.offload(() -> {
            runTasks(of);
            return true;
          });
    } catch (RejectedExecutionException e) {
      runTasks(of); // as good as nothing is worse
    } finally {
      isComputing = false;
      tasksEnded();
    }
    advance();
  }

  private static void runTasks(SSLEngine of) {
    for (Runnable task = of.getDelegatedTask(); task != null; task = of.getDelegatedTask()) {
      task.run();
    }
  }

  /** Another may begin its handshake. */
  final void leaveGate() {
    HandshakeGate gate = role.gate();
    if (gate == null) {
      return;
    }
    Place had = place;
    place = Place.NONE;
    switch (had) {
      case NONE -> {}
      case HELD -> gate.leave();
      case AWAITED -> {
        // A place that is on its way already is given back when it arrives.
        boolean ignored = gate.giveUp(entrant());
      }
    }
  }

  // ---- failures

  /** The end of the stream below is an end of this one only where the peer has said so. */
  private void checkCut() throws SSLException {
    if (!isLowerEnded || isInputOver() || isComputing || phase == Phase.QUEUED) {
      return;
    }
    if (phase != Phase.HELLO && Records.hasRecord(received)) {
      return;
    }
    broken(
        phase == Phase.OPEN
            ? TlsFailure.of(
                READ,
                "ended without close_notify: somebody may have cut it short, so what has arrived"
                    + " may be a part only",
                true)
            : TlsFailure.of(HANDSHAKE, "the peer has left in the middle", isPeersFault()));
  }

  final String phaseOperation() {
    return phase == Phase.OPEN ? READ : HANDSHAKE;
  }

  /** Who asked for a connection that cannot be made is told; a server's peers are not heard of. */
  final boolean isPeersFault() {
    return role.isServer() || phase == Phase.OPEN;
  }

  /** This side refuses what has come: the peer is told by an alert, and the connection ends. */
  private void refused(Exception by) {
    if (phase == Phase.BROKEN) {
      return;
    }
    byte[] own = HandshakeAdvice.alert(by);
    if (engine == null && own.length > 0) {
      records.append(own);
    } else if (engine != null && !isComputing) {
      makeAlerts(engine);
    }
    String reason = HandshakeAdvice.reason(by, role.isServer(), received);
    broken(TlsFailure.of(phaseOperation(), reason, isPeersFault(), by));
    feed();
  }

  private void makeAlerts(SSLEngine of) {
    try {
      for (int i = 0; i < ALERTS_LIMIT; i++) {
        if (of.getHandshakeStatus() != SSLEngineResult.HandshakeStatus.NEED_WRAP
            || !wrap(received.sibling())) {
          return;
        }
      }
    } catch (SSLException | IoException | PoolExhaustedException e) {
      assert failure == null : "told before";
    }
  }

  final void lowerFailed(IoException by) {
    broken(TlsFailure.of(phaseOperation(), by));
    records.clear();
  }

  /** Nothing is understood any more; records that are made are still sent. */
  final void broken(TlsFailure by) {
    if (failure == null && !(isCloseReceived && out == Out.TOLD)) {
      failure = by;
      if (by.isRemote() && by.below() == null) {
        TlsException ignored = lower.byPeer(by.toException(name())); // counts it
      }
    }
    leaveGate();
    phase = Phase.BROKEN;
    plain.clear();
    received.clear();
    phaseEnded();
  }

  /** No bytes may follow those which were written. */
  final void shut() {
    if (out == Out.OPEN) {
      out = Out.ASKED;
    }
  }

  /** Says that nothing comes after a handshake that has not ended. */
  final void giveUpHandshake() {
    SSLEngine known = engine;
    if (known != null && !isComputing && phase == Phase.HANDSHAKE) {
      known.closeOutbound();
      makeAlerts(known);
    }
  }
}
