package gyre.sim.engine;

import gyre.engine.Accept;
import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.Connect;
import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.engine.Poll;
import gyre.engine.Receive;
import gyre.engine.Send;
import gyre.engine.Sockets.Family;
import gyre.engine.Sockets.Option;
import gyre.engine.Vector;
import gyre.sim.fault.Fault;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

// Over 500 lines: one state machine of a connection, whose stages share all of its state.
/**
 * A stream socket in one of its lives.
 *
 * <pre>
 *   FRESH --listen--&gt; LISTENING
 *   FRESH --connect--&gt; CONNECTING --answer--&gt; CONNECTED
 *                           |------no----------&gt; FRESH
 * </pre>
 *
 * <p>A connection has two ends, which know each other, and a {@link Pipe} in each direction. An end
 * whose program has closed it lives on in the network until its bytes have arrived.
 *
 * <p>It is long since both ends of a connection change each other's state, as one machine.
 */
@SuppressWarnings("EnumOrdinal") // an index of arrays of this run, and of nothing that lasts
final class StreamSocket extends SimSocket {
  enum State {
    FRESH,
    LISTENING,
    CONNECTING,
    CONNECTED
  }

  /** What one turn delivers at most, so that nobody starves. */
  private static final int TURN_BYTES = 64 * 1024;

  /** What the kernel delivers at a stretch into its own buffers, without asking. */
  private static final int BURST_PIECES = 32;

  private State state = State.FRESH;
  private @Nullable SocketAddress remote;
  private @Nullable Pipe out;
  private @Nullable Pipe in;
  private @Nullable StreamSocket peer;

  private int backlogLimit;
  private final ArrayDeque<StreamSocket> backlog = new ArrayDeque<>(0);

  /** Reported once, by whichever operation comes first. */
  private int error;

  /** No connection any more: reset, or given up. */
  private boolean dead;

  private boolean outputShut;

  /** A send was told that there is no room; the next one waits. */
  private boolean toldFull;

  /** The outcome of a send whose bytes are taken and which is told later. */
  private int settled = UNSET;

  private final SentSum lent = new SentSum();

  /** There were no buffers at hand: it is told of data, and received piece by piece. */
  boolean receivesExactly;

  private final Event resetting =
      new Event() {
        @Override
        void fire() {
          resetArrived();
        }
      };

  /** Looks whether the other end is still there, while nothing else would tell. */
  private final Event probe =
      new Event() {
        private boolean missed;

        @Override
        void fire() {
          if (dead || closed || !isOn(Option.KEEP_ALIVE)) {
            return;
          }
          if (missed && !isReachable()) {
            fail(Errno.ETIMEDOUT.negated());
            return;
          }
          missed = !isReachable();
          if (!missed && peer != null && peer.isGone() && out != null && out.isIdle()) {
            resetAfter(out.route().latencyNanos());
            return;
          }
          universe.schedule(this, missed ? patienceNanos() : idleNanos());
        }
      };

  StreamSocket(Universe universe, Machine machine, Family family) {
    super(universe, machine, family);
    options[Option.LINGER_SECONDS.ordinal()] = -1;
    options[Option.KEEP_ALIVE_IDLE_SECONDS.ordinal()] = 7200;
    options[Option.KEEP_ALIVE_INTERVAL_SECONDS.ordinal()] = 75;
    options[Option.KEEP_ALIVE_COUNT.ordinal()] = 9;
    options[Option.SEND_BUFFER_BYTES.ordinal()] = 87_040;
    options[Option.RECEIVE_BUFFER_BYTES.ordinal()] = 131_072;
  }

  boolean isListening() {
    return state == State.LISTENING && !closed;
  }

  @Override
  boolean yieldsPort(SimSocket other) {
    return isOn(Option.REUSE_ADDRESS) && other.isOn(Option.REUSE_ADDRESS) && !isListening();
  }

  /** Whether the kernel knows nothing of it any more. */
  boolean isGone() {
    return closed;
  }

  int port() {
    InetSocketAddress inet = inetLocal();
    return inet == null ? 0 : inet.getPort();
  }

