package gyre.generator;

import java.util.Arrays;
import java.util.Optional;

/** What a generated program does. */
public enum ProgramKind {
  TCP_ECHO("tcp-echo", "sends back what it receives"),
  TCP_SERVER("tcp-server", "answers framed messages"),
  SOCKET_HANDLER("socket-handler", "a client and a server as state machines, with reconnection"),
  WEBSOCKET_SERVER("websocket-server", "sends back WebSocket messages"),
  LAYER4_BALANCER("layer4-balancer", "passes connections on to several targets"),
  TIMER_WHEEL("timer-wheel", "many timers at little cost"),
  FILE_WATCHER("file-watcher", "tells what changes in a directory");

  private final String label;
  private final String description;

  ProgramKind(String label, String description) {
    this.label = label;
    this.description = description;
  }

  /** As it is written on the command line. */
  public String label() {
    return label;
  }

  public String description() {
    return description;
  }

  public static Optional<ProgramKind> of(String label) {
    return Arrays.stream(values()).filter(kind -> kind.label.equals(label)).findFirst();
  }
}
