package gyre.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cells, widths, colours. */
class ScreenTest {
  private final Screen screen = Screen.of(new TerminalSize(10, 3));

  @Test
  void shouldHoldWhatWasPut() {
    assertThat(screen.put(2, 1, "ab漢", Style.of(Color.RED))).isEqualTo(4);
    assertThat(screen.text(1)).isEqualTo("  ab漢");
    assertThat(screen.cell(2, 1)).isEqualTo(new Cell("a", Style.of(Color.RED), 1));
    assertThat(screen.cell(4, 1)).isEqualTo(new Cell("漢", Style.of(Color.RED), 2));
    assertThat(screen.cell(5, 1)).isEqualTo(new Cell("", Style.of(Color.RED), 0));
  }

  @Test
  void shouldCutWhatLiesOutside() {
    assertThat(screen.put(-2, 0, "abcdefghijklmno", Style.plain())).isEqualTo(15);
    assertThat(screen.text(0)).isEqualTo("cdefghijkl");
    screen.put(0, -1, "x", Style.plain());
    screen.put(0, 3, "x", Style.plain());
    screen.put(Integer.MAX_VALUE - 2, 1, "xyz", Style.plain());
    screen.fill(8, 2, Integer.MAX_VALUE, Integer.MAX_VALUE, '#', Style.plain());
    assertThat(screen).asString().isEqualTo("cdefghijkl\n\n        ##\n");
  }

  @Test
  void shouldNotShowHalfOfAWideCharacter() {
    screen.put(9, 0, "漢", Style.plain());
    screen.put(-1, 1, "漢字", Style.plain());
    assertThat(screen.text(0)).isEmpty();
    assertThat(screen.text(1)).isEqualTo(" 字");
  }

  @Test
  void shouldBlankTheOtherHalfOfAnOverwrittenWideCharacter() {
    screen.put(0, 0, "漢字", Style.plain());
    screen.put(1, 0, "x", Style.plain());
    assertThat(screen.text(0)).isEqualTo(" x字");
    screen.put(2, 0, "y", Style.plain());
    assertThat(screen.text(0)).isEqualTo(" xy");
    screen.put(0, 0, "漢字", Style.plain());
    screen.put(1, 0, "語", Style.plain());
    assertThat(screen.text(0)).isEqualTo(" 語");
  }

  @Test
  void shouldJoinCombiningMarks() {
    screen.put(0, 0, "e\u0301\u0323f", Style.plain());
    assertThat(screen.cell(0, 0).text()).isEqualTo("e\u0301\u0323");
    assertThat(screen.cell(1, 0).text()).isEqualTo("f");
    screen.put(0, 0, "g", Style.plain());
    assertThat(screen.cell(0, 0).text()).isEqualTo("g");
  }

  @Test
  void shouldBoundWhatOneCellHolds() {
    screen.put(0, 0, "e" + "\u0301".repeat(10_000), Style.plain());
    assertThat(screen.cell(0, 0).text()).hasSizeLessThan(40);
  }

  @Test
  void shouldLetNoControlCharacterThrough() {
    screen.put(0, 0, "\u001b[2J\u007f\u0085", Style.plain());
    assertThat(screen.text(0)).isEqualTo("␛[2J␡\uFFFD");
    screen.put(0, 1, "a\u202Eb\uD800c", Style.plain());
    assertThat(screen.text(1)).isEqualTo("ab\uFFFDc");
  }

  @Test
  void shouldConfineAreas() {
    Area area = screen.area().part(2, 1, 3, 5);
    assertThat(area.height()).isEqualTo(2);
    area.put(-1, 0, "abcdefgh", Style.plain());
    area.put(0, 2, "x", Style.plain());
    area.part(1, 1, 9, 9).fill('#', Style.plain());
    assertThat(screen).asString().isEqualTo("\n  bcd\n   ##\n");
  }

  @Test
  void shouldRefuseToFillWithWideCharacters() {
    assertThatThrownBy(() -> screen.fill(0, 0, 1, 1, '漢', Style.plain()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "a, 1",
    "é, 1",
    "e\u0301, 1",
    "漢, 2",
    "カ, 2",
    "ｶ, 1",
    "한, 2",
    "😀, 2",
    "⌚, 2",
    "❤, 1",
    "─, 1",
    "…, 1",
    "\uFF21, 2",
    "🇩🇪, 2",
    "abc漢, 5",
    "\u200B, 0"
  })
  void shouldKnowHowWideTextIs(String text, int columns) {
    assertThat(TextWidth.of(text)).isEqualTo(columns);
  }

  @ParameterizedTest
  @CsvSource({
    "#ff0000, ANSI_256, 196", "#ff0000, ANSI_16, 9", "#808080, ANSI_256, 244",
    "#000000, ANSI_16, 0", "#fefefe, ANSI_16, 15", "#5f87af, ANSI_256, 67"
  })
  void shouldTakeTheNearestColor(String color, ColorDepth depth, int index) {
    int rgb = Integer.parseInt(color.substring(1), 16);
    int code = Color.rgb(rgb >> 16, rgb >> 8 & 255, rgb & 255).code();
    assertThat(Color.degrade(code, depth)).isEqualTo(Color.indexed(index).code());
  }

  @Test
  void shouldReadTheEnvironment() {
    assertThat(depth("TERM", "xterm-256color")).isEqualTo(ColorDepth.ANSI_256);
    assertThat(depth("TERM", "xterm", "COLORTERM", "truecolor")).isEqualTo(ColorDepth.TRUE_COLOR);
    assertThat(depth("TERM", "linux")).isEqualTo(ColorDepth.ANSI_16);
    assertThat(depth("TERM", "dumb")).isEqualTo(ColorDepth.NONE);
    assertThat(depth("TERM", "xterm", "COLORTERM", "truecolor", "NO_COLOR", "1"))
        .isEqualTo(ColorDepth.NONE);
    assertThat(depth("TERM", "xterm", "NO_COLOR", "")).isEqualTo(ColorDepth.ANSI_16);
    assertThat(ColorDepth.of(Map.of())).isEqualTo(ColorDepth.NONE);
  }

  private static ColorDepth depth(String... pairs) {
    Map<String, String> environment = new java.util.HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      environment.put(pairs[i], pairs[i + 1]);
    }
    return ColorDepth.of(environment);
  }
}
