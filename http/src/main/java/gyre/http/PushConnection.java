package gyre.http;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Timer;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

// Over 500 lines: one state machine, whose steps call each other.
/**
 * Push style: a driver of the same parser. The handler is called when a request is there with all
 * of its body, or a streaming one when the head is there. All answers to what came together go out
 * together, at the end of the loop's turn.
 */
final class PushConnection extends Http1Connection implements DataHandler {
  private static final Duration RETRY = Duration.ofMillis(10);

  private enum Doing {
    /** Between requests. */
    WAITING,
    READING_HEAD,
    READING_BODY,
    /** The answer is not complete, or not handed to the stream. */
    ANSWERING,
    /** The answer is complete, and the rest of the body is received and dropped. */
    DISCARDING,
    /** Another handler has the stream. */
    UPGRADED,
    /** The connection takes no more. */
    OVER
  }

  private final PushOutput output;
  private Doing doing = Doing.WAITING;

  /** Of a streaming handler. */
  private @Nullable PushInput bodyInput;

  /** Of a body that nobody wants. */
  private long discardedBytes;

  /** Inside of a handler's call, after which this goes on by itself. */
  private boolean isCalling;

  /** There was room for more of the answer while a handler was called, which parks. */
  private boolean isWritableMissed;

  /** A timer runs, after which the handler tries again what there was too little memory for. */
  private boolean isRetrying;

  /** The head has come in pieces, and its time runs. */
  private boolean isHeadTimed;

  private boolean isPaused;
  private boolean isInputEnded;

