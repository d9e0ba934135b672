package gyre.http.client;

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

/** See {@link ClientWorld}; and whether it would find what could be wrong. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ClientSimulationTest {
  private static final int SEEDS = 10;

  /** Until what is wrong is found. */
  private static final int SEARCHED_SEEDS = 48;

  @Test
  void shouldGiveEachRequestItsOwnAnswerWhateverTheServerDoes() {
    assertThat(new ClientWorld().applyAsLong(new long[] {1, SEEDS})).isGreaterThan(SEEDS * 10L);
  }

  @Test
  void shouldGiveEachRequestItsOwnAnswerWhereTheNetworkBreaks() {
    ClientWorld world = new ClientWorld();
    long answers = 0;
    for (long seed = 1; seed <= SEEDS / 2; seed++) {
      answers = world.run(seed, false, true);
    }
    assertThat(answers).isPositive();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      quoteCharacter = '~',
      textBlock =
          """
          a connection that ends is used again @ Held @ connection.reader().mayPersist() @ true
          the rest of an answer is left in the connection @ AnswerBody @ bytes.close();\\n    held.abandon(); @ bytes.close();\\n    held.answered();
          the rest of a request is still on its way @ Held @ known != null && !known.isSent() @ false
          a body that was announced and not sent is forgotten @ Exchange @ connection.spoil(); @ sentNanos = 0;
          what is not idempotent is asked again @ Call @ !exchange.wasStale() || !mayRepeat(request) @ !exchange.wasStale()
          retries take no heed of the method @ Call @ retry == null || !mayRepeat(request) @ retry == null
          an answer to HEAD is believed to have a body @ Exchange @ return request.method().equals("HEAD") @ return request.method().equals("head")
          a chunk has no end @ HttpOutput @ if (isChunked) {\\n      stream.write(LINE_END) @ if (!isChunked) {\\n      stream.write(LINE_END)
          an interim answer is taken for the answer @ Exchange @ return reader.status() < 200; @ return reader.status() == 100;
          """)
  void shouldFindWhatIsWrong(String what, String type, String right, String wrong)
      throws IOException, ReflectiveOperationException {
    ToLongFunction<long[]> changed =
        WrongCopy.of(
            ClientWorld.class, type, right.replace("\\n", "\n"), wrong.replace("\\n", "\n"));
    assertThatThrownBy(() -> changed.applyAsLong(new long[] {1, SEARCHED_SEEDS}))
        .as(what)
        .isInstanceOfAny(AssertionError.class, SimulationFailure.class);
  }

  @Test
  void shouldFindNothingInACopyThatIsRight() throws IOException, ReflectiveOperationException {
    String line = "connection.spoil();";
    assertThat(
            WrongCopy.of(ClientWorld.class, "Exchange", line, line).applyAsLong(new long[] {1, 4}))
        .isPositive();
  }
}
