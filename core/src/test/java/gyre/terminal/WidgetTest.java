package gyre.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class WidgetTest {
  private final Screen screen = Screen.of(new TerminalSize(20, 4));

  private String draw(Widget widget) {
    screen.clear();
    screen.area().draw(widget);
    return screen.toString();
  }

  @Test
  void shouldShowText() {
    assertThat(draw(Text.of("one\ntwo").align(Text.Align.RIGHT)))
        .isEqualTo("                 one\n                 two\n\n\n");
    assertThat(draw(Text.of("漢字").align(Text.Align.CENTER))).startsWith("        漢字\n");
    assertThat(draw(Text.of("a\nb\nc").firstLine(2))).isEqualTo("c\n\n\n\n");
  }

  @Test
  void shouldWrapText() {
    Text text = Text.of("the quick brown fox jumps\n\n" + "x".repeat(25)).wraps(true);
    assertThat(draw(text)).isEqualTo("the quick brown fox\njumps\n\n" + "x".repeat(20) + "\n");
    assertThat(text.rows(20)).isEqualTo(5);
    assertThat(Text.of("漢字").wraps(true).rows(1)).isEqualTo(2);
  }

  @Test
  void shouldShowBars() {
    assertThat(draw(Bar.of(0.5).label("cpu"))).startsWith("cpu █████       50 %\n");
    assertThat(draw(Bar.of(7))).startsWith("██████████████ 100 %\n");
    assertThat(draw(Bar.of(Double.NaN))).startsWith("                 0 %\n");
    screen.area().part(0, 0, 3, 1).draw(Bar.of(1).label("a long label"));
    assertThat(screen.text(0)).startsWith("a l ");
  }

  @Test
  void shouldShowSparklines() {
    assertThat(draw(Sparkline.of(0, 1, 2, 4, 8))).contains("█\n");
    screen.clear();
    screen.area().part(0, 0, 4, 1).draw(Sparkline.of(9, 9, 0, 2, 4, 8).max(8));
    assertThat(screen.text(0)).isEqualTo(" ▂▄█");
    screen.clear();
    screen.area().part(0, 0, 6, 1).draw(Sparkline.of(-1, Double.NaN, Double.POSITIVE_INFINITY));
    assertThat(screen.text(0)).isEmpty();
    assertThatThrownBy(() -> Sparkline.of(1).max(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldShowTables() {
    Table table =
        Table.of("name", "cpu")
            .rightAligned(1)
            .rows(List.of(List.of("init", "1"), List.of("a long name", "100"), List.of("x")));
    assertThat(draw(table)).isEqualTo("name         cpu\ninit           1\na long name  100\nx\n");
    assertThat(draw(table.firstRow(2).selected(2))).isEqualTo("name  cpu\nx\n\n\n");
    assertThat(screen.cell(19, 1).style()).isEqualTo(Style.plain().reversed());
    assertThat(draw(table.firstRow(99))).isEqualTo("name  cpu\n\n\n\n");
    assertThatThrownBy(() -> table.rightAligned(2)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldDrawBordersAroundWhatIsInside() {
    Area inside = screen.area().border("log", Style.plain());
    inside.put(0, 0, "a line that is too long", Style.plain());
    assertThat(screen.toString())
        .isEqualTo(
            """
            ┌─ log ────────────┐
            │a line that is too│
            │                  │
            └──────────────────┘
            """);
  }

  @Test
  void shouldDrawIntoNoRoomAtAll() {
    Area nothing = screen.area().part(5, 1, 0, 0);
    for (Widget widget :
        List.of(
            Text.of("x").wraps(true),
            Bar.of(1).label("x"),
            Sparkline.of(1, 2),
            Table.of("x").rows(List.of(List.of("y"))))) {
      nothing.draw(widget);
    }
    nothing.border("x", Style.plain());
    assertThat(screen.toString()).isBlank();
  }
}
