package gyre.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.engine.FileFlags;
import gyre.engine.Poll;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxTerminals;
import gyre.sys.ReadQueue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A pseudo-terminal, and the user before it. One thread at a time. */
final class Pty implements AutoCloseable {
  private static final long HANG_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final int EAGAIN = -11;

  /** What a reader's side holds, and in which time another kernel is taken to hold less. */
  private static final int FULL_BYTES = 4095;

  private static final long FULL_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Arena arena = Arena.ofAuto();
  private final CallState state = new CallState(arena);
  private final MemorySegment buffer = arena.allocate(65536, 8);
  private final int master;

  /** Kept open, so that its settings stay when the program closes it. */
  private final int slave;

  private final StringBuilder seen = new StringBuilder();
  private boolean isGone;

  Pty(int columns, int rows) {
    master = LinuxTerminals.openMaster(state, FileFlags.O_NONBLOCK);
    assertThat(master).isNotNegative();
    slave = LinuxTerminals.openSlave(state, master, FileFlags.O_NONBLOCK);
    assertThat(slave).isNotNegative();
    resize(columns, rows);
  }

  Path path() {
    return Path.of("/dev/pts/" + LinuxTerminals.slaveNumber(state, master));
  }

  void resize(int columns, int rows) {
    assertThat(LinuxTerminals.setSize(state, master, columns, rows)).isZero();
  }

  /** All of them as text. */
  String settings() {
    assertThat(LinuxTerminals.settings(state, slave, buffer.address())).isZero();
    byte[] bytes = buffer.asSlice(0, LinuxTerminals.SETTINGS_BYTES).toArray(ValueLayout.JAVA_BYTE);
    return HexFormat.of().formatHex(bytes);
  }

  void type(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
    assertThat(LinuxFiles.write(state, master, buffer.address(), bytes.length))
        .isEqualTo(bytes.length);
  }

  /** As a program that the terminal belongs to, until it takes no more, however it is set. */
  void fill() {
    MemorySegment settings = arena.allocate(LinuxTerminals.SETTINGS_BYTES, 8);
    MemorySegment raw = arena.allocate(LinuxTerminals.SETTINGS_BYTES, 8);
    assertThat(LinuxTerminals.settings(state, slave, settings.address())).isZero();
    raw.copyFrom(settings);
    LinuxTerminals.makeRaw(raw.address());
    assertThat(LinuxTerminals.setSettings(state, slave, raw.address())).isZero();
    do {
      fillOnce();
      awaitFullReader();
      // Room has been made, or is about to be.
    } while (LinuxFiles.poll(state, slave, Poll.WRITABLE, 50_000_000, buffer.address()) > 0);
    fillOnce();
    assertThat(LinuxTerminals.setSettings(state, slave, settings.address())).isZero();
  }

  /**
   * The kernel moves what was written on to the reader's side, which makes room again: by a thread
   * of its own, and so when that has its turn.
   */
  @SuppressWarnings("ThreadPriorityCheck") // it has no other way to be told
  private void awaitFullReader() {
    long deadlineNanos = System.nanoTime() + FULL_NANOS;
    while (ReadQueue.bytes(state, master, buffer.address()) < FULL_BYTES
        && System.nanoTime() < deadlineNanos) {
      Thread.yield();
    }
  }

  private void fillOnce() {
    for (int size : new int[] {4096, 100, 1}) { // there is other room for little
      int result;
      do {
        result = LinuxFiles.write(state, slave, buffer.address(), size);
      } while (result > 0);
      assertThat(result).isEqualTo(EAGAIN);
    }
  }

  /** Whether a program may write now. */
  boolean takesMore() {
    return LinuxFiles.poll(state, slave, Poll.WRITABLE, 0, buffer.address()) > 0;
  }

  /** Reads until a program may write. */
  void makeRoom() {
    int events;
    do {
      String ignored = read();
      events = LinuxFiles.poll(state, slave, Poll.WRITABLE, LOOK_NANOS, buffer.address());
    } while (events == 0);
    assertThat(events).isPositive();
  }

  /** What is there, added to what was seen before. */
  String read() {
    int result;
    while ((result = LinuxFiles.read(state, master, buffer.address(), 65536)) > 0) {
      byte[] bytes = buffer.asSlice(0, result).toArray(ValueLayout.JAVA_BYTE);
      seen.append(new String(bytes, StandardCharsets.ISO_8859_1));
    }
    return text();
  }

  private String text() {
    return new String(
        seen.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  /** Waits, on the calling thread, until what was seen is as wanted. */
  String await(String what, Predicate<String> wanted) {
    long deadlineNanos = System.nanoTime() + HANG_NANOS;
    while (true) {
      String text = read();
      if (wanted.test(text)) {
        return text;
      }
      long leftNanos = deadlineNanos - System.nanoTime();
      if (leftNanos <= 0) {
        throw new AssertionError("no " + what + " in: " + text.replace('\u001b', '~'));
      }
      // What is waited for may be no text: of settings that change, no poll tells.
      long sliceNanos = Math.min(leftNanos, LOOK_NANOS);
      int ignored = LinuxFiles.poll(state, master, Poll.READABLE, sliceNanos, buffer.address());
    }
  }

  String await(String wanted) {
    return await(wanted, text -> text.contains(wanted));
  }

  void forget() {
    String ignored = read();
    seen.setLength(0);
  }

  /** Pulls the plug. */
  void vanish() {
    if (!isGone) {
      isGone = true;
      LinuxFiles.discard(master);
    }
  }

  @Override
  public void close() {
    vanish();
    LinuxFiles.discard(slave);
  }
}
