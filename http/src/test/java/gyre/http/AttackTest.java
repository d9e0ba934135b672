package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What servers have been attacked with: a test for each class, with its own data. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class AttackTest {
  private static final String HOST = "Host: a\r\n";
  private static final String POST = "POST / HTTP/1.1\r\n" + HOST;
  private static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n";
  private static final String ADMIN = "GET /admin HTTP/1.1\r\n" + HOST + "\r\n";

  private static RequestReader read(String bytes) {
    return read(HttpLimits.defaults(), bytes);
  }

  private static RequestReader read(HttpLimits limits, String bytes) {
    RequestReader reader = new RequestReader(limits);
    byte[] raw = bytes.getBytes(StandardCharsets.ISO_8859_1);
    reader.feed(raw, 0, raw.length);
    return reader;
  }

  private static void assertRefused(String bytes, Problem problem) {
    RequestReader reader = read(bytes);
    assertThat(reader.details()).endsWith(problem.toString()).doesNotContain("/admin");
    assertThat(reader.outcome()).isEqualTo(String.valueOf(problem.status()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.1", "1.0"})
  void shouldRefuseLengthAndEncodingTogetherInEachVersion(String version) {
    String head = "POST / HTTP/" + version + "\r\n" + HOST + "%s\r\n%s\r\n\r\n0\r\n\r\n" + ADMIN;
    assertRefused(
        head.formatted("Content-Length: 5", "Transfer-Encoding: chunked"),
        Problem.LENGTH_AND_CHUNKED);
    assertRefused(
        head.formatted("Transfer-Encoding: chunked", "Content-Length: 5"),
        Problem.LENGTH_AND_CHUNKED);
  }

  @Test
  void shouldRefuseAnEncodingOfHttp10() {
    assertRefused(
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + ADMIN,
        Problem.ENCODING_IN_OLD_VERSION);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "chunked, x",
        "xchunked",
        "chunked, identity",
        "identity",
        "\"chunked\"",
        "chunked;q=1",
        "chunked,",
        ",chunked",
        "chunked chunked",
        "gzip",
        ""
      })
  void shouldRefuseAnEncodingThatDoesNotEndInOneChunked(String coding) {
    assertRefused(
        POST + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n" + ADMIN,
        Problem.ENCODING_INVALID);
  }

  @Test
  void shouldRefuseAFoldedEncoding() {
    assertRefused(
        POST + "Transfer-Encoding: chunked\r\n , x\r\n\r\n" + ADMIN, Problem.FOLDED_FIELD);
    assertRefused(
        POST + "Transfer-Encoding:\r\n chunked\r\n\r\n" + ADMIN, Problem.ENCODING_INVALID);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\u000b", "\f", "\0", "\u001f", "\u007f"})
  void shouldRefuseAnEncodingHiddenBehindControlCharacters(String hidden) {
    assertRefused(
        POST + "Transfer-Encoding: " + hidden + "chunked\r\n\r\n0\r\n\r\n" + ADMIN,
        Problem.FIELD_VALUE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a=\"\n\"", "a=\"\r\n\"", "a=\"b\rc\"", "a=\"\0\"", "a\nb", "=b", "a=", "a b", ""})
  void shouldRefuseWhatIsHiddenInAChunkExtension(String extension) {
    RequestReader reader = read(CHUNKED + "3;" + extension + "\r\nabc\r\n0\r\n\r\n" + ADMIN);
    assertThat(reader.outcome()).isEqualTo("400");
    assertThat(reader.details()).doesNotContain("/admin");
  }

  @Test
  void shouldRefuseChunkExtensionsThatAreTooLarge() {
    assertRefused(
        CHUNKED + "3;" + "a".repeat(257) + "\r\nabc\r\n", Problem.CHUNK_EXTENSIONS_TOO_LARGE);
    String each = "1;" + "a".repeat(250) + "\r\nx\r\n";
    assertRefused(CHUNKED + each.repeat(70), Problem.CHUNK_EXTENSIONS_TOO_LARGE);
    assertThat(read(CHUNKED + each.repeat(60) + "0\r\n\r\n").outcome()).isEqualTo("ok");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10000000000000003",
        "FFFFFFFFFFFFFFFF",
        "8000000000000000",
        "-3",
        "+3",
        "0x3",
        "3_0",
        "",
        "\u00b3",
        "0000000000000003"
      })
  void shouldRefuseChunkSizesThatWrapAround(String size) {
    assertRefused(CHUNKED + size + "\r\nabc\r\n0\r\n\r\n" + ADMIN, Problem.CHUNK_SIZE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a\r\nHost: a",
        "a\r\nHost: b",
        "",
        "u@a",
        "a,b",
        "a/b",
        "a b",
        "http://a",
        "a:1:2",
        "[::1"
      })
  void shouldRefuseHostsThatTwoReadersUnderstandDifferently(String host) {
    assertThat(read("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").outcome()).isEqualTo("400");
  }

  @Test
  void shouldRefuseAHostThatContradictsTheTarget() {
    assertRefused("GET http://b/admin2 HTTP/1.1\r\nHost: a\r\n\r\n", Problem.HOST_CONTRADICTED);
  }

  @Test
  void shouldRefuseAHeadThatIsTooLarge() {
    assertRefused("GET /" + "a".repeat(9000) + " HTTP/1.1\r\n", Problem.LINE_TOO_LONG);
    assertRefused("GET / HTTP/1.1\r\nX: " + "a".repeat(9000), Problem.HEAD_TOO_LARGE);
    String field = "X: " + "a".repeat(200) + "\r\n";
    assertRefused("GET / HTTP/1.1\r\n" + HOST + field.repeat(90), Problem.HEAD_TOO_LARGE);
    assertThat(read("GET / HTTP/1.1\r\n" + HOST + field.repeat(70) + "\r\n").outcome())
        .isEqualTo("ok");
  }

  @Test
  void shouldRefuseTooManyFields() {
    assertRefused("GET / HTTP/1.1\r\n" + HOST + "X: 1\r\n".repeat(100), Problem.TOO_MANY_FIELDS);
    assertThat(read("GET / HTTP/1.1\r\n" + HOST + "X: 1\r\n".repeat(99) + "\r\n").outcome())
        .isEqualTo("ok");
  }

  @Test
  void shouldHoldEachLimitToTheByteInWhateverPieces() {
    HttpLimits limits = HttpLimits.defaults().lineBytes(40).headBytes(80);
    for (int length = 1; length < 120; length++) {
      String bytes =
          "GET /"
              + "a".repeat(length % 40)
              + " HTTP/1.1\r\n"
              + HOST
              + "X: "
              + "b".repeat(length)
              + "\r\n\r\n";
      byte[] raw = bytes.getBytes(StandardCharsets.ISO_8859_1);
      RequestReader single = new RequestReader(limits);
      for (int i = 0; i < raw.length; i++) {
        single.feed(raw, i, i + 1);
      }
      assertThat(single.details()).as("length " + length).isEqualTo(read(limits, bytes).details());
    }
  }

  @Test
  void shouldRefuseABodyThatIsTooLarge() {
    HttpLimits limits = HttpLimits.defaults().bodyBytes(10);
    assertThat(read(limits, CHUNKED + "a\r\n0123456789\r\n0\r\n\r\n").outcome()).isEqualTo("ok");
    assertThat(read(limits, CHUNKED + "b\r\n").outcome()).isEqualTo("413");
    assertThat(read(limits, CHUNKED + "9\r\n012345678\r\n2\r\n").outcome()).isEqualTo("413");
    assertThat(read(limits, CHUNKED + "fffffffffffffff\r\n").outcome()).isEqualTo("413");
  }

  @Test
  void shouldRefuseTrailersThatAreTooLargeOrFrameTheMessage() {
    assertRefused(CHUNKED + "0\r\nX: " + "a".repeat(9000), Problem.TRAILERS_TOO_LARGE);
    assertRefused(CHUNKED + "0\r\n" + "X: 1\r\n".repeat(101), Problem.TOO_MANY_FIELDS);
    assertRefused(CHUNKED + "0\r\nContent-Length: 3\r\n\r\n" + ADMIN, Problem.TRAILER_FORBIDDEN);
  }

  @Test
  void shouldRefuseFieldNamesThatOthersTrim() {
    assertRefused(POST + "Content-Length : 5\r\n\r\n" + ADMIN, Problem.FIELD_NAME);
    assertRefused(POST + "\u00a0Content-Length: 5\r\n\r\n" + ADMIN, Problem.FIELD_NAME);
    assertRefused(POST + " Content-Length: 5\r\n\r\n" + ADMIN, Problem.FOLDED_FIELD);
  }

  @Test
  void shouldReadAByteThatComesAloneOnceOnly() {
    // A line of 8 KiB byte by byte: each byte is searched once, so this is no quadratic time.
    byte[] raw = ("GET /" + "a".repeat(8000)).getBytes(StandardCharsets.ISO_8859_1);
    RequestReader reader = new RequestReader(HttpLimits.defaults());
    for (int i = 0; i < raw.length; i++) {
      reader.feed(raw, i, i + 1);
    }
    assertThat(reader.outcome()).isEqualTo("more");
  }
}
