package gyre.balancer;

import gyre.CancelledException;
import gyre.Deadline;
import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.Scope;
import gyre.Signal;
import gyre.insight.text.Plural;
import gyre.insight.web.WebConsole;
import gyre.net.TcpServer;
import gyre.net.UnixListener;
import gyre.sync.Permit;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A load balancer on a group of loops. It listens from the call that opens it until it is closed or
 * its loops shut down; connections are spread over the loops by their number.
 *
 * <pre>{@code
 * try (LoopGroup group = LoopGroup.open(2);
 *     Balancer balancer = Balancer.open(group, BalancerConfig.simple(listen, targets))) {
 *   untilItIsTimeToStop();
 * }
 * }</pre>
 *
 * <p>What concerns all loops (checks, names, changes of configuration) is done by fibers of the
 * first loop. It may be opened, asked, changed and closed from any thread; a fiber is parked where
 * another thread would be blocked.
 */
public final class Balancer implements AutoCloseable {
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(200);

  private final @Nullable LoopGroup group;
  private final List<Loop> loops;
  private final IdentityHashMap<Loop, LoopPart> parts = new IdentityHashMap<>();
  private final Events events;
  private final Counters counters = new Counters();
  private final Map<String, SourceRates> sourceRates = new ConcurrentHashMap<>();
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
  private final ActiveConfig active;
  private volatile @Nullable Signal changed;
  private volatile boolean isStopping;
  private volatile @Nullable Callable<BalancerConfig> loader;

  /** On the control loop. */
  private @Nullable UnixListener controlListener;

  private volatile @Nullable WebConsole console;
  private final Pair pair = new Pair(this);

  /** What is to be in force, once what keeps it from that is over; after a take-over. */
  private @Nullable BalancerConfig pending;

  private String lastFailure = "";

  private volatile Runnable stopAction = () -> {};
  private final Commands commands = new Commands(this);
  private Instant started = Instant.EPOCH;

  private Balancer(
      @Nullable LoopGroup group, List<Loop> loops, BalancerConfig config, Events events) {
    this.events = events;
    this.group = group;
    this.loops = loops;
    this.active = new ActiveConfig(this, config, events);
    for (Loop loop : loops) {
      parts.put(loop, new LoopPart(loop));
    }
  }

  /**
   * Listens, and balances.
   *
   * @throws gyre.io.IoException if it can't listen somewhere; then it listens nowhere
   */
  public static Balancer open(LoopGroup group, BalancerConfig config) {
    return open(group, config, new Events(true));
  }

  /** As {@link #open(LoopGroup, BalancerConfig)}, on a loop. */
  public static Balancer open(Loop loop, BalancerConfig config) {
    return open(loop, config, new Events(true));
  }

  static Balancer open(LoopGroup group, BalancerConfig config, Events events) {
    return new Balancer(group, group.loops(), config, events).start(null);
  }

  static Balancer open(Loop loop, BalancerConfig config, Events events) {
    return new Balancer(null, List.of(loop), config, events).start(null);
  }

  /**
   * As {@link #open(LoopGroup, BalancerConfig)}, and goes on with the listening sockets of a
   * balancer that runs in another process, which stops then: no connection is refused or lost.
   * Listeners are found by their names and ports. It gets the table of persistence too.
   *
   * @param control the control socket of the other one
   * @throws gyre.io.IoException if nobody is there, or it can't listen somewhere; then the other
   *     one goes on
   */
  public static Balancer takeOver(LoopGroup group, BalancerConfig config, Path control) {
    return new Balancer(group, group.loops(), config, new Events(true)).start(control);
  }

  private Balancer start(@Nullable Path before) {
    try {
      Fiber<?> ignored =
          onControl(() -> {
            started = control().now();
            if (before == null) {
              apply(config());
              openDoors();
            } else {
              takeOver(before);
            }
            return control().loop().start("balance", this::runControl);
          });
    } catch (RuntimeException e) {
      active.close(Duration.ZERO);
      throw e;
    }
    return this;
  }

