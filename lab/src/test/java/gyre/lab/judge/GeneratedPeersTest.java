package gyre.lab.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.generator.Target;
import gyre.lab.WrongInputException;
import gyre.lab.peer.Peer;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GeneratedPeersTest {
  private static final PrintStream SILENCE =
      new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);

  @ParameterizedTest
  @EnumSource(Target.class)
  void shouldHaveWarmedWhatRunsOnAJvm(Target target) {
    Peer peer = GeneratedPeers.peer(target, List.of("/it's here/server"));
    assertThat(peer.isJvm()).isEqualTo(target == Target.GYRE);
    assertThat(peer.answers()).isFalse();
    assertThat(peer.command().getLast()).startsWith("exec '/it'\\''s here/server' --listen ");
  }

  @Test
  void shouldNameTheTargetsWhereOneIsUnknown() {
    GeneratedPeers peers = new GeneratedPeers(Path.of("not made"), SILENCE);
    assertThatThrownBy(() -> peers.build(List.of("netty")))
        .isInstanceOf(WrongInputException.class)
        .hasMessageContaining("no generated server 'netty'")
        .hasMessageContaining("io_uring");
  }
}
