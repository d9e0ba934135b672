package gyre.net;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.spi.Internals;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** The addresses that a name may be reached by, in the order in which to try them (RFC 8305). */
final class Candidates {
  /** Of a name with more addresses the others are not tried. */
  static final int LIMIT = 32;

  private Candidates() {}

  /**
   * Addresses as they are written at once; names are looked up, for which the calling fiber parks.
   */
  static List<InetSocketAddress> of(String host, int port, Duration timeout, Resolver resolver) {
    if (host.isEmpty() || port < 1 || port > 65_535) {
      throw new IllegalArgumentException(
          "connect to " + host + ":" + port + ": say a host and a port from 1 to 65535");
    }
    InetAddress literal = literal(host);
    if (literal != null) {
      return List.of(new InetSocketAddress(literal, port));
    }
    String goal = host + ":" + port;
    List<InetAddress> found = lookUp(host, goal, timeout, resolver);
    if (found.isEmpty()) {
      throw unknown(host, goal);
    }
    return interleaved(found).stream()
        .limit(LIMIT)
        .map(address -> new InetSocketAddress(address, port))
        .toList();
  }

  /** A resolver that blocks, on the threads for that. */
  static Resolver offLoop(BlockingResolver resolver) {
    return host -> {
      try {
        return Internals.lookUp(() -> resolver.resolve(host));
      } catch (RuntimeException | UnknownHostException e) {
        throw e;
      } catch (Exception e) {
        throw new AssertionError("looking up throws nothing else that is checked", e);
      }
    };
  }

  private static @Nullable InetAddress literal(String host) {
    try {
      return InetAddress.ofLiteral(host);
    } catch (IllegalArgumentException name) {
      return null;
    }
  }

  private static List<InetAddress> lookUp(
      String host, String goal, Duration timeout, Resolver resolver) {
    Callable<List<InetAddress>> job = () -> resolver.resolve(host);
    try {
      return timeout.isZero() ? job.call() : Cancellation.within(timeout, job);
    } catch (UnknownHostException e) {
      NetworkException failure = unknown(host, goal);
      failure.initCause(e);
      throw failure;
    } catch (DeadlineExceededException e) {
      Cancellation.current().check(); // if it is the caller's own deadline that has passed
      throw new NetworkTimeoutException(
          "connect to",
          goal,
          "looking up " + host + " took longer than " + timeout.toMillis() + " ms");
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      NetworkException failure = NetworkException.of("connect to", goal, e.toString());
      failure.initCause(e);
      throw failure;
    }
  }

  private static NetworkException unknown(String host, String goal) {
    return NetworkException.of(
        "connect to",
        goal,
        "the name " + host + " does not resolve: check its spelling and the resolver");
  }

  /** IPv6 first, then in turn, each family in its own order. */
  static List<InetAddress> interleaved(List<InetAddress> addresses) {
    ArrayDeque<InetAddress> six = new ArrayDeque<>();
    ArrayDeque<InetAddress> four = new ArrayDeque<>();
    for (InetAddress address : addresses) {
      (address instanceof Inet6Address ? six : four).add(address);
    }
    List<InetAddress> all = new ArrayList<>(addresses.size());
    while (!six.isEmpty() || !four.isEmpty()) {
      if (!six.isEmpty()) {
        all.add(six.remove());
      }
      if (!four.isEmpty()) {
        all.add(four.remove());
      }
    }
    return all;
  }
}
