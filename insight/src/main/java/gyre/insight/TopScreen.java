package gyre.insight;

import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Source;
import gyre.Timer;
import gyre.insight.Observation.Look;
import gyre.insight.TopText.Order;
import gyre.terminal.Area;
import gyre.terminal.Color;
import gyre.terminal.KeyCode;
import gyre.terminal.Style;
import gyre.terminal.Table;
import gyre.terminal.Terminal;
import gyre.terminal.TerminalEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What {@code gyre top} shows on a terminal: all loops, one of them, or what lives in it. In a
 * fiber of a loop; what could block is offloaded.
 */
public final class TopScreen {
  private enum View {
    LOOPS,
    LOOP,
    DUMP
  }

  private static final Style DIM = Style.plain().dim();
  private static final Style BAD = Style.of(Color.RED).bold();

  private final Observation observation;
  private final Duration interval;
  private Order order;
  private View view = View.LOOPS;
  private int selected;
  private int firstLine;
  private String loopName = "";
  private long loopNumber;
  private @Nullable Scope asked;
  private @Nullable Look look;
  private @Nullable Fiber<Look> looking;
  private @Nullable Fiber<List<String>> dumping;
  private List<String> dump = List.of();
  private boolean goesOn = true;
  private boolean isPaused;

  /** Shows what is seen each time that so much time has passed. */
  public TopScreen(Observation observation, Duration interval, Order order) {
    this.observation = observation;
    this.interval = interval;
    this.order = order;
  }

  /**
   * Until the user ends it, or the process has. Keys are heard also while the process is asked,
   * which takes seconds where it is stopped.
   */
  public void show() throws Exception {
    try (Terminal terminal = Terminal.open();
        Timer tick = Loop.current().timer(() -> {});
        Scope questions = Scope.open("questions")) {
      asked = questions;
      looking = questions.call("look", () -> Fiber.offload(observation::look));
      while (goesOn && observation.isAlive()) {
        terminal.draw(screen -> draw(screen.area()));
        await(terminal, tick);
      }
    }
  }

  private void await(Terminal terminal, Timer tick) throws Exception {
    List<Source> sources = new ArrayList<>(List.of(terminal.arrived()));
    Fiber<Look> present = looking;
    Fiber<List<String>> dumping = this.dumping;
    if (present != null) {
      sources.add(present.end());
    } else if (!tick.isActive()) {
      tick.restart(interval);
    }
    sources.add(tick.fired());
    if (dumping != null) {
      sources.add(dumping.end());
    }
    Source first = Fiber.awaitFirst(sources.toArray(Source[]::new));
    if (first == terminal.arrived()) {
      handle(terminal.next());
    } else if (first == tick.fired()) {
      tick.takeFired();
      if (!isPaused && looking == null) {
        looking = asked().call("look", () -> Fiber.offload(observation::look));
      }
    } else if (present != null && !present.isAlive()) {
      look = present.join();
      looking = null;
    } else if (dumping != null && !dumping.isAlive()) {
      dump = dumping.join();
      this.dumping = null;
    }
  }

  private Scope asked() {
    Scope scope = asked;
    assert scope != null : "it is shown";
    return scope;
  }

  // ---- keys

  private void handle(TerminalEvent event) {
    switch (event) {
      case TerminalEvent.Key key when key.is('q') || key.isControl('c') -> goesOn = false;
      case TerminalEvent.Key key when key.is('s') -> order = next(order);
      case TerminalEvent.Key key when key.is('p') -> isPaused = !isPaused;
      case TerminalEvent.Key key when key.is('d') -> openDump();
      case TerminalEvent.Key key when key.is(KeyCode.UP) || key.is('k') -> move(-1);
      case TerminalEvent.Key key when key.is(KeyCode.DOWN) || key.is('j') -> move(1);
      case TerminalEvent.Key key when key.is(KeyCode.PAGE_UP) -> move(-10);
      case TerminalEvent.Key key when key.is(KeyCode.PAGE_DOWN) -> move(10);
      case TerminalEvent.Key key when key.is(KeyCode.ENTER) -> enter();
      case TerminalEvent.Key key when key.is(KeyCode.ESCAPE) || key.is(KeyCode.BACKSPACE) ->
          leave();
      case TerminalEvent.Ended ended -> goesOn = false;
      default -> {} // another size needs nothing but the frame that is drawn anyway
    }
  }

  private static Order next(Order order) {
    List<Order> all = List.of(Order.values());
    return all.get((all.indexOf(order) + 1) % all.size());
  }

