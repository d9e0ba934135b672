package gyre.http.websocket;

import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** From which web sites a browser may open a WebSocket. Programs that are none send no origin. */
sealed interface OriginRule {
  boolean allows(String origin, @Nullable String host);

  /** The page is of the very host that it talks to. */
  record Same() implements OriginRule {
    @Override
    public boolean allows(String origin, @Nullable String host) {
      int authority = origin.indexOf("://");
      if (authority < 0 || host == null) {
        return false; // "null" too: a sandbox, or a file
      }
      String scheme = origin.substring(0, authority).toLowerCase(Locale.ROOT);
      String port = scheme.equals("https") ? ":443" : ":80";
      String page = origin.substring(authority + 3).toLowerCase(Locale.ROOT);
      return withPort(page, port).equals(withPort(host.toLowerCase(Locale.ROOT), port));
    }

    private static String withPort(String authority, String port) {
      return authority.lastIndexOf(':') > authority.lastIndexOf(']') ? authority : authority + port;
    }
  }

  /** The page is of one of these. */
  record OneOf(Set<String> origins) implements OriginRule {
    @Override
    public boolean allows(String origin, @Nullable String host) {
      return origins.contains(origin.toLowerCase(Locale.ROOT));
    }
  }

  record Any() implements OriginRule {
    @Override
    public boolean allows(String origin, @Nullable String host) {
      return true;
    }
  }
}
