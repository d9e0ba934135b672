package gyre.sim.kernel;

import gyre.engine.AllocateFile;
import gyre.engine.BlockPool;
import gyre.engine.ChangeName;
import gyre.engine.CloseFile;
import gyre.engine.Engine;
import gyre.engine.EngineCounters;
import gyre.engine.EngineOptions;
import gyre.engine.Environment;
import gyre.engine.FileOperation;
import gyre.engine.FileTransfer;
import gyre.engine.OpenFile;
import gyre.engine.Operation;
import gyre.engine.OperationKind;
import gyre.engine.Pipes;
import gyre.engine.Processes;
import gyre.engine.ReadFile;
import gyre.engine.Sockets;
import gyre.engine.StatFile;
import gyre.engine.SyncFile;
import gyre.engine.TerminalCalls;
import gyre.engine.TruncateFile;
import gyre.engine.WriteFile;
import gyre.engine.epoll.EpollEngine;
import gyre.engine.uring.Feature;
import gyre.engine.uring.UringEngine;
import gyre.engine.uring.UringOptions;
import gyre.sim.engine.Chance;
import gyre.sim.engine.SimEngine;
import gyre.sim.engine.SimSocket;
import gyre.sim.engine.Universe;
import gyre.sys.CallState;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A real engine above a played kernel: the engine of a loop in a world.
 *
 * <p>What the engine's kernel does goes through the real engine: sockets, datagrams, pipes, their
 * readiness, and on a ring files. What an engine hands to helper threads is done by the process of
 * the world as ever, as is all that a loop takes from its environment.
 */
public final class KernelEngine implements Engine {
  private static final Set<OperationKind> RING_FILES =
      Set.of(
          OpenFile.KIND,
          CloseFile.KIND,
          ReadFile.KIND,
          WriteFile.KIND,
          SyncFile.KIND,
          StatFile.KIND,
          ChangeName.KIND,
          AllocateFile.KIND);

  private final SimEngine process;
  private final SimKernel kernel;
  private final Universe universe;
  private final Engine real;
  private final Sockets sockets;

  /** What is done to files by entries of a ring; the other engines have helper threads for it. */
  private final Set<OperationKind> ringFiles;

  /** On files, handed to the real engine last: it ends them, even if the process was killed. */
  private final Set<Operation> fileOperations = Collections.newSetFromMap(new WeakHashMap<>());

  private boolean isClosed;

  private KernelEngine(SimEngine process, SimKernel kernel, Engine real) {
    this.process = process;
    this.kernel = kernel;
    this.universe = process.universe();
    this.real = real;
    this.ringFiles = ringFiles(real);
    this.sockets = new KernelSide(real.sockets(), process, kernel);
    kernel.opened();
  }

  /**
   * An engine of a process.
   *
   * @param name {@code io_uring} or {@code epoll}
   * @throws gyre.engine.EngineUnavailable if a kernel of this version can't carry it
   */
  public static Engine open(
      String name, KernelVersion version, SimEngine process, EngineOptions options) {
    return open(name, new SimKernel(process, version), options, null);
  }

  /** The same with the sizes of every day. */
  public static Engine openLarge(
      String name, KernelVersion version, SimEngine process, EngineOptions options) {
    UringOptions sizes = UringOptions.defaults().within(options);
    return open(name, new SimKernel(process, version), options, sizes);
  }

  private static Engine open(
      String name, SimKernel kernel, EngineOptions options, @Nullable UringOptions sizes) {
    SimEngine process = kernel.process;
    CallState calls = new CallState(kernel);
    BlockPool pool = process.newPool(options);
    if (name.equals("epoll")) {
      return new KernelEngine(process, kernel, EpollEngine.open(calls, pool));
    }
    UringOptions chosen = sizes == null ? sizes(kernel.chance) : sizes;
    return new KernelEngine(process, kernel, UringEngine.open(chosen, calls, pool));
  }

