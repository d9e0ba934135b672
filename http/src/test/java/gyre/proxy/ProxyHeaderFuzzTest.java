package gyre.proxy;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import gyre.io.ByteQueue;
import gyre.io.DecodeException;
import org.jspecify.annotations.Nullable;

/**
 * Whatever is at the beginning of a connection, in whatever pieces: the same is understood, the
 * worst is a refusal, and what is understood survives being written again. Run by {@code
 * JAZZER_FUZZ=1 mvn -pl core,http test -Dtest=ProxyHeaderFuzzTest}.
 */
class ProxyHeaderFuzzTest {
  private static final int LIMIT_BYTES = 4096;

  /** The header, and how many bytes were left; null if it was refused. */
  private record Read(@Nullable ProxyHeader header, long left) {
    String text() {
      return header == null ? "more" : described(header) + ", " + left + " left";
    }
  }

  private static String described(ProxyHeader header) {
    return header.isLocal()
        + " "
        + header.kind()
        + " "
        + header.source()
        + " "
        + header.destination()
        + " "
        + header.unixPaths()
        + " "
        + header.fields().size();
  }

  private static @Nullable Read read(byte[] bytes, int piece) {
    try (ByteQueue in = ByteQueue.create()) {
      ProxyHeader header = null;
      int from = 0;
      for (; header == null && from < bytes.length; from += piece) {
        in.append(bytes, from, Math.min(piece, bytes.length - from));
        header = ProxyHeader.read(in, LIMIT_BYTES);
      }
      return new Read(header, in.size() + Math.max(0, bytes.length - from));
    } catch (DecodeException e) {
      return null;
    }
  }

  static void check(byte[] bytes, int piece) {
    Read whole = read(bytes, Math.max(1, bytes.length));
    Read pieces = read(bytes, piece);
    String one = whole == null ? "refused" : whole.text();
    String other = pieces == null ? "refused" : pieces.text();
    if (!one.equals(other)) {
      throw new AssertionError(one + "\nbut in pieces\n" + other);
    }
    ProxyHeader header = whole == null ? null : whole.header();
    // A path that is no UTF-8 is read with replacement characters, which take more room.
    if (header != null
        && header.unixPaths().stream().noneMatch(path -> path.indexOf('\uFFFD') >= 0)) {
      checkWritten(header);
    }
  }

  private static void checkWritten(ProxyHeader header) {
    try (ByteQueue out = ByteQueue.create()) {
      header.writeVersion2(out);
      byte[] again = out.take((int) out.size());
      Read read = read(again, again.length);
      ProxyHeader found = read == null ? null : read.header();
      String text = found == null ? "nothing" : described(found);
      if (!text.equals(described(header))) {
        throw new AssertionError(described(header) + "\nbut written again\n" + text);
      }
    }
  }

  @FuzzTest(maxDuration = "2m")
  void shouldUnderstandTheSameInWhateverPieces(FuzzedDataProvider data) {
    int piece = data.consumeInt(1, 50);
    boolean hasSignature = data.consumeBoolean();
    byte[] rest = data.consumeRemainingAsBytes();
    check(hasSignature ? withSignature(rest) : rest, piece);
  }

  /** So that the fuzzer need not guess it. */
  static byte[] withSignature(byte[] rest) {
    byte[] signature = {13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10};
    byte[] all = java.util.Arrays.copyOf(signature, signature.length + rest.length);
    System.arraycopy(rest, 0, all, signature.length, rest.length);
    return all;
  }
}
