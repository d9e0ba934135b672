package gyre.engine.choice;

import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.engine.EngineUnavailable;
import gyre.sys.CallState;
import gyre.sys.LinuxProcess;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Forbids system calls to itself, then opens an engine, lets it turn once and says which it got:
 * its arguments are the engine to ask for, and what to forbid; "late" forbids it to an engine that
 * is open already.
 */
public final class ForbiddingMain {
  private static final int EPERM = 1;

  // The numbers on all architectures.
  private static final int SYS_IO_URING_SETUP = 425;
  private static final int SYS_IO_URING_ENTER = 426;
  private static final int SYS_IO_URING_REGISTER = 427;
  private static final int SYS_EPOLL_PWAIT2 = 441;

  private ForbiddingMain() {}

  public static void main(String[] arguments) {
    @SuppressWarnings("SystemOut") // a program that speaks to its parent
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    boolean isLate = false;
    for (int i = 1; i < arguments.length; i++) {
      isLate |= arguments[i].equals("late");
    }
    if (!isLate) {
      forbid(arguments);
    }
    try {
      EngineChoice choice = Engines.open(arguments[0], EngineOptions.defaults());
      Engine engine = choice.engine();
      if (isLate) {
        forbid(arguments);
      }
      engine.wake();
      engine.await(Engine.FOREVER);
      engine.close();
      out.println(choice.explanation());
    } catch (EngineUnavailable unavailable) {
      out.println("unavailable: " + unavailable.getMessage());
    } catch (IllegalArgumentException invalid) {
      out.println("invalid: " + invalid.getMessage());
    } catch (IllegalStateException broken) {
      out.println("broken: " + broken.getMessage());
    }
  }

  private static void forbid(String[] names) {
    for (int i = 1; i < names.length; i++) {
      int result = names[i].equals("late") ? 0 : forbid(names[i]);
      if (result < 0) {
        throw new IllegalStateException("seccomp: " + result);
      }
    }
  }

  private static int forbid(String name) {
    CallState state = new CallState();
    boolean isX86 = System.getProperty("os.arch").equals("amd64");
    return switch (name) {
      case "io_uring" -> LinuxProcess.forbid(state, EPERM, SYS_IO_URING_SETUP);
      case "io_uring_enter" -> LinuxProcess.forbid(state, EPERM, SYS_IO_URING_ENTER);
      case "io_uring_register" -> LinuxProcess.forbid(state, EPERM, SYS_IO_URING_REGISTER);
      // Java's own selector waits by the plain epoll_wait where there is one.
      case "epoll_wait" -> LinuxProcess.forbid(state, EPERM, isX86 ? 281 : 22, SYS_EPOLL_PWAIT2);
      default -> throw new IllegalArgumentException(name);
    };
  }
}