  /** On the control loop. Once the other one was told to go this can't fail any more. */
  private void takeOver(Path before) {
    HandOver from = HandOver.ask(before, control());
    BalancerConfig wanted = config();
    boolean isTaken = false;
    try (Permit _ = active.hold()) {
      List<ListenConfig> tcp = new ArrayList<>();
      for (ListenConfig each : wanted.listens()) {
        if (each.protocol() == ListenConfig.Protocol.TCP) {
          tcp.add(each);
        }
      }
      active.apply(wanted.listens(tcp), from);
      pair.adopt(from);
      from.checkTime(control());
      isTaken = true;
      from.finish(this);
    } finally {
      if (!isTaken) {
        pair.stopReplicating();
        from.abandon();
      }
    }
    pair.acceptAgain();
    listeners()
        .forEach(listener -> {
          TcpServer server = listener.server();
          if (server != null) {
            server.acceptAgain();
          }
        });
    events.tell(control().now(), "", "has taken over from the balancer at " + before);
    pending = wanted;
    openPending();
  }

  /** What the other process has let go of by now, or will soon. */
  private void openPending() {
    BalancerConfig wanted = pending;
    if (wanted == null) {
      return;
    }
    try {
      try (Permit _ = active.hold()) {
        if (!active.isWhole(wanted)) {
          active.applyListeners(wanted);
        }
      }
      openDoors();
      pending = null;
    } catch (CancelledException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      String failure = String.valueOf(e.getMessage());
      if (!failure.equals(lastFailure)) {
        lastFailure = failure;
        events.tell(control().now(), "", "tries again after the hand-over: " + failure);
      }
    }
  }

  /** The control socket, the page, and where passive ones are told. */
  private void openDoors() throws IOException {
    Path path = config().control();
    if (path != null && controlListener == null) {
      controlListener = ControlSocket.open(path);
    }
    InetSocketAddress web = config().web();
    if (web != null && console == null) {
      console = BalancerPage.open(this, web, control().loop());
    }
    pair.replicate();
  }

  /** So that nobody changes it while it is handed over. On the control loop; parks. */
  Permit holdConfig() {
    return active.hold();
  }

  Pair pair() {
    return pair;
  }

  /** Another process has the sockets: nothing is accepted here any more. On the control loop. */
  void handedOver() {
    pair.handedOver();
    events.tell(control().now(), "", "another process has taken over");
    active.handedOver();
    closeDoors();
  }

  private void closeDoors() {
    WebConsole page = console;
    if (page != null) {
      page.close();
    }
    pair.stopReplicating();
  }

  /** Where passive ones are told of this one; null if nowhere. */
  @Nullable InetSocketAddress replicationAddress() {
    return pair.address();
  }

  /** In words. */
  String role() {
    Standby.Role role = pair.role();
    return role == null || role == Standby.Role.ACTIVE ? "active" : "passive";
  }

  /** Nobody can give commands any more. This ends the connections of those who do, soon. */
  void closeControl(Duration drain) {
    UnixListener control = controlListener;
    if (control != null) {
      control.close(drain);
    }
  }

  // ---- for its parts

  BalancerConfig config() {
    return active.config();
  }

  Counters counters() {
    return counters;
  }

  Events events() {
    return events;
  }

  Instant started() {
    return started;
  }

  @Nullable AccessLog accessLog() {
    return active.accessLog();
  }

  SourceRates sourceRates(ListenConfig listen) {
    return sourceRates.computeIfAbsent(listen.name(), _ -> new SourceRates());
  }

  /** Those of listeners with these names are of use still. */
  void keepRates(Set<String> names) {
    sourceRates.keySet().retainAll(names);
  }

  /** It is in no configuration any more. */
  void forget(Pool pool) {
    for (LoopPart part : parts.values()) {
      boolean ignored = part.loop().tryPost(() -> part.forget(pool)); // else it ends anyway
    }
  }

  @Nullable Pool pool(String name) {
    return active.pools().get(name);
  }

  List<Pool> pools() {
    return List.copyOf(active.pools().values());
  }

  List<Listener> listeners() {
    return List.copyOf(active.listeners().values());
  }

  List<Loop> loops() {
    return loops;
  }

  /** Of the calling loop. */
  LoopPart part() {
    return part(Loop.current());
  }

  LoopPart part(Loop loop) {
    LoopPart part = parts.get(loop);
    if (part == null) {
      throw new IllegalStateException(loop.name() + " is none of the balancer's loops");
    }
    return part;
  }

  LoopPart control() {
    return part(loops.getFirst());
  }

  @Nullable LoopGroup group() {
    return group;
  }

  // ---- asking

  /** Where it listens, by the names of the listeners, with ports that the system has chosen. */
  public Map<String, InetSocketAddress> addresses() {
    Map<String, InetSocketAddress> all = new LinkedHashMap<>();
    active.listeners().forEach((name, listener) -> all.put(name, listener.address()));
    return all;
  }

