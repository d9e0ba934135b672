package gyre.sim;

import gyre.ExitStatus;
import gyre.LoopHost;
import gyre.LoopOptions;
import gyre.ShutdownOptions;
import gyre.Task;
import gyre.engine.EngineOptions;
import gyre.process.OsSignal;
import gyre.sim.engine.Machine;
import gyre.sim.engine.SimCommand;
import gyre.sim.engine.SimProcess;
import gyre.sim.engine.TerminalDevice;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A machine of the world, with a clock and addresses of its own. Each program that it is given runs
 * on a loop of its own, and may open more by a {@link gyre.LoopGroup}: loops of one host share its
 * addresses.
 */
public final class Host {
  private final World world;
  private final Machine machine;
  private final List<Program> programs = new ArrayList<>(1);
  private final Map<String, Executable> executables = new HashMap<>();
  private UnaryOperator<LoopOptions> options = UnaryOperator.identity();
  private EngineOptions engineOptions = EngineOptions.defaults();
  private boolean addressed;
  private boolean reliable;

  Host(World world, Machine machine) {
    this.world = world;
    this.machine = machine;
  }

  /** One more address; a host that is given none gets one by itself. */
  public Host address(String literal) {
    addressed = true;
    machine.addAddress(InetAddress.ofLiteral(literal));
    return this;
  }

  /** How its loops are set up. */
  public Host options(UnaryOperator<LoopOptions> newOptions) {
    options = newOptions;
    return this;
  }

  /**
   * Runs {@code main} as {@code Loop.run} does. The world goes on until it has ended, and fails if
   * it throws.
   */
  public Host run(Task main) {
    return add(main, true);
  }

  /**
   * As {@link #run}, but the world does not wait for its end: it is shut down when others have. The
   * run fails by its failure only if that is an {@link AssertionError}.
   */
  public Host background(Task main) {
    return add(main, false);
  }

  /**
   * Runs {@code main} as {@code Loop.runUntilShutdown} does: the first INT or TERM that {@link
   * #signal} sends begins an orderly shutdown, the second one forces it.
   *
   * @param ended is told how it has ended
   */
  public Host runUntilShutdown(ShutdownOptions how, Task main, Consumer<? super ExitStatus> ended) {
    return add(main, true, new StopPlan(how, ended));
  }

  /** As {@link #runUntilShutdown(ShutdownOptions, Task, Consumer)}, with the usual times. */
  public Host runUntilShutdown(Task main, Consumer<? super ExitStatus> ended) {
    return runUntilShutdown(ShutdownOptions.defaults(), main, ended);
  }

  /** How a program is ended by signals, and who is told. */
  record StopPlan(ShutdownOptions how, Consumer<? super ExitStatus> ended) {}

  private Host add(Task main, boolean awaited) {
    return add(main, awaited, null);
  }

  private Host add(Task main, boolean awaited, @Nullable StopPlan stop) {
    long others = programs.stream().filter(MainProgram.class::isInstance).count();
    String name = others == 0 ? name() : name() + "-" + (others + 1);
    add(new MainProgram(world, this, name, main, awaited, stop));
    return this;
  }

  private void add(Program program) {
    programs.add(program);
    world.added(program);
  }

  /** One of its programs opens a further loop. */
  void host(LoopHost.HostedLoop hosted) {
    add(new GroupMember(world, this, name() + "/" + hosted.options().name(), hosted));
  }

  /**
   * Installs a program, which those of this host can start by a {@code Command} of this name. Each
   * child runs on a loop of its own. What it has for its input, output and errors is a pipe, a
   * file, a pseudo-terminal or nothing.
   */
  public Host program(String name, Executable executable) {
    executables.put(name, executable);
    machine.install(name);
    return this;
  }

  /** One of its programs starts a child. */
  void start(SimProcess process, SimCommand command) {
    Executable executable = executables.get(command.program());
    assert executable != null : "nobody has installed " + command.program();
    add(new ChildRun(world, this, executable, process, command));
  }

  /** Has its programs run in a terminal of this size: said before it runs, and once. */
  public HostTerminal terminal(int columns, int rows) {
    TerminalDevice device = machine.attachTerminal(columns, rows);
    device.whenStopped(() -> stopPrograms(true));
    return new HostTerminal(world, this, device);
  }

  /** Those that were not started by others: their children have groups of their own. */
  void stopPrograms(boolean on) {
    for (Program program : programs) {
      if (!(program instanceof ChildRun)) {
        program.stallUntil(on ? Long.MAX_VALUE : 0);
      }
    }
  }

  /** Drops those that will not run again. */
  void forgetGone() {
    programs.removeIf(Program::isGone);
  }

  /** By how much its clock is fast, in parts per million; said before it runs. */
  public Host drift(long partsPerMillion) {
    machine.setDrift(partsPerMillion);
    return this;
  }

  /** How many descriptors each of its programs may have, three of which are taken. */
  public Host descriptors(int limit) {
    machine.setDescriptorLimit(limit);
    return this;
  }

  /** The date on this host jumps. */
  public Host stepClock(Duration by) {
    world.script(name() + " steps its clock by " + by);
    machine.step(by.toNanos());
    return this;
  }

  /** How much memory each of its loops has for buffers; instead of what its options say. */
  public Host poolLimitBytes(long limit) {
    engineOptions = engineOptions.poolLimitBytes(limit);
    return this;
  }

  /**
   * How its kernel receives: into buffers that it has at hand, as io_uring does, or into memory
   * that is taken when data is there, as with epoll.
   */
  public Host receiveRing(boolean has) {
    machine.setReceiveRing(has);
    return this;
  }

  /**
   * Sends a signal to the programs of this host, which count as one process. One that none of them
   * subscribes to has no effect: nothing here is ended by a signal but by its own doing.
   */
  public Host signal(OsSignal signal) {
    world.script(name() + " gets " + signal);
    machine.signal(signal.name());
    return this;
  }

  /** It goes down at once, and nobody is told. Its fibers do not go on, and clean nothing up. */
  public Host crash() {
    world.crash(this);
    return this;
  }

  /** After a crash: runs its programs again from the beginning. */
  public Host restart() {
    world.restart(this);
    return this;
  }

  /** Is spared by {@link gyre.sim.fault.Fault#CRASH}; {@link #crash} goes on to work. */
  public Host reliable() {
    reliable = true;
    return this;
  }

  boolean isReliable() {
    return reliable;
  }

  public boolean isUp() {
    return machine.isUp();
  }

  public String name() {
    return machine.name();
  }

  /** Where others reach it. */
  public InetAddress address() {
    ensureAddress();
    return machine.addresses().getFirst();
  }

  void ensureAddress() {
    if (!addressed) {
      addressed = true;
      machine.addAddress(
          InetAddress.ofLiteral("10.255." + machine.number() / 250 + "." + machine.number() % 250));
    }
  }

  Machine machine() {
    return machine;
  }

  List<Program> programs() {
    return programs;
  }

  EngineOptions engineOptions() {
    return engineOptions;
  }

  LoopOptions options(LoopOptions base) {
    return options.apply(base);
  }

  @Override
  public String toString() {
    return name();
  }
}
