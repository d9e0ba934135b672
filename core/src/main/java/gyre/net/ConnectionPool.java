package gyre.net;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Deadline;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Task;
import gyre.Timer;
import gyre.WaitPoint;
import gyre.net.PoolTarget.Borrower;
import gyre.spi.Internals;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

// Over 500 lines: lending, connecting and closing share the books of targets and borrowers.
/**
 * Connections that are used again, since making one takes longer than most requests.
 *
 * <pre>{@code
 * try (ConnectionPool<InetSocketAddress, TcpStream> pool = ConnectionPool.tcp(options)) {
 *   String answer = pool.use(address, stream -> ask(stream, question));
 * }
 * }</pre>
 *
 * <p>The connection that was used last is lent first, so that those which are not needed get old
 * and are closed. Each is checked before it is lent: one that its server has closed meanwhile is
 * replaced. Borrowers are served in the order in which they came, for each target, and over all
 * targets where the limit for all is what they wait for. Where that is reached, an idle connection
 * to another target makes room.
 *
 * <p><b>Lifetime.</b> A pool belongs to the scope that it was opened in, and so do the connections:
 * not to the borrowers. Close it before that scope ends.
 *
 * <p><b>Threads.</b> On the loop that it was opened on; each loop has its own pool.
 *
 * <p><b>Cancellation.</b> A borrower that is cancelled while it waits has taken nothing; what was
 * meant for it goes to the next. A connection that was being made for it is kept.
 *
 * @param <K> what is connected to; a key of a map
 * @param <C> a connection
 */
public final class ConnectionPool<K, C> implements AutoCloseable {
  /** Looks for what is too old so often in the time that it may take. */
  private static final int LOOKS = 4;

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(30);

  private enum State {
    OPEN,
    /** Lends no more. */
    DRAINING,
    CLOSED
  }

  /** Uses a connection for a while. */
  @FunctionalInterface
  public interface Use<C, R extends @Nullable Object> {
    R run(C connection) throws Exception;
  }

  private final Loop loop = Loop.current();
  private final Scope owner = Scope.current();
  private final PoolOptions options;
  private final ConnectionFactory<K, C> factory;
  private final Map<K, PoolTarget<K, C>> targets = new LinkedHashMap<>();
  private final Cancellation connects = owner.cancellation().child();

  /**
   * Given up, and to be closed by a fiber: of the owner, which never runs if that is cancelled
   * before, or of whoever closes the pool, or gives a connection back after that.
   */
  private final Queue<C> unclosed = new ArrayDeque<>();

  private final Timer sweeper;
  private final long idleNanos;
  private final long lifetimeNanos;
  private State state = State.OPEN;
  private int total;
  private int waiting;
  private int closing;
  private long nextNumber;
  private long borrows;
  private long made;
  private long failures;
  private long evictions;
  private long timeouts;

  /** All that was lent is back. */
  private final WaitPoint returned =
      new Level(() -> sum(t -> t.lent) == 0, () -> "waiting for lent connections to come back");

  /** Nothing is being connected or closed any more. */
  private final WaitPoint settled =
      new Level(
          () -> closing == 0 && sum(t -> t.connecting) == 0,
          () -> "waiting for the connections of a pool to be closed");

  private ConnectionPool(PoolOptions options, ConnectionFactory<K, C> factory) {
    this.options = options;
    this.factory = factory;
    this.idleNanos = nanos(options.idleTimeout());
    this.lifetimeNanos = nanos(options.lifetime());
    this.sweeper = loop.timer(this::sweep);
    sweeper.rename("connection-pool sweeper");
    sweeper.background(true);
  }

  /** Zero, for ever, is the longest time there is. */
  private static long nanos(Duration duration) {
    return duration.isZero() ? Long.MAX_VALUE : TimeUnit.NANOSECONDS.convert(duration);
  }

  /** A pool of connections of any kind, in the current scope. */
  public static <K, C> ConnectionPool<K, C> open(
      PoolOptions options, ConnectionFactory<K, C> factory) {
    return new ConnectionPool<>(options, factory);
  }

  /** A pool of TCP connections. */
  public static ConnectionPool<InetSocketAddress, TcpStream> tcp(PoolOptions options) {
    return tcp(options, StreamOptions.defaults(), ConnectOptions.defaults());
  }

  public static ConnectionPool<InetSocketAddress, TcpStream> tcp(
      PoolOptions options, StreamOptions stream, ConnectOptions how) {
    return open(
        options,
        new ConnectionFactory<>() {
          @Override
          public TcpStream connect(InetSocketAddress target) {
            return TcpStream.connect(target, stream, how);
          }

          @Override
          public boolean isUsable(TcpStream connection) {
            return connection.isReusable();
          }
        });
  }

  // ---- borrowing

