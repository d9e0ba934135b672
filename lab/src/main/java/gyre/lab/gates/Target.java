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
 * @param hostField for a request of HTTP
 * @param path likewise
 * @param processes that serve there, as far as they are on this machine and may be seen
 */
record Target(
    String name,
    InetSocketAddress address,
    Protocol protocol,
    String hostField,
    String path,
    List<Long> processes) {
  /** What it speaks. */
  enum Protocol {
    ECHO,
    HTTP
  }

  private static final int PATIENCE_MILLIS = 5000;
  private static final int HTTP_PORT = 80;
  private static final String FORMS =
      "a target is HOST:PORT, http://HOST:PORT/PATH, or the number of a process";

  Target {
    processes = List.copyOf(processes);
  }

  /** Finds out where it is and what it speaks, by asking it. */
  static Target of(String text) {
    if (text.matches("[0-9]{1,9}")) {
      return ofProcess(Long.parseLong(text));
    }
    if (text.startsWith("https://")) {
      throw new WrongInputException(
          text + ": the generator speaks no TLS; name the port that has none");
    }
    if (text.startsWith("http://")) {
      return ofUri(text);
    }
    int colon = text.lastIndexOf(':');
    if (colon <= 0 || !text.substring(colon + 1).matches("[0-9]{1,5}")) {
      throw new WrongInputException("'" + text + "': " + FORMS);
    }
    int port = Integer.parseInt(text.substring(colon + 1));
    return at(text, address(text.substring(0, colon), port), text, "/");
  }

  private static Target ofUri(String text) {
    try {
      URI uri = new URI(text);
      if (uri.getHost() == null) {
        throw new WrongInputException("'" + text + "' has no host: " + FORMS);
      }
      int port = uri.getPort() < 0 ? HTTP_PORT : uri.getPort();
      String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
      String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
      return at(text, address(uri.getHost(), port), uri.getRawAuthority(), path + query);
    } catch (URISyntaxException e) {
      throw new WrongInputException("'" + text + "' is no address: " + e.getReason(), e);
    }
  }

  private static InetSocketAddress address(String host, int port) {
    if (port < 1 || port > 65_535) {
      throw new WrongInputException(port + ": ports are from 1 to 65535");
    }
    try {
      return Stream.of(InetAddress.getAllByName(host))
          .filter(Inet4Address.class::isInstance)
          .map(each -> new InetSocketAddress(each, port))
          .findFirst()
          .orElseThrow(() ->
              new LabException(host + " has no IPv4 address, and the generator knows no other"));
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
      InetSocketAddress address = new InetSocketAddress(each.host(), each.port());
      if (!each.isV4()) {
        why.add("port " + each.port() + " is for IPv6 alone, which the generator does not know");
        continue;
      }
      try {
        return at(Long.toString(pid), address, each.host() + ":" + each.port(), "/");
      } catch (LabException e) {
        why.add(e.getMessage());
      }
    }
    throw new LabException(
        why.isEmpty()
            ? "process "
                + pid
                + " listens on no TCP port that may be seen: name HOST:PORT, or be its user"
            : "process " + pid + ": " + String.join("; ", why));
  }

  private static Target at(String name, InetSocketAddress address, String host, String path) {
    Protocol protocol = protocol(address, host, path);
    return new Target(name, address, protocol, host, path, Listeners.processes(address));
  }

  /** A server of HTTP answers a request; one that echoes says it back. */
  private static Protocol protocol(InetSocketAddress address, String host, String path) {
    String where = address.getAddress().getHostAddress() + ":" + address.getPort();
    String request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    try (Socket socket = new Socket()) {
      socket.connect(address, PATIENCE_MILLIS);
      socket.setSoTimeout(PATIENCE_MILLIS);
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

  boolean isLoopback() {
    return address.getAddress().isLoopbackAddress();
  }

  /** For a person. */
  String describe() {
    String where = address.getAddress().getHostAddress() + ":" + address.getPort();
    String what = protocol == Protocol.ECHO ? "TCP echo at " + where : "http://" + where + path;
    if (processes.isEmpty()) {
      return what;
    }
    String pids = String.join(", ", processes.stream().map(String::valueOf).toList());
    return what + " (process " + pids + ")";
  }
}
