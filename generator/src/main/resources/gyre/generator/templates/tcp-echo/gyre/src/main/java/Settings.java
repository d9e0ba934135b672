import java.net.InetSocketAddress;
import java.time.Duration;

/** What a user may set on the command line. */
record Settings(
    InetSocketAddress listen, int maxConnections, Duration idleTimeout, Duration drainTimeout) {
  private static final String USAGE =
      "usage: {{name}} [--listen HOST:PORT] [--max-connections N] [--idle-timeout SECONDS]"
          + " [--drain-timeout SECONDS]";

  /** Ends the program with a message if they are wrong. */
  static Settings parse(String[] arguments) {
    InetSocketAddress listen = new InetSocketAddress("127.0.0.1", 7000);
    int maxConnections = 10_000;
    int idleSeconds = 60;
    int drainSeconds = 10;
    for (int i = 0; i < arguments.length; i += 2) {
      String name = arguments[i];
      if (name.equals("--help")) {
        System.out.println(USAGE);
        System.exit(0);
      }
      String value = i + 1 < arguments.length ? arguments[i + 1] : wrong(name + " needs a value");
      switch (name) {
        case "--listen" -> listen = address(value);
        case "--max-connections" -> maxConnections = number(name, value, 1, 10_000_000);
        case "--idle-timeout" -> idleSeconds = number(name, value, 1, 86_400);
        case "--drain-timeout" -> drainSeconds = number(name, value, 0, 86_400);
        default -> wrong("there is no option " + name + "; see --help");
      }
    }
    return new Settings(
        listen, maxConnections, Duration.ofSeconds(idleSeconds), Duration.ofSeconds(drainSeconds));
  }

  private static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 1) {
      wrong("--listen: \"" + text + "\" is not HOST:PORT");
    }
    int port = number("--listen", text.substring(colon + 1), 0, 65_535);
    return new InetSocketAddress(text.substring(0, colon), port);
  }

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