  /** What to type into a browser to see the page; empty if there is none. */
  public String link() {
    WebConsole present = console;
    return present == null ? "" : present.link();
  }

  /** Connections that are open now. */
  public int sessions() {
    return counters.sessions.get();
  }

  /** The newest changes with their reasons, the oldest first: what the log has of this run. */
  public List<String> recentEvents() {
    return events.newest().stream().map(Events.Event::toString).toList();
  }

  // ---- changing

  /**
   * Does what this configuration says from now on. Connections go on as they are. Listeners that
   * stay keep listening; if a new one can't listen, nothing changes.
   *
   * @throws gyre.io.IoException if it can't listen somewhere
   */
  public void reload(BalancerConfig next) {
    boolean ignored =
        onControl(() -> {
          apply(next);
          pending = pending == null ? null : next; // the doors may be shut still
          events.tell(control().now(), "", "configuration loaded");
          return true;
        });
  }

  /** Has {@link #reload()}, and the command of that name, read the configuration by this. */
  public void onReload(Callable<BalancerConfig> loader) {
    this.loader = loader;
  }

  /**
   * Reads the configuration again, and does what it says. The file is read on a helper thread.
   *
   * @throws IllegalStateException if there is nothing to be read
   * @throws RuntimeException what is wrong with the configuration; then nothing has changed
   */
  public void reload() {
    Callable<BalancerConfig> reading = loader;
    if (reading == null) {
      throw new IllegalStateException("there is no file to be read again");
    }
    boolean ignored =
        onControl(() -> {
          reload(Fiber.offload(reading));
          return true;
        });
  }

  /** What is done when a command says that it is to stop; nothing by default. */
  public void onStop(Runnable action) {
    stopAction = action;
  }

  /** In a fiber of its own: what it does may wait for the one that asks. On the control loop. */
  void askToStop() {
    Fiber<?> ignored = control().loop().start("stop", stopAction::run);
  }

  /** Answers a command, both as JSON, as the control socket does. */
  public String command(String request) {
    return commands.answer(request);
  }

  /** Runs it on the control loop, in a fiber, and gives its result to whatever thread this is. */
  <T> T onControl(Callable<T> work) {
    Loop loop = control().loop();
    if (Anywhere.isInFiber() && Loop.current().equals(loop)) {
      try {
        return work.call();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e.getMessage(), e);
      }
    }
    return Anywhere.await(loop.callAsync(work));
  }

  /** On the control loop. */
  private void apply(BalancerConfig next) {
    try (Permit _ = active.hold()) {
      active.apply(next, null);
    }
  }

  // ---- the control fiber

  private void runControl() {
    Loop loop = Loop.current();
    Signal stop = Signal.open();
    changed = stop;
    try (Scope scope = Scope.openIsolated("balance")) {
      HealthChecks checks = new HealthChecks(control());
      Discovery discovery = new Discovery(this);
      pair.standBy(scope);
      boolean isServing = false;
      while (!isStopping && !loop.stopping().isReady()) {
        openPending();
        UnixListener control = controlListener;
        if (control != null && !isServing) {
          isServing = true;
          Fiber<?> ignored =
              scope.start("control", () -> ControlSocket.serve(control, this, commands));
        }
        checks.look(pools());
        discovery.look(pools());
        Fiber.awaitFirst(stop, loop.stopping(), Deadline.in(LOOK_INTERVAL));
        stop.take();
      }
      scope.cancel("the balancer stops");
    } finally {
      UnixListener control = controlListener;
      if (control != null) {
        control.close();
      }
      ended.complete(true);
    }
  }

  // ---- closing

  /** As {@link #close(Duration)}, with the configuration's time. */
  @Override
  public void close() {
    close(config().stopTimeout());
  }

  /**
   * Stops listening; connections go on until they end, at most for {@code drain}, and are reset
   * then. Returns when all have ended.
   */
  public void close(Duration drain) {
    if (!isStopping) {
      events.tell(control().now(), "", "stops, with " + Plural.of(sessions(), "connection"));
    }
    isStopping = true;
    active.stop(drain);
    closeDoors();
    Signal present = changed;
    if (present != null) {
      present.raise();
    }
    active.close(drain);
    boolean ignored = Anywhere.await(ended);
  }
}
