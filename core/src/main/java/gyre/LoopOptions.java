package gyre;

import gyre.engine.Engine;
import gyre.engine.choice.Engines;
import gyre.loop.FiberMechanism;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a loop is set up. Immutable; each method that takes a value gives a changed copy, and throws
 * {@link IllegalArgumentException} for a value that makes no sense.
 *
 * <pre>{@code
 * Loop.open(LoopOptions.defaults().engine("epoll").name("edge"));
 * }</pre>
 */
public final class LoopOptions {
  /** As many places as a queue can have. */
  private static final int LARGEST_INBOX = 1 << 30;

  private static final LoopOptions DEFAULTS = new LoopOptions(new Values());

  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    String name = "loop";
    String engine = System.getProperty("gyre.engine", "auto");
    @Nullable Supplier<Engine> engineSource;
    long tickNanos = 1_000_000;
    long timerSlackNanos;
    long poolLimitBytes = 64L << 20;
    int inboxLimit = 65_536;
    int offloadThreads = Math.max(4, 2 * Runtime.getRuntime().availableProcessors());
    int offloadQueueLimit = 1024;
    int lookupThreads = 8;
    int lookupQueueLimit = 1024;
    FailureListener failures = FailureListener.LOGGING;
    boolean reportsLeaks = Boolean.getBoolean("gyre.debug.leaks");
    List<ScopedValue<?>> carried = List.of();
    long longHoldNanos = TimeUnit.MILLISECONDS.toNanos(Long.getLong("gyre.debug.holds", 0));
    @Nullable FiberMode fiberMode;
    boolean insight = !"false".equals(System.getProperty("gyre.insight"));

