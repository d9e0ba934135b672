package gyre.lab.race;

import com.grack.nanojson.JsonObject;
import gyre.lab.peer.Peer;
import gyre.lab.result.Entry.Status;
import gyre.lab.result.Sample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A peer that serves on a port that the system chose. */
final class ServerProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final Duration ENDING = Duration.ofMillis(500);
  private static final String READY = "listening ";

  private final Peer peer;
  private final Child child;
  private final int port;

  private ServerProcess(Peer peer, Child child, int port) {
    this.peer = peer;
    this.child = child;
    this.port = port;
  }

  static ServerProcess start(Peer peer, String mode, Bench bench) throws PeerFailure {
    List<String> command = new ArrayList<>(peer.command());
    command.addAll(List.of(mode, "--port", "0"));
    Child child = Child.start(peer.name(), bench.onServerCore(command));
    try {
      return new ServerProcess(peer, child, port(child.hear(PATIENCE)));
    } catch (PeerFailure e) {
      child.close();
      throw e;
    }
  }

  private static int port(String line) throws PeerFailure {
    try {
      if (line.startsWith(READY)) {
        int host = line.lastIndexOf(':'); // said by servers of other origin
        return Integer.parseInt(line.substring(Math.max(host + 1, READY.length())).strip());
      }
    } catch (NumberFormatException e) {
      // Said below, as for any other line.
    }
    throw new PeerFailure(Status.FAILED, "said '" + line + "' instead of '" + READY + "PORT'");
  }

  int port() {
    return port;
  }

  boolean isAlive() {
    return child.isAlive();
  }

  long pid() {
    return child.pid();
  }

  long rssBytes() {
    return ProcessFiles.rssBytes(pid());
  }

  /** Bytes that a JVM has allocated since it started, where it can be asked. */
  long allocatedBytes() throws PeerFailure {
    return peer.answers()
        ? ask("allocated").getLong("allocatedBytes", Sample.UNKNOWN)
        : Sample.UNKNOWN;
  }

  /** User memory of the process: what a JVM says that the program holds, else what is resident. */
  long userBytes() throws PeerFailure {
    return peer.answers()
        ? ask("held").getLong("heldBytes", Sample.UNKNOWN)
        : ProcessFiles.anonymousBytes(pid());
  }

  private JsonObject ask(String what) throws PeerFailure {
    child.say(what);
    return Lines.parse(child.hear(PATIENCE));
  }

  /** Fails if it has ended by itself, or is about to. */
  void checkEnd() throws PeerFailure {
    try {
      if (child.await(ENDING)) {
        String ignored = child.hear(ENDING);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    child.close();
  }
}