  private void move(int by) {
    if (view == View.LOOPS) {
      selected = Math.clamp(selected + by, 0, Math.max(0, loops().size() - 1));
    } else {
      firstLine = Math.max(0, firstLine + by);
    }
  }

  /** As they stand on the screen; none before the first look. */
  private List<LoopSnapshot> loops() {
    Look present = look;
    return present == null ? List.of() : TopText.sorted(present, order);
  }

  private void enter() {
    List<LoopSnapshot> loops = loops();
    if (view == View.LOOPS && selected < loops.size()) {
      loopName = loops.get(selected).name();
      loopNumber = loops.get(selected).loop();
      view = View.LOOP;
      firstLine = 0;
    } else if (view == View.LOOP) {
      openDump();
    }
  }

  private void leave() {
    firstLine = 0;
    switch (view) {
      case LOOPS -> goesOn = false;
      case LOOP -> view = View.LOOPS;
      case DUMP -> view = loopName.isEmpty() ? View.LOOPS : View.LOOP;
    }
  }

  private void openDump() {
    if (dumping == null) {
      dump = List.of("asking process " + observation.pid() + " ...");
      dumping = asked().call("dump", () -> Fiber.offload(this::dump));
    }
    view = View.DUMP;
    firstLine = 0;
  }

  private List<String> dump() {
    try {
      return Control.dump(observation.pid()).lines().toList();
    } catch (IOException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
  }

  // ---- frames

  private void draw(Area area) {
    Look present = look;
    if (present == null) {
      int ignored = area.put(0, 0, "looking at process " + observation.pid() + " ...  q end", DIM);
      return;
    }
    draw(area, present);
  }

  private void draw(Area area, Look look) {
    int ignored = area.put(0, 0, TopText.head(look), Style.plain().bold());
    Area rest = area.below(1).above(Math.max(0, area.height() - 2));
    switch (view) {
      case LOOPS -> drawLoops(rest, look);
      case LOOP -> drawLoop(rest, look);
      case DUMP -> drawLines(rest, dump);
    }
    String keys =
        switch (view) {
          case LOOPS -> "↑↓ Enter open  s sort: " + order.name().toLowerCase(java.util.Locale.ROOT);
          case LOOP -> "↑↓ scroll  d fibers and stacks  Esc back";
          case DUMP -> "↑↓ scroll  d again  Esc back";
        };
    int _ =
        area.put(
            0, area.height() - 1, keys + (isPaused ? "  PAUSED" : "") + "  p pause  q end", DIM);
  }

  private void drawLoops(Area area, Look look) {
    int row = 0;
    List<String> wrong = new ArrayList<>(TopText.verdicts(look));
    wrong.addAll(TopText.lately(look, System.nanoTime()));
    for (String line : wrong) {
      if (row < area.height() / 2) {
        int ignored = area.put(0, row++, line, line.startsWith("!") ? BAD : Style.plain());
      }
    }
    if (wrong.isEmpty()) {
      int ignored = area.put(0, row++, "nothing is wrong as far as it can be seen", DIM);
    }
    List<List<String>> lines = new ArrayList<>();
    lines.add(TopText.HEADS);
    TopText.sorted(look, order).forEach(loop -> lines.add(TopText.row(loop, look.seconds())));
    List<List<String>> shown = TopText.fitting(lines, area.width());
    List<String> heads = shown.removeFirst();
    Table table =
        Table.of(heads.toArray(String[]::new))
            .rightAligned(
                IntStream.range(1, heads.size())
                    .filter(column -> !heads.get(column).equals("engine"))
                    .toArray())
            .headStyle(Style.plain().bold())
            .rows(shown)
            .selected(selected);
    area.below(row + 1).draw(table);
  }

  private void drawLoop(Area area, Look look) {
    List<String> lines =
        look.change().loops().stream()
            .filter(loop -> loop.loop() == loopNumber)
            .findFirst()
            .map(loop -> TopText.loop(loop, look.seconds()))
            .orElse(List.of(loopName + " has ended"));
    drawLines(area, lines);
  }

  private void drawLines(Area area, List<String> lines) {
    firstLine = Math.min(firstLine, Math.max(0, lines.size() - 1));
    for (int row = 0; row < area.height() && firstLine + row < lines.size(); row++) {
      String line = lines.get(firstLine + row);
      boolean isBad = line.contains("!!");
      int ignored = area.put(0, row, line.replace('#', '█'), isBad ? BAD : Style.plain());
    }
  }
}