  @Override
  @Nullable SocketAddress remote() {
    return remote; // after a reset too, as a kernel tells who asks in the right way
  }

  // ---- listening

  int listen(int limit) {
    if (state != State.FRESH && state != State.LISTENING) {
      return Errno.EINVAL.negated();
    }
    if (local == null) {
      return Errno.EINVAL.negated();
    }
    state = State.LISTENING;
    backlogLimit = Math.clamp(limit, 1, 4096);
    return 0;
  }

  boolean isBacklogFull() {
    return backlog.size() >= backlogLimit;
  }

  /** A connection is made and waits to be accepted. */
  void offer(StreamSocket server) {
    backlog.add(server);
    edges |= Poll.READABLE;
    ready(Poll.READABLE | READ_HANG_UP);
  }

  private void accept(SimEngine trying, Accept accept) {
    if (state != State.LISTENING) {
      end(trying, accept, Errno.EINVAL.negated());
      return;
    }
    Chaos chaos = universe.chaos();
    for (int i = 0; i < 16 && !backlog.isEmpty() && receiver == accept; i++) {
      if (chaos.strikes(Fault.ACCEPT_ERROR, trying, accept)) {
        failAccept(trying, accept, chaos);
        return;
      }
      if (chaos.strikes(Fault.EARLY_END, trying, accept)) {
        end(trying, accept, Errno.EINTR.negated());
        return;
      }
      StreamSocket server = backlog.remove();
      int connection = trying.install(server);
      if (connection < 0) {
        backlog.addFirst(server);
        end(trying, accept, connection);
        return;
      }
      trying.complete(accept, Completion.Kind.ACCEPTED, connection);
      server.ready();
    }
    if (!backlog.isEmpty()) {
      ready();
    }
  }

  private void failAccept(SimEngine trying, Accept accept, Chaos chaos) {
    int failure = acceptFailure(chaos);
    if (failure == Errno.ECONNABORTED.negated()) {
      backlog.remove().abandon();
    }
    end(trying, accept, failure);
  }

  private static int acceptFailure(Chaos chaos) {
    return chaos.pick(
        Fault.ACCEPT_ERROR,
        Errno.ECONNABORTED.negated(),
        Errno.EMFILE.negated(),
        Errno.ENFILE.negated(),
        Errno.ENOBUFS.negated(),
        Errno.ENOMEM.negated(),
        Errno.EINTR.negated(),
        Errno.EPERM.negated(),
        Errno.EPROTO.negated(),
        Errno.ENETDOWN.negated(),
        Errno.EHOSTUNREACH.negated());
  }

  // ---- connecting

  private void connect(SimEngine trying, Connect connect) {
    if (state != State.FRESH) {
      if (state != State.CONNECTING) {
        int refusal = state == State.CONNECTED ? Errno.EISCONN.negated() : Errno.EINVAL.negated();
        end(trying, connect, refusal);
      }
      return;
    }
    if (error != 0) {
      int failure = error;
      error = 0;
      end(trying, connect, failure);
      return;
    }
    SocketAddress target = connect.target;
    if (target == null || !fits(target)) {
      end(trying, connect, Errno.EAFNOSUPPORT.negated());
      return;
    }
    int result = begin(trying, target, connect);
    if (result < 0) {
      end(trying, connect, result);
    }
  }

  private int begin(SimEngine trying, SocketAddress target, Object connect) {
    Chaos chaos = universe.chaos();
    if (target instanceof UnixDomainSocketAddress unix) {
      SimSocket named = machine.unix(unix.getPath().toString());
      if (named == null) {
        return Errno.ENOENT.negated();
      }
      if (!(named instanceof StreamSocket listener) || !listener.isListening()) {
        return Errno.ECONNREFUSED.negated();
      }
    } else {
      InetSocketAddress inet = (InetSocketAddress) target;
      int bound = bindFor(inet);
      if (bound < 0) {
        return bound;
      }
      if (chaos.strikes(Fault.CONNECT_ERROR, trying, connect)) {
        return chaos.pick(
            Fault.CONNECT_ERROR,
            Errno.ENETUNREACH.negated(),
            Errno.EHOSTUNREACH.negated(),
            Errno.EADDRNOTAVAIL.negated(),
            Errno.ENOBUFS.negated(),
            Errno.ENOMEM.negated(),
            Errno.ETIMEDOUT.negated(),
            Errno.EACCES.negated(),
            Errno.EPERM.negated());
      }
    }
    state = State.CONNECTING;
    remote = target;
    Handshake.begin(universe, this, target, connect);
    return 0;
  }

