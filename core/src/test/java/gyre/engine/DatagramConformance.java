package gyre.engine;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.FreePort;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Datagrams: each arrives whole or cut, with its source. */
public abstract class DatagramConformance extends StreamConformance {
  @Test
  void shouldDeliverADatagramWithItsSource() {
    int receiver = datagramSocket(loopback(0));
    int sender = datagramSocket(loopback(0));
    ReceivingFrom receiving = new ReceivingFrom(receiver).start();
    for (int i = 0; i < 3; i++) {
      sendAndReceive(receiving, sender, bytes(100 + i, i));
    }
    assertThat(receiving.sources).containsOnly(local(sender));
    assertThat(receiving.truncated).containsOnly(false);
    cancelAndAwait(receiving);
    assertThat(receiving.result).isEqualTo(Errno.ECANCELED.negated());
  }

  @Test
  void shouldDeliverDatagramsOverIpv6() {
    needs(Capability.IPV6);
    int receiver = datagramSocket(loopback6(0));
    int sender = datagramSocket(loopback6(0));
    ReceivingFrom receiving = new ReceivingFrom(receiver).start();
    sendAndReceive(receiving, sender, bytes(99, 1));
    assertThat(receiving.sources).containsOnly(local(sender));
    cancelAndAwait(receiving);
  }

  @Test
  void shouldDeliverDatagramsOverUnixSockets() throws IOException {
    needs(Capability.UNIX_DATAGRAMS);
    Path directory = Files.createTempDirectory("gyre");
    SocketAddress to = UnixDomainSocketAddress.of(directory.resolve("to"));
    SocketAddress from = UnixDomainSocketAddress.of(directory.resolve("from"));
    try {
      ReceivingFrom receiving = new ReceivingFrom(datagramSocket(to)).start();
      int named = datagramSocket(from);
      sendAndReceive(receiving, named, bytes(500, 1));
      sendAndReceive(receiving, named, bytes(501, 2));
      int unnamed = owned(sockets.open(Sockets.Family.UNIX, Sockets.Type.DATAGRAM));
      sendAndReceive(receiving, unnamed, bytes(502, 3));
      assertThat(receiving.sources).containsExactly(from, from, null);
      cancelAndAwait(receiving);
    } finally {
      Files.deleteIfExists(directory.resolve("to"));
      Files.deleteIfExists(directory.resolve("from"));
      Files.delete(directory);
    }
  }

  @Test
  void shouldDeliverEmptyDatagrams() {
    int receiver = datagramSocket(loopback(0));
    int sender = datagramSocket(loopback(0));
    ReceivingFrom receiving = new ReceivingFrom(receiver).start();
    sendAndReceive(receiving, sender, new byte[0]);
    sendAndReceive(receiving, sender, bytes(1, 1));
    sendAndReceive(receiving, sender, new byte[0]);
    assertThat(receiving.sources).containsOnly(local(sender));
    cancelAndAwait(receiving);
  }

  @Test
  void shouldDeliverTheLargestDatagrams() {
    int receiver = datagramSocket(loopback(0));
    int sender = datagramSocket(loopback(0));
    check(sockets.set(receiver, Sockets.Option.RECEIVE_BUFFER_BYTES, 200_000));
    check(sockets.set(sender, Sockets.Option.SEND_BUFFER_BYTES, 200_000));
    ReceivingFrom receiving = new ReceivingFrom(receiver).start();
    for (int length : new int[] {1500, 16_383, 16_384, 16_385, 40_000, 65_507, 10}) {
      sendAndReceive(receiving, sender, bytes(length, length));
    }
    assertThat(receiving.truncated).containsOnly(false);
    cancelAndAwait(receiving);
  }

  @Test
  void shouldRefuseADatagramThatIsTooLong() {
    int sender = datagramSocket(loopback(0));
    SendingTo sending = new SendingTo(sender, local(sender), new byte[65_508]).start();
    turnUntil("refused", () -> sending.ends == 1);
    assertThat(sending.result).isEqualTo(Errno.EMSGSIZE.negated());
  }

