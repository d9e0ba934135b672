package gyre.lab.race;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.lab.peer.Peer;
import gyre.lab.workload.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  private static final Pace PACE = Pace.DEFAULT;

  private static Peer peer(Peer.Platform platform) {
    return new Peer("peer", platform, List.of("program"), List.of("echo"), "1", "");
  }

  private static WarmUp.Stretch stretch(double cost) {
    return new WarmUp.Stretch(cost, 0);
  }

  private static WarmUp.Stretch compiling(double cost) {
    return new WarmUp.Stretch(cost, PACE.warmMillis() * 1_000_000L);
  }

  /** How many of the stretches it takes until the program counts as warm. */
  private static int stretches(Peer.Platform platform, WarmUp.Stretch... stretches)
      throws PeerFailure {
    List<WarmUp.Stretch> taken = new ArrayList<>();
    Iterator<WarmUp.Stretch> rest = Arrays.asList(stretches).iterator();
    WarmUp.of(peer(platform), PACE, Kind.ECHO)
        .run(() -> {
          taken.add(rest.next());
          return taken.getLast();
        });
    return taken.size();
  }

  @Test
  void shouldTakeAProgramForWarmWhenItGetsNoBetterTwice() throws PeerFailure {
    assertThat(
            stretches(
                Peer.Platform.JVM,
                stretch(100),
                stretch(60),
                stretch(40),
                stretch(39.5),
                stretch(39.9),
                stretch(1)))
        .isEqualTo(5);
  }

  @Test
  void shouldWarmAForeignJvmAsItsOwn() throws PeerFailure {
    assertThat(
            stretches(
                Peer.Platform.FOREIGN_JVM, compiling(100), stretch(60), stretch(60), stretch(60)))
        .isEqualTo(4);
  }

  @Test
  void shouldGoOnWhileTheCompilersWork() throws PeerFailure {
    assertThat(
            stretches(
                Peer.Platform.JVM,
                stretch(40),
                stretch(40),
                compiling(40),
                compiling(40),
                stretch(40),
                stretch(1)))
        .isEqualTo(5);
  }

  @Test
  void shouldEndAfterSoManyStretches() throws PeerFailure {
    WarmUp.Stretch[] endless = new WarmUp.Stretch[PACE.warmStretches() + 1];
    Arrays.fill(endless, compiling(1));
    assertThat(stretches(Peer.Platform.JVM, endless)).isEqualTo(PACE.warmStretches());
  }

  @Test
  void shouldNotWaitForNativeCode() throws PeerFailure {
    assertThat(stretches(Peer.Platform.NATIVE, stretch(100), stretch(1))).isEqualTo(1);
  }
}
