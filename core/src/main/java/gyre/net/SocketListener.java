package gyre.net;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.WaitPoint;
import gyre.Waiter;
import gyre.engine.Engine;
import gyre.probe.Counter;
import gyre.probe.Probe;
import gyre.spi.Internals;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

// Over 500 lines: three ways to take connections, which share one line of those that wait.
/**
 * Accepts connections. Three ways to use it: {@link #serve} gives each connection a fiber, {@link
 * #onConnection} a callback, and {@link #accept} hands out one at a time.
 *
 * <p>Accepting pauses while as many connections as {@link ListenOptions#maxConnections} are open,
 * and while nobody takes what has been accepted. Where descriptors run out it pauses too, tries
 * again with growing intervals, and resumes by itself; the connections that are there are not
 * disturbed.
 */
public abstract sealed class SocketListener<S extends SocketStream> extends SocketHandle
    permits TcpListener, UnixListener {
  private static final int WAITING_LIMIT = 256;

  private final ListenOptions options;
  private final MemoryPolicy memory;
  private final Accepting accepting;
  private final Consumer<SocketStream> whenConnectionCloses = this::connectionClosed;
  private final Consumer<SocketStream> whenPushedCloses = this::pushedClosed;

  /** Accepted by the kernel, and not taken by anybody. */
  private final ArrayDeque<Integer> waiting = new ArrayDeque<>();

  private final Acceptable acceptable = new Acceptable(this);

  /** The end of the fiber that serves. */
  private final Level ending = new Level(this::isOver, () -> "accepting on " + name());

  private @Nullable ConnectionHandler<S> server;
  private @Nullable Scope serverScope;
  private @Nullable ConnectionHandler<S> callback;
  private @Nullable IntConsumer taker;
  private @Nullable IntSupplier givenAndOpen;
  private int connections;

  /** Those of them that a callback has got. */
  private int pushed;

  /** The connections that a callback has got are closed. */
  private final Level pushedEnded =
      new Level(() -> pushed == 0, () -> "waiting for the connections of " + name());

  private boolean givesTheRest;
  private Duration drainLimit;
  private int maxConnections;
  private long peerFailures;
  private boolean stopping;

  SocketListener(Scope owner, int descriptor, ListenOptions options) {
    super(owner, descriptor);
    this.options = options;
    this.drainLimit = options.drainTimeout();
    this.maxConnections = options.maxConnections();
    this.memory = MemoryPolicy.of(loop());
    this.accepting = new Accepting(this);
    tellWhatIsAsked();
  }

  /** What the kernel may not give: it cuts a backlog, and refuses descriptors, in silence. */
  private void tellWhatIsAsked() {
    Probe probe = Internals.probe(loop());
    if (probe == null || options.adopted() != null) {
      return; // one that was handed over has been opened by another process
    }
    probe.set(Counter.BACKLOG_ASKED, Math.max(probe.get(Counter.BACKLOG_ASKED), options.backlog()));
    if (maxConnections < Integer.MAX_VALUE) {
      probe.set(
          Counter.CONNECTIONS_ASKED,
          Math.max(probe.get(Counter.CONNECTIONS_ASKED), maxConnections));
    }
  }

  // ---- for users

  /**
   * Serves until the listener is closed or the calling fiber is cancelled: each connection gets a
   * fiber of its own, in which {@code handler} runs, and is closed when that returns. A handler
   * that throws ends only its own connection, and is reported with the stream's name.
   *
   * <p>Returns when the last connection has ended. Once the listener is closed the idle ones end at
   * once, and the others when what they are doing is done. Those that are left after {@link
   * ListenOptions#drainTimeout} are reset, and their handlers cancelled.
   */
  public final void serve(ConnectionHandler<S> handler) {
    checkUntouched();
    try (Scope scope = Scope.openIsolated("serve " + name())) {
      server = handler;
      serverScope = scope;
      takeWaiting();
      start();
      try {
        Fiber.await(ending);
      } finally {
        server = null;
      }
      Draining.end(scope, scope.end(), drainLimit);
    } finally {
      serverScope = null;
    }
    accepting.throwFailure();
  }

  /**
   * Calls {@code handler} with each new connection, which belongs to the scope of this listener.
   */
  public final void onConnection(ConnectionHandler<S> handler) {
    checkUntouched();
    callback = handler;
    start();
  }

  /**
   * Gives descriptors, as they are accepted, to {@code taker}, which runs on the loop and owns
   * them.
   *
   * @param open tells how many of them are open; when it falls below the limit on connections call
   *     {@link #giveMore}
   */
  final void giveConnections(IntConsumer taker, IntSupplier open) {
    checkUntouched();
    this.taker = taker;
    givenAndOpen = open;
    start();
  }

  /** Another limit; who raises it has to call {@link #giveMore}. */
  final void maxConnections(int value) {
    maxConnections = value;
  }

  final void giveMore() {
    takeWaiting();
    start();
  }

  /**
   * Closes the listener, and ends the connections that it has given to {@link #serve} or {@link
   * #onConnection}: the idle ones at once, the others when what they are doing is done. Those that
   * are left after {@code drain} are reset. Returns when connections of {@link #onConnection} have
   * ended; of those of {@link #serve}, that method's end tells.
   */
  public final void close(Duration drain) {
    drainLimit = drain;
    close();
    eachPushed(SocketStream::drain);
    if (!Draining.within(drain, pushedEnded)) {
      eachPushed(SocketStream::resetSoon);
      Fiber.await(pushedEnded);
    }
  }

  private void eachPushed(Consumer<SocketStream> action) {
    if (pushed > 0) {
      Internals.eachHandle(
          owner(),
          handle -> {
            if (handle instanceof SocketStream stream && stream.isReleasedTo(whenPushedCloses)) {
              action.accept(stream);
            }
          });
    }
  }

  /**
   * Takes the next connection; parks until there is one. It belongs to the current scope. Several
   * fibers may accept on one listener: who came first gets the first connection.
   */
  public final S accept() {
    checkUnclaimed();
    Fiber<?> caller = caller();
    await(caller, acceptable);
    if (!hasConnection()) {
      accepting.throwFailure();
      if (stopping) {
        throw new CancelledException(name() + " is closing while the loop shuts down", null);
      }
      checkStillOpen(caller, "accepting on");
      throw new AssertionError(name() + " is said to be acceptable, and nothing is there");
    }
    int connection = waiting.remove();
    start();
    return adopt(Scope.current(), connection);
  }

  /**
   * Ready while {@link #accept} would not park: a connection is there, or the listener is closed or
   * broken, which that call then tells. For a fiber that waits for one of several things: {@link
   * Fiber#awaitFirst}. Refused while connections go to {@link #serve} or {@link #onConnection}.
   */
  public final Source acceptable() {
    checkThread();
    return acceptable;
  }

  private boolean hasConnection() {
    return !waiting.isEmpty() && !isFull();
  }

  private boolean isOver() {
    return stopping || accepting.isOver() || !isOpen();
  }

  /** Number of connections accepted by this listener that are open. */
  public final int connections() {
    checkThread();
    return count();
  }

  private int count() {
    return givenAndOpen == null ? connections : givenAndOpen.getAsInt();
  }

  /**
   * Number of connections accepted by this listener that have ended because their peer reset them,
   * was silent beyond a timeout, or left in the middle.
   */
  public final long peerFailures() {
    checkThread();
    return peerFailures;
  }

  private boolean isFull() {
    return count() >= maxConnections;
  }

  private void checkUnclaimed() {
    checkOnLoop();
    checkOpen();
    if (server != null || callback != null || taker != null) {
      throw new IllegalStateException("connections of " + name() + " go to somebody already");
    }
  }

  /** For those who take all connections from now on. */
  private void checkUntouched() {
    checkUnclaimed();
    Fiber<?> waits = acceptable.firstFiber();
    if (waits != null) {
      throw new IllegalStateException(
          "fiber " + waits.name() + " accepts connections of " + name());
    }
  }

  /** Whoever waits for something of this listener looks whether it is over. */
  private void wakeAll() {
    acceptable.wakeAll();
    ending.wakeAll();
  }

  // ---- connections

  abstract S wrap(Scope owner, int connection, StreamOptions streamOptions);

  private S adopt(Scope owner, int connection) {
    return adopt(owner, connection, whenConnectionCloses);
  }

  private S adopt(Scope owner, int connection, Consumer<SocketStream> whenReleased) {
    S stream = wrap(owner, connection, options.stream());
    connections++;
    stream.onReleased(whenReleased);
    return stream;
  }

  private void pushedClosed(SocketStream stream) {
    pushed--;
    connectionClosed(stream);
    if (pushed == 0) {
      pushedEnded.wakeAll();
    }
  }

  private void connectionClosed(SocketStream stream) {
    connections--;
    if (stream.isBrokenByPeer()) {
      peerFailures++;
    }
    takeWaiting();
    start();
  }

  /**
   * Closes it, and gives what the kernel accepts until it lets go of the socket to the taker: the
   * socket lives on in another process, so that these would be lost otherwise.
   */
  final void closeAndGiveTheRest() {
    givesTheRest = true;
    IntConsumer present = taker;
    while (present != null && !waiting.isEmpty()) {
      present.accept(waiting.remove());
    }
    close();
  }

  /** Begins accepting anew, which looks at what waits. */
  final void acceptAgain() {
    if (accepting.isIdle()) {
      start();
    } else {
      accepting.cancel(); // whose end begins anew
    }
  }

  /** Whether the descriptor is closed. */
  final boolean isReleased() {
    return state() == State.CLOSED;
  }

  /** The kernel has one more. */
  final void accepted(int connection) {
    IntConsumer last = givesTheRest ? taker : null;
    if (last != null) {
      last.accept(connection);
      return;
    }
    if (!isOpen()) {
      drop(connection);
      return;
    }
    waiting.add(connection);
    takeWaiting();
    if (waiting.size() >= WAITING_LIMIT || isFull() || !memory.mayAccept(this)) {
      accepting.cancel();
    }
  }

  /** On the loop: hands what was accepted to whoever takes it. */
  private void takeWaiting() {
    ConnectionHandler<S> handler = server;
    if (taker != null) {
      while (!waiting.isEmpty() && !isFull()) {
        taker.accept(waiting.remove());
      }
    } else if (handler != null) {
      while (!waiting.isEmpty() && !isFull()) {
        serveOne(handler, waiting.remove());
      }
    } else if (callback != null) {
      requestCallback();
    } else if (hasConnection()) {
      acceptable.wakeFirst();
    }
  }

  private void serveOne(ConnectionHandler<S> handler, int connection) {
    Scope scope = serverScope;
    assert scope != null;
    if (scope.cancellation().isCancelled()) {
      drop(connection);
      return;
    }
    S stream = adopt(scope, connection);
    scope.start(() -> ConnectionFiber.serve(handler, stream));
  }

  private void dropWaiting() {
    while (!waiting.isEmpty()) {
      drop(waiting.remove());
    }
  }

  private void drop(int connection) {
    engine().sockets().close(connection);
  }

  @Override
  protected final boolean isServing() {
    return callback != null || taker != null;
  }

  @Override
  protected final void callback() throws Exception {
    ConnectionHandler<S> handler = callback;
    if (owner().cancellation().isCancelled()) { // nothing can be opened in it any more
      dropWaiting();
    }
    while (handler != null && !waiting.isEmpty() && !isFull()) {
      S stream = adopt(owner(), waiting.remove(), whenPushedCloses);
      pushed++;
      try {
        handler.handle(stream);
      } catch (Throwable e) {
        stream.reportFailure(e);
        stream.close();
      }
    }
    start();
  }

  // ---- the operation

  /** There is memory for connections again. */
  final void acceptMore() {
    start();
  }

  /** Accepts, unless there is a reason not to. */
  private void start() {
    if (mayAccept()) {
      accepting.start();
    }
  }

  private boolean mayAccept() {
    return isOpen()
        && !stopping
        && accepting.isStartable()
        && waiting.size() < WAITING_LIMIT / 2
        && !isFull()
        && memory.mayAccept(this);
  }

  final Engine ownEngine() {
    return engine();
  }

  final void reportPause(NetworkException why) {
    report(why);
  }

  /** The time to try again has come. */
  final void tryAgain() {
    start();
  }

  /** The operation has ended: whether that was meant, and is dealt with here. */
  final boolean hasBeenStopped() {
    if (state() == State.CLOSING) {
      finish();
      return true;
    }
    if (stopping) {
      wakeAll();
      return true;
    }
    return false;
  }

  /** Nothing will be accepted any more. */
  final void brokeDown(NetworkException why) {
    if (isServing()) {
      report(why);
      closeSoon();
    }
    wakeAll();
  }

  // ---- the end

  abstract String describe();

  @Override
  protected final void stopAccepting() {
    if (isOpen() && !stopping) {
      stopping = true;
      accepting.stop();
      wakeAll();
    }
  }

  @Override
  protected final void draining() {
    closeSoon();
  }

  @Override
  protected final void closing() {
    accepting.stop();
    dropWaiting();
    wakeAll();
    finish();
  }

  @Override
  protected final void aborting() {
    closing();
  }

  private void finish() {
    if (state() == State.CLOSING && accepting.isIdle()) {
      beforeClosing();
      closeDescriptor();
      released();
    }
  }

  /** The descriptor is about to be closed, and no operation is active on it. */
  void beforeClosing() {}

  @Override
  protected final void waits(Waits waits) {
    waits.told(acceptable.firstFiber(), "accepting on", descriptor());
    waits.told(ending.firstFiber(), "accepting on", descriptor());
  }

  @Override
  public final int pendingOperations() {
    return accepting.isIdle() ? 0 : 1;
  }

  /** There is a connection for one of the fibers that accept, or none will come any more. */
  private static final class Acceptable extends WaitPoint {
    private final SocketListener<?> listener;

    Acceptable(SocketListener<?> listener) {
      this.listener = listener;
    }

    @Override
    public boolean isReady() {
      return listener.isOver() || listener.hasConnection();
    }

    @Override
    public void arm(Waiter waiter) {
      listener.checkUnclaimed();
      super.arm(waiter);
      listener.start();
    }

    @Override
    public String doing() {
      return "accepting on " + listener.name();
    }
  }
}
