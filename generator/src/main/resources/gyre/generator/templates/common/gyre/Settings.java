import java.net.InetSocketAddress;
{{#tls}}
import java.nio.file.Path;
{{/tls}}
import java.time.Duration;
{{#layer4_balancer}}
import java.util.ArrayList;
import java.util.List;
{{/layer4_balancer}}

/** What a user may set on the command line. */
final class Settings {
  private static final String USAGE =
      """
      usage: {{name}} [OPTION VALUE]...; defaults stand last
        --listen HOST:PORT         where to listen; port 0 lets the system choose; 127.0.0.1:7000
{{#layer4_balancer}}
        --target HOST:PORT         where connections go; several times for several
        --connect-timeout SECONDS  how long a target may take to accept; 3
        --retry-after SECONDS      how long a target that refused is left alone; 5
{{/layer4_balancer}}
{{#socket_handler}}
        --connect HOST:PORT        be a client of that server instead
        --heartbeat MILLIS         how often a client asks whether the server is there; 5000
        --answer-timeout MILLIS    how long an answer may take; 5000
        --retry-max MILLIS         the longest pause before a client connects again; 30000
{{/socket_handler}}
        --max-connections N        no more are served at once; 10000
        --idle-timeout SECONDS     a connection on which nothing moves is closed; 60
        --drain-timeout SECONDS    how long open connections may go on after SIGTERM; 10
{{#tcp_server|websocket_server}}
        --max-message BYTES        a longer message ends its connection; 65536
{{/tcp_server|websocket_server}}
{{#tcp_server}}
        --message-timeout SECONDS  how long a message may take from its first byte to its last; 10
{{/tcp_server}}
{{#tls}}
        --certificate FILE         PEM, the chain; without it one is made, for trials
        --key FILE                 PEM, of that certificate
{{/tls}}
{{#metrics}}
        --metrics HOST:PORT        where /metrics is served; nowhere
{{/metrics}}
      """;

  InetSocketAddress listen = new InetSocketAddress("127.0.0.1", 7000);
{{#layer4_balancer}}
  List<InetSocketAddress> targets = new ArrayList<>();
  Duration connectTimeout = Duration.ofSeconds(3);
  Duration retryAfter = Duration.ofSeconds(5);
{{/layer4_balancer}}
{{#socket_handler}}
  InetSocketAddress connect; // null for a server
  Duration heartbeat = Duration.ofSeconds(5);
  Duration answerTimeout = Duration.ofSeconds(5);
  Duration retryMax = Duration.ofSeconds(30);
{{/socket_handler}}
  int maxConnections = 10_000;
  Duration idleTimeout = Duration.ofSeconds(60);
  Duration drainTimeout = Duration.ofSeconds(10);
{{#tcp_server|websocket_server}}
  int maxMessageBytes = 64 * 1024;
{{/tcp_server|websocket_server}}
{{#tcp_server}}
  Duration messageTimeout = Duration.ofSeconds(10);
{{/tcp_server}}
{{#tls}}
  Path certificate; // null for one that is made
  Path key;
{{/tls}}
{{#metrics}}
  InetSocketAddress metrics; // null for none
{{/metrics}}

  private Settings() {}

  static Settings defaults() {
    return new Settings();
  }

  /** Ends the program with a message if they are wrong. */
  static Settings parse(String[] arguments) {
    Settings settings = new Settings();
    for (int i = 0; i < arguments.length; i += 2) {
      if (arguments[i].equals("--help")) {
        System.out.print(USAGE);
        System.exit(0);
      }
      String value =
          i + 1 < arguments.length
              ? arguments[i + 1]
              : wrong(arguments[i] + " needs a value; see --help");
      settings.set(arguments[i], value);
    }
{{#layer4_balancer}}
    if (settings.targets.isEmpty()) {
      wrong("--target HOST:PORT is needed, at least once; see --help");
    }
{{/layer4_balancer}}
{{#tls}}
    if ((settings.certificate == null) != (settings.key == null)) {
      wrong("--certificate and --key go together");
    }
{{/tls}}
    return settings;
  }

  private void set(String name, String value) {
    switch (name) {
      case "--listen" -> listen = address(name, value);
{{#layer4_balancer}}
      case "--target" -> targets.add(address(name, value));
      case "--connect-timeout" -> connectTimeout = seconds(name, value, 1);
      case "--retry-after" -> retryAfter = seconds(name, value, 0);
{{/layer4_balancer}}
{{#socket_handler}}
      case "--connect" -> connect = address(name, value);
      case "--heartbeat" -> heartbeat = millis(name, value);
      case "--answer-timeout" -> answerTimeout = millis(name, value);
      case "--retry-max" -> retryMax = millis(name, value);
{{/socket_handler}}
      case "--max-connections" -> maxConnections = number(name, value, 1, 10_000_000);
      case "--idle-timeout" -> idleTimeout = seconds(name, value, 1);
      case "--drain-timeout" -> drainTimeout = seconds(name, value, 0);
{{#tcp_server|websocket_server}}
      case "--max-message" -> maxMessageBytes = number(name, value, 16, 16 << 20);
{{/tcp_server|websocket_server}}
{{#tcp_server}}
      case "--message-timeout" -> messageTimeout = seconds(name, value, 1);
{{/tcp_server}}
{{#tls}}
      case "--certificate" -> certificate = Path.of(value);
      case "--key" -> key = Path.of(value);
{{/tls}}
{{#metrics}}
      case "--metrics" -> metrics = address(name, value);
{{/metrics}}
      default -> wrong("there is no option " + name + "; see --help");
    }
  }

  private static InetSocketAddress address(String option, String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 1) {
      wrong(option + ": \"" + text + "\" is not HOST:PORT");
    }
    int port = number(option, text.substring(colon + 1), 0, 65_535);
    return new InetSocketAddress(text.substring(0, colon), port);
  }

  private static Duration seconds(String option, String text, int least) {
    return Duration.ofSeconds(number(option, text, least, 86_400));
  }
{{#socket_handler}}

  private static Duration millis(String option, String text) {
    return Duration.ofMillis(number(option, text, 1, 86_400_000));
  }
{{/socket_handler}}

  private static int number(String option, String text, int least, int most) {
    if (text.matches("[0-9]{1,8}")) {
      int value = Integer.parseInt(text);
      if (value >= least && value <= most) {
        return value;
      }
    }
    wrong(option + ": \"" + text + "\" is no number from " + least + " to " + most);
    return least;
  }

  private static String wrong(String message) {
    System.err.println("{{name}}: " + message);
    System.exit(2);
    return message;
  }
}
