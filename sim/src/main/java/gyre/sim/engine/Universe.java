package gyre.sim.engine;

import gyre.LoopHost;
import gyre.sim.fault.Faults;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Time and chance of one world, and what is going to happen in it.
 *
 * <p>Two ways to make time pass. A world that runs loops calls {@link #advanceTo} and {@link
 * #fireDue} between their turns, and engines never wait. Where nobody does ({@link
 * #setAutonomous}), an engine that waits makes time pass itself.
 *
 * <p>Confined to the thread that made it.
 */
public final class Universe implements Subject {
  private final Thread thread = Thread.currentThread();
  private final long seed;
  private final EventQueue events = new EventQueue();
  private final Chance ties;
  private final Chance orders;
  private final Chance details;
  private final Trace trace;
  private final Chaos chaos;
  private final Network network;
  private final List<SimEngine> engines = new ArrayList<>();

  /** Released by one engine, and neither adopted by another nor discarded. */
  private final List<SimSocket> adrift = new ArrayList<>();

  private long nowNanos;
  private long fired;
  private boolean autonomous;
  private boolean ending;
  private boolean wakesFromOutside;
  private volatile @Nullable Throwable intruder;
  private @Nullable BiConsumer<Machine, LoopHost.HostedLoop> loopHost;
  private @Nullable ParkObserver parkObserver;
  private @Nullable ProcessHost processHost;

  public Universe(
      long seed, Faults faults, Trace.@Nullable Listener listener, LongPredicate admitted) {
    this.seed = seed;
    this.ties = Chance.of(seed, "ties");
    this.orders = Chance.of(seed, "orders");
    this.details = Chance.of(seed, "details");
    this.trace = new Trace(listener);
    this.chaos = new Chaos(this, seed, faults, admitted);
    this.network = new Network(this);
  }

  // ---- time

  public long nowNanos() {
    return nowNanos;
  }

  /** When something happens next by itself; {@link Long#MAX_VALUE} if nothing does. */
  public long nextEventNanos() {
    return events.nextNanos();
  }

  public void advanceTo(long nanos) {
    assert nanos >= nowNanos : "time goes on";
    nowNanos = nanos;
  }

  /** Lets everything happen whose time has come. */
  public void fireDue() {
    while (events.nextNanos() <= nowNanos) {
      fired++;
      events.remove().fire();
    }
  }

  public long eventsFired() {
    return fired;
  }

  void schedule(Event event, long delayNanos) {
    scheduleAt(event, nowNanos + delayNanos);
  }

  void scheduleAt(Event event, long nanos) {
    assert nanos >= nowNanos : "nothing happens in the past";
    event.atNanos = nanos;
    event.tie = ties.next() >>> 1;
    events.add(event);
  }

  void cancel(Event event) {
    if (event.isScheduled()) {
      events.remove(event);
    }
  }

  /** Runs something at a time, for scripts. */
  public void at(long nanos, Runnable action) {
    scheduleAt(
        new Event() {
          @Override
          void fire() {
            action.run();
          }
        },
        Math.max(nanos, nowNanos));
  }

  // ---- who drives it

  /** From now on engines that wait make time pass. */
  public void setAutonomous() {
    autonomous = true;
  }

  public boolean isAutonomous() {
    return autonomous;
  }

  /** From now on there are no faults any more, and nobody is made to wait by the network. */
  public void end() {
    ending = true;
    autonomous = true;
  }

  public boolean isEnding() {
    return ending;
  }

  /**
   * Lets threads that are not the world's wake engines: not deterministic, for tests of engines.
   */
  public void allowWakesFromOutside() {
    wakesFromOutside = true;
  }

  public boolean allowsWakesFromOutside() {
    return wakesFromOutside;
  }

  /** Has somebody told of all parks of fibers, from now on. */
  public void observeParks(ParkObserver observer) {
    parkObserver = observer;
  }

  @Nullable ParkObserver parkObserver() {
    return parkObserver;
  }

  /** Runs the programs that others start. */
  public interface ProcessHost {
    void start(Machine machine, SimProcess process, SimCommand command);
  }

  /** Has children taken care of, from now on. */
  public void onProcess(ProcessHost host) {
    processHost = host;
  }

  void start(Machine machine, SimProcess process, SimCommand command) {
    if (processHost == null) {
      throw new UnsupportedOperationException("nobody runs children in this universe");
    }
    processHost.start(machine, process, command);
  }

  /** Has loops that programs open beside their own taken care of, from now on. */
  public void onHostedLoop(BiConsumer<Machine, LoopHost.HostedLoop> host) {
    loopHost = host;
  }

  void host(Machine machine, LoopHost.HostedLoop hosted) {
    if (loopHost == null) {
      throw new UnsupportedOperationException("nobody turns further loops in this universe");
    }
    loopHost.accept(machine, hosted);
  }

  /** From any thread: somebody reaches a loop. Notes it if he comes from outside of the world. */
  void entered(boolean fromInside, String what) {
    if (!fromInside && !wakesFromOutside && intruder == null) {
      intruder =
          new IllegalStateException(
              "not deterministic: "
                  + what
                  + " from outside of the simulation, by thread "
                  + Thread.currentThread().getName()
                  + "; start fibers instead of threads, use Fiber.offload for work that blocks, and"
                  + " Timer or Fiber.sleep to wait");
    }
  }

  /** Who has reached into the world from outside, with the stack. */
  public @Nullable Throwable intruder() {
    return intruder;
  }

  public Thread thread() {
    return thread;
  }

  // ---- its parts

  public long seed() {
    return seed;
  }

  /** Which of several comes first, where reality does not say. */
  Chance orders() {
    return orders;
  }

  /** What reality leaves open: ports, offsets, delays. */
  Chance details() {
    return details;
  }

  public Chance chance(String kind) {
    return Chance.of(seed, kind);
  }

  public Trace trace() {
    return trace;
  }

  public void trace(Trace.Kind kind, Subject who, long a, long b, @Nullable Object what) {
    trace.event(nowNanos, kind, who, a, b, what);
  }

  /** Notes what a script does. */
  public void script(String what) {
    trace(Trace.Kind.SCRIPT, this, Chance.mix(what.hashCode()), 0, what);
  }

  /** Notes that the run has failed. */
  public void failed(String what) {
    trace(Trace.Kind.FAILURE, this, 0, 0, what);
  }

  /** Notes what a loop told its failure listener. */
  public void reported(String what) {
    trace(Trace.Kind.REPORT, this, 0, 0, what);
  }

  public Chaos chaos() {
    return chaos;
  }

  public Network network() {
    return network;
  }

  int enlist(SimEngine engine) {
    engines.add(engine);
    return engines.size();
  }

  public List<SimEngine> engines() {
    return engines;
  }

  void setAdrift(SimSocket socket) {
    adrift.add(socket);
  }

  void taken(SimSocket socket) {
    boolean wasAdrift = adrift.remove(socket);
    assert wasAdrift || socket.closed : "taken twice, or never released: " + socket;
  }

  /** Sockets on their way from one loop to another; once all loops have ended, nobody has them. */
  public List<String> adrift() {
    return adrift.stream().map(Object::toString).toList();
  }

  void vanishAdrift(Machine machine) {
    for (SimSocket socket : adrift) {
      if (socket.machine.equals(machine)) {
        socket.vanish();
      }
    }
    adrift.removeIf(socket -> socket.machine.equals(machine));
  }

  @Override
  public int number() {
    return 0;
  }

  @Override
  public String label() {
    return "world";
  }
}