  /** Small, so that everything runs out, and by chance without what a kernel may lack. */
  private static UringOptions sizes(Chance chance) {
    int submissions = 8 << chance.below(4);
    int buffer = 4096 << chance.below(2);
    Set<Feature> without = EnumSet.noneOf(Feature.class);
    for (Feature feature : Feature.values()) {
      if (chance.below(8) == 0) {
        without.add(feature);
      }
    }
    return UringOptions.defaults()
        .submissionEntries(submissions)
        .completionEntries(Math.max(16, submissions << chance.below(3)))
        .bufferBytes(buffer)
        .fixedBufferBytes(1024 << chance.below(3))
        .buffersInitial(1 << chance.below(4))
        .bufferLimitBytes((long) buffer << chance.below(6))
        .datagramLimitBytes(256 * 1024)
        .without(without);
  }

  // ---- operations

  private static Set<OperationKind> ringFiles(Engine real) {
    if (!(real instanceof UringEngine)) {
      return Set.of();
    }
    Set<OperationKind> kinds = new HashSet<>(RING_FILES);
    if (List.of(real.features().split("[ ;]")).contains("truncate")) {
      kinds.add(TruncateFile.KIND);
    }
    return kinds;
  }

  /** What a helper thread of the engine would do is done by the world instead. */
  private boolean isOfKernel(Operation operation) {
    if (!(operation instanceof FileOperation)) {
      return true;
    }
    boolean isTransfer = operation instanceof FileTransfer;
    SimSocket socket =
        isTransfer || operation instanceof CloseFile ? process.find(operation.descriptor) : null;
    return socket == null
        ? ringFiles.contains(operation.kind())
        : isTransfer && socket.isPlainPipe();
  }

  @Override
  public void submit(Operation operation) {
    kernel.runs();
    if (isOfKernel(operation)) {
      if (operation instanceof FileOperation) {
        fileOperations.add(operation);
      }
      SimSocket socket = process.find(operation.descriptor);
      if (socket != null) {
        socket.usedBy(operation);
      }
      real.submit(operation);
    } else {
      fileOperations.remove(operation);
      if (operation instanceof CloseFile) {
        forget(operation.descriptor);
      }
      process.submit(operation);
    }
  }

  /** A descriptor is closed by the process: the engine must know, as when it does that itself. */
  private void forget(int descriptor) {
    if (process.find(descriptor) != null) {
      Object ignored = real.sockets().release(descriptor);
      kernel.release(descriptor);
    }
  }

  @Override
  public void cancel(Operation operation) {
    kernel.runs();
    if (!(operation instanceof FileOperation) || fileOperations.contains(operation)) {
      real.cancel(operation);
    } else {
      process.cancel(operation);
    }
  }

  @Override
  public void await(long timeoutNanos) {
    if (universe.isAutonomous()) {
      universe.advanceTo(universe.nowNanos() + SimEngine.turnNanos(universe));
      universe.fireDue();
    }
    kernel.takeFromOutside();
    process.collect();
    real.await(process.hasCompletions() ? 0 : timeoutNanos);
  }

  @Override
  public int dispatch(int budget) {
    int ran = process.dispatch(budget);
    ran += real.dispatch(budget - ran);
    if (ran > 0) {
      kernel.runs();
    }
    return ran;
  }

  /**
   * A thread from outside fails the run, which the world notices after the turn. Until then it must
   * not touch the kernel, which belongs to the thread of the world.
   */
  @Override
  public void wake() {
    if (universe.intruder() == null || process.isInside()) {
      real.wake();
    }
  }

  @Override
  public void hurry() {
    kernel.runs();
    real.hurry();
  }

  @Override
  public boolean hasUnsent() {
    return real.hasUnsent();
  }

  @Override
  public int readyDescriptor() {
    return real.readyDescriptor();
  }

  @Override
  public int active() {
    return real.active() + process.active();
  }

  @Override
  public void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    real.close();
    process.closeWith(kernel.leftBehind());
  }

  // ---- what it is

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public String features() {
    return real.features() + "; above a played kernel, " + process.features();
  }

  @Override
  public long nanoTime() {
    return process.nanoTime();
  }

  @Override
  public Sockets sockets() {
    return sockets;
  }

  @Override
  public Pipes pipes() {
    return process.pipes();
  }

  @Override
  public Processes processes() {
    return process.processes();
  }

  @Override
  public @Nullable Supplier<TerminalCalls> terminals() {
    return process.terminals();
  }

  @Override
  public Environment environment() {
    return process.environment();
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
  public String toString() {
    return process + " on " + real.name();
  }
}
