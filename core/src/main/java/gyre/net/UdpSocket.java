package gyre.net;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.WaitPoint;
import gyre.Waiter;
import gyre.engine.Errno;
import gyre.engine.Sockets.Option;
import gyre.io.ByteQueue;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

// Over 500 lines: three ways to receive and four to send; the work is in its two halves.
/**
 * A socket for datagrams over IPv4 and IPv6.
 *
 * <p>Two ways to use it, on one implementation. In <b>direct style</b> a fiber calls {@link
 * #receive} or {@link #receiveAll}, while any number of fibers {@link #send}: a send parks until
 * the kernel has taken the datagram, and throws if it did not, which does no harm to the socket. In
 * <b>push style</b> {@link #onDatagram} is given what arrives, and sends from the callback go out
 * together at the end of the turn, without anybody waiting for them.
 *
 * <p>At most {@link UdpOptions#sendSlots} datagrams are in flight; further senders park. Receiving
 * begins with the first one who receives, and pauses while more waits to be consumed than the
 * options allow; the kernel then keeps what its own buffer holds and drops the rest, as UDP does.
 *
 * <p>On a connected socket the refusal of an earlier datagram by the peer comes back as the failure
 * of a later send or receive. Closing lets the kernel finish with what is in flight.
 */
public final class UdpSocket extends SocketHandle {
  /** More does not fit into a datagram, whatever the network. */
  private static final int MAX_PAYLOAD_BYTES = 65_535;

  /** Datagrams that one callback hands to the handler at most, in fairness to others. */
  private static final int CALLBACK_DATAGRAMS = 256;

  private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final InetSocketAddress local;
  private final @Nullable InetSocketAddress peer;
  private final DatagramInput input;
  private final DatagramOutput output;

  private final DatagramReady readable = new DatagramReady(this);
  private @Nullable DatagramHandler handler;

  /** What the handler is lent. */
  private @Nullable ByteQueue lent;

  private @Nullable NetworkException looseFailure;
  private boolean lastTruncated;
  private @Nullable CloseLimit closeLimit;

  @SuppressWarnings("this-escape") // the halves keep it, and use it later
  private UdpSocket(
      Scope owner,
      int descriptor,
      InetSocketAddress local,
      @Nullable InetSocketAddress peer,
      UdpOptions options) {
    super(owner, descriptor);
    this.local = local;
    this.peer = peer;
    this.input = new DatagramInput(this, engine(), descriptor, options);
    this.output = new DatagramOutput(this, engine(), descriptor, options.sendSlots());
  }

  // ---- opening

  /** A socket on a port that the system chooses, for IPv4 and, where there is any, IPv6. */
  public static UdpSocket open() {
    return open(UdpOptions.defaults());
  }

  public static UdpSocket open(UdpOptions options) {
    return UdpOpening.any(options);
  }

  /**
   * A socket that receives what is sent to an address of this machine.
   *
   * @param host an address such as {@code 127.0.0.1}, {@code 0.0.0.0}, or {@code ::} for both
   *     families; a name is looked up on the loop's thread and may hold the loop up
   * @param port 0 lets the system choose; {@link #port} tells
   */
  public static UdpSocket bind(String host, int port) {
    return bind(host, port, UdpOptions.defaults());
  }

  public static UdpSocket bind(String host, int port, UdpOptions options) {
    return bind(Addresses.local(host, port), options);
  }

  public static UdpSocket bind(InetSocketAddress where, UdpOptions options) {
    return UdpOpening.bound(where, options);
  }

  /** A socket that exchanges datagrams with one peer alone. */
  public static UdpSocket connect(InetSocketAddress peer) {
    return connect(peer, UdpOptions.defaults());
  }

  public static UdpSocket connect(InetSocketAddress peer, UdpOptions options) {
    return UdpOpening.connected(peer, options);
  }

  static UdpSocket of(
      int descriptor,
      InetSocketAddress local,
      @Nullable InetSocketAddress peer,
      UdpOptions options) {
    return new UdpSocket(Scope.current(), descriptor, local, peer, options);
  }

  // ---- receiving in direct style

