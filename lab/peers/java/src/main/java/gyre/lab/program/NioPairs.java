package gyre.lab.program;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Connected Unix stream sockets: the JDK has no socketpair, so they are connected one by one. */
record NioPairs(List<SocketChannel> first, List<SocketChannel> second) {
  static NioPairs open(int count) throws IOException {
    Path folder = Files.createTempDirectory("gyre-lab-pairs");
    Path path = folder.resolve("socket");
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
    NioPairs pairs = new NioPairs(new ArrayList<>(count), new ArrayList<>(count));
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(address);
      for (int i = 0; i < count; i++) {
        SocketChannel second = SocketChannel.open(address);
        SocketChannel first = listener.accept();
        first.configureBlocking(false);
        second.configureBlocking(false);
        pairs.first.add(first);
        pairs.second.add(second);
      }
    } catch (IOException e) {
      throw new UnsupportedOperationException(count + " pairs of sockets: " + e.getMessage(), e);
    } finally {
      Files.deleteIfExists(path);
      Files.deleteIfExists(folder);
    }
    return pairs;
  }

  int count() {
    return first.size();
  }
}