  @Test
  void shouldSayThatADatagramWasCut() {
    int receiver = datagramSocket(loopback(0));
    int sender = datagramSocket(loopback(0));
    ReceivingFrom receiving = new ReceivingFrom(receiver);
    receiving.maxLengthBytes = 100;
    receiving.start();
    byte[] sent = bytes(3000, 4);
    new SendingTo(sender, local(receiver), sent).start();
    new SendingTo(sender, local(receiver), bytes(100, 5)).start();
    turnUntil("both received", () -> receiving.datagrams.size() == 2);
    assertThat(receiving.datagrams.getFirst()).isEqualTo(Arrays.copyOf(sent, 100));
    assertThat(receiving.datagrams.getLast()).isEqualTo(bytes(100, 5));
    if (!missing().contains(Capability.TRUNCATION)) {
      assertThat(receiving.truncated).containsExactly(true, false);
    }
    cancelAndAwait(receiving);
  }

  @Test
  void shouldKeepManyDatagramsInOrder() {
    Random random = seeded(21);
    int receiver = datagramSocket(loopback(0));
    int sender = datagramSocket(loopback(0));
    ReceivingFrom receiving = new ReceivingFrom(receiver).start();
    List<byte[]> expected = new ArrayList<>();
    for (int batch = 0; batch < 40; batch++) {
      List<SendingTo> batched = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        byte[] bytes = bytes(random.nextInt(1200), random.nextInt());
        expected.add(bytes);
        batched.add(new SendingTo(sender, local(receiver), bytes).start());
      }
      turnUntil("batch received, seed 21", () -> receiving.datagrams.size() == expected.size());
      turnUntil("batch sent", () -> batched.stream().allMatch(sent -> sent.ends == 1));
    }
    assertThat(receiving.datagrams).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(receiving.datagrams.get(i))
          .as("datagram %d, seed 21", i)
          .isEqualTo(expected.get(i));
    }
    cancelAndAwait(receiving);
  }

  @Test
  void shouldTalkOverConnectedSockets() {
    int one = datagramSocket(loopback(0));
    int two = datagramSocket(loopback(0));
    check(sockets.connect(one, local(two)));
    check(sockets.connect(two, local(one)));
    assertThat(sockets.remoteAddress(one)).isEqualTo(local(two));
    ReceivingFrom receiving = new ReceivingFrom(two).start();
    SendingTo sending = new SendingTo(one, null, bytes(77, 7)).start();
    turnUntil("received", () -> receiving.datagrams.size() == 1 && sending.ends == 1);
    assertThat(sending.result).isEqualTo(77);
    assertThat(receiving.datagrams.getFirst()).isEqualTo(bytes(77, 7));
    cancelAndAwait(receiving);
  }

  @Test
  void shouldTellAConnectedSocketThatNobodyListens() {
    int gone = datagramSocket(loopback(FreePort.next()));
    SocketAddress nobody = local(gone);
    close(gone);
    int socket = datagramSocket(loopback(0));
    check(sockets.connect(socket, nobody));
    ReceivingFrom receiving = new ReceivingFrom(socket).start();
    new SendingTo(socket, null, bytes(5, 1)).start();
    turnUntil("refused", () -> receiving.ends == 1);
    assertThat(receiving.result).isEqualTo(Errno.ECONNREFUSED.negated());
  }

  @Test
  void shouldCancelWithoutLosingWhatComesLater() {
    int receiver = datagramSocket(loopback(0));
    int sender = datagramSocket(loopback(0));
    ReceivingFrom receiving = new ReceivingFrom(receiver).start();
    for (int round = 0; round < 30; round++) {
      sendAndReceive(receiving, sender, bytes(round, round));
      cancelAndAwait(receiving);
      assertThat(receiving.ends).isEqualTo(round + 1);
      new SendingTo(sender, local(receiver), bytes(9, round)).start();
      turnUntil("sent", () -> engine.active() == 0);
      int before = receiving.datagrams.size();
      receiving.start();
      turnUntil("received", () -> receiving.datagrams.size() == before + 1);
    }
    cancelAndAwait(receiving);
  }

  final void sendAndReceive(ReceivingFrom receiving, int sender, byte[] bytes) {
    int before = receiving.datagrams.size();
    SendingTo sending = new SendingTo(sender, local(receiving.descriptor), bytes).start();
    turnUntil(
        "a datagram of " + bytes.length,
        () -> receiving.datagrams.size() == before + 1 && sending.ends == 1);
    assertThat(sending.result).isEqualTo(bytes.length);
    assertThat(receiving.datagrams.getLast()).isEqualTo(bytes);
  }

  static byte[] bytes(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
