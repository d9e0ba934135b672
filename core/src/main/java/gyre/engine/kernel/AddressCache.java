package gyre.engine.kernel;

import gyre.sys.LinuxSockets;
import gyre.sys.Memory;
import gyre.sys.RawAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Turns raw addresses into Java's, without allocating for peers that were seen recently.
 *
 * <p>A set-associative table of fixed size: an address has two places that it may be in, and a new
 * one displaces the older of them. Addresses of the internet are compared as three longs, which
 * leaves out what does not belong to them (padding, flow information). Paths are compared by their
 * bytes.
 */
public final class AddressCache {
  private static final int SETS = 512;
  private static final int WAYS = 2;
  private static final int KEY_LONGS = 3;
  private static final byte[] NO_PATH = {};

  private final @Nullable SocketAddress[] addresses = new @Nullable SocketAddress[SETS * WAYS];
  private final byte[][] paths = new byte[SETS * WAYS][];
  private final long[] keys = new long[SETS * WAYS * KEY_LONGS];

  /** The address at {@code raw}; null where there is none to speak of. */
  public @Nullable SocketAddress decode(long raw, int length) {
    if (length <= 2) {
      return null;
    }
    return switch (RawAddress.family(raw)) {
      case LinuxSockets.AF_INET -> find(raw, length, Memory.getLong(raw), 0, 0, false);
      case LinuxSockets.AF_INET6 ->
          find(
              raw,
              length,
              Memory.getInt(raw) | (long) Memory.getInt(raw + 24) << 32,
              Memory.getLong(raw + 8),
              Memory.getLong(raw + 16),
              false);
      case LinuxSockets.AF_UNIX -> find(raw, length, length, pathHash(raw, length), 0, true);
      default -> null;
    };
  }

  private @Nullable SocketAddress find(
      long raw, int length, long key0, long key1, long key2, boolean isPath) {
    int first = set(key0, key1, key2) * WAYS;
    for (int way = first; way < first + WAYS; way++) {
      int key = way * KEY_LONGS;
      if (keys[key] == key0
          && keys[key + 1] == key1
          && keys[key + 2] == key2
          && addresses[way] != null
          && (!isPath || pathEquals(paths[way], raw, length))) {
        return addresses[way];
      }
    }
    SocketAddress decoded = RawAddress.decode(raw, length);
    if (decoded == null) {
      return null;
    }
    move(first, first + 1);
    addresses[first] = decoded;
    paths[first] = isPath ? path(raw, length) : NO_PATH;
    keys[first * KEY_LONGS] = key0;
    keys[first * KEY_LONGS + 1] = key1;
    keys[first * KEY_LONGS + 2] = key2;
    return decoded;
  }

  private void move(int from, int to) {
    addresses[to] = addresses[from];
    paths[to] = paths[from];
    System.arraycopy(keys, from * KEY_LONGS, keys, to * KEY_LONGS, KEY_LONGS);
  }

  private static int set(long key0, long key1, long key2) {
    long mixed =
        (key0 ^ Long.rotateLeft(key1, 21) ^ Long.rotateLeft(key2, 42)) * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 48) & (SETS - 1);
  }

  private static long pathHash(long raw, int length) {
    long hash = length;
    for (int i = 2; i < length; i++) {
      hash = hash * 31 + Memory.getByte(raw + i);
    }
    return hash;
  }

  private static boolean pathEquals(byte[] known, long raw, int length) {
    if (known.length != length - 2) {
      return false;
    }
    for (int i = 0; i < known.length; i++) {
      if (known[i] != Memory.getByte(raw + 2 + i)) {
        return false;
      }
    }
    return true;
  }

  private static byte[] path(long raw, int length) {
    byte[] bytes = new byte[length - 2];
    Memory.copy(raw + 2, bytes, 0, bytes.length);
    return bytes;
  }
}
