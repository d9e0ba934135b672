package gyre.http;

import gyre.http.ForwardedElements.Element;
import gyre.proxy.ProxyTrust;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which proxies are believed when they say whose request it is, and in which fields they say so.
 * Everybody can send these fields; of those who are not trusted nobody looks at them. Immutable.
 *
 * <pre>{@code
 * HttpOptions.defaults().forwarded(ForwardedTrust.standard("10.0.0.0/8", "2001:db8::/32"));
 * }</pre>
 *
 * <p>What proxies say is read from the right, where the nearest one has written: as long as the one
 * who has written is trusted, the next one is believed too. What stands further to the left was
 * sent by a client, and is nothing. So {@link Request#client} is the last one that is not trusted,
 * and {@link Request#scheme} and {@link Request#host} are what it has asked for.
 *
 * <p>A proxy has to write the fields of one kind, and only these are read. Where it writes {@code
 * X-Forwarded-For} and lets {@code Forwarded} pass, the latter is the client's word.
 */
public final class ForwardedTrust {
  private enum Kind {
    STANDARD,
    X_FORWARDED
  }

  private final Kind kind;
  private final ProxyTrust proxies;
  private final boolean takesScheme;
  private final boolean takesHost;

  private ForwardedTrust(Kind kind, ProxyTrust proxies, boolean takesScheme, boolean takesHost) {
    this.kind = kind;
    this.proxies = proxies;
    this.takesScheme = takesScheme;
    this.takesHost = takesHost;
  }

  /**
   * Proxies that write {@code Forwarded}, as RFC 7239 says.
   *
   * @param blocks of addresses of the proxies, at least one: {@code 10.0.0.0/8}, or a single
   *     address
   */
  public static ForwardedTrust standard(String... blocks) {
    return new ForwardedTrust(Kind.STANDARD, ProxyTrust.of(blocks), true, true);
  }

  /**
   * Proxies that write {@code X-Forwarded-For}. Of those that write more say {@link #scheme} and
   * {@link #host}.
   *
   * @param blocks as of {@link #standard}
   */
  public static ForwardedTrust xForwarded(String... blocks) {
    return new ForwardedTrust(Kind.X_FORWARDED, ProxyTrust.of(blocks), false, false);
  }

  /**
   * Whether the scheme is read too: of {@code Forwarded}, unless this says no; in {@code
   * X-Forwarded-Proto}, only if this says so. Many proxies let pass what a client has sent there:
   * say it of those alone that set it, or remove it.
   */
  public ForwardedTrust scheme(boolean on) {
    return new ForwardedTrust(kind, proxies, on, takesHost);
  }

  /** Whether the host is read too, which {@code X-Forwarded-Host} names: as of {@link #scheme}. */
  public ForwardedTrust host(boolean on) {
    return new ForwardedTrust(kind, proxies, takesScheme, on);
  }

  /** Whether what this one writes is believed. */
  public boolean isTrusted(@Nullable InetAddress address) {
    return proxies.isTrusted(address);
  }

  private boolean isTrusted(@Nullable InetSocketAddress from) {
    return from != null && proxies.isTrusted(from.getAddress());
  }

  /**
   * What is said of a request that {@code peer} has sent; null if nothing is that counts.
   *
   * @throws Forwarding.MalformedException if somebody who is trusted has written nonsense
   */
  @Nullable Forwarding read(Request request, @Nullable InetSocketAddress peer)
      throws Forwarding.MalformedException {
    if (peer == null || !isTrusted(peer)) {
      return null;
    }
    return switch (kind) {
      case STANDARD -> walk(peer, ForwardedElements.parse(request.headers("Forwarded")));
      case X_FORWARDED -> readOthers(request, peer);
    };
  }

  /** From the nearest proxy outwards, as far as they are trusted. */
  private @Nullable Forwarding walk(InetSocketAddress peer, List<Element> elements) {
    InetSocketAddress client = peer;
    String scheme = null;
    String host = null;
    for (int i = elements.size() - 1; i >= 0 && isTrusted(client); i--) {
      Element said = elements.get(i);
      client = said.from();
      scheme = said.scheme() == null || !takesScheme ? scheme : said.scheme();
      host = said.host() == null || !takesHost ? host : said.host();
    }
    return elements.isEmpty() ? null : new Forwarding(client, scheme, host);
  }

  private @Nullable Forwarding readOthers(Request request, InetSocketAddress peer)
      throws Forwarding.MalformedException {
    List<String> names = list(request, "X-Forwarded-For");
    InetSocketAddress client = peer;
    int passed = 0; // proxies that are trusted
    while (passed < names.size() && isTrusted(client)) {
      passed++;
      client = ForwardedNode.parse(names.get(names.size() - passed), false);
    }
    String scheme =
        takesScheme ? said(list(request, "X-Forwarded-Proto"), names.size(), passed) : null;
    String host = takesHost ? said(list(request, "X-Forwarded-Host"), names.size(), passed) : null;
    if (names.isEmpty() && scheme == null && host == null) {
      return null;
    }
    return new Forwarding(
        client,
        scheme == null ? null : ForwardedElements.scheme(scheme),
        host == null ? null : ForwardedElements.host(host));
  }

  /**
   * What the outermost of the trusted proxies has said, if each one has said something; the word of
   * the nearest one otherwise.
   */
  private static @Nullable String said(List<String> values, int names, int passed) {
    if (values.isEmpty()) {
      return null;
    }
    return passed > 0 && values.size() == names ? values.get(names - passed) : values.getLast();
  }

  /** All values of all lines. */
  private static List<String> list(Request request, String name)
      throws Forwarding.MalformedException {
    List<String> values = new ArrayList<>();
    for (String line : request.headers(name)) {
      for (String value : line.split(",", -1)) {
        if (!value.isBlank()) {
          values.add(value.strip());
        }
      }
    }
    if (values.size() > ForwardedElements.LIMIT) {
      throw new Forwarding.MalformedException(
          name + " has more than " + ForwardedElements.LIMIT + " values");
    }
    return values;
  }
}