    Values copy() {
      try {
        return (Values) clone();
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private final Values values;

  private LoopOptions(Values values) {
    this.values = values;
  }

  public static LoopOptions defaults() {
    return DEFAULTS;
  }

  private interface Change {
    void apply(Values values);
  }

  private LoopOptions with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new LoopOptions(changed);
  }

  /** Names the loop in reports, and the threads that belong to it: {@code loop} by default. */
  public LoopOptions name(String name) {
    if (name.isBlank()) {
      throw new IllegalArgumentException("name is blank: reports would not say whose they are");
    }
    return with(v -> v.name = name);
  }

  /**
   * {@code auto} (the default, or what {@code -Dgyre.engine=} says), {@code io_uring}, {@code
   * epoll} or {@code nio}.
   */
  public LoopOptions engine(String engine) {
    if (!Engines.NAMES.contains(engine)) {
      throw new IllegalArgumentException(
          "engine is '" + engine + "': must be one of " + String.join(", ", Engines.NAMES));
    }
    return with(v -> v.engine = engine);
  }

  /** What {@link #engine(String)} takes. */
  public static List<String> engineNames() {
    return Engines.NAMES;
  }

  /** Runs on an engine that the caller made, for example a simulated one. */
  @SuppressWarnings("exports") // only modules that see the seam can call this
  public LoopOptions engine(Supplier<Engine> source) {
    return with(v -> v.engineSource = source);
  }

  /** Resolution of timers: a millisecond unless said otherwise; not below a microsecond. */
  public LoopOptions tick(Duration tick) {
    long nanos = Durations.nanos("tick", tick);
    if (nanos < 1_000 || nanos > 1_000_000_000L) {
      throw new IllegalArgumentException("tick is " + tick + ": must be between 1 µs and 1 s");
    }
    return with(v -> v.tickNanos = nanos);
  }

  /**
   * By how much a {@link Timer} may be late so that it fires together with others: zero unless said
   * otherwise. Fewer wake-ups of an idle process, where the exact time does not matter. See {@link
   * Timer#slack}, which says it for one timer.
   */
  public LoopOptions timerSlack(Duration slack) {
    long nanos = Durations.nanos("timerSlack", slack);
    return with(v -> v.timerSlackNanos = nanos);
  }

  /** Most memory that the loop's buffers may take, off heap: 64 MiB unless said otherwise. */
  public LoopOptions poolLimitBytes(long bytes) {
    if (bytes < 1 << 20) {
      throw new IllegalArgumentException(
          "poolLimitBytes is " + bytes + ": must be at least " + (1 << 20));
    }
    return with(v -> v.poolLimitBytes = bytes);
  }

  /** How many tasks posted by other threads may wait: 65,536 unless said otherwise. */
  public LoopOptions inboxLimit(int tasks) {
    if (tasks < 2 || tasks > LARGEST_INBOX) {
      throw new IllegalArgumentException(
          "inboxLimit is " + tasks + ": must be between 2 and " + LARGEST_INBOX);
    }
    return with(v -> v.inboxLimit = tasks);
  }

  /**
   * Threads for {@link Fiber#offload}: two for each processor, at least 4, unless said otherwise.
   */
  public LoopOptions offloadThreads(int threads) {
    atLeastOne("offloadThreads", threads);
    return with(v -> v.offloadThreads = threads);
  }

  /** How many offloaded jobs may wait for a thread: 1,024 unless said otherwise. */
  public LoopOptions offloadQueueLimit(int jobs) {
    atLeastOne("offloadQueueLimit", jobs);
    return with(v -> v.offloadQueueLimit = jobs);
  }

  /**
   * Threads for looking up names: 8 unless said otherwise. They are apart from those of {@link
   * #offloadThreads}, because a name server that does not answer keeps a thread for many seconds,
   * also after whoever wanted to connect has given up.
   */
  public LoopOptions lookupThreads(int threads) {
    atLeastOne("lookupThreads", threads);
    return with(v -> v.lookupThreads = threads);
  }

  /** How many names may wait to be looked up: 1,024 unless said otherwise. */
  public LoopOptions lookupQueueLimit(int names) {
    atLeastOne("lookupQueueLimit", names);
    return with(v -> v.lookupQueueLimit = names);
  }

  private static void atLeastOne(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " is " + value + ": must be at least 1");
    }
  }

  /** Who is told of failures that no fiber waits for. By default they are logged. */
  public LoopOptions failures(FailureListener listener) {
    return with(v -> v.failures = listener);
  }

  /**
   * Reports handles that were forgotten: left open, with nobody using them, until their scope
   * closed them. The report says where they were opened, which costs a stack trace for each handle.
   * Off unless {@code -Dgyre.debug.leaks=true}.
   */
  public LoopOptions reportLeaks(boolean reports) {
    return with(v -> v.reportsLeaks = reports);
  }

  /**
   * Scoped values that are the context of a request: they go along from a fiber to those that it
   * starts, to the work that it offloads, and to the callbacks of timers that it makes. Each sees
   * what was bound where it was started or made; the next job of a helper thread, and the next
   * callback, see nothing of it.
   *
   * <p>Fibers see all scoped values of who started them without this, unless the loop is in {@link
   * FiberMode#BATON}.
   */
  public LoopOptions carries(ScopedValue<?>... values) {
    List<ScopedValue<?>> keys = List.of(values);
    return with(v -> v.carried = keys);
  }

  /**
   * Reports each lock that a fiber holds for longer while others run, with what that fiber waits
   * for: a lock held across a long wait holds up all who want it. Costs a timer for each lock that
   * is taken, so it is for debugging. Zero, the default, is off; {@code -Dgyre.debug.holds=} sets
   * it in milliseconds.
   */
  public LoopOptions reportLongHolds(Duration limit) {
    long nanos = Durations.nanos("reportLongHolds", limit);
    return with(v -> v.longHoldNanos = nanos);
  }

  /**
   * Forces a way of carrying fibers; otherwise the best that this process can have. Opening the
   * loop throws {@link IllegalStateException} if it can't have this one.
   */
  public LoopOptions fibers(FiberMode mode) {
    return with(v -> v.fiberMode = mode);
  }

  /**
   * Whether the loop tells what it does to whoever asks for it on this machine as the same user,
   * and is watched for turns that take too long: yes unless said otherwise, or by {@code
   * -Dgyre.insight=false}. Costs a reading of the clock and a few stores for each callback.
   */
  public LoopOptions insight(boolean on) {
    return with(v -> v.insight = on);
  }

  public String name() {
    return values.name;
  }

  String engine() {
    return values.engine;
  }

  @Nullable Supplier<Engine> engineSource() {
    return values.engineSource;
  }

  long tickNanos() {
    return values.tickNanos;
  }

  long timerSlackNanos() {
    return values.timerSlackNanos;
  }

  long poolLimitBytes() {
    return values.poolLimitBytes;
  }

  int inboxLimit() {
    return values.inboxLimit;
  }

  int offloadThreads() {
    return values.offloadThreads;
  }

  int offloadQueueLimit() {
    return values.offloadQueueLimit;
  }

  int lookupThreads() {
    return values.lookupThreads;
  }

  int lookupQueueLimit() {
    return values.lookupQueueLimit;
  }

  boolean reportsLeaks() {
    return values.reportsLeaks;
  }

  List<ScopedValue<?>> carried() {
    return values.carried;
  }

  long longHoldNanos() {
    return values.longHoldNanos;
  }

  boolean insight() {
    return values.insight;
  }

  FailureListener failures() {
    return values.failures;
  }

  FiberMode fiberMode() {
    FiberMode forced = values.fiberMode;
    FiberMode best = FiberMechanism.isNativePossible() ? FiberMode.NATIVE : FiberMode.BATON;
    if (forced == FiberMode.NATIVE && best != FiberMode.NATIVE) {
      throw new IllegalStateException(
          "native fibers are not to be had in this process: start Java with --add-opens"
              + " java.base/java.lang=ALL-UNNAMED and without -Dgyre.fibers=baton, or don't ask for"
              + " them by LoopOptions.fibers");
    }
    return forced == null ? best : forced;
  }
}
