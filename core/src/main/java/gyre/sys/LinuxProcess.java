package gyre.sys;

import static gyre.sys.Native.INT;
import static gyre.sys.Native.LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** What a process may ask of the kernel about itself; rare calls, which may allocate. */
public final class LinuxProcess {
  public static final int RLIMIT_NOFILE = 7;

  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int SECCOMP_SET_MODE_FILTER = 1;
  private static final int SECCOMP_FILTER_FLAG_TSYNC = 1;
  private static final int SECCOMP_RET_ERRNO = 0x00050000;
  private static final int SECCOMP_RET_ALLOW = 0x7fff0000;
  private static final short BPF_LOAD_WORD_ABSOLUTE = 0x20;
  private static final short BPF_JUMP_EQUAL = 0x15;
  private static final short BPF_RETURN = 0x06;

  private static final class Prctl {
    static final MethodHandle HANDLE =
        Native.variadic("prctl", 1, INT, INT, LONG, LONG, LONG, LONG);
  }

  private static final class Syscall {
    static final MethodHandle HANDLE = Native.variadic("syscall", 1, LONG, LONG, LONG, LONG, LONG);
  }

  private static final class SetLimit {
    static final MethodHandle HANDLE = Native.call("setrlimit", INT, INT, LONG);
  }

  private LinuxProcess() {}

  /** Lowers or raises the soft and the hard limit of a resource. */
  public static int limit(CallState state, int resource, long value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limit = arena.allocate(16, 8);
      Memory.putLong(limit.address(), value);
      Memory.putLong(limit.address() + 8, value);
      return state.result(
          (int) SetLimit.HANDLE.invokeExact(state.segment, resource, limit.address()));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Makes system calls fail with an errno from now on, in all threads of this process, as sandboxes
   * do. There is no way back.
   */
  public static int forbid(CallState state, int errno, int... systemCalls) {
    try (Arena arena = Arena.ofConfined()) {
      int instructions = systemCalls.length + 3;
      MemorySegment filter = arena.allocate(8L * instructions, 8);
      long at = instruction(filter.address(), BPF_LOAD_WORD_ABSOLUTE, 0, 0);
      for (int i = 0; i < systemCalls.length; i++) {
        at = instruction(at, BPF_JUMP_EQUAL, systemCalls.length - i, systemCalls[i]);
      }
      at = instruction(at, BPF_RETURN, 0, SECCOMP_RET_ALLOW);
      instruction(at, BPF_RETURN, 0, SECCOMP_RET_ERRNO | errno);
      MemorySegment program = arena.allocate(16, 8);
      Memory.putShort(program.address(), (short) instructions);
      Memory.putLong(program.address() + 8, filter.address());

      int allowed =
          state.result(
              (int) Prctl.HANDLE.invokeExact(state.segment, PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L));
      if (allowed < 0) {
        return allowed;
      }
      return state.result(
          (long)
              Syscall.HANDLE.invokeExact(
                  state.segment,
                  sysSeccomp(),
                  (long) SECCOMP_SET_MODE_FILTER,
                  (long) SECCOMP_FILTER_FLAG_TSYNC,
                  program.address()));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static long sysSeccomp() {
    return System.getProperty("os.arch").equals("amd64") ? 317 : 277;
  }

  /** {@code struct sock_filter}: code, jump if true, jump if false, constant. */
  private static long instruction(long address, short code, int jumpIfTrue, int constant) {
    Memory.putShort(address, code);
    Memory.putByte(address + 2, (byte) jumpIfTrue);
    Memory.putByte(address + 3, (byte) 0);
    Memory.putInt(address + 4, constant);
    return address + 8;
  }
}
