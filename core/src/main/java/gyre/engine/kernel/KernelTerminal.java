package gyre.engine.kernel;

import gyre.engine.Errno;
import gyre.engine.FileFlags;
import gyre.engine.Poll;
import gyre.engine.TerminalCalls;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxTerminals;
import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Calls on terminals, and on pipes and files that stand in for them, with the memory that they
 * need. They don't wait, but where they say so. Each answers a negative errno where it fails.
 *
 * <p>For one thread at a time.
 */
public final class KernelTerminal implements TerminalCalls {
  private static final int INITIAL_BYTES = 16 * 1024;

  /** At the beginning of the memory: for what is small. */
  private static final int SCRATCH_BYTES = 64;

  private final CallState state = new CallState(Arena.ofAuto());
  private long writes;
  private MemorySegment memory = Arena.ofAuto().allocate(INITIAL_BYTES, 8);

  @Override
  public int open(String path) {
    byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
    int checked = KernelFiles.checkPath(bytes);
    if (checked < 0) {
      return checked;
    }
    KernelFiles.putPath(bytes, room(LinuxFiles.PATH_BYTES));
    int flags = FileFlags.O_RDWR | FileFlags.O_NOCTTY | FileFlags.O_NONBLOCK | FileFlags.O_CLOEXEC;
    return LinuxFiles.openat(state, LinuxFiles.AT_FDCWD, room(0), flags, 0);
  }

  @Override
  public int duplicate(int descriptor) {
    return LinuxFiles.fcntl(state, descriptor, LinuxFiles.F_DUPFD_CLOEXEC, 3);
  }

  @Override
  public void close(int descriptor) {
    int ignored = LinuxFiles.close(state, descriptor);
  }

  @Override
  public boolean isTerminal(int descriptor) {
    return LinuxTerminals.settings(state, descriptor, room(0)) >= 0;
  }

  @Override
  public byte @Nullable [] settings(int descriptor) {
    return LinuxTerminals.settings(state, descriptor, room(0)) < 0 ? null : takeSettings();
  }

  @Override
  public int setSettings(int descriptor, byte[] settings) {
    putSettings(settings);
    return LinuxTerminals.setSettings(state, descriptor, room(0));
  }

  @Override
  public byte[] raw(byte[] settings) {
    putSettings(settings);
    LinuxTerminals.makeRaw(room(0));
    return takeSettings();
  }

  private void putSettings(byte[] settings) {
    assert settings.length == LinuxTerminals.SETTINGS_BYTES;
    Memory.copy(settings, 0, room(0), settings.length);
  }

  private byte[] takeSettings() {
    byte[] settings = new byte[LinuxTerminals.SETTINGS_BYTES];
    Memory.copy(room(0), settings, 0, settings.length);
    return settings;
  }

  @Override
  public int size(int descriptor) {
    int result = LinuxTerminals.size(state, descriptor, room(0));
    return result < 0
        ? result
        : (LinuxTerminals.columns(room(0)) & 0x7FFF) << 16 | LinuxTerminals.rows(room(0));
  }

  @Override
  public int read(int descriptor, byte[] into) {
    long address = room(into.length);
    int result = LinuxFiles.read(state, descriptor, address, into.length);
    if (result > 0) {
      Memory.copy(address, into, 0, result);
    }
    return result;
  }

  @Override
  public int write(int descriptor, byte[] from, int offset, int length) {
    long address = room(length);
    writes++;
    MemorySegment.copy(from, offset, memory, ValueLayout.JAVA_BYTE, 0, length);
    return LinuxFiles.write(state, descriptor, address, length);
  }

  @Override
  public long writes() {
    return writes;
  }

  @Override
  public boolean isReadable(int descriptor, long timeoutNanos) {
    return isReady(descriptor, Poll.READABLE, timeoutNanos);
  }

  @Override
  public boolean isWritable(int descriptor, long timeoutNanos) {
    return isReady(descriptor, Poll.WRITABLE, timeoutNanos);
  }

  /** So is what has failed: the call that comes next tells. */
  private boolean isReady(int descriptor, int events, long timeoutNanos) {
    int ready = LinuxFiles.poll(state, descriptor, events, timeoutNanos, room(0));
    return ready > 0 || (ready < 0 && ready != Errno.EINTR.negated());
  }

  @Override
  public int stop() {
    return LinuxTerminals.signalThisThread(state, LinuxTerminals.SIGTSTP);
  }

  /** The address of memory for so many bytes. */
  private long room(int bytes) {
    int needed = Math.max(bytes, SCRATCH_BYTES);
    if (memory.byteSize() < needed) {
      memory = Arena.ofAuto().allocate(Math.max(needed, 2 * memory.byteSize()), 8);
    }
    return memory.address();
  }
}
