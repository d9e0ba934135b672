package gyre.terminal;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.engine.Poll;
import gyre.engine.TerminalCalls;
import gyre.spi.EventResource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The terminal of this program: keys, mouse, pastes and changes of its size as events; frames as
 * output.
 *
 * <pre>{@code
 * try (Terminal terminal = Terminal.open()) {
 *   while (true) {
 *     terminal.draw(screen -> screen.put(0, 0, "q ends this", Style.plain().bold()));
 *     if (terminal.next() instanceof TerminalEvent.Key key && key.is('q')) {
 *       break;
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>While it is open the terminal is in raw mode, and shows the alternate screen. Both end with
 * it: when it is closed, by whomever, its scope included; when the program is stopped, until it
 * goes on; and when the JVM ends by Ctrl-C, TERM, HUP or System.exit. Only KILL, or a crash of the
 * JVM, leave the terminal as it is; then {@code reset} helps. In raw mode Ctrl-C is a key: {@code
 * key.isControl('c')}.
 *
 * <p>Where the output is no terminal, or one that understands no sequences ({@code TERM=dumb}),
 * {@link #isInteractive} is false: frames are printed as lines of text, as far as they change, and
 * what comes in is told as keys.
 *
 * <p>Events are taken by {@link #next} or {@link #poll}, or by a handler: {@link #onEvent}. It
 * needs the engine of io_uring or epoll.
 */
@SuppressWarnings("exports") // EventResource is for the packages of handles
public final class Terminal extends EventResource<TerminalEvent> {
  private final TerminalOptions options;
  private final String device;
  private final TerminalCalls calls;
  private final TerminalLine readLine;
  private final TerminalLine writeLine;

  /** Null where the terminal is left as it is. */
  private final @Nullable TerminalMode mode;

  private final TerminalInput input;
  private final TerminalOutput output;
  private final TerminalInput.EscapeTimeout escapeTimeout;
  private final TerminalPassage passage;
  private final TerminalSignals signals;
  private final Runnable readLater;
  private boolean isEndTold;
  private TerminalSize size;
  private boolean isEntered;
  private boolean isAborted;

  @SuppressWarnings("this-escape") // the parts keep it, and use it later
  Terminal(Scope owner, TerminalOpening opening, TerminalOptions options) {
    super(owner);
    Engine engine = engine();
    this.options = options;
    this.device = opening.device();
    this.calls = opening.calls();
    this.mode = opening.mode();
    boolean mayBlock = opening.isInherited();
    this.readLine =
        new TerminalLine(
            this, calls, engine, opening.input(), Poll.READABLE, opening.isInputInherited());
    this.writeLine =
        new TerminalLine(this, calls, engine, opening.output(), Poll.WRITABLE, mayBlock);
    this.size = currentSize();
    this.input = new TerminalInput(this, options.maxPasteBytes());
    this.escapeTimeout = new TerminalInput.EscapeTimeout(this);
    this.output = new TerminalOutput(writeLine, size, opening.encoder());
    this.passage = new TerminalPassage(this, writeLine, output, mode);
    this.signals =
        new TerminalSignals(
            environmentOf(loop()).signals(), step -> handToLoop(() -> runWhileOpen(step)));
    this.readLater = signals.once(this::readOn);
  }

  // ---- opening

  /** Opens the terminal that this program was started in, in the current scope. */
  public static Terminal open() {
    return open(TerminalOptions.defaults());
  }

  /**
   * As {@link #open()}, used as the options say.
   *
   * @throws TerminalException if there is a terminal and it can't be opened or set, or this program
   *     has it open already; nothing of it is changed then
   */
  public static Terminal open(TerminalOptions options) {
    Scope owner = Scope.current();
    checkCanOpen(owner);
    TerminalOpening opening = TerminalOpening.open(engineOf(owner), options);
    Terminal terminal = opening.finish(owner, options);
    try {
      terminal.begin();
    } catch (Throwable e) {
      terminal.closeSoon();
      throw e;
    }
    return terminal;
  }

  private void begin() {
    if (mode != null) {
      enter();
    }
    signals.subscribe("WINCH", this::sizeMayHaveChanged);
    if (mode != null) {
      signals.subscribe("CONT", passage::enter);
      if (options.suspends()) {
        signals.subscribe(TerminalSignals.STOP, passage::stop);
      }
    }
    readLine.watch();
    if (mode == null) {
      lineReady(readLine); // of a pipe something may be there already
    }
  }

  /** Parks only where the terminal is too slow to take what leads in. */
  private void enter() {
    passage.enter();
    if (passage.isEntering()) {
      await(caller(), passage.entered());
    }
    if (passage.failure() != 0) {
      throw TerminalException.of("set", device, passage.failure());
    }
    isEntered = true;
  }

  // ---- events in direct style

  /**
   * The next event. Parks until there is one. After {@link TerminalEvent.Ended} it answers that
   * again.
   *
   * @throws CancelledException if the loop shuts down, and nothing is left to take
   */
  public TerminalEvent next() {
    return nextEvent();
  }

  /** An event that is there, without waiting. */
  public Optional<TerminalEvent> poll() {
    checkOnLoop();
    checkOpen();
    return pollEvent();
  }

  /** Ready while {@link #next} would not park. For {@link Fiber#awaitFirst}. */
  public Source arrived() {
    return eventSource();
  }

  @Override
  protected boolean hasEvent() {
    return !input.isEmpty();
  }

  @Override
  protected TerminalEvent takeEvent() {
    TerminalEvent event = input.take();
    isEndTold |= event instanceof TerminalEvent.Ended;
    if (input.isToBeRead()) {
      read();
    }
    return event;
  }

  /** Who asks is told of the end as often as he asks, a handler once. */
  @Override
  protected boolean hasNews() {
    return !input.isEmpty() && !(isEndTold && input.hasEnded());
  }

  @Override
  protected String waitingFor() {
    return "waiting for an event of";
  }

  @Override
  protected int eventDescriptor() {
    return readLine.descriptor();
  }

  // ---- events in push style

  /** Has {@code newHandler} told of events from now on, and of those that have come already. */
  public void onEvent(TerminalHandler newHandler) {
    tellBy(newHandler::onEvent);
  }

  // ---- output

  /**
   * Draws the next frame: {@code drawing} is given a blank screen of the terminal's size, runs at
   * once, and must not keep it. The frame is shown at the end of this turn; of several the newest.
   * While the terminal is too slow to take the one before, newer frames replace each other.
   *
   * @throws TerminalException if an earlier frame could not be written
   */
  public void draw(Consumer<Screen> drawing) {
    checkOnLoop();
    checkOpen();
    int failure = output.failure();
    if (failure != 0) {
      throw TerminalException.of("write to", name(), failure);
    }
    if (mode != null && !options.fullScreen()) {
      throw new IllegalStateException(name() + " is open without its screen: fullScreen is false");
    }
    if (signals.isEmpty()) {
      sizeMayHaveChanged();
    }
    drawing.accept(output.begin(size));
    output.drawn();
    requestEndOfTurn();
  }

  @Override
  protected void endOfTurn() {
    if (isOpen()) {
      flush();
    }
  }

  private void flush() {
    passage.flush();
    tellFailure();
  }

  private void tellFailure() {
    if (output.failure() != 0) {
      input.ended(TerminalException.reasonOf(output.failure()));
      eventCame();
    }
  }

  /** As it is now. {@link TerminalEvent.Resize} tells of another. */
  public TerminalSize size() {
    checkThread();
    return size;
  }

  /** Whether frames are drawn on a screen, and keys are told as they are pressed. */
  public boolean isInteractive() {
    return mode != null;
  }

  public TerminalStatistics statistics() {
    checkThread();
    return new TerminalStatistics(output.written(), output.skipped(), calls.writes());
  }

  // ---- what happens

  /** A line may have become ready. */
  void lineReady(TerminalLine line) {
    if (line == writeLine && !passage.isIn()) {
      passage.advance();
    } else if (isOpen() && line == readLine) {
      read();
    } else if (isOpen()) {
      flush();
    }
  }

  /** Nothing watches a line any more. */
  void lineEnded(TerminalLine line, int error) {
    if (line == writeLine && !passage.isIn() && !isAborted) {
      passage.failed(error);
    }
    if (!isOpen()) {
      operationEnded();
    } else if (line == readLine) {
      input.ended(TerminalException.reasonOf(error));
      eventCame();
    } else if (passage.isIn()) {
      output.fail(error);
      tellFailure();
    }
  }

  private void read() {
    input.read(readLine, mode != null);
    if (input.isUndecided()) {
      escapeTimeout.start(TimeUnit.MILLISECONDS.toNanos(options.escapeMillis()));
    } else {
      escapeTimeout.cancel();
    }
    if (input.takeSuspension()) {
      passage.stop();
    }
    if (input.isToBeRead()) {
      readLater.run();
    }
    eventCame();
  }

  /** More may be there than was read in one go: others come first. */
  private void readOn() {
    if (input.isToBeRead()) {
      read();
    }
  }

  private void runWhileOpen(Runnable step) {
    if (isOpen()) {
      step.run();
    }
  }

  /** Nothing followed an Escape. */
  void escapeIsAlone() {
    input.decide();
    eventCame();
  }

  void keyboardOffered() {
    if (mode != null) {
      mode.keyboardOffered();
      flush();
    }
  }

  private TerminalSize currentSize() {
    return TerminalSize.packed(calls.size(writeLine.descriptor()));
  }

  private void sizeMayHaveChanged() {
    TerminalSize now = currentSize();
    if (!now.equals(size)) {
      size = now;
      input.resized(now);
      eventCame();
    }
  }

  // ---- stop and continue

  boolean wantsToSuspend() {
    return mode != null && options.suspends();
  }

  /** Stops this process; the terminal is as it was before. Returns when it goes on. */
  void stopNow() {
    int result = signals.stopProcess(calls);
    if (result != Errno.EINPROGRESS.negated()) {
      passage.enter(); // else CONT leads there
    }
  }

  /**
   * The way in is over. Where this process was stopped before, the shell may have used the
   * terminal.
   *
   * @param failure 0 or a negative errno
   */
  void entered(int failure) {
    if (!isEntered) {
      return; // who opens it goes on
    }
    if (failure < 0) {
      input.ended(TerminalException.reasonOf(failure));
    } else {
      sizeMayHaveChanged();
      input.resumed();
      output.redraw();
      flush();
    }
    eventCame();
  }

  // ---- the end

  @Override
  public String kind() {
    return "terminal";
  }

  @Override
  protected String addressText() {
    return device;
  }

  @Override
  public int pendingOperations() {
    return (readLine.isIdle() ? 0 : 1) + (writeLine.isIdle() ? 0 : 1);
  }

  @Override
  protected void closing() {
    escapeTimeout.cancel();
    signals.unsubscribe();
    readLine.unwatch();
    wakeWaiters();
    passage.leave();
    operationEnded();
  }

  /** It is as before, or takes nothing any more. */
  void left() {
    writeLine.unwatch();
    operationEnded();
  }

  /** Also where something of it broke: the terminal is never left raw. */
  @Override
  protected void aborting() {
    isAborted = true;
    if (!passage.isLeaving()) {
      closing();
    }
    passage.cancel();
    writeLine.unwatch();
    operationEnded();
  }

  private void operationEnded() {
    boolean isOver = passage.isLeft() || isAborted;
    if (state() != State.CLOSING || !isOver || pendingOperations() > 0) {
      return;
    }
    passage.closeLines(readLine);
    released();
  }
}
