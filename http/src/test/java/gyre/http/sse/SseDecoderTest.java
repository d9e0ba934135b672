package gyre.http.sse;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Loops;
import gyre.http.client.ClientRequest;
import gyre.io.ByteQueue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The format of events: the cases of the web platform's tests (eventsource/format-*), as data. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SseDecoderTest {
  /**
   * @param expected events as {@code type:data#id}, LF as {@code ~}
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Case(String id, String bytes, String... expected) {}

  @SuppressWarnings("StringConcatToTextBlock") // the ends of lines are what matters
  private static final List<Case> CASES =
      List.of(
          new Case(
              "data",
              "data:msg\ndata: msg\n\n:\nfalsefield:msg\n\nfalsefield:msg\n"
                  + "Data:data\n\ndata\n\ndata:end\n\n",
              "msg~msg",
              "",
              "end"),
          new Case(
              "bom",
              "\u00EF\u00BB\u00BFdata:1\n\n\u00EF\u00BB\u00BFdata:2\n\ndata:3\n\n",
              "1",
              "3"),
          new Case(
              "bom-twice",
              "\u00EF\u00BB\u00BF\u00EF\u00BB\u00BFdata:1\n\ndata:2\n\ndata:3\n\n",
              "2",
              "3"),
          new Case(
              "comments",
              "data:1\r:\0\n:\r\ndata:2\n:"
                  + "x".repeat(2000)
                  + "\rdata:3\n"
                  + ":data:fail\r:"
                  + "x".repeat(2000)
                  + "\ndata:4\n\n",
              "1~2~3~4"),
          new Case(
              "data-before-final-empty-line",
              "retry:1000\ndata:test1\n\nid:test\ndata:test2",
              "test1"),
          new Case("field-data", "data:\n\ndata\ndata\n\ndata:test\n\n", "", "~", "test"),
          new Case("field-event", "event:test\ndata:x\n\ndata:x\n\n", "test:x", "x"),
          new Case("field-event-empty", "event: \ndata:data\n\n", "data"),
          new Case("field-id", "id: 1\ndata:a\n\ndata:b\n\nid:2\ndata:c\n\n", "a#1", "b#1", "c#2"),
          new Case(
              "field-id-empty",
              "id: 1\ndata:a\n\nid\ndata:b\n\nid:2\ndata:c\n\n",
              "a#1",
              "b",
              "c#2"),
          new Case(
              "field-id-null",
              "id: \0a\ndata:a\n\nid:b\0\ndata:b\n\nid:c\ndata:c\n\n",
              "a",
              "b",
              "c#c"),
          new Case("field-id-without-data", "id:7\n\ndata:a\n\n", "a#7"),
          new Case(
              "field-parsing",
              "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\r"
                  + "data_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n",
              "\0~ 2~1~3~~4"),
          new Case("field-retry", "retry:3000\ndata:a\n\n", "a"),
          new Case(
              "field-unknown",
              "data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay" + "\n\n",
              "test~"),
          new Case("leading-space", "data:\ttest\rdata: \ndata:test\n\n", "\ttest~~test"),
          new Case("newlines", "data:test\r\ndata\ndata:test\r\n\r\n", "test~~test"),
          new Case("null-character", "data:\0\n\n\n\n", "\0"),
          new Case("utf-8", "data:ok\u00E2\u0080\u00A6\n\n", "ok\u2026"),
          new Case("returns-alone", "data:1\r\rdata:2\r\r", "1", "2"),
          new Case("mixed-ends", "data:1\r\n\ndata:2\n\r\ndata:3\r\n\r\n", "1", "2", "3"),
          new Case("event-without-data", "event:a\n\ndata:b\n\n", "b"),
          new Case("empty", ""),
          new Case("only-lines", "\n\n\r\r\r\n\r\n"));

  private static List<String> decode(byte[] bytes, int piece) {
    SseDecoder decoder = new SseDecoder(1 << 20);
    decoder.begin();
    List<String> events = new ArrayList<>();
    try (ByteQueue in = ByteQueue.create()) {
      for (int from = 0; from < bytes.length; from += piece) {
        in.append(bytes, from, Math.min(piece, bytes.length - from));
        while (decoder.decode(in) == SseDecoder.Outcome.EVENT) {
          SseEvent event = decoder.event();
          String type = event.type().equals(SseEvent.MESSAGE) ? "" : event.type() + ":";
          String id = event.id() == null ? "" : "#" + event.id();
          events.add(type + event.data().replace('\n', '~') + id);
        }
      }
    }
    return events;
  }

  @Test
  void shouldUnderstandTheFormatAsBrowsersDo() {
    Loops.run(
        "nio",
        () -> {
          for (Case each : CASES) {
            byte[] bytes = each.bytes().getBytes(StandardCharsets.ISO_8859_1);
            for (int piece : new int[] {1 << 20, 1, 2, 3, 5, 7, 16}) {
              assertThat(decode(bytes, piece))
                  .as(each.id() + " in pieces of " + piece)
                  .containsExactly(each.expected());
            }
          }
        });
  }

  /** It is said in a field when the client comes back, and another server may have chosen it. */
  @Test
  void shouldTakeIdsThatCanBeSaidInAFieldAlone() {
    Loops.run(
        "nio",
        () -> {
          for (int c = 0; c < 0x300; c++) {
            SseDecoder decoder = new SseDecoder(1 << 20);
            decoder.begin();
            try (ByteQueue in = ByteQueue.create()) {
              in.append("id: a" + Character.toString(c) + "b\n\n");
              assertThat(decoder.decode(in)).isEqualTo(SseDecoder.Outcome.MORE);
            }
            byte[] utf8 = decoder.lastEventId().getBytes(StandardCharsets.UTF_8);
            String said = new String(utf8, StandardCharsets.ISO_8859_1);
            assertThatCode(() -> ClientRequest.get("http://a/").header("Last-Event-ID", said))
                .as("character " + c)
                .doesNotThrowAnyException();
          }
          assertThat(decode("id:\u007F\ndata:a\n\nid:\tc\ndata:b\n\n".getBytes(US_ASCII), 1))
              .containsExactly("a", "b#\tc");
        });
  }

  @Test
  void shouldTakeARetryOfDigitsAlone() {
    Loops.run(
        "nio",
        () -> {
          for (String wrong : List.of("1000x", "-1", "1.5", " 3", "", "\u0663", "99999999999")) {
            assertThat(retry("retry: " + wrong + "\n")).as(wrong).isNull();
          }
          assertThat(retry("retry:2000\n")).isEqualTo(Duration.ofSeconds(2));
          assertThat(retry("retry: 0\n")).isEqualTo(Duration.ZERO);
        });
  }

  private static @Nullable Duration retry(String text) {
    SseDecoder decoder = new SseDecoder(1000);
    decoder.begin();
    try (ByteQueue in = ByteQueue.create()) {
      in.append(text);
      assertThat(decoder.decode(in)).isEqualTo(SseDecoder.Outcome.MORE);
    }
    return decoder.takeRetry();
  }

  @Test
  void shouldBoundAnEvent() {
    Loops.run(
        "nio",
        () -> {
          for (String endless :
              List.of("data:" + "x".repeat(2000), "data:xxxxxxxx\n".repeat(200))) {
            SseDecoder decoder = new SseDecoder(1000);
            decoder.begin();
            try (ByteQueue in = ByteQueue.create()) {
              in.append(endless);
              assertThat(decoder.decode(in)).isEqualTo(SseDecoder.Outcome.TOO_LARGE);
            }
          }
        });
  }

  @Test
  void shouldDecodeWhatItEncodesWhateverTheText() {
    Random random = new Random(7);
    String letters = "ab:\n\r \0\u00E4\u20AC\u2028{data: id: event:";
    Loops.run(
        "nio",
        () -> {
          for (int round = 0; round < 5000; round++) {
            StringBuilder data = new StringBuilder();
            for (int i = random.nextInt(20); i > 0; i--) {
              data.append(letters.charAt(random.nextInt(letters.length())));
            }
            SseEvent event = SseEvent.of(data.toString()).type("t").id("i");
            String lines = data.toString().replace("\r\n", "\n").replace('\r', '\n');
            assertThat(decode(event.encode(), 1 + random.nextInt(40)))
                .as("round " + round)
                .containsExactly("t:" + lines.replace('\n', '~') + "#i");
          }
        });
  }

  @Test
  void shouldLetNoTextBeginAFieldOrAnEvent() {
    for (String bad : List.of("a\nb", "a\rb", "a\0", "\n", "x\r\ndata: y")) {
      assertThatThrownBy(() -> SseEvent.of("x").type(bad)).isInstanceOf(RuntimeException.class);
      assertThatThrownBy(() -> SseEvent.of("x").id(bad)).isInstanceOf(RuntimeException.class);
    }
    assertThatThrownBy(() -> SseEvent.of("x").type("")).isInstanceOf(RuntimeException.class);
    Loops.run(
        "nio",
        () ->
            assertThat(
                    decode(
                        SseEvent.of("a\n\nevent: evil\ndata: b\rid: 7\r\n\r\nretry: 1").encode(),
                        100))
                .containsExactly("a~~event: evil~data: b~id: 7~~retry: 1"));
  }
}
