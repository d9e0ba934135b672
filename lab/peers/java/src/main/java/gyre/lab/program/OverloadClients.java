package gyre.lab.program;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * The other end of an overload: one honest client, first alone, then beside many that are not, then
 * alone again.
 */
final class OverloadClients {
  private static final int SMALL_BYTES = 100;
  private static final int LARGE_BYTES = 100_000;
  private static final int SMALL_PAUSE_MILLIS = 100;
  private static final int LARGE_PAUSE_MILLIS = 2_000;
  private static final int ALONE_MILLIS = 1_000;

  private OverloadClients() {}

  /**
   * Prints {@code attack} and, later, {@code done}; for a line of input the bad ones leave and
   * {@code left} is printed; at its end what was found.
   */
  static void run(Options options) throws IOException, InterruptedException {
    InetSocketAddress server =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), options.number("port", 0));
    int attackMillis = options.number("attack-ms", 90_000);
    int patienceMillis = options.number("patience-ms", 10_000);
    HonestClient small =
        HonestClient.start(server, "small", SMALL_BYTES, SMALL_PAUSE_MILLIS, patienceMillis);
    // A large request may have to wait for its turn: for as long as the others are there, and more.
    HonestClient large =
        HonestClient.start(
            server, "large", LARGE_BYTES, LARGE_PAUSE_MILLIS, attackMillis + patienceMillis);
    TimeUnit.MILLISECONDS.sleep(Math.min(ALONE_MILLIS, attackMillis));
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("attack");
    Figures figures = new Figures();
    try (OverloadPeers peers = OverloadPeers.open(server, options)) {
      peers.run(attackMillis);
      peers.tell(figures);
      System.out.println("done");
      String ignored = input.readLine();
    }
    System.out.println("left");
    while (input.readLine() != null) {
      // Nothing else is asked.
    }
    small.end(figures);
    large.end(figures);
    System.out.println(figures);
  }
}
