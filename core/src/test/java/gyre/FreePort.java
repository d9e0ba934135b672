package gyre;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports for those who have to know one before they bind it. Nobody has them, and nobody gets them
 * by chance: they lie below the range that the system chooses from for {@code bind(0)} and for
 * {@code connect}, which other tests beside this one call all the time.
 */
public final class FreePort {
  private static final Path CHOSEN_BY_THE_SYSTEM =
      Path.of("/proc/sys/net/ipv4/ip_local_port_range");
  private static final int FIRST = 10_000;
  private static final int TRIES_LIMIT = 1000;
  private static final int END = firstChosenBySystem();

  /** Another process begins elsewhere, and none is given out twice here. */
  private static final AtomicInteger turn =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(END - FIRST));

  private FreePort() {}

  /** One for TCP and for UDP. */
  public static int next() {
    for (int i = 0; i < TRIES_LIMIT; i++) {
      int port = FIRST + turn.getAndIncrement() % (END - FIRST);
      if (isFree(port)) {
        return port;
      }
    }
    throw new AssertionError("no port is free between " + FIRST + " and " + END);
  }

  /** On the loopback interface. */
  public static InetSocketAddress nextAddress() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), next());
  }

  private static boolean isFree(int port) {
    try (ServerSocket stream = new ServerSocket(port);
        DatagramSocket datagrams = new DatagramSocket(port)) {
      return stream.getLocalPort() == datagrams.getLocalPort();
    } catch (IOException e) {
      return false; // somebody has it
    }
  }

  /** Where the range leaves no room below it, there is nothing better than to choose from it. */
  private static int firstChosenBySystem() {
    try {
      // Not readString, which reads one byte first: such a file gives what fits the first read.
      String range = Files.readAllLines(CHOSEN_BY_THE_SYSTEM).getFirst();
      int first = Integer.parseInt(range.split("\\s+", -1)[0]);
      return first > FIRST + TRIES_LIMIT ? first : 65_536;
    } catch (IOException e) {
      return 32_768; // below that of any other system
    }
  }
}
