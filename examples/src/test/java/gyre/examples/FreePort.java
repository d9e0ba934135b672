package gyre.examples;

import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports for those who have to know one before they bind it. The system gives none of these to
 * somebody who binds any port, or connects: they lie below the range that it takes those from.
 */
final class FreePort {
  private static final int FIRST = 10_000;
  private static final int FEWEST = 10_000;
  private static final int USUAL_RANGE_BEGINS = 32_768;
  private static final int END = Math.max(FIRST + FEWEST, systemRangeBegins());
  private static final int TRIES = 1_000;

  /** Another process begins elsewhere, and none is given out twice here. */
  private static final AtomicInteger turn =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(END - FIRST));

  private FreePort() {}

  /** Of TCP and of UDP. */
  static int choose() {
    for (int i = 0; i < TRIES; i++) {
      int port = FIRST + turn.getAndIncrement() % (END - FIRST);
      if (isFree(port)) {
        return port;
      }
    }
    throw new AssertionError("of " + TRIES + " ports below " + END + " none is free");
  }

  private static boolean isFree(int port) {
    try (ServerSocket tcp = new ServerSocket(port);
        DatagramSocket udp = new DatagramSocket(port)) {
      return tcp.isBound() && udp.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  private static int systemRangeBegins() {
    try (InputStream range =
        Files.newInputStream(Path.of("/proc/sys/net/ipv4/ip_local_port_range"))) {
      String text = new String(range.readAllBytes(), StandardCharsets.US_ASCII);
      return Integer.parseInt(text.strip().split("\\s+", -1)[0]);
    } catch (IOException e) {
      return USUAL_RANGE_BEGINS;
    }
  }
}