  /** The answer to a connect: 0, or -errno. */
  void connected(int result) {
    if (state != State.CONNECTING || closed) {
      return;
    }
    state = result == 0 ? State.CONNECTED : State.FRESH;
    keepAlive();
    if (sender instanceof Connect connect && engine != null) {
      end(engine, connect, result);
    } else if (result != 0) {
      error = result;
    }
    edges |= Poll.WRITABLE;
    ready();
  }

  /** Makes the two ends of a connection, one of which exists. */
  static StreamSocket join(Universe universe, StreamSocket client, Machine machine, Family family) {
    StreamSocket server = new StreamSocket(universe, machine, family);
    server.state = State.CONNECTED;
    server.peer = client;
    client.peer = server;
    Network network = universe.network();
    Route there = network.route(client.machine, machine);
    Route back = network.route(machine, client.machine);
    client.out = new Pipe(universe, there, client, server, capacity(universe, client, server));
    client.in = new Pipe(universe, back, server, client, capacity(universe, server, client));
    server.in = client.out;
    server.out = client.in;
    return server;
  }

  private static int capacity(Universe universe, StreamSocket from, StreamSocket to) {
    Chaos chaos = universe.chaos();
    if (chaos.strikes(Fault.SMALL_BUFFERS, from.machine, from)) {
      return 1 + chaos.of(Fault.SMALL_BUFFERS).below(1 << chaos.of(Fault.SMALL_BUFFERS).below(14));
    }
    long bytes =
        (long) from.option(Option.SEND_BUFFER_BYTES) + to.option(Option.RECEIVE_BUFFER_BYTES);
    return Math.clamp(bytes, 4096, 8 << 20);
  }

  void inherit(StreamSocket listener, @Nullable SocketAddress at, @Nullable SocketAddress from) {
    System.arraycopy(listener.options, 0, options, 0, options.length);
    local = at;
    remote = from;
    keepAlive();
  }

  /** Nobody will ever accept it: the other end is told. */
  void abandon() {
    options[Option.LINGER_SECONDS.ordinal()] = 0;
    close();
  }

  private boolean isReachable() {
    return out != null
        && in != null
        && peer != null
        && peer.machine.isUp()
        && !out.route().isCut()
        && !in.route().isCut();
  }

  private long idleNanos() {
    return Math.max(1, option(Option.KEEP_ALIVE_IDLE_SECONDS)) * 1_000_000_000L;
  }

  private long patienceNanos() {
    long seconds =
        (long) option(Option.KEEP_ALIVE_INTERVAL_SECONDS) * option(Option.KEEP_ALIVE_COUNT);
    return Math.max(1, seconds) * 1_000_000_000L;
  }

  @Override
  void optionSet(Option option) {
    if (option.name().startsWith("KEEP_ALIVE")) {
      keepAlive();
    }
  }

  private void keepAlive() {
    if (isOn(Option.KEEP_ALIVE) && family != Family.UNIX && state == State.CONNECTED && !dead) {
      universe.cancel(probe);
      universe.schedule(probe, idleNanos());
    }
  }

  void becomeConnected() {
    state = State.CONNECTED;
  }

  void notBefore(long nanos) {
    if (out != null) {
      out.notBefore(nanos);
    }
  }

  // ---- progress

