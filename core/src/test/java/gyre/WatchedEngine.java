package gyre;

import gyre.engine.Accept;
import gyre.engine.BlockPool;
import gyre.engine.Engine;
import gyre.engine.EngineCounters;
import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.engine.Pipes;
import gyre.engine.Processes;
import gyre.engine.Send;
import gyre.engine.Sockets;
import gyre.engine.TerminalCalls;
import gyre.engine.kernel.KernelSockets;
import gyre.engine.kernel.KernelTerminal;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A real engine under observation: its clock is moved by the test, it counts waits and descriptors,
 * and fails where it is told to.
 */
public final class WatchedEngine implements Engine {
  private final Engine real;
  private final Sockets sockets;
  private final Set<Integer> openSockets = new TreeSet<>();

  private long aheadNanos;
  private boolean isVirtual;
  private long virtualNanos;

  private final ArrayDeque<Errno> acceptErrors = new ArrayDeque<>();
  private final ArrayDeque<Accept> failing = new ArrayDeque<>();
  private final List<Long> acceptsNanos = new ArrayList<>();

  private long sends;
  private Runnable beforeListen = () -> {};

  /** The longest wait with an end. */
  long longestWaitNanos;

  /** Calls that may block, and those of them that have no end; read by other threads too. */
  final AtomicLong waits = new AtomicLong();

  final AtomicLong endlessWaits = new AtomicLong();

  @Nullable RuntimeException failure;

  private WatchedEngine(Engine real) {
    this.real = real;
    this.sockets =
        (Sockets)
            Proxy.newProxyInstance(
                Sockets.class.getClassLoader(),
                new Class<?>[] {Sockets.class},
                (proxy, method, arguments) -> callSockets(method, arguments));
  }

  public static WatchedEngine of(LoopOptions options) {
    return new WatchedEngine(EngineSelection.open(options).engine());
  }

  /** As if the code that calls this had taken so long. */
  public void pass(long nanos) {
    aheadNanos += nanos;
  }

  /**
   * From now on the clock moves only where the loop would wait for it: a wait that ends by its
   * deadline takes no time.
   */
  public void virtualTime() {
    virtualNanos = nanoTime();
    isVirtual = true;
  }

  /** Has the next accept fail, one for each error, and those after it go on. */
  public void failAccepts(List<Errno> errors) {
    acceptErrors.addAll(errors);
  }

  public boolean hasAcceptErrors() {
    return !acceptErrors.isEmpty();
  }

  /** Is run each time before a socket begins to listen. */
  public void beforeListen(Runnable look) {
    beforeListen = look;
  }

  /** How many sends there were. */
  public long sends() {
    return sends;
  }

  /** When accepting was begun, each time since then. */
  public List<Long> acceptsNanos() {
    return acceptsNanos;
  }

  /** Descriptors that were opened by calls, not by accepting, and not closed. */
  public Set<Integer> openSockets() {
    return openSockets;
  }

  @SuppressWarnings("ReturnMissingNullable") // null is what some of them answer
  private Object callSockets(Method method, Object[] arguments) throws Throwable {
    Object result;
    if (method.getName().equals("listen")) {
      beforeListen.run();
    }
    try {
      result = method.invoke(real.sockets(), arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
    switch (method.getName()) {
      case "open" -> {
        if ((int) result >= 0) {
          openSockets.add((int) result);
        }
      }
      case "pair" -> {
        for (int descriptor : (int[]) arguments[0]) {
          openSockets.add(descriptor);
        }
      }
      case "close" -> openSockets.remove((Integer) arguments[0]);
      default -> {}
    }
    return result;
  }

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public String features() {
    return real.features();
  }

  @Override
  public long nanoTime() {
    return isVirtual ? virtualNanos : real.nanoTime() + aheadNanos;
  }

  @Override
  public void submit(Operation operation) {
    if (operation instanceof Send) {
      sends++;
    }
    if (operation instanceof Accept accept) {
      acceptsNanos.add(nanoTime());
      if (!acceptErrors.isEmpty()) {
        accept.state = Operation.State.ACTIVE;
        failing.add(accept);
        return;
      }
    }
    real.submit(operation);
  }

  @Override
  public void cancel(Operation operation) {
    if (operation instanceof Accept accept && failing.contains(accept)) {
      accept.state = Operation.State.CANCELLING;
      return;
    }
    real.cancel(operation);
  }

  @Override
  public void await(long timeoutNanos) {
    if (timeoutNanos != 0) {
      waits.incrementAndGet();
    }
    if (timeoutNanos == FOREVER) {
      endlessWaits.incrementAndGet();
    } else {
      longestWaitNanos = Math.max(longestWaitNanos, timeoutNanos);
    }
    if (!failing.isEmpty()) {
      real.await(0);
    } else if (isVirtual && timeoutNanos != FOREVER) {
      real.await(0);
      virtualNanos += timeoutNanos;
    } else {
      real.await(timeoutNanos);
    }
  }

  @Override
  public int dispatch(int budget) {
    RuntimeException thrown = failure;
    failure = null;
    if (thrown != null) {
      throw thrown;
    }
    for (int left = failing.size(); left > 0; left--) {
      Accept accept = failing.remove();
      boolean isCancelled = accept.state == Operation.State.CANCELLING;
      accept.state = Operation.State.IDLE;
      Errno error = isCancelled ? Errno.ECANCELED : acceptErrors.remove();
      accept.ended(error.negated());
    }
    return real.dispatch(budget);
  }

  @Override
  public int readyDescriptor() {
    return real.readyDescriptor();
  }

  @Override
  public boolean hasUnsent() {
    return real.hasUnsent();
  }

  @Override
  public void hurry() {
    real.hurry();
  }

  @Override
  public void wake() {
    real.wake();
  }

  @Override
  public Sockets sockets() {
    return sockets;
  }

  @Override
  public Pipes pipes() {
    return real.pipes();
  }

  @Override
  public Processes processes() {
    return real.processes();
  }

  /** Given, since what asks the sockets whether they are the kernel's finds these. */
  @Override
  public @Nullable Supplier<TerminalCalls> terminals() {
    return real.sockets() instanceof KernelSockets ? KernelTerminal::new : real.terminals();
  }

  @Override
  public BlockPool pool() {
    return real.pool();
  }

  @Override
  public EngineCounters counters() {
    return real.counters();
  }

  @Override
  public int active() {
    return real.active() + failing.size();
  }

  @Override
  public void close() {
    real.close();
  }
}
