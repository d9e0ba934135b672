package gyre.lab.race;

import gyre.lab.result.Entry.Status;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A program that was started here and ends here. It speaks in lines: what it says on standard
 * output is waited for, what it says on standard error is kept to be shown if it fails.
 */
public final class Child implements AutoCloseable {
  private static final int LINES_AT_MOST = 1024;
  private static final int LAST_WORDS = 12;
  private static final int NOT_OFFERED = 3;

  /** So often is looked whether it has ended: not during most rounds, which this would disturb. */
  private static final int LOOK_MILLIS = 200;

  private static final boolean HAS_SESSIONS = Tools.isThere("setsid");

  private static final Duration GRACE = Duration.ofSeconds(2);

  private final String name;
  private final Process process;
  private final Writer input;
  private final BlockingQueue<String> lines = new ArrayBlockingQueue<>(LINES_AT_MOST);
  private final Deque<String> lastWords = new ArrayDeque<>();
  private final Thread outputReader;
  private final Thread errorReader;

  private Child(String name, Process process) {
    this.name = name;
    this.process = process;
    this.input = process.outputWriter();
    this.outputReader = reader(name, () -> readLines(process.inputReader(), true));
    this.errorReader = reader(name, () -> readLines(process.errorReader(), false));
  }

  /**
   * A thread of the system: to read from a pipe holds on to it, and of those that carry virtual
   * ones there are fewer than a race has children.
   */
  private static Thread reader(String name, Runnable reading) {
    return Thread.ofPlatform().daemon().name("reader of " + name).start(reading);
  }

  public static Child start(String name, List<String> command) throws PeerFailure {
    if (Children.areEnding()) {
      throw new PeerFailure(Status.ABSENT, "not started before the end");
    }
    try {
      Child child = new Child(name, new ProcessBuilder(alone(command)).start());
      Children.add(child);
      if (Children.areEnding()) {
        child.kill(); // they were ended in between
      }
      return child;
    } catch (IOException e) {
      throw new PeerFailure(Status.FAILED, name + " cannot be started: " + e.getMessage());
    }
  }

  /**
   * In a session of its own, where the system has the command for that (which becomes the other
   * one): a terminal sends its signals to all in the session, and whoever is measured at the moment
   * would end before it is known that the race does.
   */
  private static List<String> alone(List<String> command) {
    if (!HAS_SESSIONS) {
      return command;
    }
    List<String> alone = new ArrayList<>(List.of("setsid"));
    alone.addAll(command);
    return alone;
  }

  /** Whether one that ends soon, and says nothing of interest, did what it was to do. */
  static boolean succeeds(List<String> command) throws PeerFailure {
    try (Child child = start(command.getFirst(), command)) {
      return child.await(GRACE) && child.process.exitValue() == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  public long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  private void readLines(BufferedReader reader, boolean answers) {
    try (reader) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (answers && lines.offer(line)) {
          continue;
        }
        keep(line);
      }
    } catch (IOException | UncheckedIOException e) {
      keep(String.valueOf(e.getMessage()));
    }
  }

  private void keep(String line) {
    synchronized (lastWords) {
      if (lastWords.size() == LAST_WORDS) {
        lastWords.removeFirst();
      }
      lastWords.addLast(line);
    }
  }

  /** The last that it said on standard error. */
  public String lastWords() {
    synchronized (lastWords) {
      return String.join("\n", lastWords);
    }
  }

  public void say(String line) throws PeerFailure {
    try {
      input.write(line + "\n");
      input.flush();
    } catch (IOException e) {
      throw failure("does not listen any more");
    }
  }

  /** The next line it says; a failure where it ends or stays silent instead. */
  public String hear(Duration patience) throws PeerFailure {
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      while (true) {
        String line = lines.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        if (line != null) {
          return line;
        }
        if (!outputReader.isAlive() && lines.isEmpty()) {
          process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
          throw failure(process.isAlive() ? "closed its output" : "ended");
        }
        if (System.nanoTime() - deadline > 0) {
          throw failure("said nothing for " + patience.toSeconds() + " s");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure("was not waited for");
    }
  }

  /** A line that it has said already, if there is one; a failure where it has ended. */
  public Optional<String> heard() throws PeerFailure {
    Optional<String> line = Optional.ofNullable(lines.poll());
    if (line.isEmpty() && !outputReader.isAlive()) {
      throw failure("ended");
    }
    return line;
  }

  private PeerFailure failure(String what) throws PeerFailure {
    if (!process.isAlive() && process.exitValue() == NOT_OFFERED) {
      awaitQuietly(errorReader);
      throw new PeerFailure(Status.ABSENT, lastWords().lines().reduce("", (_, last) -> last));
    }
    awaitQuietlyIfDead();
    String exit = process.isAlive() ? "" : " with exit code " + process.exitValue();
    String words = lastWords();
    return new PeerFailure(
        Status.FAILED,
        name + " " + what + exit + (words.isEmpty() ? "" : "; its last output:\n" + words));
  }

  private void awaitQuietlyIfDead() {
    if (!process.isAlive()) {
      awaitQuietly(errorReader);
    }
  }

  private static void awaitQuietly(Thread reader) {
    try {
      reader.join(GRACE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Tells it that nothing more is said, to which some answer with what they have to say at last.
   */
  public void endInput() throws PeerFailure {
    try {
      input.close();
    } catch (IOException e) {
      throw failure("does not listen any more");
    }
  }

  /** How it has ended; empty while it has not. */
  OptionalInt exitCode() {
    return process.isAlive() ? OptionalInt.empty() : OptionalInt.of(process.exitValue());
  }

  /** Asks it to end, then makes it. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    Children.remove(this);
  }

  void kill() {
    process.destroyForcibly();
  }

  /** Waits for its end; whether it came in time. */
  boolean await(Duration patience) throws InterruptedException {
    return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The signal of Ctrl-C, to which tools answer with what they have found so far. */
  void interrupt() {
    try {
      new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      process.destroy();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