  @Override
  void progress(SimEngine trying) {
    Chaos chaos = universe.chaos();
    if (isHeldBack()) {
      return;
    }
    if (isBusy() && chaos.strikes(Fault.LATE_COMPLETION, trying, this)) {
      readyLater(chaos.of(Fault.LATE_COMPLETION).below(2_000_000L));
      return;
    }
    Operation sending = sender;
    if (sending instanceof Send send) {
      send(trying, send);
    } else if (sending instanceof Connect connect) {
      connect(trying, connect);
    } else if (sending != null) {
      end(trying, sending, Errno.EOPNOTSUPP.negated());
    }
    Operation receiving = receiver;
    if (receiving instanceof Receive receive) {
      receive(trying, receive);
    } else if (receiving instanceof Accept accept) {
      accept(trying, accept);
    } else if (receiving != null) {
      end(trying, receiving, Errno.EOPNOTSUPP.negated());
    }
    if (poll != null) {
      poll(trying, poll);
    }
  }

  private void end(SimEngine trying, Operation operation, int result) {
    detach(operation);
    trying.complete(operation, Completion.Kind.TERMINAL, result);
  }

  // ---- receiving

  private void receive(SimEngine trying, Receive receive) {
    Pipe from = in;
    if (from == null || state != State.CONNECTED) {
      end(trying, receive, Errno.ENOTCONN.negated());
      return;
    }
    Chaos chaos = universe.chaos();
    ReceiveRing ring = trying.ring;
    boolean isBurst =
        ring != null && !receive.exact && !receive.sparse && !receivesExactly(receive, ring);
    int left = isBurst ? Integer.MAX_VALUE : TURN_BYTES;
    for (int pieces = 0;
        from.hasUnread() && left > 0 && pieces < BURST_PIECES && receiver == receive;
        pieces++) {
      if (chaos.strikes(Fault.EARLY_END, trying, receive)) {
        end(trying, receive, Errno.ECANCELED.negated());
        return;
      }
      int length =
          isBurst
              ? deliverFromRing(trying, receive, from, chaos)
              : ring != null
                  ? deliverExactly(trying, receive, from, chaos)
                  : deliver(trying, receive, from, chaos);
      if (length == 0) {
        return;
      }
      left -= length;
    }
    if (from.hasUnread()) {
      ready();
    } else if (error != 0) {
      int failure = error;
      error = 0;
      end(trying, receive, failure);
    } else if (from.isAtEnd() || dead) {
      end(trying, receive, 0);
    } else if (chaos.strikes(Fault.RECEIVE_ERROR, trying, receive)) {
      fail(
          chaos.pick(
              Fault.RECEIVE_ERROR,
              Errno.ECONNRESET.negated(),
              Errno.ETIMEDOUT.negated(),
              Errno.EHOSTUNREACH.negated()));
    }
  }

  /** One piece. 0 if there is no memory for it. */
  private int deliver(SimEngine trying, Receive receive, Pipe from, Chaos chaos) {
    int allowance = receive.allowance();
    if (allowance <= 0) {
      return 0;
    }
    int length = Math.min(allowance, Math.min(from.available(), BlockPool.LARGE_BYTES));
    if (chaos.strikes(Fault.SHORT_RECEIVE, trying, receive)) {
      length = 1 + chaos.of(Fault.SHORT_RECEIVE).below(length);
    }
    Block block = trying.takeBlock(this, length);
    if (block == null) {
      return 0;
    }
    int offset = block.capacity == length ? 0 : universe.details().below(block.capacity - length);
    from.read(block.address + offset, length);
    trying.completeReceived(receive, block, offset, length);
    return length;
  }

  /** Goes back to the ring as soon as that has buffers and the owner takes any amount. */
  private boolean receivesExactly(Receive receive, ReceiveRing ring) {
    receivesExactly =
        receivesExactly && (ring.space() == 0 || receive.allowance() < Integer.MAX_VALUE);
    return receivesExactly;
  }

