package gyre.net;

import gyre.Loop;
import gyre.spi.Internals;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * Turns names into addresses: implement it to have names looked up your way, and say so by {@link
 * ConnectOptions#resolver}. Where nothing is said, the JDK's resolver is asked on a helper thread.
 * {@link DnsResolver} asks name servers on the loop itself, and remembers what they said.
 */
@FunctionalInterface
public interface Resolver {
  /**
   * The addresses of a name, the best first; at least one. Called in the fiber that connects, which
   * it may park; a cancellation ends the wait.
   *
   * @throws UnknownHostException if there is none
   */
  List<InetAddress> resolve(String host) throws UnknownHostException;

  /**
   * The one that is asked where nothing is said: the JDK's, on a helper thread, so that the loop
   * goes on; in a simulation the names of its hosts. For whoever wants to measure, limit or
   * remember what it says.
   */
  static Resolver system() {
    return host -> {
      BlockingResolver resolver = Internals.engine(Loop.current()).environment()::resolve;
      return Candidates.offLoop(resolver).resolve(host);
    };
  }
}
