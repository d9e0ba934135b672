package gyre.lab.overload;

import com.grack.nanojson.JsonObject;
import gyre.lab.LabException;
import gyre.lab.OverloadOptions;
import gyre.lab.race.Child;
import gyre.lab.race.PeerFailure;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One loop with default settings in a process of its own, and, in another one, many peers that
 * misbehave beside a client that does not. It measures no speed: it tells which promises are kept.
 */
public final class Overload {
  private static final int LOOK_MILLIS = 50;
  private static final int LOOKS_A_REPORT = 100;
  private static final Duration STARTING = Duration.ofSeconds(30);

  private final List<String> serverCommand;
  private final List<String> clientCommand;
  private final OverloadOptions options;
  private final PrintStream out;

  /**
   * @param serverCommand the program and its mode; options are added
   * @param clientCommand likewise
   * @param out is told how it goes on
   */
  public Overload(
      List<String> serverCommand,
      List<String> clientCommand,
      OverloadOptions options,
      PrintStream out) {
    this.serverCommand = List.copyOf(serverCommand);
    this.clientCommand = List.copyOf(clientCommand);
    this.options = options;
    this.out = out;
  }

  /** Throws {@link PeerFailure} where the server falls silent or ends, which is worse than slow. */
  public OverloadResult run(String engine) throws PeerFailure {
    List<String> server =
        with(serverCommand, "engine", engine, "pool-bytes", "" + options.poolBytes());
    try (ServerChild subject = ServerChild.start(server, options.patience())) {
      if (!options.leaks()) {
        return attack(subject);
      }
      List<Held> held = new ArrayList<>();
      while (true) {
        OverloadResult result = attack(subject);
        if (result.promisesOfOne(options).stream().anyMatch(promise -> !promise.isKept())) {
          return result; // broken already
        }
        awaitNobody(subject);
        held.add(subject.held());
        if (held.size() == Held.ATTACKS) {
          return result.withHeld(held);
        }
      }
    }
  }

  private OverloadResult attack(ServerChild subject) throws PeerFailure {
    JsonObject before = subject.counters();
    try (Child clients = Child.start("clients", clientCommand(subject.port()))) {
      expect(clients, "attack", STARTING);
      watch(subject, clients);
      JsonObject during = subject.counters();
      clients.say("leave");
      expect(clients, "left", STARTING);
      long calmMillis = awaitCalm(subject);
      clients.endInput();
      JsonObject found = ServerChild.parse(clients.hear(longest()));
      return new OverloadResult(
          subject.engine(),
          before,
          during,
          subject.counters(),
          found,
          subject.log(),
          calmMillis,
          List.of());
    }
  }

  /** The honest client has left as well; whoever stays longer is found by what is held. */
  private void awaitNobody(ServerChild subject) throws PeerFailure {
    long began = System.nanoTime();
    while (OverloadResult.count(subject.counters(), "connections") > 0
        && System.nanoTime() - began <= options.patience().toNanos()) {
      pause();
    }
  }

  private List<String> clientCommand(int port) {
    return with(
        clientCommand,
        "port",
        "" + port,
        "greedy",
        "" + options.greedy(),
        "slow",
        "" + options.slow(),
        "resetting",
        "" + options.resetting(),
        "attack-ms",
        "" + options.attack().toMillis(),
        "patience-ms",
        "" + options.patience().toMillis());
  }

  private static List<String> with(List<String> command, String... pairs) {
    List<String> all = new ArrayList<>(command);
    for (int i = 0; i < pairs.length; i += 2) {
      all.add("--" + pairs[i]);
      all.add(pairs[i + 1]);
    }
    return all;
  }

  private Duration longest() {
    return options.attack().plus(options.patience()).plus(STARTING);
  }

  private static void expect(Child child, String word, Duration within) throws PeerFailure {
    String line = child.hear(within);
    if (!line.equals(word)) {
      throw new LabException("the clients said '" + line + "' instead of '" + word + "'");
    }
  }

  /** Until the peers have done what they can. */
  private void watch(ServerChild subject, Child clients) throws PeerFailure {
    long deadlineNanos = System.nanoTime() + longest().toNanos();
    Optional<String> line = clients.heard();
    for (int look = 1; line.isEmpty(); look++, line = clients.heard()) {
      if (System.nanoTime() - deadlineNanos > 0) {
        throw new LabException("the clients do not come to an end");
      }
      pause();
      JsonObject counters = subject.counters();
      if (look % LOOKS_A_REPORT == 0) {
        tell(look * LOOK_MILLIS / 1000, counters);
      }
    }
    if (!line.get().equals("done")) {
      throw new LabException("the clients said '" + line.get() + "' instead of 'done'");
    }
  }

  private void tell(int seconds, JsonObject counters) {
    out.printf(
        Locale.ROOT,
        "  %3d s: %s, %d of %d MiB, %,d connections, %,d wait, %,d were reset%n",
        seconds,
        counters.getString("level", "?"),
        OverloadResult.count(counters, "used") >> 20,
        OverloadResult.count(counters, "limit") >> 20,
        OverloadResult.count(counters, "connections"),
        OverloadResult.count(counters, "waiting"),
        OverloadResult.count(counters, "shedStreams"));
    out.flush();
  }

  /** How long it took; -1 if it never was. */
  private long awaitCalm(ServerChild subject) throws PeerFailure {
    long began = System.nanoTime();
    long nanos = 0;
    while (nanos <= options.patience().toNanos()) {
      JsonObject now = subject.counters();
      nanos = System.nanoTime() - began;
      // The honest client has two connections of its own.
      if (now.getString("level", "").equals("CALM")
          && OverloadResult.count(now, "connections") <= 2
          && OverloadResult.count(now, "waiting") == 0
          && OverloadResult.count(now, "used") < OverloadResult.count(now, "limit") / 8) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
      }
      pause();
    }
    return -1;
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted", e);
    }
  }
}
