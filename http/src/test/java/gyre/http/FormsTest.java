package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.LoopGroup;
import gyre.Loops;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Cookies, forms, and forms in parts. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FormsTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void shouldDecodeTheFieldsOfAForm() {
    Form form = Form.parse(bytes("a=1&b=x+y%2B%c3%A9&&c&=d&a=2&e=f=g"));
    assertThat(form.fields()).hasSize(6);
    assertThat(form.get("a")).isEqualTo("1");
    assertThat(form.get("b")).isEqualTo("x y+\u00e9");
    assertThat(form.get("c")).isEmpty();
    assertThat(form.get("e")).isEqualTo("f=g");
    assertThat(form.get("z")).isNull();
  }

  @ParameterizedTest
  @CsvSource({"a=%, at byte 2", "a=%4, at byte 2", "abc=%zz, at byte 4", "a=%ff, at byte 2"})
  void shouldSayWhereAFormIsBroken(String form, String where) {
    assertThatThrownBy(() -> Form.parse(bytes(form))).hasMessageContaining(where);
  }

  @Test
  void shouldTakeSoManyFieldsAndNoMore() {
    assertThat(Form.parse(bytes("a&".repeat(Form.MOST_FIELDS))).fields()).hasSize(1000);
    assertThatThrownBy(() -> Form.parse(bytes("a&".repeat(Form.MOST_FIELDS + 1))))
        .hasMessageContaining("more than 1000");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a=1; b=2 | 2",
        "b=2;a=1 | 2",
        "xb=1; b=\"2\" | 2",
        "a; b=2; b=3 | 2",
        "b | ",
        "' ' | "
      })
  void shouldFindACookie(String field, String value) {
    assertThat(Cookies.find(field, "b")).isEqualTo(value);
  }

  @Test
  void shouldSetCookiesThatNobodyCanSplit() {
    assertThat(Cookies.set("a", "1").maxAge(Duration.ofHours(1)).secure(true).path("/x"))
        .hasToString("a=1; Path=/x; Max-Age=3600; HttpOnly; Secure; SameSite=Lax");
    for (String bad : new String[] {"a;b", "a b", "a\r\nb", "\u00e9", "a,b", "\""}) {
      assertThatThrownBy(() -> Cookies.set("n", bad)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> Cookies.set(bad, "v")).isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> Cookies.set("", "v")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Cookies.set("a", "v").path("/;x"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Cookies.set("a", "v").sameSite("None").toString())
        .isInstanceOf(IllegalStateException.class);
  }

  // ---- parts

  private static final String BOUNDARY = "----X";
  private static final String TYPE = "Content-Type: multipart/form-data; boundary=\"----X\"\r\n";

  private static String part(String fields, String content) {
    return "--"
        + BOUNDARY
        + "\r\nContent-Disposition: form-data; "
        + fields
        + "\r\n\r\n"
        + content
        + "\r\n";
  }

  private static void describe(Request request, Response response) {
    StringBuilder all = new StringBuilder();
    Multipart parts = Multipart.of(request, MultipartOptions.defaults().parts(3).headBytes(200));
    for (Multipart.Part part = parts.next(); part != null; part = parts.next()) {
      all.append(part.fieldName()).append(',').append(part.fileName()).append(',');
      if (part.fieldName().equals("skipped")) {
        continue;
      }
      String text = part.readText(1 << 20);
      all.append(text.length()).append(':').append(text.hashCode()).append('\n');
    }
    response.send(all.toString());
  }

  private static RawClient.Answer post(HttpServer server, String body, int pieceBytes)
      throws Exception {
    try (RawClient client = new RawClient(server.address())) {
      byte[] raw = bytes(body);
      client.send(
          "POST / HTTP/1.1\r\nHost: a\r\n" + TYPE + "Content-Length: " + raw.length + "\r\n\r\n");
      for (int from = 0; from < raw.length; from += pieceBytes) {
        client.send(Arrays.copyOfRange(raw, from, Math.min(raw.length, from + pieceBytes)));
      }
      return client.receive();
    }
  }

  private static HttpServer open(LoopGroup group, Style style) {
    return style.open(group.loop(0), HttpOptions.defaults(), FormsTest::describe);
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldReadPartsInWhateverPieces(Style style) throws Exception {
    StringBuilder large = new StringBuilder();
    Random random = new Random(3);
    while (large.length() < 200_000) {
      large.append(
          random.nextBoolean() ? "\r\n--" + BOUNDARY.substring(0, random.nextInt(5)) : "x\r");
    }
    String body =
        part("name=\"a\"", "")
            + part("name=\"f\"; filename=\"x \\\"y\\\".txt\"", large.toString())
            + part("name=skipped", "dropped")
            + "--"
            + BOUNDARY
            + "--\r\n";
    String expected =
        "a,null,0:0\nf,x \"y\".txt,"
            + large.length()
            + ":"
            + large.toString().hashCode()
            + "\nskipped,null,";
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server = open(group, style)) {
      for (int pieceBytes : new int[] {97, 10_000, 1_000_000}) {
        assertThat(post(server, body, pieceBytes).body()).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x--" + BOUNDARY + "--",
        "--" + BOUNDARY,
        "--" + BOUNDARY + "x",
        "--" + BOUNDARY + "\r\n",
        "--" + BOUNDARY + "\r\n\r\n",
        "--" + BOUNDARY + "\r\nX: y\r\n\r\n\r\n--" + BOUNDARY + "--",
        "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"a\r\n\r\nb",
        "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nb",
        "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=a\r\n\r\nb",
        "--" + BOUNDARY + "\r\nContent-Disposition: attachment; name=a\r\n\r\nb",
      })
  void shouldSayWhereABodyIsBroken(String body) throws Exception {
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server = open(group, Style.DIRECT)) {
      RawClient.Answer answer = post(server, body, 1000);
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.body()).contains(" at byte ");
    }
  }

  @Test
  void shouldLimitPartsAndTheirFields() throws Exception {
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server = open(group, Style.DIRECT)) {
      String end = "--" + BOUNDARY + "--\r\n";
      assertThat(post(server, part("name=a", "b").repeat(3) + end, 1000).status()).isEqualTo(200);
      assertThat(post(server, part("name=a", "b").repeat(4) + end, 1000).status()).isEqualTo(413);
      String wide = part("name=" + "a".repeat(300), "b") + end;
      assertThat(post(server, wide, 1000).status()).isEqualTo(431);
    }
  }
}
