package gyre.terminal;

import gyre.engine.Errno;
import gyre.spi.Resource;
import gyre.terminal.TerminalEvent.Ended;
import gyre.terminal.TerminalEvent.Mouse;
import gyre.terminal.TerminalEvent.MouseAction;
import gyre.terminal.TerminalEvent.Resize;
import gyre.terminal.TerminalEvent.Resumed;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The events of a terminal that nobody has taken yet. It is read only while few wait, so that what
 * the user types stays in the kernel, which has a bound of its own. What can happen any number of
 * times without being taken (another size, moves of the mouse) is one event.
 */
final class TerminalInput implements InputSink {
  private static final int READ_BYTES = 4096;

  /** Reading goes on below. One read brings {@link #READ_BYTES} events at most. */
  private static final int LIMIT_EVENTS = 1024;

  /** In fairness to others. */
  private static final int READS_AT_ONCE = 8;

  private static final int EAGAIN = Errno.EAGAIN.negated();

  private enum State {
    READING,
    /** The reason is still to be taken. */
    ENDED
  }

  private final Terminal terminal;
  private final InputDecoder decoder;
  private final byte[] buffer = new byte[READ_BYTES];
  private final ArrayDeque<TerminalEvent> events = new ArrayDeque<>();
  private State state = State.READING;
  private String endReason = "";
  private boolean hasMore;
  private boolean isResumed;
  private @Nullable TerminalSize newSize;
  private boolean isSuspending;

  TerminalInput(Terminal terminal, int maxPasteBytes) {
    this.terminal = terminal;
    this.decoder = InputDecoder.of(this, maxPasteBytes);
  }

  // ---- taking

  boolean isEmpty() {
    return events.isEmpty() && !isResumed && newSize == null && state != State.ENDED;
  }

  /** The end is told as often as somebody asks. */
  TerminalEvent take() {
    assert !isEmpty();
    if (isResumed) {
      isResumed = false;
      return new Resumed();
    }
    TerminalSize size = newSize;
    if (size != null) {
      newSize = null;
      return new Resize(size);
    }
    TerminalEvent first = events.poll();
    return first == null ? new Ended(endReason) : first;
  }

  boolean hasEnded() {
    return state == State.ENDED && events.isEmpty();
  }

  /** Whether reading has stopped for too many events, and can go on. */
  boolean isToBeRead() {
    return hasMore && state == State.READING && events.size() < LIMIT_EVENTS;
  }

  // ---- what comes

  void resized(TerminalSize size) {
    newSize = size;
  }

  void resumed() {
    isResumed = true;
  }

  /** Reads what is there. */
  void read(TerminalLine line, boolean isRaw) {
    hasMore = true;
    for (int i = 0; i < READS_AT_ONCE && isToBeRead(); i++) {
      int result = line.read(buffer);
      if (result == EAGAIN) {
        hasMore = false;
      } else if (result > 0) {
        decoder.feed(buffer, 0, result);
      } else if (result == 0) {
        // A line at its end; but a raw terminal has none, and is gone.
        ended(isRaw ? "the terminal has gone away" : "");
      } else {
        ended(TerminalException.reasonOf(result));
      }
    }
  }

  /** Whether Ctrl-Z was typed since it was asked the last time. */
  boolean takeSuspension() {
    boolean was = isSuspending;
    isSuspending = false;
    return was;
  }

  boolean isUndecided() {
    return decoder.isUndecided();
  }

  void decide() {
    decoder.decide();
  }

  void ended(String reason) {
    if (state == State.READING) {
      decoder.decide();
      state = State.ENDED;
      endReason = reason;
    }
  }

  @Override
  public void event(TerminalEvent event) {
    if (event instanceof TerminalEvent.Key key && key.isControl('z') && terminal.wantsToSuspend()) {
      isSuspending = true; // after what was read with it
      return;
    }
    if (event instanceof Mouse mouse && isMotion(mouse)) {
      TerminalEvent last = events.peekLast();
      if (last instanceof Mouse before && continues(before, mouse)) {
        events.removeLast();
      }
    }
    events.add(event);
  }

  private static boolean isMotion(Mouse mouse) {
    return mouse.action() == MouseAction.MOVE || mouse.action() == MouseAction.DRAG;
  }

  private static boolean continues(Mouse before, Mouse after) {
    return before.action() == after.action()
        && before.button() == after.button()
        && before.modifiers() == after.modifiers();
  }

  @Override
  public void reply(String sequence, char last) {
    if (last == 'u' && sequence.startsWith("?")) {
      terminal.keyboardOffered();
    }
  }

  /** Nothing followed an Escape. */
  static final class EscapeTimeout extends Resource.Timeout {
    private final Terminal terminal;

    EscapeTimeout(Terminal terminal) {
      super(terminal);
      this.terminal = terminal;
    }

    @Override
    protected void expired() {
      terminal.escapeIsAlone();
    }
  }
}