  /**
   * Lends a connection; parks while there is none, at most for {@link PoolOptions#waitTimeout}. The
   * lease must be closed; {@link #use} does that.
   *
   * @throws NetworkTimeoutException if none becomes free in time
   * @throws RejectedExecutionException if too many wait already
   * @throws NetworkException if connecting fails, or the pool is closed
   */
  public Lease<C> borrow(K key) {
    checkOpen(key);
    PoolTarget<K, C> target = targets.computeIfAbsent(key, PoolTarget::new);
    PoolEntry<C> entry = target.waiting.isEmpty() ? takeIdle(target) : null;
    if (entry == null) {
      entry = await(target);
    }
    borrows++;
    return new Lease<>(this, entry);
  }

  /**
   * Lends a connection to {@code work}, and gives it back afterwards; if the work throws, for
   * whatever reason, the connection is closed.
   */
  public <R extends @Nullable Object> R use(K key, Use<? super C, R> work) throws Exception {
    Lease<C> lease = borrow(key);
    boolean isDone = false;
    try {
      R result = work.run(lease.connection());
      isDone = true;
      return result;
    } finally {
      if (isDone) {
        lease.close();
      } else {
        lease.discard();
      }
    }
  }

  private PoolEntry<C> await(PoolTarget<K, C> target) {
    if (waiting >= options.maxWaiters()) {
      throw new RejectedExecutionException(
          waiting + " wait for connections already: see PoolOptions.maxWaiters");
    }
    Borrower<C> borrower = new Borrower<>(target.key, nextNumber++);
    enqueue(target, borrower);
    boolean isTaken = false;
    try {
      connectWhereNeeded();
      awaitReady(borrower);
      isTaken = true;
    } finally {
      if (!isTaken) {
        leave(target, borrower);
      }
    }
    PoolEntry<C> given = borrower.given;
    if (given == null) {
      throw failed(target, borrower);
    }
    return given;
  }

  private void enqueue(PoolTarget<K, C> target, Borrower<C> borrower) {
    target.waiting.add(borrower);
    waiting++;
  }

  private void awaitReady(Borrower<C> borrower) {
    if (options.waitTimeout().isZero()) {
      Fiber.await(borrower);
      return;
    }
    Deadline deadline = Deadline.in(options.waitTimeout());
    var ignored = Fiber.awaitFirst(borrower, deadline);
  }

  /** Was cancelled: what it was given goes to the next one. */
  private void leave(PoolTarget<K, C> target, Borrower<C> borrower) {
    PoolEntry<C> given = borrower.given;
    if (given != null) {
      giveBack(given, true);
    } else if (target.waiting.remove(borrower)) {
      waiting--;
    }
  }

  private RuntimeException failed(PoolTarget<K, C> target, Borrower<C> borrower) {
    Throwable failure = borrower.failure;
    if (failure == null) {
      leave(target, borrower);
      timeouts++;
      return new NetworkTimeoutException(
          "borrow a connection to",
          target.key.toString(),
          "none was free within " + options.waitTimeout().toMillis() + " ms: " + counters());
    }
    if (failure instanceof CancelledException) {
      return closed(target.key);
    }
    if (failure instanceof RuntimeException unchecked) {
      return unchecked;
    }
    NetworkException told =
        NetworkException.of("connect to", target.key.toString(), failure.toString());
    told.initCause(failure);
    return told;
  }

  private void checkOpen(K key) {
    checkLoop();
    if (state != State.OPEN) {
      throw closed(key);
    }
  }

  private void checkLoop() {
    if (Loop.current() != loop) {
      throw new IllegalStateException("this pool belongs to " + loop.name());
    }
  }

  private NetworkException closed(K key) {
    return NetworkException.of(
        "borrow a connection to",
        key.toString(),
        switch (state) {
          case OPEN -> "connecting was cancelled, as the scope of the pool may be";
          case DRAINING -> "the pool is draining";
          case CLOSED -> "the pool is closed";
        });
  }

  // ---- lending

  private @Nullable PoolEntry<C> takeIdle(PoolTarget<K, C> target) {
    for (PoolEntry<C> entry = target.idle.pollFirst();
        entry != null;
        entry = target.idle.pollFirst()) {
      if (isFit(entry)) {
        target.lent++;
        return entry;
      }
      evict(entry);
    }
    return null;
  }

  private boolean isFit(PoolEntry<C> entry) {
    long nowNanos = loop.nanoTime();
    return !entry.isOld(nowNanos, lifetimeNanos)
        && !entry.isStale(nowNanos, idleNanos)
        && factory.isUsable(entry.connection);
  }

