package gyre.insight;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListeningTest {
  private static final String NETSTAT =
      """
      TcpExt: SyncookiesSent ListenOverflows ListenDrops
      TcpExt: 3 %d 9
      IpExt: InNoRoutes
      IpExt: 0
      """;

  @TempDir private Path root;

  private void put(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private Listening look(Listening before) {
    return Listening.of(Machine.below(root), 7, before);
  }

  @Test
  void shouldLookIntoTheQueuesOnlyWhenSomethingHasOverflowed() throws IOException {
    put("proc/sys/net/core/somaxconn", "128\n");
    put("proc/7/net/netstat", NETSTAT.formatted(5));
    put(
        "proc/7/net/tcp",
        """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:1F90 00000000:0000 0A 00000000:00000081 00:00000000 00000000 0 0 4711 1
           1: 0100007F:1F91 00000000:0000 0A 00000000:00000007 00:00000000 00000000 0 0 4712 1
           2: 0100007F:1F90 0100007F:9999 01 00000000:00000099 00:00000000 00000000 0 0 4713 1
        """);
    Files.createDirectories(root.resolve("proc/7/fd"));
    Files.createSymbolicLink(root.resolve("proc/7/fd/3"), Path.of("socket:[4711]"));
    Files.createSymbolicLink(root.resolve("proc/7/fd/4"), Path.of("socket:[4713]"));
    Listening first = look(Listening.UNKNOWN);
    assertThat(first.backlogLimit()).isEqualTo(OptionalLong.of(128));
    assertThat(first.overflows()).isEqualTo(OptionalLong.of(5));
    assertThat(look(first).queues()).isEmpty();
    put("proc/7/net/netstat", NETSTAT.formatted(6));
    Listening later = look(first);
    assertThat(later.queues()).containsExactly(129L);
    assertThat(later.overflowsSince(first)).isEqualTo(1);
  }

  @Test
  void shouldKnowNothingWhereThereAreNoSuchFiles() {
    assertThat(look(Listening.UNKNOWN)).isEqualTo(Listening.UNKNOWN);
    assertThat(look(Listening.UNKNOWN).overflowsSince(Listening.UNKNOWN)).isZero();
  }
}
