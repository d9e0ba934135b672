package gyre.http.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.http.WrongCopy;
import gyre.sim.SimulationFailure;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** See {@link EchoWorld}; and whether it would find what could be wrong. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class WebSocketSimulationTest {
  private static final int SEEDS = 12;

  /** The network stands still for long enough that a server of every day would ping. */
  private static final long PINGED = 700_046;

  @Test
  void shouldEchoEachMessageOnceAndInOrderWhateverTheTiming() {
    assertThat(new EchoWorld().applyAsLong(new long[] {1, SEEDS})).isGreaterThan(SEEDS * 20L);
  }

  @Test
  void shouldEchoAtMostOnceAndInOrderWhereConnectionsBreak() {
    EchoWorld world = new EchoWorld();
    for (long seed = 1; seed <= SEEDS; seed++) {
      long ignored = world.run(seed, true);
    }
    long echoed = world.run(PINGED, true);
    assertThat(echoed).isPositive();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          the mask begins anew after a cut | FrameParser | Byte.SIZE * (bytes & 3) | 0
          fragments are joined in the wrong order | FrameParser | message.append(scratch, 0, copied) | message.prepend(scratch, 0, copied)
          a control frame is lost within a message | FrameParser | case Opcode.PING -> Event.PING; | case Opcode.PING -> messageOpcode == NO_MESSAGE ? Event.PING : Event.PONG;
          the context is kept where none was agreed | Compression | mayKeepContext && !asked.serverNoContext | mayKeepContext
          the context of another connection is kept | Deflaters | taken.reset(); | taken.needsInput();
          a close frame is answered twice | Connection | out.close(code, reason); | out.close(code, reason); out.close(code, reason);
          messages of connections are mixed | FrameParser | private final ByteQueue message; | private static ByteQueue message;
          """)
  void shouldFindWhatIsWrong(String what, String type, String right, String wrong)
      throws IOException, ReflectiveOperationException {
    ToLongFunction<long[]> changed = WrongCopy.of(EchoWorld.class, type, right, wrong);
    assertThatThrownBy(() -> changed.applyAsLong(new long[] {1, 3 * SEEDS}))
        .as(what)
        .isInstanceOf(SimulationFailure.class);
  }

  @Test
  void shouldFindNothingInACopyThatIsRight() throws IOException, ReflectiveOperationException {
    String line = "private final ByteQueue message;";
    assertThat(
            WrongCopy.of(EchoWorld.class, "FrameParser", line, line).applyAsLong(new long[] {1, 3}))
        .isPositive();
  }
}
