package gyre.sim.engine;

import gyre.process.OsSignal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A child process of a simulated program.
 *
 * <pre>
 *   RUNNING --exits, or is killed--&gt; ZOMBIE --collected, or its parent is gone--&gt; GONE
 * </pre>
 */
public final class SimProcess {
  enum State {
    RUNNING,
    ZOMBIE,
    GONE
  }

  /** Who runs it. Called outside of all turns. */
  public interface Body {
    /** Ends it at once. */
    void kill();

    /** Gives it no time any more, or again. */
    void stop(boolean on);
  }

  private final ProcessTable table;
  private final int number;
  private final String name;
  final int group;
  final int session;
  private final PipeEnd[] standard;
  private final SimSignals signals = new SimSignals();
  private final List<ProcessEnd> watches = new ArrayList<>(1);
  private State state = State.RUNNING;

  /** Null once that is gone: then nobody has to collect it. */
  private @Nullable SimEngine parent;

  private @Nullable Body body;
  private int code = -1;
  private int signal;

  SimProcess(
      ProcessTable table,
      int number,
      String name,
      int group,
      int session,
      SimEngine parent,
      PipeEnd[] standard) {
    this.table = table;
    this.number = number;
    this.name = name;
    this.group = group;
    this.session = session;
    this.parent = parent;
    this.standard = standard;
  }

  public int number() {
    return number;
  }

  public String name() {
    return name;
  }

  /** Who runs it says how it can be ended. */
  public void runBy(Body newBody) {
    body = newBody;
  }

  State state() {
    return state;
  }

  boolean isRunning() {
    return state == State.RUNNING;
  }

  boolean hasEnded() {
    return state != State.RUNNING;
  }

  int code() {
    return code;
  }

  int signal() {
    return signal;
  }

  SimSignals signals() {
    return signals;
  }

  @Nullable SimEngine parent() {
    return parent;
  }

  PipeEnd standard(int index) {
    return standard[index];
  }

  void watch(ProcessEnd end) {
    watches.add(end);
  }

  void unwatch(ProcessEnd end) {
    watches.remove(end);
  }

  // ---- signals

  /** Has a signal reach it, soon and outside of all turns. */
  void send(OsSignal sent) {
    table
        .universe()
        .at(
            table.universe().nowNanos(),
            () -> {
              if (isRunning()) {
                reached(sent);
              }
            });
  }

  private void reached(OsSignal sent) {
    table.universe().script(this + " gets " + sent);
    switch (sent) {
      case KILL -> die(sent);
      case STOP -> stop(true);
      case CONT -> {
        stop(false);
        boolean ignored = signals.deliver(sent.name());
      }
      case CHLD, URG, WINCH -> {
        boolean ignored = signals.deliver(sent.name());
      }
      case TSTP, TTIN, TTOU -> {
        if (!signals.deliver(sent.name())) {
          stop(true);
        }
      }
      default -> {
        if (!signals.deliver(sent.name())) {
          die(sent);
        }
      }
    }
  }

  private void stop(boolean on) {
    Body present = body;
    if (present != null) {
      present.stop(on);
    }
  }

  private void die(OsSignal by) {
    Body present = body;
    if (present != null) {
      present.kill();
    }
    ended(-1, by.number());
  }

  // ---- the end

  /** It has returned from its main. */
  public void exited(int newCode) {
    ended(newCode & 0xFF, 0);
  }

  private void ended(int newCode, int bySignal) {
    if (state != State.RUNNING) {
      return;
    }
    state = State.ZOMBIE;
    code = newCode;
    signal = bySignal;
    body = null;
    table
        .universe()
        .script(this + (bySignal == 0 ? " returns " + code : " is ended by signal " + bySignal));
    for (PipeEnd end : standard) {
      end.close();
    }
    signals.clear();
    table.parentDied(this); // of those that asked for it
    if (parent == null) {
      collect();
    } else {
      List.copyOf(watches).forEach(SimSocket::ready);
    }
  }

  /** Its number is free. */
  void collect() {
    assert state == State.ZOMBIE : this + " is collected, and is " + state;
    state = State.GONE;
    table.remove(this);
  }

  /** Nobody will ask what became of it. */
  void orphan() {
    parent = null;
    if (state == State.ZOMBIE) {
      collect();
    }
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "process %d (%s)", number, name);
  }
}
