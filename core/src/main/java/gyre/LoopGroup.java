package gyre;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Several loops, each on a thread of its own, that run until the group is shut down. They share
 * nothing: what is opened on a loop stays there, and whoever wants something of another loop posts
 * to it. A program in a simulated world gets loops without threads, which its host turns.
 *
 * <p>{@code gyre.net.TcpServer} spreads connections over a group.
 */
public final class LoopGroup implements AutoCloseable {
  private final List<Member> members;

  /** A loop, from before it is open until after it has ended. */
  private static final class Member implements LoopHost.HostedLoop {
    private final LoopOptions options;

    /** Or -1. */
    private final int cpu;

    private final CompletableFuture<Loop> opened = new CompletableFuture<>();
    private final CompletableFuture<ShutdownReport> ended = new CompletableFuture<>();

    Member(LoopOptions options, int cpu) {
      this.options = options;
      this.cpu = cpu;
    }

    void start(@Nullable LoopHost host) {
      if (host == null) {
        Thread.ofPlatform().name(options.name()).start(this::run);
      } else {
        host.join(this);
      }
    }

    /** Its whole life, for a thread of its own. */
    private void run() {
      ShutdownReport report;
      try {
        if (cpu >= 0) {
          Pinning.pin(options.name(), cpu);
        }
        Loop loop = Loop.open(options);
        try (loop) {
          opened(loop);
          loop.runUntilShutdown();
        }
        report = loop.shutdownReport(); // only now with what closing has left
      } catch (Throwable e) {
        if (opened.isDone()) { // or else who opens the group is told
          options.failures().failed(options.name() + " has died:", e);
        }
        failed(e);
        return;
      }
      assert report != null;
      ended(report);
    }

    @Override
    public LoopOptions options() {
      return options;
    }

    @Override
    public void opened(Loop loop) {
      opened.complete(loop);
    }

    @Override
    public void failed(Throwable reason) {
      opened.completeExceptionally(reason);
      ended.completeExceptionally(reason);
    }

    @Override
    public void ended(ShutdownReport report) {
      ended.complete(report);
    }

    Loop loop() {
      return opened.join();
    }
  }

  private LoopGroup(List<Member> members) {
    this.members = members;
  }

  /** Starts a group; each loop is named after {@code options} and its number. */
  public static LoopGroup open(int loops, LoopOptions options) {
    return open(LoopGroupOptions.defaults().loops(loops).loop(options));
  }

  /** Starts a group, and returns when all of its loops are open. */
  public static LoopGroup open(LoopGroupOptions options) {
    LoopHost host = host();
    List<Member> members = new ArrayList<>();
    LoopOptions each = options.loop();
    for (int i = 0; i < options.loops(); i++) {
      members.add(new Member(each.name(each.name() + "-" + i), options.cpu(i)));
    }
    LoopGroup group = new LoopGroup(List.copyOf(members));
    try {
      members.forEach(member -> member.start(host));
      members.forEach(Member::loop);
    } catch (CompletionException e) {
      group.abandon();
      throw Failures.rethrow(Failures.causeOf(e));
    } catch (Throwable e) {
      group.abandon();
      throw e;
    }
    return group;
  }

  /** Who turns the loops, if that is not for threads to do. */
  private static @Nullable LoopHost host() {
    Loop caller = CurrentLoop.find();
    return caller != null && caller.engine().environment() instanceof LoopHost host ? host : null;
  }

  public static LoopGroup open(int loops) {
    return open(loops, LoopOptions.defaults());
  }

  /** One loop could not be opened, or its thread not started: the others go, as they come. */
  private void abandon() {
    for (Member member : members) {
      var ignored = member.opened.thenAccept(Loop::forceShutdown);
    }
  }

  public List<Loop> loops() {
    return members.stream().map(Member::loop).toList();
  }

  public int size() {
    return members.size();
  }

  public Loop loop(int index) {
    return members.get(index).loop();
  }

  /** Begins an orderly shutdown of all loops, and returns at once. From any thread. */
  public void shutdown(ShutdownOptions how) {
    members.forEach(member -> member.loop().shutdown(how));
  }

