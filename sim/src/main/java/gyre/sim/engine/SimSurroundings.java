package gyre.sim.engine;

import gyre.engine.Surroundings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;

/** What a simulated loop finds around itself: all of it comes from the world. */
final class SimSurroundings implements Surroundings {
  private static final long LONGEST_JOB_NANOS = 5_000_000;

  private final SimEngine engine;
  private final Universe universe;
  private final Order order;

  SimSurroundings(SimEngine engine, Universe universe) {
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
  public InstantSource clock() {
    return engine.machine();
  }

  @Override
  public void reached(BooleanSupplier onLoop) {
    universe.entered(onLoop.getAsBoolean(), engine.label() + " is woken");
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
  public Workers workers(String name, int threads, int queueLimit) {
    return new SimWorkers(threads + queueLimit);
  }

  /**
   * Runs jobs inline between the turns of the loops, each some virtual time after it was handed
   * over. A job must not wait for a fiber.
   */
  private final class SimWorkers implements Workers {
    private final int limit;
    private int pending;
    private boolean closed;
    private long number;

    SimWorkers(int limit) {
      this.limit = limit;
    }

    @Override
    public Job submit(Runnable job) {
      if (pending == limit || closed) {
        throw new RejectedExecutionException("no room for another job");
      }
      pending++;
      Handed handed = new Handed(this, job, ++number);
      universe.schedule(handed, 1 + universe.details().below(LONGEST_JOB_NANOS));
      universe.trace(Trace.Kind.OFFLOAD, engine, number, 0, null);
      return handed;
    }

    @Override
    public int close(long timeoutNanos) {
      closed = true;
      return 0;
    }
  }

  private final class Handed extends Event implements Job {
    private final SimWorkers workers;
    private final Runnable job;
    private final long number;

    Handed(SimWorkers workers, Runnable job, long number) {
      this.workers = workers;
      this.job = job;
      this.number = number;
    }

    @Override
    void fire() {
      workers.pending--;
      if (!workers.closed && !engine.isGone()) {
        universe.trace(Trace.Kind.OFFLOAD, engine, number, 1, null);
        job.run();
      }
    }

    @Override
    public void cancel() {
      if (isScheduled()) {
        universe.cancel(this);
        workers.pending--;
      }
    }
  }
}
