package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The tables that clients fill: who had which target, and who has made how many connections. */
final class ClientTablesTest {
  private static final long SECOND = 1_000_000_000;

  private static InetAddress ipv6(long network, int first, int second) throws UnknownHostException {
    return InetAddress.getByAddress(
        ByteBuffer.allocate(16).putLong(network).putInt(first).putInt(second).array());
  }

  @Test
  void shouldSpreadAddressesThatWereMadeToCollide() throws Exception {
    Set<Integer> theirs = new HashSet<>();
    Set<Integer> ours = new HashSet<>();
    int addresses = 5000;
    for (int i = 0; i < addresses; i++) {
      InetAddress each = ipv6(0x20010db8L << 32, i, 1_000_000 - i);
      theirs.add(each.hashCode());
      ours.add(ClientKey.of(each).hashCode());
    }
    assertThat(theirs).hasSizeLessThan(10);
    assertThat(ours).hasSizeGreaterThan(addresses - 20);
  }

  @Test
  void shouldKeepThemApartAllTheSame() throws Exception {
    Persistence table = new Persistence();
    for (int i = 0; i < 100; i++) {
      table.put(ipv6(1, i, -i), "t" + i, SECOND, 1000);
    }
    for (int i = 0; i < 100; i++) {
      assertThat(table.find(ipv6(1, i, -i), 0)).isEqualTo("t" + i);
    }
    assertThat(table.find(ipv6(1, 1, 1), 0)).isNull();
  }

  @Test
  void shouldCountANetworkOfIpv6AsOneClient() throws Exception {
    SourceRates rates = new SourceRates();
    assertThat(rates.tryEnter(ipv6(5, 0, 1), 1, 2, 0)).isTrue();
    assertThat(rates.tryEnter(ipv6(5, 7, 2), 1, 2, 0)).isTrue();
    assertThat(rates.tryEnter(ipv6(5, 9, 3), 1, 2, 0)).isFalse();
    assertThat(rates.tryEnter(ipv6(6, 0, 1), 1, 2, 0)).isTrue();
  }

  @Test
  void shouldGainNothingWhereTwoLoopsAskInAnotherOrderThanTheirTurnsBegan() throws Exception {
    SourceRates rates = new SourceRates();
    InetAddress client = InetAddress.ofLiteral("10.0.0.1");
    int entered = 0;
    for (int i = 0; i < 1000; i++) { // no time passes but that between the turns
      entered += rates.tryEnter(client, 100, 1, (i % 2) * SECOND / 10) ? 1 : 0;
    }
    assertThat(entered).isEqualTo(2);
  }
}
