package gyre.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.sys.LinuxSockets;
import gyre.sys.RawAddress;
import java.lang.foreign.Arena;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AddressCacheTest {
  private static final int EAFNOSUPPORT = -97;
  private static final int ENAMETOOLONG = -36;

  private final Arena arena = Arena.ofAuto();
  private final long raw = arena.allocate(RawAddress.CAPACITY_BYTES, 8).address();
  private final AddressCache cache = new AddressCache();

  @Test
  void shouldReadBackWhatWasWritten() throws UnknownHostException {
    Random random = new Random(3);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
      random.nextBytes(bytes);
      SocketAddress address =
          new InetSocketAddress(InetAddress.getByAddress(bytes), random.nextInt(65536));
      int family = bytes.length == 4 ? LinuxSockets.AF_INET : LinuxSockets.AF_INET6;
      int length = RawAddress.encode(address, family, raw);
      assertThat(RawAddress.decode(raw, length)).as("seed 3, round %d", i).isEqualTo(address);
      assertThat(cache.decode(raw, length)).as("seed 3, round %d", i).isEqualTo(address);
    }
  }

  @Test
  void shouldGiveTheSameObjectForARecentPeer() {
    SocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 77);
    int length = RawAddress.encode(address, LinuxSockets.AF_INET, raw);
    assertThat(cache.decode(raw, length)).isSameAs(cache.decode(raw, length));
    SocketAddress path = UnixDomainSocketAddress.of("/a/path");
    int pathLength = RawAddress.encode(path, LinuxSockets.AF_UNIX, raw);
    assertThat(cache.decode(raw, pathLength)).isEqualTo(path);
    assertThat(cache.decode(raw, pathLength)).isSameAs(cache.decode(raw, pathLength));
  }

  @Test
  void shouldKeepScopesApart() throws UnknownHostException {
    byte[] local = new byte[16];
    local[0] = (byte) 0xfe;
    local[1] = (byte) 0x80;
    local[15] = 1;
    for (int scope = 1; scope < 20; scope++) {
      InetSocketAddress address =
          new InetSocketAddress(Inet6Address.getByAddress(null, local, scope), 5);
      int length = RawAddress.encode(address, LinuxSockets.AF_INET6, raw);
      InetSocketAddress decoded =
          (InetSocketAddress) Objects.requireNonNull(cache.decode(raw, length));
      assertThat(((Inet6Address) decoded.getAddress()).getScopeId()).isEqualTo(scope);
    }
  }

  @Test
  void shouldMapIpv4ForIpv6SocketsAndBack() throws UnknownHostException {
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getByAddress(new byte[] {10, 1, 2, 3}), 80);
    int length = RawAddress.encode(address, LinuxSockets.AF_INET6, raw);
    assertThat(length).isEqualTo(28);
    assertThat(cache.decode(raw, length)).isEqualTo(address);
  }

  @Test
  void shouldKnowFilesFromAbstractNamesAndTheUnnamed() {
    for (String path : new String[] {"/x", "@x", "./@x", "x".repeat(107), "/ü"}) {
      SocketAddress address = UnixDomainSocketAddress.of(path);
      int length = RawAddress.encode(address, LinuxSockets.AF_UNIX, raw);
      assertThat(cache.decode(raw, length)).isEqualTo(address);
    }
    int unnamed = RawAddress.encode(UnixDomainSocketAddress.of(""), LinuxSockets.AF_UNIX, raw);
    assertThat(unnamed).isEqualTo(2);
    assertThat(cache.decode(raw, unnamed)).isNull();
    assertThat(cache.decode(raw, 0)).isNull();
  }

  @Test
  void shouldRefuseWhatAFamilyCanNotReach() throws UnknownHostException {
    SocketAddress six = new InetSocketAddress(InetAddress.getByAddress(six()), 1);
    SocketAddress path = UnixDomainSocketAddress.of("/x");
    assertThat(RawAddress.encode(six, LinuxSockets.AF_INET, raw)).isEqualTo(EAFNOSUPPORT);
    assertThat(RawAddress.encode(path, LinuxSockets.AF_INET, raw)).isEqualTo(EAFNOSUPPORT);
    assertThat(RawAddress.encode(six, LinuxSockets.AF_UNIX, raw)).isEqualTo(EAFNOSUPPORT);
    SocketAddress tooLong = UnixDomainSocketAddress.of("x".repeat(108));
    assertThat(RawAddress.encode(tooLong, LinuxSockets.AF_UNIX, raw)).isEqualTo(ENAMETOOLONG);
  }

  private static byte[] six() {
    byte[] bytes = new byte[16];
    bytes[0] = 0x20;
    bytes[15] = 9;
    return bytes;
  }
}