  /** As much as fits into the buffer at hand, whatever the owner would like. */
  private int deliverFromRing(SimEngine trying, Receive receive, Pipe from, Chaos chaos) {
    ReceiveRing ring = trying.ring;
    assert ring != null;
    int space = ring.space();
    if (space == 0 || chaos.strikes(Fault.POOL_EXHAUSTION, trying, this)) {
      trying.counters().starvations++;
      ring.starve(this);
      return 0;
    }
    int length = Math.min(from.available(), space);
    if (chaos.strikes(Fault.SHORT_RECEIVE, trying, receive)) {
      length = 1 + chaos.of(Fault.SHORT_RECEIVE).below(length);
    }
    Block block = ring.take(length);
    from.read(block.address + ring.takenOffset(), length);
    trying.completeReceived(receive, block, ring.takenOffset(), length);
    return length;
  }

  /** A call that asks the owner before; beside a ring. */
  private int deliverExactly(SimEngine trying, Receive receive, Pipe from, Chaos chaos) {
    int space = trying.landingSpace(this);
    int allowance = space == 0 ? 0 : receive.allowance();
    if (allowance <= 0) {
      return 0;
    }
    int length = Math.min(allowance, Math.min(from.available(), space));
    if (chaos.strikes(Fault.SHORT_RECEIVE, trying, receive)) {
      length = 1 + chaos.of(Fault.SHORT_RECEIVE).below(length);
    }
    trying.land(receive, from, length);
    return length;
  }

  /** Bytes or the end have arrived. */
  void arrived() {
    edges |= Poll.READABLE;
    ready(Poll.READABLE | READ_HANG_UP);
  }

  void roomCame() {
    edges |= Poll.WRITABLE;
    ready(Poll.WRITABLE);
  }

  // ---- sending

  private void send(SimEngine trying, Send send) {
    Pipe to = out;
    if (settled != UNSET) {
      return;
    }
    if (to == null || state != State.CONNECTED) {
      end(
          trying,
          send,
          state == State.CONNECTED ? Errno.EPIPE.negated() : Errno.ENOTCONN.negated());
      return;
    }
    if (error != 0) {
      int failure = error;
      error = 0;
      end(trying, send, failure);
      return;
    }
    if (dead || outputShut) {
      end(trying, send, Errno.EPIPE.negated());
      return;
    }
    Chaos chaos = universe.chaos();
    if (chaos.strikes(Fault.SEND_ERROR, trying, send)) {
      failSend(trying, send, chaos);
      return;
    }
    if (to.room() <= 0) {
      if (!toldFull && chaos.strikes(Fault.FULL_BUFFER, trying, send)) {
        toldFull = true;
        end(trying, send, Errno.EAGAIN.negated());
      } else {
        to.awaitRoom();
      }
      return;
    }
    toldFull = false;
    take(trying, send, to, chaos);
  }

  private void take(SimEngine trying, Send send, Pipe to, Chaos chaos) {
    Vector vector = trying.vector();
    vector.clear();
    int entries = send.gather(vector);
    assert entries == vector.count() && entries > 0 : send + " gathered nothing";
    int wanted = (int) Math.min(vector.bytes(), to.room());
    if (chaos.strikes(Fault.SHORT_SEND, trying, send)) {
      wanted = 1 + chaos.of(Fault.SHORT_SEND).below(wanted);
    }
    lent.lend(vector, wanted);
    int left = wanted;
    for (int i = 0; i < entries && left > 0; i++) {
      int length = Math.min(left, vector.length(i));
      to.write(vector.base(i), length);
      left -= length;
    }
    universe.trace(Trace.Kind.TAKE, trying, descriptor, wanted, send);
    to.depart(wanted);
    if (chaos.strikes(Fault.RESET, trying, this)) {
      resetFromTheMiddle();
    }
    if (chaos.strikes(Fault.LATE_COMPLETION, trying, send)) {
      settled = wanted;
      universe.schedule(telling, chaos.of(Fault.LATE_COMPLETION).below(5_000_000L));
    } else {
      tellSent(trying, send, wanted);
    }
  }

  private final Event telling =
      new Event() {
        @Override
        void fire() {
          int result = settled;
          settled = UNSET;
          SimEngine told = engine;
          if (told != null && sender instanceof Send send) {
            tellSent(told, send, result);
          }
        }
      };

