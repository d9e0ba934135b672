package gyre.sim.engine;

import gyre.Fiber;
import gyre.LoopHost;
import gyre.ParkWatch;
import gyre.engine.Environment;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BooleanSupplier;

/** What a simulated loop finds around itself: all of it comes from the world. */
final class SimEnvironment implements Environment, LoopHost, ParkWatch {
  private final SimEngine engine;
  private final Universe universe;
  private final Order order;

  SimEnvironment(SimEngine engine, Universe universe) {
    this.engine = engine;
    this.universe = universe;
    this.order = this::pick;
  }

  private int pick(int count) {
    return universe.orders().below(count);
  }

  @Override
  public Order order() {
    return order;
  }

  @Override
  public long randomSeed() {
    return universe.chance("random numbers of " + engine.label()).next();
  }

  @Override
  public InstantSource clock() {
    return engine.machine();
  }

  @Override
  public void inboxReceived(BooleanSupplier onLoop) {
    universe.entered(onLoop.getAsBoolean(), engine.label() + " is woken");
  }

  /** A group's loops are turned by the world, as those of programs are. */
  @Override
  public void join(HostedLoop hosted) {
    universe.host(engine.machine(), hosted);
  }

  @Override
  public void parking(Fiber<?> caller) {
    ParkObserver observer = universe.parkObserver();
    if (observer != null) {
      observer.parking(engine, caller);
    }
  }

  @Override
  public void resumed(Fiber<?> caller) {
    ParkObserver observer = universe.parkObserver();
    if (observer != null) {
      observer.resumed(caller);
    }
  }

  @Override
  public List<InetAddress> resolve(String host) throws UnknownHostException {
    Machine found = universe.network().named(host);
    if (found == null && host.equals("localhost")) {
      return List.of(InetAddress.ofLiteral("127.0.0.1"));
    }
    if (found == null || found.addresses().isEmpty()) {
      throw new UnknownHostException(host + " is no host of this world");
    }
    return List.copyOf(found.addresses());
  }

  @Override
  public Signals signals() {
    SimProcess own = engine.process();
    return own == null ? engine.machine().signals() : own.signals();
  }

  /** The world notices by itself if a loop gets stuck. */
  @Override
  public Subscription lastMoment(long delayNanos, Runnable expired) {
    return () -> {};
  }

  @Override
  public Workers workers(String name, int threads, int queueLimit) {
    return new SimWorkers(engine, universe, name, threads, queueLimit);
  }
}