  void giveBack(PoolEntry<C> entry, boolean keep) {
    checkLoop();
    PoolTarget<?, C> target = entry.target;
    assert target.lent > 0;
    target.lent--;
    entry.idleSince(loop.nanoTime());
    if (keep && state == State.OPEN && isFit(entry)) {
      offer(entry);
    } else {
      if (keep && state == State.OPEN) {
        evictions++;
      }
      drop(entry);
    }
    connectWhereNeeded();
    if (returned.isReady()) {
      returned.wakeAll();
    }
    if (state == State.CLOSED) {
      closeRest(() -> {});
    }
  }

  /** To the one who has waited for longest, or for whoever comes. */
  private void offer(PoolEntry<C> entry) {
    PoolTarget<?, C> target = entry.target;
    Borrower<C> borrower = target.waiting.poll();
    if (borrower != null) {
      waiting--;
      target.lent++;
      borrower.give(entry);
    } else {
      entry.idleSince(loop.nanoTime());
      target.idle.addFirst(entry);
      sweepLater();
    }
  }

  // ---- connecting

  private void connectWhereNeeded() {
    while (state == State.OPEN && waiting > 0) {
      PoolTarget<K, C> target = firstInNeed();
      if (target == null || (total >= options.maxTotal() && !evictOneFor(target))) {
        return;
      }
      startConnect(target);
    }
  }

  /** The target whose borrower came first, among those that may have one connection more. */
  private @Nullable PoolTarget<K, C> firstInNeed() {
    PoolTarget<K, C> first = null;
    long firstNumber = Long.MAX_VALUE;
    for (PoolTarget<K, C> target : targets.values()) {
      Borrower<C> head = target.waiting.peekFirst();
      if (head != null
          && head.number < firstNumber
          && target.connecting < target.waiting.size()
          && target.total() < options.maxPerTarget()) {
        first = target;
        firstNumber = head.number;
      }
    }
    return first;
  }

  /** Of the idle connections to other targets the one that was not used for longest. */
  private boolean evictOneFor(PoolTarget<K, C> target) {
    PoolEntry<C> oldest = null;
    for (PoolTarget<K, C> other : targets.values()) {
      PoolEntry<C> last = other.idle.peekLast();
      if (other != target
          && last != null
          && (oldest == null || last.idleSinceNanos() < oldest.idleSinceNanos())) {
        oldest = last;
      }
    }
    if (oldest == null) {
      return false;
    }
    oldest.target.idle.removeLast();
    evict(oldest);
    return true;
  }

  /** In a fiber of the pool's own scope, so that it outlives the borrower. */
  private void startConnect(PoolTarget<K, C> target) {
    Attempt attempt = new Attempt(target);
    Fiber<?> fiber = owner.start("pool-connect", attempt::connect);
    target.connecting++;
    total++;
    var ignored = Internals.onReady(loop, fiber.end(), attempt::ended);
  }

  /** To make one connection more, for whoever is the first to wait when it is there. */
  private final class Attempt {
    private final PoolTarget<K, C> target;
    private boolean isOver;

    Attempt(PoolTarget<K, C> target) {
      this.target = target;
    }

    void connect() {
      C connection;
      try {
        connection = connects.call(() -> factory.connect(target.key));
      } catch (Exception e) {
        isOver = true;
        connectFailed(target, e);
        return;
      }
      isOver = true;
      connected(target, connection);
    }

    /** A fiber that is cancelled before it begins never runs; and errors end it early. */
    void ended() {
      if (!isOver) {
        isOver = true;
        connectFailed(target, new CancelledException("a fiber of the pool ended early", null));
      }
      if (settled.isReady()) {
        settled.wakeAll();
      }
    }
  }

  private void connected(PoolTarget<K, C> target, C connection) {
    target.connecting--;
    made++;
    PoolEntry<C> entry = new PoolEntry<>(connection, target, loop.nanoTime());
    if (state == State.OPEN) {
      offer(entry);
      connectWhereNeeded();
    } else {
      drop(entry);
      closeRest(() -> {});
    }
  }

  private void connectFailed(PoolTarget<K, C> target, Exception failure) {
    target.connecting--;
    total--;
    failures++;
    Borrower<C> borrower = target.waiting.poll();
    if (borrower != null) {
      waiting--;
      borrower.fail(failure);
    }
    sweepLater();
    connectWhereNeeded();
  }

  /**
   * Makes sure that so many connections to a target are there, before they are needed; parks until
   * then.
   */
  public void prewarm(K key, int count) {
    checkOpen(key);
    if (count > options.maxPerTarget()) {
      throw new IllegalArgumentException(
          count + " connections exceed maxPerTarget, which is " + options.maxPerTarget());
    }
    List<Lease<C>> leases = new ArrayList<>();
    try (Scope scope = Scope.open("prewarm")) {
      for (int i = 0; i < count; i++) {
        var ignored = scope.start(() -> leases.add(borrow(key)));
      }
      scope.join();
    } finally {
      leases.forEach(Lease::close);
    }
  }

