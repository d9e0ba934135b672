package gyre.http;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import gyre.io.ByteQueue;
import gyre.io.ByteSource;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Whatever a form or a cookie is: the worst is a refusal with a status. Run by {@code JAZZER_FUZZ=1
 * mvn -pl core,http test -Dtest=FormsFuzzTest}.
 */
class FormsFuzzTest {
  /** Bytes that come in pieces. */
  private static final class Pieces implements ByteSource {
    private final byte[] bytes;
    private final int piece;
    private final ByteQueue input = ByteQueue.create();
    private int at;

    Pieces(byte[] bytes, int piece) {
      this.bytes = bytes;
      this.piece = piece;
    }

    @Override
    public String name() {
      return "pieces";
    }

    @Override
    public ByteQueue input() {
      return input;
    }

    @Override
    public int awaitLimitBytes() {
      return 64 * 1024;
    }

    @Override
    public boolean await(int count) {
      while (input.size() < count && at < bytes.length) {
        int part = Math.min(piece, bytes.length - at);
        input.append(bytes, at, part);
        at += part;
      }
      return input.size() >= count;
    }

    @Override
    public int read(ByteBuffer target) {
      return await(1) ? input.read(target) : -1;
    }
  }

  private static String parts(byte[] bytes, int piece) {
    StringBuilder all = new StringBuilder();
    try {
      Multipart parts =
          new Multipart(new Pieces(bytes, piece), "b", MultipartOptions.defaults().headBytes(500));
      for (Multipart.Part part = parts.next(); part != null; part = parts.next()) {
        all.append(part.fieldName()).append('=').append(part.readText(1 << 20)).append('\n');
      }
    } catch (HttpException e) {
      all.append(e.status());
    }
    return all.toString();
  }

  @FuzzTest(maxDuration = "2m")
  void shouldReadPartsTheSameInWhateverPieces(FuzzedDataProvider data) {
    int piece = data.consumeInt(1, 50);
    byte[] bytes = data.consumeRemainingAsBytes();
    String whole = parts(bytes, Math.max(1, bytes.length));
    String pieces = parts(bytes, piece);
    if (!whole.equals(pieces)) {
      throw new AssertionError(whole + "\nbut in pieces\n" + pieces);
    }
  }

  @FuzzTest(maxDuration = "1m")
  void shouldRefuseAtWorst(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    String ignored = Cookies.find(text, "a");
    FieldParameters parsed = FieldParameters.parse(text);
    if (parsed != null && parsed.value().indexOf(';') >= 0) {
      throw new AssertionError(text);
    }
    try {
      Form form = Form.parse(bytes);
      if (form.fields().size() > Form.MOST_FIELDS) {
        throw new AssertionError("too many fields");
      }
    } catch (HttpException e) {
      if (e.status() != 400 && e.status() != 413) {
        throw e;
      }
    }
  }
}
