package gyre.tls;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import gyre.io.ByteQueue;
import gyre.io.DecodeException;
import java.util.function.Function;
import javax.net.ssl.SSLException;

/**
 * Whatever a peer sends before there are keys, in whatever pieces: the same is understood, and the
 * worst is a refusal. Run by {@code JAZZER_FUZZ=1 mvn -pl core,http test
 * -Dtest=TlsReadersFuzzTest}.
 */
class TlsReadersFuzzTest {
  private static final String MORE = "more";
  private static final String REFUSED = "refused";

  private static String hello(ByteQueue in) {
    try {
      ClientHello hello = ClientHello.read(in);
      return hello == null
          ? MORE
          : hello.serverName()
              + " "
              + hello.applicationProtocols()
              + " "
              + hello.versions()
              + " "
              + hello.hasEncryptedHello();
    } catch (DecodeException e) {
      return REFUSED;
    }
  }

  private static String record(ByteQueue in) {
    try {
      return Records.hasRecord(in) ? Records.length(in) + " " + Records.isHandshake(in) : MORE;
    } catch (SSLException e) {
      return REFUSED;
    }
  }

  /** What is found out first, as the bytes come. */
  static String inPieces(byte[] bytes, int piece, Function<ByteQueue, String> reader) {
    try (ByteQueue in = ByteQueue.create()) {
      String found = MORE;
      for (int from = 0; found.equals(MORE) && from < bytes.length; from += piece) {
        in.append(bytes, from, Math.min(piece, bytes.length - from));
        found = reader.apply(in);
      }
      return found;
    }
  }

  static void check(byte[] bytes, int piece) {
    compare(bytes, piece, TlsReadersFuzzTest::hello);
    compare(bytes, piece, TlsReadersFuzzTest::record);
  }

  private static void compare(byte[] bytes, int piece, Function<ByteQueue, String> reader) {
    String whole = inPieces(bytes, Math.max(1, bytes.length), reader);
    String pieces = inPieces(bytes, piece, reader);
    if (!whole.equals(pieces)) {
      throw new AssertionError(whole + "\nbut in pieces\n" + pieces);
    }
  }

  @FuzzTest(maxDuration = "2m")
  void shouldUnderstandTheSameInWhateverPieces(FuzzedDataProvider data) {
    int piece = data.consumeInt(1, 50);
    check(data.consumeRemainingAsBytes(), piece);
  }

  @FuzzTest(maxDuration = "2m")
  void shouldRefuseWhatIsNoPem(FuzzedDataProvider data) {
    pem(data.consumeRemainingAsString());
  }

  static void pem(String text) {
    try {
      if (Pem.parse("fuzzed.pem", text).certificates().isEmpty()) {
        throw new AssertionError("certificates that are none");
      }
    } catch (PemException e) {
      if (!String.valueOf(e.getMessage()).contains("fuzzed.pem")) {
        throw new AssertionError("the file is not named: " + e, e);
      }
    }
  }
}
