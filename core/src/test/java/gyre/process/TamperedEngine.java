package gyre.process;

import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.engine.Poll;
import gyre.engine.Processes;
import gyre.engine.Spawn;
import gyre.engine.choice.Engines;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.function.IntUnaryOperator;

/** A real engine whose calls on child processes are changed by a test, and whose polls may fail. */
public final class TamperedEngine {
  private final Engine real;
  private final ArrayDeque<Poll> failing = new ArrayDeque<>();

  /** So many polls fail, the next ones. */
  public int failingPolls;

  /** Is given the number of each child on the thread that has spawned it, before anybody else. */
  IntUnaryOperator spawned = process -> process;

  /** Answers instead of opening a child, if it is given a child and answers something negative. */
  IntUnaryOperator opened = process -> 0;

  private TamperedEngine(Engine real) {
    this.real = real;
  }

  public static TamperedEngine of(String name) {
    return new TamperedEngine(Engines.open(name, EngineOptions.defaults()).engine());
  }

  public Engine engine() {
    return (Engine)
        Proxy.newProxyInstance(
            Engine.class.getClassLoader(),
            new Class<?>[] {Engine.class},
            (proxy, method, arguments) -> call(method, arguments));
  }

  @SuppressWarnings("ReturnMissingNullable") // null is what some of them answer
  private Object call(Method method, Object[] arguments) throws Throwable {
    switch (method.getName()) {
      case "processes" -> {
        return processes();
      }
      case "submit" -> {
        if (arguments[0] instanceof Poll poll && failingPolls > 0) {
          failingPolls--;
          poll.state = Operation.State.ACTIVE;
          failing.add(poll);
          return 0;
        }
      }
      case "cancel" -> {
        if (arguments[0] instanceof Poll poll && failing.contains(poll)) {
          return 0; // it is about to end
        }
      }
      case "await" -> {
        if (!failing.isEmpty()) {
          arguments[0] = 0L;
        }
      }
      case "dispatch" -> fail();
      case "active" -> {
        return real.active() + failing.size();
      }
      default -> {}
    }
    try {
      return method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private void fail() {
    for (int left = failing.size(); left > 0; left--) {
      Poll poll = failing.remove();
      poll.state = Operation.State.IDLE;
      poll.ended(Errno.ENOMEM.negated());
    }
  }

  private Processes processes() {
    Processes all = real.processes();
    return new Processes() {
      @Override
      public int spawn(Spawn spawn) {
        return spawned.applyAsInt(all.spawn(spawn));
      }

      @Override
      public int open(int process) {
        int answer = opened.applyAsInt(process);
        return answer < 0 ? answer : all.open(process);
      }

      @Override
      public int collect(int descriptor, Exit into) {
        return all.collect(descriptor, into);
      }

      @Override
      public int signal(int descriptor, int signal) {
        return all.signal(descriptor, signal);
      }

      @Override
      public int signalGroup(int group, int signal) {
        return all.signalGroup(group, signal);
      }

      @Override
      public boolean isTaken(int process) {
        return all.isTaken(process);
      }

      @Override
      public void abandon(int process, int descriptor, boolean leadsGroup) {
        all.abandon(process, descriptor, leadsGroup);
      }

      @Override
      public void discard(int descriptor) {
        all.discard(descriptor);
      }
    };
  }
}
