package gyre.insight.web;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Comparator;

/** What to type into a browser to reach an address that was listened on. */
final class Links {
  private Links() {}

  /** Host and port; for the address of all interfaces that of one that others can reach. */
  static String authority(InetSocketAddress address) {
    InetAddress host = address.getAddress();
    if (host.isAnyLocalAddress()) {
      host = reachable(host);
    }
    String text = host.getHostAddress();
    if (host instanceof Inet6Address) {
      int zone = text.indexOf('%');
      text = "[" + (zone < 0 ? text : text.substring(0, zone)) + "]";
    }
    return text + ":" + address.getPort();
  }

  private static InetAddress reachable(InetAddress otherwise) {
    try {
      return NetworkInterface.networkInterfaces()
          .filter(Links::isUp)
          .flatMap(NetworkInterface::inetAddresses)
          .filter(each -> !each.isLoopbackAddress() && !each.isLinkLocalAddress())
          .min(Comparator.comparing(each -> !(each instanceof Inet4Address)))
          .orElse(InetAddress.getLoopbackAddress());
    } catch (SocketException e) {
      return otherwise;
    }
  }

  private static boolean isUp(NetworkInterface each) {
    try {
      return each.isUp();
    } catch (SocketException e) {
      return false;
    }
  }
}
