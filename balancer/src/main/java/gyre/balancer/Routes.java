package gyre.balancer;

import gyre.tls.ClientHello;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which pool a client gets by what its ClientHello says. */
final class Routes {
  private Routes() {}

  /**
   * By the application protocol, else by the name, else that of the listener. A name that is given
   * in full goes before {@code *.example.org}, and that before a shorter one.
   *
   * @param hello null if there is none
   */
  static String pool(ListenConfig listen, @Nullable ClientHello hello) {
    if (hello == null) {
      return listen.pool();
    }
    for (String protocol : hello.applicationProtocols()) {
      String pool = listen.applicationProtocols().get(protocol);
      if (pool != null) {
        return pool;
      }
    }
    String name = hello.serverName();
    String pool = name == null ? null : byName(listen.serverNames(), name);
    return pool == null ? listen.pool() : pool;
  }

  private static @Nullable String byName(Map<String, String> names, String name) {
    String pool = names.get(name);
    int dot = name.indexOf('.');
    while (pool == null && dot >= 0) {
      pool = names.get("*" + name.substring(dot));
      dot = name.indexOf('.', dot + 1);
    }
    return pool;
  }
}
