package gyre.lab.race;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.lab.peer.Peer;
import gyre.lab.result.Sample;
import java.util.List;
import org.junit.jupiter.api.Test;

/** With programs that only say that they listen. */
class ServersTest {
  private static final Bench BENCH = new Bench(List.of(), false, 1000, Tools.NONE);

  private static Peer peer(Peer.Platform platform) {
    List<String> command = List.of("bash", "-c", "echo listening 1; read -r line");
    return new Peer("peer", platform, command, List.of("echo"), "1", "");
  }

  @Test
  void shouldShareWhatTakesLongToWarm() throws PeerFailure {
    Peer peer = peer(Peer.Platform.JVM);
    try (Servers servers = new Servers(BENCH)) {
      ServerProcess server = servers.start(peer, "echo");
      assertThat(servers.start(peer, "echo")).isSameAs(server);
      servers.leave(server);
      assertThat(servers.hasEnded(peer, server)).isFalse();
      assertThat(servers.start(peer, "echo")).isSameAs(server);
    }
  }

  @Test
  void shouldReplaceOneWithWhichSomethingIsWrong() throws PeerFailure {
    Peer peer = peer(Peer.Platform.JVM);
    try (Servers servers = new Servers(BENCH)) {
      ServerProcess server = servers.start(peer, "echo");
      servers.end(server);
      assertThat(servers.hasEnded(peer, server)).isTrue();
      ServerProcess other = servers.start(peer, "echo");
      assertThat(other).isNotSameAs(server);
      assertThat(servers.hasEnded(peer, other)).isFalse();
    }
  }

  @Test
  void shouldStartOthersWhenAllHaveEnded() throws PeerFailure {
    Peer peer = peer(Peer.Platform.JVM);
    try (Servers servers = new Servers(BENCH)) {
      assertThat(servers.isKnown(peer, "echo")).isFalse();
      ServerProcess server = servers.start(peer, "echo");
      assertThat(servers.isKnown(peer, "echo")).isTrue();
      servers.end();
      assertThat(servers.isKnown(peer, "echo")).isFalse();
      assertThat(servers.hasEnded(peer, server)).isTrue();
      servers.leave(server); // as a workload does that was between two visits
      ServerProcess other = servers.start(peer, "echo");
      assertThat(other.isAlive()).isTrue();
      assertThat(other.pid()).isNotEqualTo(server.pid());
    }
  }

  /** This one would end if it were. */
  @Test
  void shouldShareAForeignOneAndAskItNothing() throws PeerFailure {
    Peer peer = peer(Peer.Platform.FOREIGN_JVM);
    try (Servers servers = new Servers(BENCH)) {
      ServerProcess server = servers.start(peer, "echo");
      assertThat(server.allocatedBytes()).isEqualTo(Sample.UNKNOWN);
      assertThat(server.userBytes()).isPositive(); // what the system knows
      servers.leave(server);
      assertThat(servers.start(peer, "echo")).isSameAs(server);
    }
  }

  @Test
  void shouldStartANativeOneForEachWorkload() throws PeerFailure {
    Peer peer = peer(Peer.Platform.NATIVE);
    try (Servers servers = new Servers(BENCH)) {
      ServerProcess one = servers.start(peer, "echo");
      ServerProcess other = servers.start(peer, "echo");
      assertThat(other).isNotSameAs(one);
      assertThat(servers.hasEnded(peer, one)).isFalse();
      servers.leave(one);
      servers.leave(other);
    }
  }
}
