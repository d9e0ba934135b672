package gyre.sim.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.engine.Block;
import gyre.engine.EngineOptions;
import gyre.engine.Receive;
import gyre.engine.Send;
import gyre.engine.Sockets.Option;
import gyre.engine.Vector;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import gyre.sys.Memory;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Misuse of memory is found, and the operation that it was lent to is named. */
@Timeout(60)
class MemoryGuardTest {
  private final Universe universe =
      new Universe(1, Faults.none().with(Fault.LATE_COMPLETION, 0.9), null, _ -> true);
  private final SimEngine engine;
  private final int[] two = new int[2];

  MemoryGuardTest() {
    universe.setAutonomous();
    engine =
        SimEngine.open(
            universe, universe.network().addMachine("host"), "loop", EngineOptions.defaults());
    assertThat(engine.sockets().pair(two)).isZero();
    assertThat(engine.sockets().set(two[0], Option.SEND_BUFFER_BYTES, 10_000)).isZero();
  }

  private static final class Kept extends Receive {
    @Nullable Block block;
    int length;

    @Override
    public void received(Block received, int offset, int bytes) {
      length += bytes;
      if (block == null) {
        block = received;
      } else {
        received.release();
      }
    }

    @Override
    public void ended(int result) {}

    @Override
    public String toString() {
      return "receiving of a test";
    }
  }

  private static final class Lender extends Send {
    private final Block block;
    boolean told;

    Lender(Block block) {
      this.block = block;
    }

    @Override
    public int gather(Vector vector) {
      vector.add(block.address, 100);
      return 1;
    }

    @Override
    public void ended(int result) {
      told = true;
    }

    @Override
    public String toString() {
      return "sending of a test";
    }
  }

  private void turns(int count) {
    for (int i = 0; i < count; i++) {
      engine.await(1_000_000);
      assertThat(engine.dispatch(100)).isNotNegative();
    }
  }

  private Lender send() {
    Lender send = new Lender(Objects.requireNonNull(engine.pool().take(100)));
    send.descriptor = two[0];
    send.awaited = true;
    engine.submit(send);
    return send;
  }

  @Test
  void shouldFindAWriteAfterABlockWasGivenBack() {
    Kept kept = new Kept();
    kept.descriptor = two[1];
    engine.submit(kept);
    Lender send = send();
    turns(200);
    assertThat(send.told).isTrue();
    assertThat(kept.length).isEqualTo(100);
    Block block = Objects.requireNonNull(kept.block);
    block.release();
    Memory.putByte(block.address + 17, (byte) 1);
    assertThatThrownBy(() -> engine.pool().take(100))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("byte 17")
        .hasMessageContaining("receiving of a test");
  }

  @Test
  void shouldFindAChangeOfWhatIsBeingSent() {
    Lender send = takenAndNotTold();
    Memory.putByte(send.block.address + 50, (byte) 77);
    assertThatThrownBy(() -> turns(200))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("sending of a test");
  }

  @Test
  void shouldFindThatWhatIsBeingSentWasGivenBack() {
    Lender send = takenAndNotTold();
    send.block.release();
    assertThatThrownBy(() -> turns(200))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("sending of a test");
  }

  /** Not every send is told late. */
  private Lender takenAndNotTold() {
    for (int tries = 0; tries < 20; tries++) {
      Lender send = send();
      for (int i = 0; i < 100_000 && !send.told; i++) {
        engine.await(0);
        if (isTaken(send)) {
          return send;
        }
        assertThat(engine.dispatch(100)).isNotNegative();
      }
    }
    throw new AssertionError("never told late");
  }

  private boolean isTaken(Lender send) {
    return engine.find(send.descriptor) instanceof StreamSocket stream && stream.isSettled(send);
  }
}
