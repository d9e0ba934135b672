package gyre.lab.gates;

import gyre.lab.LabException;
import gyre.lab.WrongInputException;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The server that is judged.
 *
 * @param name as it was typed
 * @param tlsName that a handshake asks for; empty where it speaks no TLS
 * @param hostField for a request of HTTP
 * @param path likewise
 * @param processes that serve there, as far as they are on this machine and may be seen
 */
record Target(
    String name,
    InetSocketAddress address,
    Protocol protocol,
    String tlsName,
    String hostField,
    String path,
    List<Long> processes) {
  /** What it speaks. */
  enum Protocol {
    ECHO,
    HTTP
  }

  private static final int CONNECT_MILLIS = 5_000;

  /** The first handshake of TLS in a JVM takes long on a machine that is busy. */
  private static final int ANSWER_MILLIS = 30_000;

  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;
  private static final String FORMS =
      "a target is HOST:PORT, tls://HOST:PORT, http://HOST:PORT/PATH, https://HOST:PORT/PATH, or"
          + " the number of a process; an address of IPv6 stands in brackets";

  Target {
    processes = List.copyOf(processes);
  }

  /** Finds out where it is and what it speaks, by asking it. */
  static Target of(String text) {
    if (text.matches("[0-9]{1,9}")) {
      return ofProcess(Long.parseLong(text));
    }
    if (text.startsWith("http://") || text.startsWith("https://")) {
      return ofUri(text);
    }
    boolean isTls = text.startsWith("tls://");
    String place = isTls ? text.substring("tls://".length()) : text;
    int colon = place.lastIndexOf(':');
    if (colon <= 0 || !place.substring(colon + 1).matches("[0-9]{1,5}")) {
      throw new WrongInputException("'" + text + "': " + FORMS);
    }
    String host = place.substring(0, colon);
    if (host.contains(":") && !host.matches("\\[.*]")) {
      throw new WrongInputException("'" + text + "': " + FORMS);
    }
    int port = Integer.parseInt(place.substring(colon + 1));
    return at(text, address(host, port), isTls ? bare(host) : "", place, "/");
  }

  private static Target ofUri(String text) {
    try {
      URI uri = new URI(text);
      if (uri.getHost() == null) {
        throw new WrongInputException("'" + text + "' has no host: " + FORMS);
      }
      boolean isTls = "https".equals(uri.getScheme());
      int port = uri.getPort() >= 0 ? uri.getPort() : isTls ? HTTPS_PORT : HTTP_PORT;
      String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
      String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
      return at(
          text,
          address(uri.getHost(), port),
          isTls ? bare(uri.getHost()) : "",
          uri.getRawAuthority(),
          path + query);
    } catch (URISyntaxException e) {
      throw new WrongInputException("'" + text + "' is no address: " + e.getReason(), e);
    }
  }

  /** Without the brackets of IPv6. */
  private static String bare(String host) {
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  /**
   * Of a name that has addresses of both kinds one of IPv4, which knows more sources on loopback.
   */
  private static InetSocketAddress address(String host, int port) {
    if (port < 1 || port > 65_535) {
      throw new WrongInputException(port + ": ports are from 1 to 65535");
    }
    try {
      return Stream.of(InetAddress.getAllByName(bare(host)))
          .min(java.util.Comparator.comparing(each -> !(each instanceof Inet4Address)))
          .map(each -> new InetSocketAddress(each, port))
          .orElseThrow(() -> new LabException(host + " has no address"));
    } catch (UnknownHostException e) {
      throw new LabException("there is no host " + host, e);
    }
  }

  private static Target ofProcess(long pid) {
    if (ProcessHandle.of(pid).isEmpty()) {
      throw new LabException("there is no process " + pid);
    }
    List<String> why = new ArrayList<>();
    for (Listeners.Listener each : Listeners.of(pid)) {
      for (String host : each.hosts()) {
        try {
          InetSocketAddress address = new InetSocketAddress(host, each.port());
          return at(Long.toString(pid), address, "", authority(address), "/");
        } catch (LabException e) {
          why.add(e.getMessage());
        }
      }
    }
    throw new LabException(
        why.isEmpty()
            ? "process "
                + pid
                + " listens on no TCP port that may be seen: name HOST:PORT, or be its user"
            : "process " + pid + ": " + String.join("; ", why));
  }

  private static String authority(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress().replaceAll("%.*", "");
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
  }

  private static Target at(
      String name, InetSocketAddress address, String tlsName, String host, String path) {
    Protocol protocol = protocol(address, tlsName, host, path);
    return new Target(name, address, protocol, tlsName, host, path, Listeners.processes(address));
  }

  /** A server of HTTP answers a request; one that echoes says it back. */
  private static Protocol protocol(
      InetSocketAddress address, String tlsName, String host, String path) {
    String where = authority(address);
    String request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    try (Socket plain = new Socket()) {
      plain.connect(address, CONNECT_MILLIS);
      plain.setSoTimeout(ANSWER_MILLIS);
      Socket socket = tlsName.isEmpty() ? plain : Tls.over(plain, tlsName);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      byte[] begin = socket.getInputStream().readNBytes(5);
      String answer = new String(begin, StandardCharsets.ISO_8859_1);
      if (answer.equals("HTTP/")) {
        return Protocol.HTTP;
      }
      if (answer.equals("GET /")) {
        return Protocol.ECHO;
      }
      throw new LabException(
          where
              + (answer.isEmpty()
                  ? " ends the connection when it is asked by HTTP/1.1"
                  : " speaks neither HTTP/1.1 nor echo"));
    } catch (IOException e) {
      throw new LabException(where + " does not answer: " + e.getMessage(), e);
    }
  }

  boolean isTls() {
    return !tlsName.isEmpty();
  }

  boolean isV4() {
    return address.getAddress() instanceof Inet4Address;
  }

  /** As the generator takes it. */
  String host() {
    return address.getAddress().getHostAddress();
  }

  boolean isLoopback() {
    return address.getAddress().isLoopbackAddress();
  }

  /** For a person. */
  String describe() {
    String where = authority(address);
    String what =
        protocol == Protocol.ECHO
            ? (isTls() ? "TLS echo at " : "TCP echo at ") + where
            : (isTls() ? "https://" : "http://") + where + path;
    if (processes.isEmpty()) {
      return what;
    }
    String pids = String.join(", ", processes.stream().map(String::valueOf).toList());
    return what + " (process " + pids + ")";
  }
}
