package gyre.lab.overload;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import gyre.lab.LabException;
import gyre.lab.race.Child;
import gyre.lab.race.PeerFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The server under attack. What it logs comes between its answers, and is kept. */
final class ServerChild implements AutoCloseable {
  private static final String LOG = "log ";
  private static final Duration COLLECTING = Duration.ofSeconds(60);
  private static final Duration STARTING = Duration.ofSeconds(30);

  private final Child child;
  private final Duration patience;
  private final List<LogLine> log = new ArrayList<>();
  private final String engine;
  private final int port;

  private ServerChild(Child child, Duration patience) throws PeerFailure {
    this.child = child;
    this.patience = patience;
    this.engine = after("engine ", hear(STARTING));
    this.port = Integer.parseInt(after("listening ", hear(STARTING)));
  }

  static ServerChild start(List<String> command, Duration patience) throws PeerFailure {
    Child child = Child.start("server", command);
    try {
      return new ServerChild(child, patience);
    } catch (PeerFailure | RuntimeException e) {
      child.close();
      throw e;
    }
  }

  private static String after(String word, String line) {
    if (!line.startsWith(word)) {
      throw new LabException("the server said '" + line + "' instead of '" + word + "…'");
    }
    return line.substring(word.length());
  }

  /** Which engine it runs on, and why on that one. */
  String engine() {
    return engine;
  }

  int port() {
    return port;
  }

  /** Asks the loop itself, which has to answer in time. */
  JsonObject counters() throws PeerFailure {
    child.say("counters");
    return parse(hear(patience));
  }

  /** What it holds, after a collection. */
  Held held() throws PeerFailure {
    child.say("held");
    return Held.of(parse(hear(COLLECTING)));
  }

  /** All lines so far. */
  List<LogLine> log() throws PeerFailure {
    for (Optional<String> line = child.heard(); line.isPresent(); line = child.heard()) {
      keepLog(line.get());
    }
    return List.copyOf(log);
  }

  private String hear(Duration longest) throws PeerFailure {
    String line = child.hear(longest);
    while (keepLog(line)) {
      line = child.hear(longest);
    }
    return line;
  }

  private boolean keepLog(String line) {
    if (!line.startsWith(LOG)) {
      return false;
    }
    String rest = line.substring(LOG.length());
    int blank = rest.indexOf(' ');
    log.add(new LogLine(Long.parseLong(rest.substring(0, blank)), rest.substring(blank + 1)));
    return true;
  }

  static JsonObject parse(String line) {
    try {
      return JsonParser.object().from(line);
    } catch (JsonParserException e) {
      throw new LabException("not understood: " + line, e);
    }
  }

  @Override
  public void close() {
    child.close();
  }
}