  private void tellSent(SimEngine trying, Send send, int result) {
    detach(send);
    trying.completeSent(send, result, result == lent.bytes(), lent);
  }

  boolean isSettled(Operation operation) {
    return settled != UNSET && sender == operation;
  }

  private void failSend(SimEngine trying, Send send, Chaos chaos) {
    detach(send);
    trying.complete(send, Completion.Kind.TERMINAL, failSend(chaos));
  }

  private int failSend(Chaos chaos) {
    int failure =
        chaos.pick(
            Fault.SEND_ERROR,
            Errno.ENOBUFS.negated(),
            Errno.ENOMEM.negated(),
            Errno.EPIPE.negated(),
            Errno.ECONNRESET.negated(),
            Errno.ETIMEDOUT.negated(),
            Errno.EHOSTUNREACH.negated());
    boolean ofConnection = failure != Errno.ENOBUFS.negated() && failure != Errno.ENOMEM.negated();
    if (ofConnection) {
      fail(Errno.ECONNRESET.negated());
      if (failure != Errno.EPIPE.negated()) {
        error = 0; // told; EPIPE says nothing of what happened
      }
    }
    return failure;
  }

  // ---- calls that don't wait

  @Override
  public int levels() {
    if (state == State.LISTENING) {
      return backlog.isEmpty() ? 0 : Poll.READABLE;
    }
    int levels = error != 0 ? Poll.ERROR | Poll.READABLE | Poll.WRITABLE : 0;
    if (state != State.CONNECTED) {
      return state == State.FRESH ? levels | Poll.HANG_UP | Poll.WRITABLE : levels;
    }
    if (dead) {
      return levels | Poll.READABLE | Poll.WRITABLE | Poll.HANG_UP | READ_HANG_UP;
    }
    Pipe from = in;
    Pipe to = out;
    boolean hasEnded = from != null && from.hasEndArrived();
    levels |= hasInput() || hasEnded ? Poll.READABLE : 0;
    levels |= hasEnded ? READ_HANG_UP : 0;
    levels |= hasEnded && outputShut ? Poll.HANG_UP : 0;
    return to != null && (to.room() > 0 || outputShut) ? levels | Poll.WRITABLE : levels;
  }

  /** The error that waits to be told, which is told once. */
  @Override
  public int takeError() {
    int failure = error;
    error = 0;
    return failure;
  }

  @Override
  public int receiveNow(long address, int length, boolean peeks) {
    Pipe from = in;
    SimEngine trying = engine;
    if (from == null || trying == null || state != State.CONNECTED) {
      return error != 0 ? takeError() : Errno.ENOTCONN.negated();
    }
    Chaos chaos = universe.chaos();
    if (!from.hasUnread()
        && error == 0
        && !from.isAtEnd()
        && !dead
        && chaos.strikes(Fault.RECEIVE_ERROR, trying, this)) {
      fail(
          chaos.pick(
              Fault.RECEIVE_ERROR,
              Errno.ECONNRESET.negated(),
              Errno.ETIMEDOUT.negated(),
              Errno.EHOSTUNREACH.negated()));
    }
    if (!from.hasUnread()) {
      return error != 0 ? takeError() : from.isAtEnd() || dead ? 0 : EAGAIN;
    }
    int some = Math.min(length, from.available());
    if (peeks) {
      from.peek(address, some);
      return some;
    }
    boolean isShort = some > 1 && chaos.strikes(Fault.SHORT_RECEIVE, trying, this);
    if (isShort) {
      some = 1 + chaos.of(Fault.SHORT_RECEIVE).below(some - 1);
    }
    from.read(address, some);
    if (isShort) {
      arrived(); // as if the rest had come just behind it: which is one more event
    }
    return some;
  }

  @Override
  public int readableBytes() {
    Pipe from = in;
    return from == null ? 0 : from.available();
  }

