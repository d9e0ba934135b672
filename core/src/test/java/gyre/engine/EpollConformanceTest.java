package gyre.engine;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.engine.epoll.EpollEngine;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class EpollConformanceTest extends EngineConformance {
  @Override
  protected Engine openEngine(EngineOptions options) {
    return EpollEngine.open(options);
  }

  /** However long one might be: the kernel knows how long the next one is. */
  @Test
  void shouldReceiveADatagramIntoWhatIsLeftOfABlock() {
    reopen(EngineOptions.defaults().poolLimitBytes(512 * 1024));
    int receiver = datagramSocket(loopback(0));
    int other = datagramSocket(loopback(0));
    int sender = datagramSocket(loopback(0));
    List<Block> taken = new ArrayList<>();
    ReceivingFrom receiving =
        new ReceivingFrom(receiver) {
          @Override
          public void received(
              Block block, int offset, int length, @Nullable SocketAddress source, boolean cut) {
            super.received(block, offset, length, source, cut);
            takeAll(taken);
          }
        };
    receiving.start();
    ReceivingFrom waiting = new ReceivingFrom(other).start();
    sendAndReceive(receiving, sender, bytes(20_000, 1)); // into the huge block at hand
    for (int length : new int[] {0, 100, 1500, 9000}) {
      sendAndReceive(receiving, sender, bytes(length, length));
    }
    byte[] larger = bytes(30_000, 2);
    SendingTo sending = new SendingTo(sender, local(receiver), larger).start();
    byte[] largest = bytes(60_000, 3);
    SendingTo last = new SendingTo(sender, local(other), largest).start();
    turnUntil(
        "both wait", () -> sending.ends + last.ends == 2 && engine.counters().starvations > 1);
    assertThat(receiving.datagrams).hasSize(5);
    release(taken, 64 * 1024); // twice as much as the shorter one takes
    turnUntil("the one", () -> receiving.datagrams.size() == 6);
    assertThat(receiving.datagrams.getLast()).isEqualTo(larger);
    assertThat(waiting.datagrams).isEmpty();
    release(taken, 512 * 1024);
    turnUntil("the other", () -> waiting.datagrams.size() == 1);
    assertThat(waiting.datagrams.getFirst()).isEqualTo(largest);
    cancelAndAwait(receiving);
    cancelAndAwait(waiting);
  }

  private void takeAll(List<Block> into) {
    for (int bytes = 64 * 1024; bytes >= BlockPool.SMALL_BYTES; bytes /= 2) {
      for (Block next = take(bytes); next != null; next = take(bytes)) {
        into.add(next);
      }
    }
  }

  private @Nullable Block take(int bytes) {
    return engine.pool().takeContiguous(bytes);
  }

  private static void release(List<Block> from, int bytes) {
    for (int left = bytes; left > 0 && !from.isEmpty(); ) {
      Block next = from.removeFirst();
      left -= next.capacity;
      next.release();
    }
  }
}
