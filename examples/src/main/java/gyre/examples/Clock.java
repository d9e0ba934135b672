package gyre.examples;

import gyre.Fiber;
import gyre.Loop;
import gyre.Timer;
import gyre.io.IoException;
import gyre.terminal.Area;
import gyre.terminal.Bar;
import gyre.terminal.Color;
import gyre.terminal.KeyCode;
import gyre.terminal.Style;
import gyre.terminal.Terminal;
import gyre.terminal.TerminalEvent;
import gyre.terminal.Text;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

/** A clock on the full screen: u shows UTC or local time, q, Escape and Ctrl-C end it. */
public final class Clock {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");
  private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("EEEE d MMMM uuuu, z");
  private boolean isUtc;
  private boolean goesOn = true;

  private Clock() {}

  public static void main(String[] arguments) {
    int code = 1;
    if (arguments.length != 0) {
      System.err.println("usage: clock");
      System.exit(2);
    }
    try (Loop loop = Loop.open()) {
      loop.run(() -> new Clock().show());
      code = 0;
    } catch (IoException e) {
      System.err.println("clock: " + e.getMessage());
    }
    System.exit(code);
  }

  private void show() {
    try (Terminal terminal = Terminal.open();
        Timer tick = Loop.current().timer(() -> {})) {
      while (goesOn) {
        ZoneId zone = isUtc ? ZoneId.of("UTC") : ZoneId.systemDefault();
        ZonedDateTime now = Loop.current().clock().instant().atZone(zone);
        terminal.draw(screen -> draw(screen.area(), now, "" + terminal.size()));
        tick.restart(Duration.ofNanos(1_000_000_000 - now.getNano())); // the next full second
        if (Fiber.awaitFirst(terminal.arrived(), tick.fired()) == terminal.arrived()) {
          handle(terminal.next());
        } else {
          tick.takeFired();
        }
      }
    }
  }

  private void handle(TerminalEvent event) {
    switch (event) {
      case TerminalEvent.Key key when key.is('u') -> isUtc = !isUtc;
      case TerminalEvent.Key key ->
          goesOn = !key.is('q') && !key.is(KeyCode.ESCAPE) && !key.isControl('c');
      case TerminalEvent.Ended ended -> goesOn = false;
      default -> {} // another size needs nothing but the frame that is drawn anyway
    }
  }

  private static void draw(Area area, ZonedDateTime now, String size) {
    Area middle = area.below(area.height() / 2 - 1);
    Text time = Text.of(TIME.format(now)).align(Text.Align.CENTER);
    middle.draw(time.style(Style.of(Color.GREEN).bold()));
    middle.below(1).draw(Text.of(DATE.format(now)).align(Text.Align.CENTER));
    area.below(area.height() - 2).draw(Bar.of(now.getSecond() / 60.0).label(size));
    area.below(area.height() - 1).put(0, 0, "u UTC  q end", Style.plain().dim());
  }
}
