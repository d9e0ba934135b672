package gyre.http;

import gyre.io.ByteQueue;
import org.jspecify.annotations.Nullable;

/**
 * Reads the head of a request, in whatever pieces it comes. Strict only: what RFC 9112 lets a
 * server be lenient about is refused, but for one empty line before the request.
 *
 * <p>Nothing is consumed until the head is whole. What it says is decided line by line, so that
 * neither the answer nor the complaint depends on the pieces. Allocates nothing, unless the head is
 * larger than those before it.
 */
final class HeadParser {
  /** How it went. */
  enum Outcome {
    MORE,
    DONE,
    FAILED
  }

  private enum State {
    /** An empty line may still be skipped. */
    BEGINNING,
    REQUEST_LINE,
    FIELDS,
    DONE,
    FAILED
  }

  private final HttpLimits limits;
  private final Lines lines;
  private final RequestHead head;
  private State state = State.DONE;
  private @Nullable Problem problem;

  HeadParser(HttpLimits limits, RequestHead head) {
    this.limits = limits;
    this.head = head;
    this.lines = head.lines;
  }

  /** What is wrong, after {@link Outcome#FAILED}. */
  @Nullable Problem problem() {
    return problem;
  }

  /** A head begins with what the input begins with. */
  void begin() {
    lines.begin();
    head.clear();
    problem = null;
    state = State.BEGINNING;
  }

  /** Goes on with what has arrived. When it is done, the head is consumed. */
  Outcome parse(ByteQueue in) {
    while (state != State.DONE && state != State.FAILED) {
      if (!lines.hasFirst(in)) {
        return Outcome.MORE;
      }
      Problem wrongFirst = checkFirst(lines.bytes[lines.line()]);
      if (wrongFirst != null) {
        return fail(wrongFirst);
      }
      int feed = lines.endOfLine(in, limits.lineBytes(), limits.headBytes());
      if (feed == Lines.MORE) {
        return Outcome.MORE;
      }
      Problem found = feed < 0 ? tooLong(feed) : parseLine(lines.line(), feed);
      if (found != null) {
        return fail(found);
      }
      lines.nextLine(feed);
    }
    if (state == State.DONE) {
      int bytes = lines.sectionBytes();
      in.drain(bytes);
      lines.consumed(bytes);
      return Outcome.DONE;
    }
    return Outcome.FAILED;
  }

  private Outcome fail(Problem found) {
    problem = found;
    state = State.FAILED;
    return Outcome.FAILED;
  }

  /** What one byte tells is told at once: bytes of another protocol may never have an LF. */
  private @Nullable Problem checkFirst(byte first) {
    return switch (state) {
      case BEGINNING -> first == '\r' || Ascii.isToken(first) ? null : Problem.METHOD;
      case REQUEST_LINE -> Ascii.isToken(first) ? null : Problem.METHOD;
      case FIELDS -> Ascii.isBlank(first) ? Problem.FOLDED_FIELD : null;
      case DONE, FAILED -> null;
    };
  }

  private Problem tooLong(int which) {
    return which == Lines.LINE_TOO_LONG && state != State.FIELDS
        ? Problem.LINE_TOO_LONG
        : Problem.HEAD_TOO_LARGE;
  }

  private @Nullable Problem parseLine(int from, int feed) {
    int end = feed - 1;
    if (end < from || lines.bytes[end] != '\r') {
      return Problem.LINE_END;
    }
    return switch (state) {
      case BEGINNING -> {
        if (end == from) {
          state = State.REQUEST_LINE;
          yield null;
        }
        yield lines.bytes[from] == '\r' ? Problem.LINE_END : requestLine(from, end);
      }
      case REQUEST_LINE -> requestLine(from, end);
      case FIELDS -> field(from, end);
      case DONE, FAILED -> throw new AssertionError(state);
    };
  }

  private @Nullable Problem requestLine(int from, int end) {
    state = State.FIELDS;
    return TargetParser.parseLine(head, from, end);
  }

  private @Nullable Problem field(int from, int end) {
    if (end == from) {
      state = State.DONE;
      return FramingRules.checkTogether(head);
    }
    Problem wrong = head.fields.add(from, end, limits.fields());
    return wrong != null ? wrong : FramingRules.note(head, head.fields.count() - 1);
  }
}