  /**
   * The whole life of a program on these loops: runs {@code main} on the calling thread, which
   * starts what there is to serve, and waits until all loops have ended. INT, TERM and HUP do what
   * {@link Loop#runUntilShutdown(ShutdownOptions, Task)} says, for all loops. A loop that dies
   * takes the others with it, in order, and its failure is thrown then: a service that lacks a loop
   * must not look healthy. So it is when {@code main} throws.
   */
  public ExitStatus runUntilShutdown(ShutdownOptions how, Task main) {
    checkNotOnMember();
    try (StopSignals signals = new StopSignals(loop(0).environment(), loops(), how)) {
      for (Member member : members) {
        var ignored =
            member.ended.whenComplete((report, failure) -> {
              if (failure != null) {
                shutdown(how);
              }
            });
      }
      try {
        main.run();
      } catch (Throwable e) {
        shutdown(how);
        throw Failures.rethrow(e);
      }
      return signals.status(join());
    }
  }

  /** As {@link #runUntilShutdown(ShutdownOptions, Task)}, with the usual times. */
  public ExitStatus runUntilShutdown(Task main) {
    return runUntilShutdown(ShutdownOptions.defaults(), main);
  }

  /**
   * As {@link #runUntilShutdown(ShutdownOptions, Task)}, for a program that is over when its body
   * is: what {@code main} answers is the exit code, and the loops are shut down then. A signal
   * shuts the loops down as well, but does not interrupt the thread that {@code main} runs on.
   */
  public ExitStatus runUntilShutdown(ShutdownOptions how, Callable<Integer> main) {
    int[] code = {0};
    Task body =
        () -> {
          code[0] = main.call();
          shutdown(how);
        };
    return runUntilShutdown(how, body).withBody(code[0]);
  }

  /** Has all loops end without waiting for anything. From any thread. */
  public void forceShutdown() {
    members.forEach(member -> member.loop().forceShutdown());
  }

  /**
   * Completes when that loop has ended, with nothing left of it: on its thread, or on the one that
   * asks.
   */
  public CompletionStage<ShutdownReport> ended(int index) {
    return members.get(index).ended.minimalCompletionStage();
  }

  /**
   * Waits until all loops have ended, and tells how they did. Throws the failure of a loop that has
   * died, once the others have ended too. Throws {@link IllegalStateException} on a loop of the
   * group, which would wait for itself.
   */
  public List<ShutdownReport> join() {
    checkNotOnMember();
    if (Loop.isInFiber()) {
      Fiber.await(allEnded());
    }
    return reports();
  }

  private Completion<?> allEnded() {
    return Completion.of(all());
  }

  private CompletableFuture<?> all() {
    return CompletableFuture.allOf(
        members.stream().map(member -> member.ended).toArray(CompletableFuture[]::new));
  }

  private List<ShutdownReport> reports() {
    List<ShutdownReport> reports = new ArrayList<>();
    Throwable failure = null;
    for (Member member : members) {
      try {
        reports.add(member.ended.join());
      } catch (CompletionException e) {
        Throwable cause = Failures.causeOf(e);
        if (failure == null) {
          failure = cause;
        } else {
          Failures.attach(failure, cause);
        }
      }
    }
    if (failure != null) {
      throw Failures.rethrow(failure);
    }
    return reports;
  }

  private void checkNotOnMember() {
    Loop caller = CurrentLoop.find();
    for (Member member : members) {
      if (caller != null && caller == member.opened.getNow(null)) {
        throw new IllegalStateException(
            caller.name()
                + " belongs to the group and would wait for itself: call shutdown() there, and wait"
                + " on the thread that has opened the group");
      }
    }
  }

  /** As {@link #join()}, with a limit; null if it has passed. */
  public @Nullable List<ShutdownReport> join(Duration limit) throws InterruptedException {
    boolean isOver = CurrentLoop.find() == null ? blockFor(all(), limit) : parkFor(limit);
    return isOver ? join() : null;
  }

  private static boolean blockFor(CompletableFuture<?> all, Duration limit)
      throws InterruptedException {
    try {
      all.get(Durations.nanos(limit), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      // What has failed is told by whoever looks at the members.
    }
    return true;
  }

  /** For a fiber: by the time of its loop, which need not be that of the machine. */
  private boolean parkFor(Duration limit) {
    Completion<?> ended = allEnded();
    Source ignored = Fiber.awaitFirst(ended, Deadline.in(limit));
    return ended.isReady();
  }

  /** Shuts down with the times of {@link Loop#close}, and waits, also in a cancelled fiber. */
  @Override
  public void close() {
    shutdown(ShutdownOptions.ON_CLOSE);
    checkNotOnMember();
    if (Loop.isInFiber()) {
      AnyThread.awaitUncancelled(all());
    }
    List<ShutdownReport> ignored = reports();
  }
}