  @Override
  public int sendNow(Pieces bytes) {
    Pipe to = out;
    SimEngine trying = engine;
    if (error != 0) {
      return takeError();
    }
    if (to == null || trying == null || state != State.CONNECTED) {
      return family == Family.UNIX && state != State.CONNECTED
          ? Errno.ENOTCONN.negated()
          : Errno.EPIPE.negated();
    }
    boolean isNobodyThere = family == Family.UNIX && peer != null && peer.isGone();
    if (dead || outputShut || isNobodyThere) {
      return Errno.EPIPE.negated();
    }
    Chaos chaos = universe.chaos();
    if (chaos.strikes(Fault.SEND_ERROR, trying, this)) {
      return failSend(chaos);
    }
    if (to.room() <= 0) {
      to.awaitRoom();
      return EAGAIN;
    }
    int wanted = (int) Math.min(bytes.bytes(), to.room());
    if (chaos.strikes(Fault.SHORT_SEND, trying, this)) {
      wanted = 1 + chaos.of(Fault.SHORT_SEND).below(wanted);
    }
    int left = wanted;
    for (int i = 0; i < bytes.count() && left > 0; i++) {
      int length = Math.min(left, bytes.length(i));
      to.write(bytes.base(i), length);
      left -= length;
    }
    universe.trace(Trace.Kind.TAKE, trying, descriptor, wanted, this);
    to.depart(wanted);
    if (chaos.strikes(Fault.RESET, trying, this)) {
      resetFromTheMiddle();
    }
    return wanted;
  }

  @Override
  public int acceptNow() {
    SimEngine trying = engine;
    if (state != State.LISTENING || trying == null) {
      return Errno.EINVAL.negated();
    }
    Chaos chaos = universe.chaos();
    if (backlog.isEmpty()) {
      return EAGAIN;
    }
    if (chaos.strikes(Fault.ACCEPT_ERROR, trying, this)) {
      int failure = acceptFailure(chaos);
      if (failure == Errno.ECONNABORTED.negated()) {
        backlog.remove().abandon();
      }
      return failure;
    }
    StreamSocket server = backlog.remove();
    int connection = trying.install(server);
    if (connection < 0) {
      backlog.addFirst(server);
    }
    return connection;
  }

  @Override
  public int connectNow(SocketAddress target) {
    SimEngine trying = engine;
    if (trying == null) {
      return Errno.EBADF.negated();
    }
    if (error != 0) {
      return takeError();
    }
    return switch (state) {
      case LISTENING, CONNECTED -> Errno.EISCONN.negated();
      case CONNECTING -> Errno.EALREADY.negated();
      case FRESH -> {
        int result = fits(target) ? begin(trying, target, this) : Errno.EAFNOSUPPORT.negated();
        yield result < 0 ? result : Errno.EINPROGRESS.negated();
      }
    };
  }

  // ---- polling

  boolean hasInput() {
    return dead || (in != null && (in.hasUnread() || in.isAtEnd()));
  }

  private void poll(SimEngine trying, Poll polling) {
    int now = 0;
    if (state == State.LISTENING) {
      now |= backlog.isEmpty() ? 0 : Poll.READABLE;
    } else {
      Pipe to = out;
      if (hasInput()) {
        now |= Poll.READABLE;
      }
      if (dead || (to != null && to.room() > 0)) {
        now |= Poll.WRITABLE;
      }
    }
    now |= dead ? Poll.ERROR | Poll.HANG_UP : 0;
    int told = now & edges & (polling.interest | Poll.ERROR | Poll.HANG_UP);
    edges &= ~told;
    if (told != 0) {
      trying.complete(polling, Completion.Kind.READY, told);
    }
  }

  // ---- the end

  int shutdownOutput() {
    if (state != State.CONNECTED || dead) {
      return Errno.ENOTCONN.negated();
    }
    outputShut = true;
    if (out != null) {
      out.finish();
    }
    return 0;
  }

  @Override
  void close() {
    if (closed) {
      return;
    }
    boolean hard = option(Option.LINGER_SECONDS) == 0 || (in != null && in.hasUnread());
    closed();
    while (!backlog.isEmpty()) {
      StreamSocket server = backlog.remove();
      server.abandon();
    }
    if (out == null || dead) {
      return;
    }
    universe.trace(Trace.Kind.END, machine, port(), hard ? 1 : 0, this);
    if (hard) {
      out.breakOff();
      if (peer != null) {
        peer.resetAfter(out.route().latencyNanos());
      }
    } else {
      out.finish();
    }
    if (in != null) {
      in.discard();
    }
  }