  /** Takes the next datagram; parks until there is one. */
  public Datagram receive() {
    awaitDatagram();
    Datagram datagram = takeFirst();
    input.start();
    return datagram;
  }

  /**
   * Takes the next datagram into a buffer; parks until there is one. What does not fit is lost, as
   * {@link #lastTruncated} tells.
   *
   * @return where it came from
   */
  public InetSocketAddress receive(ByteBuffer target) {
    awaitDatagram();
    int length = input.firstLength();
    int taken = Math.min(length, target.remaining());
    int limit = target.limit();
    target.limit(target.position() + taken);
    int read = input.bytes().read(target);
    assert read == taken;
    target.limit(limit);
    input.bytes().drain(length - taken);
    lastTruncated = input.firstIsTruncated() || taken < length;
    InetSocketAddress source = input.firstSource();
    input.removeFirst();
    input.start();
    return source;
  }

  /** Whether the last {@link #receive(ByteBuffer)} has lost the end of its datagram. */
  public boolean lastTruncated() {
    checkThread();
    return lastTruncated;
  }

  /** Takes all datagrams that are there, at least one and at most {@code limit}; parks for one. */
  public List<Datagram> receiveAll(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit is " + limit + ": must be at least 1");
    }
    awaitDatagram();
    int count = Math.min(limit, input.count());
    List<Datagram> all = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      all.add(takeFirst());
    }
    input.start();
    return all;
  }

  private Datagram takeFirst() {
    byte[] payload = input.bytes().take(input.firstLength());
    Datagram datagram =
        new Datagram(input.firstSource(), ByteBuffer.wrap(payload), input.firstIsTruncated());
    input.removeFirst();
    return datagram;
  }

  /**
   * Ready while {@link #receive} would not park: a datagram or an error is there, or the socket is
   * closed, which that call then tells. For a fiber that waits for one of several things: {@link
   * Fiber#awaitFirst}. One fiber may wait for it at a time, and none in push style.
   */
  public Source readable() {
    checkThread();
    return readable;
  }

  private void awaitDatagram() {
    Fiber<?> caller = caller();
    checkOpen();
    checkDirect();
    await(caller, readable);
    if (input.isEmpty()) {
      int error = input.takeError();
      if (error != 0) {
        throw NetworkException.of("receive on", name(), error);
      }
      checkStillOpen(caller, "receiving on");
      throw new CancelledException(name() + " is idle while the loop shuts down", null);
    }
  }

  private void checkDirect() {
    if (handler != null) {
      throw new IllegalStateException(name() + " is read in push style");
    }
  }

  private boolean hasSomethingToTell() {
    return !input.isEmpty() || input.hasError() || !isOpen() || isDraining();
  }

  // ---- sending

  /** Sends what remains in the buffer to the peer of this connected socket. */
  public void send(ByteBuffer payload) {
    send(payload, connectedPeer());
  }

  /**
   * Sends what remains in the buffer, which may be nothing: also an empty datagram is one. Parks
   * until the kernel has taken it, and throws {@link NetworkException} if it did not, or with
   * {@code ENOBUFS} if the loop has no memory for it; then nothing was taken from the buffer. In a
   * callback it parks only while all slots are busy, and {@link DatagramHandler#onFailure} is told
   * of failures.
   */
  public void send(ByteBuffer payload, InetSocketAddress target) {
    send(payload, payload.remaining(), DatagramOutput.COPYING, target);
  }

  /** As {@link #send(ByteBuffer)}, without copying; the queue is empty afterwards. */
  public void send(ByteQueue payload) {
    send(payload, connectedPeer());
  }

  /** As {@link #send(ByteBuffer, InetSocketAddress)}, without copying; the queue is empty then. */
  public void send(ByteQueue payload, InetSocketAddress target) {
    send(payload, payload.size(), DatagramOutput.MOVING, target);
  }

  private <P> void send(
      P payload, long length, DatagramOutput.Filling<P> filling, InetSocketAddress target) {
    Fiber<?> caller = caller();
    check(length, target);
    if (isCallback(caller)) {
      output.send(caller, payload, length, filling, wireTarget(target), null);
      return;
    }
    DatagramOutput.Outcome outcome = new DatagramOutput.Outcome(this);
    output.send(caller, payload, length, filling, wireTarget(target), outcome);
    await(caller, outcome, 1);
  }

  /**
   * Sends the datagram if a slot is free, and does not wait for the outcome: {@link
   * DatagramHandler#onFailure} is told if it fails, and {@link #statistics} counts it.
   *
   * @return false if all slots are busy, or the loop has no memory for it; then nothing was taken
   *     from the buffer
   */
  public boolean trySend(ByteBuffer payload, InetSocketAddress target) {
    check(payload.remaining(), target);
    return output.trySend(payload, DatagramOutput.COPYING, wireTarget(target));
  }

  /** As {@link #trySend(ByteBuffer, InetSocketAddress)}, without copying. */
  public boolean trySend(ByteQueue payload, InetSocketAddress target) {
    check(payload.size(), target);
    return output.trySend(payload, DatagramOutput.MOVING, wireTarget(target));
  }

  /**
   * Sends all datagrams, in order and as many at a time as there are slots; parks until the kernel
   * has taken the last. If some fail the others are sent nevertheless, and then the first failure
   * is thrown. None is sent if one has an address that it cannot be sent to.
   */
  public void sendAll(List<Datagram> datagrams) {
    Fiber<?> caller = caller();
    DatagramOutput.Outcome outcome = isCallback(caller) ? null : new DatagramOutput.Outcome(this);
    for (Datagram datagram : datagrams) {
      check(datagram.payload().remaining(), datagram.address());
    }
    for (Datagram datagram : datagrams) {
      ByteBuffer payload = datagram.payload();
      InetSocketAddress target = wireTarget(datagram.address());
      output.send(caller, payload, payload.remaining(), DatagramOutput.COPYING, target, outcome);
    }
    if (outcome != null) {
      await(caller, outcome, datagrams.size());
    }
  }

  private void await(Fiber<?> caller, DatagramOutput.Outcome outcome, int total) {
    await(caller, outcome);
    if (outcome.failures > 0) {
      throw outcome.toException(this, total);
    }
  }

  private InetSocketAddress connectedPeer() {
    InetSocketAddress known = peer;
    if (known == null) {
      throw new IllegalStateException(name() + " is not connected: say where to send to");
    }
    return known;
  }

  /** A connected socket sends to its peer without naming it. */
  private @Nullable InetSocketAddress wireTarget(InetSocketAddress target) {
    return peer == null ? target : null;
  }

  private void check(long length, InetSocketAddress target) {
    checkOnLoop();
    checkOpen();
    if (target.isUnresolved()) {
      throw new IllegalArgumentException(target + " is not resolved");
    }
    if (peer != null && !peer.equals(target)) {
      throw new IllegalArgumentException(
          name() + " is connected to " + Addresses.format(peer) + " and sends nowhere else");
    }
    if (length > MAX_PAYLOAD_BYTES) {
      throw sendFailure(target, length, Errno.EMSGSIZE.negated());
    }
  }

  void checkSendable() {
    checkOpen();
  }

  /** For one who was in line while the socket may have been closed. */
  void checkStillSendable(Fiber<?> caller) {
    checkStillOpen(caller, "sending on");
  }

  NetworkException sendFailure(@Nullable SocketAddress given, long length, int result) {
    SocketAddress where = given == null ? peer : given;
    String operation = "send a datagram of " + length + " bytes to";
    String target = where == null ? "nobody" : Addresses.format(where);
    if (result == Errno.EMSGSIZE.negated()) {
      return NetworkException.of(
          operation, target, result, "it is too long: 65507 bytes fit over IPv4, 65487 over IPv6");
    }
    if (result == Errno.ENOBUFS.negated()) {
      return NetworkException.of(
          operation, target, result, "memory is scarce at present: send it later, or drop it");
    }
    if (result == Errno.EACCES.negated()) {
      return NetworkException.of(
          operation, target, result, "a broadcast address takes UdpOptions.broadcast");
    }
    return NetworkException.of(operation, target, result);
  }

  void looseSendFailed(@Nullable SocketAddress target, long length, int result) {
    if (handler != null && looseFailure == null && isOpen()) {
      looseFailure = sendFailure(target, length, result);
      requestCallback();
    }
  }

  // ---- push style

  /** Has {@code newHandler} take what arrives from now on, and what is there already. */
  public void onDatagram(DatagramHandler newHandler) {
    checkOnLoop();
    checkOpen();
    checkUnread();
    handler = newHandler;
    input.start();
    if (!input.isEmpty() || input.hasError()) {
      requestCallback();
    }
  }

  private void checkUnread() {
    Fiber<?> receiver = readable.firstFiber();
    if (receiver != null) {
      throw new IllegalStateException("fiber " + receiver.name() + " is receiving on " + name());
    }
  }

  @Override
  protected boolean isServing() {
    return handler != null;
  }

  @Override
  protected void callback() throws Exception {
    DatagramHandler told = handler;
    if (told == null || !isOpen()) {
      return;
    }
    tellFailure(told);
    for (int left = CALLBACK_DATAGRAMS; left > 0 && isOpen() && !input.isEmpty(); left--) {
      tellDatagram(told);
    }
    if (!isOpen()) {
      return;
    }
    if (!input.isEmpty()) {
      requestCallback();
    }
    input.start();
    if (isDraining()) {
      draining();
    }
  }

  private void tellDatagram(DatagramHandler told) throws Exception {
    ByteQueue payload = lent;
    if (payload == null) {
      payload = input.bytes().sibling();
      lent = payload;
    }
    boolean isCut = input.firstIsTruncated();
    InetSocketAddress source = input.firstSource();
    payload.append(input.bytes(), input.firstLength());
    input.removeFirst();
    try {
      if (isCut) {
        told.onTruncated(payload, source);
      } else {
        told.onDatagram(payload, source);
      }
    } finally {
      payload.clear();
    }
  }

  private void tellFailure(DatagramHandler told) throws Exception {
    NetworkException failure = looseFailure;
    looseFailure = null;
    boolean isOver = input.isOver();
    int error = input.takeError();
    if (error != 0 && failure == null) {
      failure = NetworkException.of("receive on", name(), error);
    }
    if (failure == null) {
      return;
    }
    try {
      told.onFailure(this, failure);
    } finally {
      if (isOver && isOpen()) {
        report(failure);
        closeSoon();
      }
    }
  }

  @Override
  protected void callbackFailed(Throwable failure) {
    if (isOpen()) {
      requestCallback();
    }
  }

  // ---- from the two halves

  /** Datagrams or an error have arrived. */
  void arrived() {
    if (handler != null) {
      requestCallback();
    } else {
      readable.wakeFirst();
    }
    requestEndOfTurn(); // somebody may leave them for later
  }

  @Override
  protected void endOfTurn() {
    if (isOpen()) {
      input.copyPinned();
    }
  }

  @Nullable InetSocketAddress peer() {
    return peer;
  }

  // ---- what can be asked and set

  /** Where this socket receives, with the port that the system has chosen. */
  public InetSocketAddress localAddress() {
    return local;
  }

  public int port() {
    return local.getPort();
  }

  /** The only peer of a connected socket; null if it is not connected. */
  public @Nullable InetSocketAddress remoteAddress() {
    return peer;
  }

  /** What it has done so far. */
  public UdpStatistics statistics() {
    checkThread();
    return new UdpStatistics(
        input.received, output.sent, input.dropped, input.truncated, output.failed, input.pauses);
  }

  /** Takes part in a group on the interface that the system chooses. */
  public void join(InetAddress group) {
    checkOnLoop();
    checkOpen();
    member("join", group, null, engine().sockets().join(descriptor(), group, null));
  }

  public void join(InetAddress group, NetworkInterface through) {
    checkOnLoop();
    checkOpen();
    member("join", group, through, engine().sockets().join(descriptor(), group, through));
  }

  /** Takes part in a group no longer. */
  public void leave(InetAddress group) {
    checkOnLoop();
    checkOpen();
    member("leave", group, null, engine().sockets().leave(descriptor(), group, null));
  }

  public void leave(InetAddress group, NetworkInterface through) {
    checkOnLoop();
    checkOpen();
    member("leave", group, through, engine().sockets().leave(descriptor(), group, through));
  }

  private void member(
      String verb, InetAddress group, @Nullable NetworkInterface through, int result) {
    if (result < 0) {
      String where = through == null ? "" : " on " + through.getName();
      throw NetworkException.of(
          verb + " " + group.getHostAddress() + where + " with", name(), result);
    }
  }

  /** Chooses the interface that datagrams to groups leave by. */
  public void multicastInterface(NetworkInterface through) {
    checkOnLoop();
    checkOpen();
    int result = engine().sockets().setMulticastInterface(descriptor(), through);
    if (result < 0) {
      throw NetworkException.of("send through " + through.getName() + " with", name(), result);
    }
  }

  /** How many routers a datagram to a group may pass; 0 stays on this machine, 1 is the default. */
  public void multicastTimeToLive(int hops) {
    if (hops < 0 || hops > 255) {
      throw new IllegalArgumentException(hops + " hops: must be between 0 and 255");
    }
    set(Option.MULTICAST_TIME_TO_LIVE, hops);
  }

  /** Whether groups on this machine receive what this socket sends to them; they do by default. */
  public void multicastLoop(boolean on) {
    set(Option.MULTICAST_LOOP, on ? 1 : 0);
  }

  /** Allows to send to broadcast addresses. */
  public void broadcast(boolean on) {
    set(Option.BROADCAST, on ? 1 : 0);
  }

  @Override
  public String kind() {
    return "udp-socket";
  }

  @Override
  protected String addressText() {
    String own = Addresses.format(local);
    return peer == null ? own : own + " to " + Addresses.format(peer);
  }

  // ---- the end

  @Override
  protected void closing() {
    readable.wakeAll();
    output.wakeAll();
    engine().cancel(input);
    input.clear();
    if (output.busy() > 0) {
      CloseLimit limit = new CloseLimit(this);
      closeLimit = limit;
      limit.start(CLOSE_NANOS);
    }
    operationEnded();
  }

  @Override
  protected void aborting() {
    engine().cancel(input);
    output.cancelAll();
    operationEnded();
  }

  /** While closing: the last operation that ends releases the rest. */
  void operationEnded() {
    if (state() != State.CLOSING || !input.isIdle() || output.busy() > 0) {
      return;
    }
    if (closeLimit != null) {
      closeLimit.cancel();
    }
    input.clear();
    closeDescriptor();
    released();
  }

  @Override
  protected void draining() {
    if (isOpen() && input.isEmpty()) {
      if (handler != null) {
        closeSoon();
      } else {
        readable.wakeAll(); // the receiver sees that the loop is draining
      }
    }
  }

  @Override
  protected void waits(Waits waits) {
    waits.told(readable.firstFiber(), "receiving on", descriptor());
    output.eachWaiting(fiber -> waits.told(fiber, "sending on", descriptor()));
  }

  @Override
  public int pendingOperations() {
    return (input.isIdle() ? 0 : 1) + output.busy();
  }

  /** Something for the fiber that receives. */
  private static final class DatagramReady extends WaitPoint {
    private final UdpSocket socket;

    DatagramReady(UdpSocket socket) {
      this.socket = socket;
    }

    @Override
    public boolean isReady() {
      return socket.hasSomethingToTell();
    }

    @Override
    public void arm(Waiter waiter) {
      socket.checkOpen();
      socket.checkDirect();
      socket.checkUnread();
      super.arm(waiter);
      socket.input.start();
    }

    @Override
    public String doing() {
      return "receiving on " + socket.name();
    }
  }

  /** What is not sent when the time for closing is up is lost. */
  private static final class CloseLimit extends Timeout {
    private final UdpSocket socket;

    CloseLimit(UdpSocket socket) {
      super(socket);
      this.socket = socket;
    }

    @Override
    protected void expired() {
      socket.output.cancelAll();
    }
  }
}