  PushConnection(ByteStream stream, ServerState server, LoopState loopState) {
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
    } else {
      tellWritable();
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
    try {
      endBodyInput();
    } finally {
      giveBackExchange();
    }
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
            case ANSWERING -> takeBody(in);
            case DISCARDING -> discardBody(in);
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
    isHeadTimed = false;
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
        if (!isHeadTimed) {
          isHeadTimed = true; // of each head by itself, also behind answers without a wait
          patience().begin(Patience.Phase.HEAD);
        }
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
    } else if (isStreaming(of)) {
      bodyInput = new PushInput(this, of);
      answer(of);
    } else {
      doing = Doing.READING_BODY;
      patience().beginBodyWait();
    }
    return true;
  }

  private boolean isStreaming(Exchange of) {
    Fiber<?> before = of.enter(); // it looks at the request
    try {
      return server().handler().isStreaming(of.request);
    } finally {
      of.leave(before);
    }
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
      sayContinue(of.body);
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
    callUser(server().handler(), of);
    if (isAnswered(of)) {
      completed();
    } else if (doing == Doing.ANSWERING) {
      patience().begin(Patience.Phase.HANDLER);
      busy(true);
    }
  }

  private void callUser(HttpHandler handler, Exchange of) {
    isCalling = true;
    boolean goesOn;
    try {
      goesOn = call(handler, of, true);
    } finally {
      isCalling = false;
      if (isWritableMissed) {
        isWritableMissed = false;
        pushWritable(of);
      }
    }
    if (!goesOn) {
      doing = Doing.OVER;
    }
  }

  private boolean isAnswered(Exchange of) {
    return doing == Doing.ANSWERING
        && of.response.isComplete()
        && !of.response.isCut()
        && output.isDone();
  }

  // ---- bodies that are taken as they come

  private boolean takeBody(ByteQueue in) {
    Exchange of = exchange();
    PushInput taking = bodyInput;
    if (taking == null || isCalling || !taking.isWanted()) {
      return pause();
    }
    if (!of.body.isEnded() && !taking.receive(in, isInputEnded)) {
      return bodyFailed(of);
    }
    if (taking.hasNews()) {
      callUser(taking, of);
      if (isAnswered(of)) {
        completed();
        if (doing != Doing.UPGRADED) { // else it is another's, who may have paused it
          resumeStream();
          busy(false);
        }
      }
      return true;
    }
    waitForBody(taking);
    return false;
  }

  private void waitForBody(PushInput taking) {
    exchange().body.tellKept(); // the handler may have taken some
    if (taking.isFull() || exchange().body.isEnded()) {
      boolean ignored = pause();
    }
    boolean isInBodyPhase = patience().phase() == Patience.Phase.BODY;
    if (taking.awaitsPeer() != isInBodyPhase) {
      if (isInBodyPhase) {
        patience().endBodyWait();
      } else {
        patience().beginBodyWait();
      }
    }
  }

  private boolean bodyFailed(Exchange of) {
    Problem problem = Objects.requireNonNull(of.body.problem());
    if (of.mayPark) {
      return pause(); // its fiber is told where it reads
    }
    if (of.response.isStarted()) {
      doing = Doing.OVER;
      stream().reset();
    } else {
      refuseAndClose(of, problem);
    }
    endBodyInput();
    return false;
  }

  private void endBodyInput() {
    PushInput taking = bodyInput;
    bodyInput = null;
    if (taking != null) {
      taking.end();
    }
  }

  private boolean discardBody(ByteQueue in) {
    Exchange of = exchange();
    long before = in.size();
    boolean isSound = of.body.receive(in, Http1Body.HELD_BYTES);
    long moved = before - in.size();
    discardedBytes += moved;
    of.body.clear();
    if (of.body.isEnded() && isSound) {
      patience().endBodyWait();
      if (of.isDeferred) {
        giveBackExchange();
      }
      doing = Doing.WAITING;
      return true;
    }
    if (!isSound || discardedBytes > DISCARD_BYTES || (isInputEnded && moved == 0)) {
      doing = Doing.OVER;
      expectMore();
      stream().close();
      return false;
    }
    return moved > 0;
  }

  private void tellWritable() {
    Exchange of = presentExchange();
    if (isCalling) {
      isWritableMissed = true;
      return;
    }
    if (of == null
        || doing != Doing.ANSWERING
        || !of.response.awaitsWritable()
        || !stream().isWritable()) {
      return;
    }
    callUser((request, response) -> of.response.tellWritable(), of);
    if (isAnswered(of)) {
      completedLater();
    }
  }

  /** The answer is complete, and the stream has it. */
  private void completed() {
    Exchange of = exchange();
    boolean goesOn = of.response.persists();
    answered(of);
    endBodyInput();
    of.body.clear();
    if (isUpgraded()) {
      doing = Doing.UPGRADED;
      resumeStream(); // before the next owner has it, who may pause it
      leave(false);
      return;
    }
    if (stream().isOpen() && !goesOn) {
      doing = Doing.OVER;
      if (!of.body.isEnded()) {
        expectMore();
      }
      stream().close();
    } else if (!of.body.isEnded()) {
      doing = Doing.DISCARDING;
      discardedBytes = 0;
      patience().beginBodyWait();
      return;
    } else {
      doing = Doing.WAITING;
    }
    if (of.isDeferred) {
      giveBackExchange();
    }
  }

  /** An answer that was not complete when the handler returned is so now. */
  private void completedLater() {
    completed();
    if (doing == Doing.UPGRADED) {
      return; // it is another's, who may have paused it
    }
    resumeStream();
    busy(false);
    if (!stream().isOpen()) {
      return;
    }
    if (isInputEnded || doing == Doing.DISCARDING) {
      advanceSoon();
    } else {
      patience().begin(Patience.Phase.IDLE);
    }
  }

  private void advanceSoon() {
    loopState()
        .loop
        .post(() -> {
          if (stream().isOpen()) {
            advance(stream().input());
          }
        });
  }

  /**
   * Also where it was not paused: a fiber takes from its input outside of a callback, and a stream
   * that is held up because its input is full learns only by this that there is room.
   */
  void resumeStream() {
    if (stream().isOpen()) {
      isPaused = false;
      stream().resumeInput();
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
    of.response.beginWrite();
    boolean isHanded = false;
    try {
      hand(of, head, length, body);
      isHanded = true;
    } finally {
      if (!isHanded) {
        cutOff(of);
      }
    }
    of.response.endWrite();
    completeIfLater(of);
  }

  private void hand(Exchange of, byte[] head, int length, @Nullable Object body) {
    if (of.mayPark) {
      stream().write(head, 0, length);
      output.sendAll(body);
    } else if (of.response.isComplete()) {
      output.send(head, length, body);
    } else {
      stream().write(head, 0, length); // the pieces do not wait for one that is refused
    }
  }

  /** Nobody knows what the peer has of it: nothing may follow. */
  private void cutOff(Exchange of) {
    output.forget();
    boolean isResetLater = of.mayPark || of.isCalledHere(); // when the handler has failed
    if (!isResetLater && stream().isOpen()) {
      stream().reset();
    }
  }

  /** What comes when nobody is called, from a timer say, has to go on by itself. */
  private void completeIfLater(Exchange of) {
    if (!isCalling && !of.mayPark && isAnswered(of)) {
      completedLater();
    }
  }

  @Override
  void bodySent(Exchange of) {
    completeIfLater(of);
  }

  @Override
  void pushWritable(Exchange of) {
    loopState().loop.post(this::tellWritable);
  }

  @Override
  void retryWritable() {
    if (!isRetrying) {
      isRetrying = true;
      Timer ignored = loopState().loop.after(RETRY, this::retry);
    }
  }

  private void retry() {
    isRetrying = false;
    tellWritable();
  }

  @Override
  void givingUp() {
    doing = Doing.OVER;
  }

  @Override
  void bodyTaker(Exchange of, BodyHandler handler) {
    if (of.mayPark) {
      throw new IllegalStateException("in a fiber the body is read");
    }
    PushInput taking = bodyInput;
    if (taking == null) {
      taking = new PushInput(this, of); // all of it is there
      bodyInput = taking;
    }
    if (!of.isDeferred) {
      Response ignored = of.response.defer();
    }
    taking.taker(handler);
    sayContinue(of.body);
    resumeBody();
  }

  private void sayContinue(Http1Body body) {
    if (body.takeContinueOwed()) {
      patience().wrote(CONTINUE.length);
      stream().write(CONTINUE, 0, CONTINUE.length);
    }
  }

  @Override
  void pauseBody() {
    PushInput taking = bodyInput;
    if (taking != null) {
      taking.pause();
    }
  }

  @Override
  void resumeBody() {
    PushInput taking = bodyInput;
    if (taking != null) {
      taking.resume();
      resumeStream();
      if (!isCalling) {
        advanceSoon();
      }
    }
  }

  @Override
  boolean awaitBody(Http1Body body) {
    PushInput taking = bodyInput;
    if (taking == null || !exchange().mayPark) {
      throw new IllegalStateException(
          "in push style a body cannot be waited for: all of it is there, unless the handler is"
              + " streaming, which takes it by onData");
    }
    sayContinue(body);
    waitForBody(taking);
    taking.await();
    if (!stream().isOpen()) {
      throw stream().byPeer(new BodyException(stream().name(), Problem.BODY_CUT_SHORT));
    }
    return true;
  }

  @Override
  void checkCanDefer() {
    if (!isCalling) {
      throw new IllegalStateException("only while the handler is called");
    }
  }

  @Override
  void handleInFiber(HttpHandler handler, Exchange of) throws Exception {
    if (of.mayPark) {
      handler.handle(of.request, of.response); // in a fiber already
      return;
    }
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