  // ---- closing connections

  private void evict(PoolEntry<C> entry) {
    evictions++;
    drop(entry);
  }

  private void drop(PoolEntry<C> entry) {
    total--;
    closing++;
    unclosed.add(entry.connection);
    if (state != State.CLOSED && !owner.cancellation().isCancelled()) {
      var ignored = owner.start("pool-close", this::closeOne);
    }
  }

  private void closeOne() {
    C connection = unclosed.poll();
    if (connection == null) {
      return; // somebody else has closed it meanwhile
    }
    try {
      factory.close(connection);
    } catch (Exception e) {
      // It was given up: nobody waits for what it still had to say.
    } finally {
      closing--;
      if (settled.isReady()) {
        settled.wakeAll();
      }
    }
  }

  /** Closes what nobody has begun to close, all at once, also in a fiber that is cancelled. */
  private void closeRest(Task andThen) {
    try {
      Cancellation.shield(
          CLOSE_LIMIT,
          () -> {
            try (Scope scope = Scope.open("pool-close")) {
              for (int i = unclosed.size(); i > 0; i--) {
                var ignored = scope.start(this::closeOne);
              }
              scope.join();
            }
            andThen.run();
          });
    } catch (CancelledException e) {
      // The kernel or a library takes its time; the scope of the pool waits for them.
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError("waiting throws nothing that is checked", e);
    } finally {
      while (!unclosed.isEmpty()) {
        closeOne(); // whose time is over already
      }
    }
  }

  /** Closes the idle connections to a target: for one that is known to have gone. */
  public void evict(K key) {
    checkLoop();
    PoolTarget<K, C> target = targets.get(key);
    if (target != null) {
      evictIdle(target);
      connectWhereNeeded();
    }
  }

  private void evictIdle(PoolTarget<K, C> target) {
    while (!target.idle.isEmpty()) {
      evict(target.idle.removeLast());
    }
  }

  private void sweepLater() {
    if (!sweeper.isActive() && sweeper.isOpen()) {
      long shortest = Math.min(idleNanos, lifetimeNanos);
      long stepNanos =
          Math.clamp(
              shortest / LOOKS, TimeUnit.MILLISECONDS.toNanos(1), TimeUnit.MINUTES.toNanos(1));
      sweeper.restartNanos(stepNanos);
    }
  }

  private void sweep() {
    for (PoolTarget<K, C> target : targets.values()) {
      for (Iterator<PoolEntry<C>> idle = target.idle.iterator(); idle.hasNext(); ) {
        PoolEntry<C> entry = idle.next();
        if (!isFit(entry)) {
          idle.remove();
          evict(entry);
        }
      }
    }
    targets.values().removeIf(PoolTarget::isEmpty);
    connectWhereNeeded();
    if (!targets.isEmpty()) {
      sweepLater();
    }
  }

  // ---- the end

  /**
   * Lends no more, and waits for the connections that are lent, at most for {@code limit}; then
   * closes.
   *
   * @return whether all came back in time
   */
  public boolean drain(Duration limit) {
    checkLoop();
    if (state == State.OPEN) {
      state = State.DRAINING;
      refuseAll();
    }
    Deadline deadline = Deadline.in(limit);
    try {
      var ignored = Fiber.awaitFirst(returned, deadline);
      return returned.isReady();
    } finally {
      close();
    }
  }

  /**
   * Closes the idle connections, and ends connecting; returns when that is done, also in a fiber
   * that is cancelled. Connections that are lent are closed when they come back.
   */
  @Override
  public void close() {
    checkLoop();
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    connects.cancel("the connection pool is closed");
    refuseAll();
    try {
      closeRest(() -> Fiber.await(settled));
    } finally {
      sweeper.close();
      connects.close();
    }
  }

  private void refuseAll() {
    for (PoolTarget<K, C> target : targets.values()) {
      evictIdle(target);
      for (Borrower<C> borrower = target.waiting.poll();
          borrower != null;
          borrower = target.waiting.poll()) {
        waiting--;
        borrower.fail(closed(target.key));
      }
    }
  }

  // ---- asking

  public PoolCounters counters() {
    checkLoop();
    return new PoolCounters(
        sum(t -> t.idle.size()),
        sum(t -> t.lent),
        sum(t -> t.connecting),
        waiting,
        borrows,
        made,
        failures,
        evictions,
        timeouts);
  }

  private int sum(ToIntFunction<PoolTarget<K, C>> part) {
    return targets.values().stream().mapToInt(part).sum();
  }

  @Override
  public String toString() {
    return "ConnectionPool[" + state + ", " + total + " connections, " + waiting + " waiting]";
  }
}
