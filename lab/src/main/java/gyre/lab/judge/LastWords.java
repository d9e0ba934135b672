package gyre.lab.judge;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The last that programs under judgement say on standard error: evidence where one fails. */
public final class LastWords {
  private static final int LINES_MAX = 12;
  private static final int LINE_CHARS_MAX = 400;

  /** How long to wait for what programs that have ended still have in their pipes. */
  private static final int PATIENCE_MILLIS = 1000;

  /** Of this check alone: a program of an earlier one may still have something to say. */
  private Deque<String> lines = new ArrayDeque<>();

  private final List<Thread> readers = new ArrayList<>();

  /** Of nobody yet. */
  public LastWords() {}

  /** Of another check from here on. */
  synchronized void clear() {
    lines = new ArrayDeque<>();
    readers.clear();
  }

  /** Reads all that it says, so that it never waits for a reader, and keeps little. */
  synchronized void follow(Process process) {
    Deque<String> kept = lines;
    readers.add(
        Thread.ofPlatform()
            .daemon()
            .name("last words of " + process.pid())
            .start(() -> read(process.errorReader(), kept)));
  }

  private void read(BufferedReader reader, Deque<String> kept) {
    try (reader) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        keep(kept, line.substring(0, Math.min(line.length(), LINE_CHARS_MAX)));
      }
    } catch (IOException | UncheckedIOException e) {
      // The JDK closes the stream of a program that ends, at times while it is read.
    }
  }

  private synchronized void keep(Deque<String> kept, String line) {
    if (kept.size() == LINES_MAX) {
      kept.removeFirst();
    }
    kept.addLast(line);
  }

  /** After the programs have ended. */
  List<String> lines() throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_MILLIS * 1_000_000L;
    for (Thread reader : readers()) {
      long leftMillis = (deadline - System.nanoTime()) / 1_000_000;
      if (leftMillis > 0) {
        reader.join(leftMillis);
      }
    }
    return kept();
  }

  private synchronized List<Thread> readers() {
    return List.copyOf(readers);
  }

  private synchronized List<String> kept() {
    return List.copyOf(lines);
  }
}
