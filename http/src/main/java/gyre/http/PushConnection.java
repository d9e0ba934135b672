package gyre.http;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.net.SocketStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Push style: a driver of the same parser. The handler is called when a request is there with all
 * of its body. All answers to what came together go out together, at the end of the loop's turn.
 */
final class PushConnection extends Http1Connection implements DataHandler {
  private enum Doing {
    /** Between requests. */
    WAITING,
    READING_HEAD,
    READING_BODY,
    /** The answer is not complete, or not handed to the stream. */
    ANSWERING,
    /** Another handler has the stream. */
    UPGRADED,
    /** The connection takes no more. */
    OVER
  }

  private final PushOutput output;
  private Doing doing = Doing.WAITING;

  /** Inside of a handler's call, after which this goes on by itself. */
  private boolean isCalling;

  private boolean isPaused;
  private boolean isInputEnded;

  PushConnection(SocketStream stream, ServerState server, LoopState loopState) {
    super(stream, server, loopState);
    this.output = new PushOutput(stream, patience());
  }

  // ---- what the stream tells

  @Override
  public void onData(ByteQueue in) {
    advance(in);
  }

  @Override
  public void onDrained(ByteStream drained) {
    if (!output.isDone()) {
      output.sendMore();
      if (output.isDone()) {
        completedLater();
      }
    }
    advance(stream().input());
  }

  @Override
  public void onEnd(ByteStream ended) {
    isInputEnded = true;
    advance(stream().input());
  }

  @Override
  public void onClosed(ByteStream closed) {
    doing = Doing.OVER;
    output.forget();
    patience().close();
    giveBackExchange();
  }

  // ---- requests

  /** Answers what there is, as far as it goes. */
  private void advance(ByteQueue in) {
    int budget = limits().pipelinedRequests();
    boolean goesOn = true;
    while (goesOn && stream().isOpen()) {
      goesOn =
          switch (doing) {
            case WAITING -> budget-- > 0 ? beginRequest(in) : comeBack(in);
            case READING_HEAD -> readHead(in);
            case READING_BODY -> readBody(in);
            case ANSWERING -> pause();
            case UPGRADED -> false;
            case OVER -> discard(in);
          };
    }
    if (doing == Doing.WAITING) {
      giveBackExchange();
      if (hasHadRequests()) {
        patience().begin(Patience.Phase.IDLE);
      }
    }
  }

  private boolean beginRequest(ByteQueue in) {
    if (in.isEmpty()) {
      if (isInputEnded) {
        stream().close();
      }
      return false;
    }
    if (!stream().isWritable()) {
      return false; // the stream comes back when it is
    }
    exchange().begin(false);
    doing = Doing.READING_HEAD;
    return true;
  }

  /** Others have their turn before this goes on. */
  private boolean comeBack(ByteQueue in) {
    if (isInputEnded) {
      loopState().loop.post(() -> advance(in));
    } else if (!in.isEmpty()) {
      stream().resumeInput(); // and so it is called again
    }
    return false;
  }

  private boolean readHead(ByteQueue in) {
    Exchange of = exchange();
    switch (of.parser.parse(in)) {
      case MORE -> {
        if (isInputEnded) {
          stream().close();
        }
        patience().enter(Patience.Phase.HEAD);
        return false;
      }
      case FAILED -> {
        refuseAndClose(of, Objects.requireNonNull(of.parser.problem()));
        return false;
      }
      case DONE -> headDone(of);
    }
    if (of.body.isEnded()) {
      answer(of);
    } else {
      doing = Doing.READING_BODY;
      patience().beginBodyWait();
    }
    return true;
  }

  private boolean readBody(ByteQueue in) {
    Exchange of = exchange();
    boolean isSound = of.body.receive(in, Long.MAX_VALUE);
    if (isSound && !of.body.isEnded() && isInputEnded) {
      of.body.fail(Problem.BODY_CUT_SHORT);
      isSound = false;
    }
    Problem problem = of.body.problem();
    if (!isSound && problem != null) {
      refuseAndClose(of, problem);
      return false;
    }
    if (!of.body.isEnded()) {
      if (of.body.takeContinueOwed()) {
        patience().wrote(CONTINUE.length);
        stream().write(CONTINUE, 0, CONTINUE.length);
      }
      return false;
    }
    answer(of);
    return true;
  }

  private void refuseAndClose(Exchange of, Problem problem) {
    doing = Doing.OVER;
    refuse(of, problem);
    stream().close();
  }

  private void answer(Exchange of) {
    doing = Doing.ANSWERING;
    isCalling = true;
    boolean goesOn;
    try {
      goesOn = call(server().handler(), of, true);
    } finally {
      isCalling = false;
    }
    if (!goesOn) {
      doing = Doing.OVER;
    } else if (of.response.isComplete() && output.isDone()) {
      completed();
    } else {
      patience().begin(Patience.Phase.HANDLER);
      busy(true);
    }
  }

  /** The answer is complete, and the stream has it. */
  private void completed() {
    Exchange of = exchange();
    boolean goesOn = of.response.persists();
    answered(of);
    of.body.clear();
    if (isUpgraded()) {
      doing = Doing.UPGRADED;
      leave(false);
      return;
    }
    if (of.isDeferred) {
      giveBackExchange();
    }
    if (stream().isOpen() && !goesOn) {
      doing = Doing.OVER;
      stream().close();
    } else {
      doing = Doing.WAITING;
    }
  }

  /** An answer that was not complete when the handler returned is so now. */
  private void completedLater() {
    completed();
    if (isPaused && stream().isOpen()) {
      isPaused = false;
      stream().resumeInput();
    }
    if (doing == Doing.UPGRADED) {
      return;
    }
    busy(false);
    if (!stream().isOpen()) {
      return;
    }
    if (isInputEnded) {
      ByteQueue in = stream().input();
      loopState().loop.post(() -> advance(in));
    } else {
      patience().begin(Patience.Phase.IDLE);
    }
  }

  /** What arrives meanwhile waits where it is. */
  private boolean pause() {
    if (!isPaused && !isInputEnded && output.isDone()) {
      isPaused = true;
      stream().pauseInput();
    }
    return false;
  }

  private boolean discard(ByteQueue in) {
    in.clear();
    return false;
  }

  // ---- answers

  @Override
  void write(Exchange of, byte[] head, int length, @Nullable Object body) {
    patience().wrote(length);
    stream().write(head, 0, length);
    if (of.mayPark) {
      output.sendAll(body);
    } else {
      output.send(body);
    }
    if (doing == Doing.ANSWERING
        && !isCalling
        && !of.mayPark
        && of.response.isComplete()
        && output.isDone()) {
      completedLater();
    }
  }

  @Override
  boolean awaitBody(Http1Body body) {
    throw new IllegalStateException("in push style all of the body is there, or it is refused");
  }

  @Override
  void checkCanDefer() {
    if (!isCalling) {
      throw new IllegalStateException("only while the handler is called");
    }
  }

  @Override
  void handleInFiber(HttpHandler handler, Exchange of) {
    of.response.defer();
    of.mayPark = true;
    Fiber<?> ignored =
        loopState().loop.start("http handler on " + stream().name(), () -> inFiber(handler, of));
  }

  private void inFiber(HttpHandler handler, Exchange of) {
    boolean goesOn = false;
    try {
      goesOn = call(handler, of, false);
    } catch (CancelledException | IoException e) {
      // The connection broke, or the loop ends: nobody is there to be answered.
    }
    if (goesOn && stream().isOpen()) {
      completedLater();
    } else if (stream().isOpen()) {
      stream().reset();
    }
  }
}
