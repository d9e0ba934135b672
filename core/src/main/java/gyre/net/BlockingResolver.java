package gyre.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Turns names into addresses. May block: it is called off the loop. */
@FunctionalInterface
interface BlockingResolver {
  /** The addresses of a name, the best first; at least one. */
  List<InetAddress> resolve(String host) throws UnknownHostException;
}
