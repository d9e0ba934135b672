package gyre.lab.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.lab.LabException;
import java.util.List;
import org.junit.jupiter.api.Test;

class RosterTest {
  private static final String STATUS =
      """
      {"generator": {"state": "built", "argv": ["/x/gen"], "version": "gcc 12"},
       "peers": [
        {"name": "c-uring", "state": "built", "argv": ["/x/c-uring"], "version": "gcc 12",
         "modes": ["echo", "events"]},
        {"name": "tokio", "state": "absent", "reason": "no cargo: install cargo"}]}
      """;

  @Test
  void shouldKnowWhoIsAbsentAndWhy() {
    Roster roster = Roster.of(NativePeers.parse(STATUS), List.of());
    assertThat(roster.named("c-uring").refusal("echo")).isEmpty();
    assertThat(roster.named("c-uring").refusal("wake")).contains("does not offer 'wake'");
    assertThat(roster.named("tokio").refusal("echo")).contains("no cargo: install cargo");
    assertThat(roster.named("libuv").isAbsent()).isTrue();
  }

  @Test
  void shouldListThePeersWhereANameIsUnknown() {
    Roster roster = Roster.of(NativePeers.parse(STATUS), List.of());
    assertThatThrownBy(() -> roster.select(List.of("netti")))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("netti")
        .hasMessageContaining("netty-uring");
    assertThat(roster.select(List.of("netty"))).extracting(Peer::name).hasSize(3);
  }

  /** Gyre against itself: a table of all peers has no use for it. */
  @Test
  void shouldRaceControlsOnlyWhereTheyAreNamed() {
    Roster roster = Roster.of(NativePeers.parse(STATUS), List.of());
    assertThat(roster.select(List.of())).extracting(Peer::name).contains("gyre-push", "kotlin");
    assertThat(roster.select(List.of())).noneMatch(peer -> peer.name().startsWith("control"));
    assertThat(roster.select(List.of("gyre-push", "control")))
        .extracting(Peer::name)
        .containsExactly("gyre-push", "control-same", "control-blind");
  }

  @Test
  void shouldSayWhatToDoWhereTheStatusIsDamaged() {
    assertThatThrownBy(() -> NativePeers.parse("{\"peers\": ["))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("lab/peers/build");
  }
}
