package gyre.sim;

import gyre.Loop;
import gyre.LoopHost;
import gyre.LoopOptions;
import gyre.ShutdownReport;
import org.jspecify.annotations.Nullable;

/**
 * A loop of a {@link gyre.LoopGroup} that a program has opened on its host. It ends when the group
 * is shut down, with its host, or with the world, and does not come again: the program that wants a
 * group opens one.
 */
final class GroupMember extends Program {
  /** A thread takes a while from its last turn to closing its loop, and others still reach it. */
  private static final long LONGEST_END_NANOS = 50_000;

  private final LoopHost.HostedLoop hosted;
  private boolean ending;
  private boolean gone;

  GroupMember(World world, Host host, String name, LoopHost.HostedLoop hosted) {
    super(world, host, name);
    this.hosted = hosted;
  }

  @Override
  LoopOptions options() {
    return hosted.options();
  }

  @Override
  void start() {
    try {
      super.start();
    } catch (RuntimeException e) {
      gone = true;
      hosted.failed(e);
    }
  }

  @Override
  void begin(Loop opened) {
    hosted.opened(opened);
  }

  @Override
  boolean isStartable() {
    return !gone && !isRunning();
  }

  @Override
  boolean isOver() {
    Loop present = loop();
    if (!ending && present != null && present.shutdownReport() != null) {
      ending = true;
      world().endSoon(LONGEST_END_NANOS, this);
    }
    return gone;
  }

  void end() {
    Loop ended = abandon();
    if (ended != null) { // or else its host has crashed
      ended.close();
      ShutdownReport report = ended.shutdownReport();
      assert report != null;
      hosted.ended(report);
    }
  }

  @Override
  boolean isReady() {
    return !ending && super.isReady();
  }

  @Override
  long deadlineNanos() {
    return ending ? Long.MAX_VALUE : super.deadlineNanos();
  }

  @Override
  boolean isShutDown() {
    return loop() == null || isOver();
  }

  @Override
  boolean isGone() {
    return gone;
  }

  @Override
  boolean isAwaited() {
    return false;
  }

  @Override
  @Nullable Loop abandon() {
    gone = true;
    return super.abandon();
  }
}