  @Override
  void vanish() {
    super.vanish();
    backlog.forEach(StreamSocket::vanish);
    backlog.clear();
    if (out != null) {
      out.breakOff();
    }
  }

  void resetAfter(long nanos) {
    if (!resetting.isScheduled() && !dead) {
      universe.schedule(resetting, nanos);
    }
  }

  private void resetArrived() {
    if (in != null && in.route().isCut()) {
      universe.schedule(resetting, 200_000_000);
      return;
    }
    universe.trace(Trace.Kind.END, machine, port(), 1, this);
    fail(Errno.ECONNRESET.negated());
  }

  /** Something between the two ends tells both that the connection is no more. */
  private void resetFromTheMiddle() {
    resetAfter(universe.chaos().of(Fault.RESET).below(5_000_000L));
    if (peer != null) {
      peer.resetAfter(universe.chaos().of(Fault.RESET).below(5_000_000L));
    }
  }

  /** The connection is no more. */
  void fail(int failure) {
    if (dead || closed) {
      return;
    }
    dead = true;
    error = failure;
    if (out != null) {
      out.breakOff();
    }
    edges |= Poll.READABLE | Poll.WRITABLE | Poll.ERROR | Poll.HANG_UP;
    ready();
  }

  @Override
  void closed() {
    super.closed();
    universe.cancel(telling);
    universe.cancel(resetting);
    universe.cancel(probe);
  }

  @Override
  String explain() {
    return switch (state) {
      case FRESH -> "not connected";
      case LISTENING ->
          "listens on " + local + ", " + backlog.size() + " connections wait to be accepted";
      case CONNECTING -> "no answer from " + remote + " yet" + (sender == null ? "" : wayTo());
      case CONNECTED -> explainConnection();
    };
  }

  @Override
  boolean isNeglected() {
    return in != null && in.hasUnread() && receiver == null;
  }

  private String wayTo() {
    Machine to =
        remote instanceof InetSocketAddress inet
            ? universe.network().find(machine, inet.getAddress())
            : machine;
    if (to == null) {
      return ": no host has that address";
    }
    return ", " + universe.network().route(machine, to) + (to.isUp() ? "" : ", which is down");
  }

  private String explainConnection() {
    Pipe from = in;
    Pipe to = out;
    StreamSocket other = peer;
    StringBuilder text = new StringBuilder().append(local).append(" to ").append(remote);
    if (dead) {
      return text.append(": broken").toString();
    }
    if (from != null) {
      text.append(": ").append(from.explainArrivals());
    }
    if (to != null && to.room() <= 0) {
      text.append("; its send buffer is full");
    }
    if (outputShut) {
      text.append("; it has closed its own half");
    }
    if (other != null) {
      text.append("; the other end ").append(other.explainEnd());
    }
    return text.toString();
  }

  private String explainEnd() {
    if (!machine.isUp()) {
      return "is on " + machine + ", which is down";
    }
    if (closed) {
      return "on " + machine + " is closed";
    }
    if (engine == null) {
      return "waits to be accepted on " + machine;
    }
    return "on "
        + machine
        + (dead ? " is broken" : " is open")
        + (outputShut ? " for receiving alone" : "");
  }

  @Override
  @Nullable SimSocket other() {
    return peer;
  }

  @Override
  String describe() {
    return switch (state) {
      case FRESH -> "stream socket";
      case LISTENING -> "listener " + local;
      case CONNECTING -> "connection to " + remote + " being made";
      case CONNECTED ->
          "connection "
              + local
              + " to "
              + remote
              + (peer != null && !peer.machine.isUp() ? ", whose host is down" : "")
              + (out != null && out.route().isCut() ? ", partitioned" : "")
              + (dead ? ", dead" : "");
    };
  }
}
