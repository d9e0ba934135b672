package gyre;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
 * to it.
 *
 * <p>{@code gyre.net.TcpServer} spreads connections over a group.
 */
public final class LoopGroup implements AutoCloseable {
  private final List<Member> members;

  /** A loop and its thread. */
  private static final class Member {
    private final LoopOptions options;
    private final CompletableFuture<Loop> opened = new CompletableFuture<>();
    private final CompletableFuture<ShutdownReport> ended = new CompletableFuture<>();
    private final Thread thread;

    Member(LoopOptions options) {
      this.options = options;
      this.thread = Thread.ofPlatform().name(options.name()).unstarted(this::run);
    }

    private void run() {
      ShutdownReport report;
      try {
        Loop loop = Loop.open(options);
        try (loop) {
          opened.complete(loop);
          loop.runUntilShutdown();
        }
        report = loop.shutdownReport(); // only now with what closing has left
      } catch (Throwable e) {
        opened.completeExceptionally(e);
        ended.completeExceptionally(e);
        return;
      }
      assert report != null;
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
    if (loops < 1) {
      throw new IllegalArgumentException(loops + " loops: at least 1");
    }
    Loop caller = CurrentLoop.find();
    if (caller != null) {
      caller.engine().surroundings().startingThreads("a LoopGroup");
    }
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < loops; i++) {
      members.add(new Member(options.name(options.name() + "-" + i)));
    }
    LoopGroup group = new LoopGroup(List.copyOf(members));
    try {
      members.forEach(member -> member.thread.start());
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

  /** Waits until all loops have ended, and tells how they did. Not from a loop of the group. */
  public List<ShutdownReport> join() {
    List<ShutdownReport> reports = new ArrayList<>();
    for (Member member : members) {
      try {
        reports.add(member.ended.join());
      } catch (CompletionException e) {
        throw Failures.rethrow(Failures.causeOf(e));
      }
    }
    return reports;
  }

  /** As {@link #join()}, with a limit; null if it has passed. */
  public @Nullable List<ShutdownReport> join(Duration limit) throws InterruptedException {
    CompletableFuture<?>[] ends =
        members.stream().map(member -> member.ended).toArray(CompletableFuture[]::new);
    try {
      CompletableFuture.allOf(ends).get(Durations.nanos(limit), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return null;
    } catch (ExecutionException e) {
      throw Failures.rethrow(Failures.causeOf(e));
    }
    return join();
  }

  /** Shuts down with the times of {@link Loop#close}, and waits. */
  @Override
  public void close() {
    shutdown(ShutdownOptions.ON_CLOSE);
    join();
  }
}
