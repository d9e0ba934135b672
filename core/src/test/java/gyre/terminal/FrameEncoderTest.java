package gyre.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What the encoder writes shows the frame, and little is written. */
class FrameEncoderTest {
  private static final TerminalSize SIZE = new TerminalSize(80, 24);
  private static final int SEEDS = 150;
  private static final int FRAMES = 12;

  private static final List<String> TEXTS =
      List.of(
          "a",
          "hello world",
          "漢字",
          "é",
          "e\u0301x",
          "😀!",
          "─┼─",
          "  ",
          "x漢",
          "👩\u200D🚀",
          "\u001b[2J");

  private final FrameEncoder encoder = FrameEncoder.of(ColorDepth.TRUE_COLOR, true);
  private final Screen screen = Screen.of(SIZE);
  private final Emulator terminal = new Emulator(SIZE.columns(), SIZE.rows());

  @Test
  void shouldWriteNothingForTheSameFrame() {
    screen.put(3, 4, "hello", Style.of(Color.RED).bold());
    assertThat(show()).isPositive();
    assertThat(show()).isZero();
    screen.put(3, 4, "hello", Style.of(Color.RED).bold());
    screen.cursor(1, 1);
    assertThat(show()).isPositive();
    assertThat(show()).isZero();
  }

  @Test
  void shouldWriteOnlyWhatDiffers() {
    screen.put(0, 10, "load 0.25, tasks 100", Style.plain());
    show();
    screen.put(5, 10, "0.75", Style.plain());
    show();
    assertThat(written()).isEqualTo("\u001b[?2026h\u001b[11;8H7\u001b[?2026l");
  }

  @Test
  void shouldHideTheCursorWhileItDraws() {
    screen.cursor(2, 2);
    show();
    assertThat(terminal.isCursorShown).isTrue();
    screen.put(9, 9, "x", Style.plain());
    show();
    assertThat(written())
        .isEqualTo("\u001b[?2026h\u001b[?25l\u001b[10;10Hx\u001b[3;3H\u001b[?25h\u001b[?2026l");
    screen.hideCursor();
    show();
    assertThat(terminal.isCursorShown).isFalse();
  }

  @Test
  void shouldEraseTheRestOfARow() {
    screen.put(0, 0, "a long line of text", Style.of(Color.BLUE));
    show();
    screen.clear();
    show();
    assertThat(written()).isEqualTo("\u001b[?2026h\u001b[H\u001b[K\u001b[?2026l");
  }

  @Test
  void shouldDrawEverythingAnewWhenInvalidated() {
    screen.put(0, 0, "text", Style.plain());
    show();
    encoder.invalidate();
    show();
    assertThat(written()).contains("\u001b[2J").contains("text");
  }

  @Test
  void shouldDrawEverythingAnewForAnotherSize() {
    screen.put(0, 0, "text", Style.plain());
    show();
    Screen larger = Screen.of(new TerminalSize(100, 30));
    larger.put(95, 29, "end", Style.plain());
    Emulator after = new Emulator(100, 30);
    int length = encoder.encode(larger);
    after.write(encoder.bytes(), length);
    assertSame(larger, after);
  }

  @Test
  void shouldLeaveColorsOutWhereTheTerminalHasNone() {
    FrameEncoder plain = FrameEncoder.of(ColorDepth.NONE, false);
    screen.put(0, 0, "red", Style.of(Color.RED));
    screen.put(5, 0, "bold", Style.of(Color.RED).bold());
    int length = plain.encode(screen);
    String text = new String(plain.bytes(), 0, length, StandardCharsets.UTF_8);
    assertThat(text).doesNotContain("31").contains("\u001b[1mbold");
  }

  @Test
  void shouldShowAnySequenceOfFramesAsTheyAre() {
    for (long seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      TerminalSize size = new TerminalSize(2 + random.nextInt(30), 1 + random.nextInt(8));
      Screen frame = Screen.of(size);
      Emulator shows = new Emulator(size.columns(), size.rows());
      FrameEncoder any = FrameEncoder.of(ColorDepth.TRUE_COLOR, random.nextBoolean());
      for (int i = 0; i < FRAMES; i++) {
        try {
          draw(frame, random);
          shows.write(any.bytes(), any.encode(frame));
          assertSame(frame, shows);
        } catch (AssertionError e) {
          throw new AssertionError("seed " + seed + ", frame " + i, e);
        }
      }
    }
  }

  private static void draw(Screen frame, Random random) {
    if (random.nextInt(8) == 0) {
      frame.clear();
    }
    int puts = random.nextInt(6);
    for (int i = 0; i < puts; i++) {
      frame.put(
          random.nextInt(frame.columns() + 4) - 2,
          random.nextInt(frame.rows()),
          TEXTS.get(random.nextInt(TEXTS.size())),
          style(random));
    }
    frame.cursor(random.nextInt(frame.columns() + 1), random.nextInt(frame.rows()));
  }

  private static Style style(Random random) {
    Style style = Style.plain();
    if (random.nextBoolean()) {
      style = style.foreground(Color.indexed(random.nextInt(20)));
    }
    if (random.nextInt(3) == 0) {
      style = style.background(Color.rgb(random.nextInt(256), 1, 2));
    }
    style = random.nextInt(3) == 0 ? style.bold() : style;
    style = random.nextInt(3) == 0 ? style.dim().underlined() : style;
    return random.nextInt(4) == 0 ? style.reversed().italic().struck() : style;
  }

  private static void assertSame(Screen frame, Emulator shows) {
    for (int row = 0; row < frame.rows(); row++) {
      for (int column = 0; column < frame.columns(); column++) {
        Cell cell = frame.cell(column, row);
        assertThat(shows.cells[row][column]).as("%s,%s", column, row).isEqualTo(cell.text());
        assertThat(shows.styles[row][column]).as("%s,%s", column, row).isEqualTo(cell.style());
      }
    }
    assertThat(shows.isCursorShown).isEqualTo(frame.cursorColumn() >= 0);
    if (frame.cursorColumn() >= 0) {
      assertThat(shows.column).isEqualTo(frame.cursorColumn());
      assertThat(shows.row).isEqualTo(frame.cursorRow());
    }
    assertThat(shows.isSynchronized).isFalse();
  }

  private int show() {
    int length = encoder.encode(screen);
    terminal.write(encoder.bytes(), length);
    assertSame(screen, terminal);
    return length;
  }

  private String written() {
    return new String(encoder.bytes(), StandardCharsets.UTF_8)
        .replaceFirst("(?s)(\u001b\\[\\?2026l).*", "$1");
  }
}
