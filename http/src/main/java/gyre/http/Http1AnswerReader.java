package gyre.http;

import gyre.http.wire.AnswerReader;
import gyre.io.ByteQueue;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads answers of HTTP/1.x: RFC 9112, 4 and 6. As strict as the server is with requests: a length
 * beside an encoding, two lengths, a folded field or a bare LF are a reason to give up, since a
 * proxy on the way may have understood them differently.
 */
final class Http1AnswerReader implements AnswerReader {
  private enum State {
    STATUS_LINE,
    FIELDS,
    BODY,
    DONE,
    FAILED
  }

  private enum Framing {
    NONE,
    LENGTH,
    CHUNKED,
    /** The end of the input is the end of the body. */
    UNTIL_END
  }

  private static final long UNKNOWN = -1;

  private final HttpLimits limits;
  private final Lines lines = new Lines();
  private final RequestHead head = new RequestHead(lines);
  private final ChunkDecoder decoder;
  private State state = State.DONE;
  private Framing framing = Framing.NONE;
  private Asked asked = Asked.OTHER;
  private int status;
  private long leftBytes;
  private long endDelimitedBytes;
  private @Nullable String problem;

  Http1AnswerReader(HttpLimits limits) {
    this.limits = limits;
    this.decoder = new ChunkDecoder(limits);
  }

  @Override
  public void begin(Asked what) {
    asked = what;
    lines.begin();
    head.clear();
    state = State.STATUS_LINE;
    framing = Framing.NONE;
    status = 0;
    leftBytes = 0;
    endDelimitedBytes = 0;
    problem = null;
  }

  // ---- the head

  @Override
  public Outcome readHead(ByteQueue in) {
    if (state != State.STATUS_LINE && state != State.FIELDS) {
      return state == State.FAILED ? Outcome.FAILED : Outcome.DONE;
    }
    while (state == State.STATUS_LINE || state == State.FIELDS) {
      if (!lines.hasFirst(in)) {
        return Outcome.MORE;
      }
      String wrongFirst = checkFirst(lines.bytes[lines.line()]);
      if (wrongFirst != null) {
        return fail(wrongFirst);
      }
      int feed = lines.endOfLine(in, limits.lineBytes(), limits.headBytes());
      if (feed == Lines.MORE) {
        return Outcome.MORE;
      }
      String found =
          feed < 0
              ? "the head is larger than HttpLimits.lineBytes or headBytes allow"
              : parseLine(lines.line(), feed);
      if (found != null) {
        return fail(found);
      }
      lines.nextLine(feed);
    }
    int bytes = lines.sectionBytes();
    in.drain(bytes);
    lines.consumed(bytes);
    return Outcome.DONE;
  }

  private Outcome fail(String found) {
    problem = found;
    state = State.FAILED;
    return Outcome.FAILED;
  }

  /** Bytes of another protocol may never have an LF. */
  private @Nullable String checkFirst(byte first) {
    if (state == State.STATUS_LINE) {
      return first == 'H' ? null : "it does not begin with HTTP/1";
    }
    return Ascii.isBlank(first) ? Problem.FOLDED_FIELD.text() : null;
  }

  private @Nullable String parseLine(int from, int feed) {
    int end = feed - 1;
    if (end < from || lines.bytes[end] != '\r') {
      return Problem.LINE_END.text();
    }
    if (state == State.STATUS_LINE) {
      state = State.FIELDS;
      return statusLine(from, end);
    }
    return end == from ? headDone() : field(from, end);
  }

  private @Nullable String statusLine(int from, int end) {
    byte[] bytes = lines.bytes;
    int code = from + 9;
    boolean isSound =
        end - from >= 12
            && Ascii.equals(bytes, from, from + 7, "HTTP/1.")
            && Ascii.isDigit(bytes[from + 7])
            && bytes[from + 8] == ' '
            && bytes[code] >= '1'
            && bytes[code] <= '5'
            && Ascii.isDigit(bytes[code + 1])
            && Ascii.isDigit(bytes[code + 2])
            && (end == from + 12 || bytes[from + 12] == ' ') // many leave out this space
            && Ascii.isText(bytes, from + 12, end);
    if (!isSound) {
      return "the status line is not: HTTP/1.x, space, three digits, space, reason";
    }
    head.minorVersion = bytes[from + 7] - '0';
    status = (bytes[code] - '0') * 100 + (bytes[code + 1] - '0') * 10 + bytes[code + 2] - '0';
    return null;
  }

  private @Nullable String field(int from, int end) {
    Fields fields = head.fields;
    Problem wrong = fields.add(from, end, limits.fields());
    if (wrong == null) {
      int last = fields.count() - 1;
      // Host and Expect mean nothing in an answer.
      boolean isForRequests = fields.isNamed(last, "host") || fields.isNamed(last, "expect");
      wrong = isForRequests ? null : FramingRules.note(head, last);
    }
    return wrong == null ? null : wrong.text();
  }

  private @Nullable String headDone() {
    state = State.BODY;
    if (head.hasTransferEncoding && head.contentLength >= 0) {
      return Problem.LENGTH_AND_CHUNKED.text();
    }
    if (head.hasTransferEncoding && head.minorVersion == 0) {
      return Problem.ENCODING_IN_OLD_VERSION.text();
    }
    boolean isInterim = status < 200;
    if (isInterim && (head.hasTransferEncoding || head.contentLength >= 0)) {
      return "an interim answer announces a body";
    }
    boolean isTunnel = asked == Asked.CONNECT && status < 300;
    if (isInterim || isTunnel || asked == Asked.HEAD || !Status.hasBody(status)) {
      framing = Framing.NONE;
    } else if (head.hasTransferEncoding) {
      framing = Framing.CHUNKED;
      decoder.begin();
    } else if (head.contentLength >= 0) {
      framing = Framing.LENGTH;
      leftBytes = head.contentLength;
    } else {
      framing = Framing.UNTIL_END;
    }
    return null;
  }

  // ---- the body

  @Override
  public Outcome readBody(ByteQueue in, ByteQueue out, long heldLimitBytes, long bodyLimitBytes) {
    if (state != State.BODY) {
      return state == State.DONE ? Outcome.DONE : Outcome.FAILED;
    }
    long before = in.size();
    Outcome outcome =
        switch (framing) {
          case NONE -> Outcome.DONE;
          case LENGTH -> readLength(in, out, heldLimitBytes, bodyLimitBytes);
          case CHUNKED -> readChunks(in, out, heldLimitBytes, bodyLimitBytes);
          case UNTIL_END -> readUntilEnd(in, out, heldLimitBytes, bodyLimitBytes);
        };
    lines.consumed(before - in.size());
    if (outcome == Outcome.DONE) {
      state = State.DONE;
    }
    return outcome;
  }

  private Outcome readLength(ByteQueue in, ByteQueue out, long held, long bodyLimitBytes) {
    if (head.contentLength > bodyLimitBytes) {
      return fail(tooLarge(bodyLimitBytes));
    }
    long part = Math.min(Math.min(leftBytes, in.size()), held - out.size());
    if (part > 0) {
      out.append(in, part);
      leftBytes -= part;
    }
    return leftBytes == 0 ? Outcome.DONE : Outcome.MORE;
  }

  private Outcome readChunks(ByteQueue in, ByteQueue out, long held, long bodyLimitBytes) {
    return switch (decoder.decode(in, out, held, bodyLimitBytes)) {
      case MORE -> Outcome.MORE;
      case DONE -> Outcome.DONE;
      case FAILED -> {
        Problem found = Objects.requireNonNull(decoder.problem());
        yield fail(found == Problem.BODY_TOO_LARGE ? tooLarge(bodyLimitBytes) : found.text());
      }
    };
  }

  private Outcome readUntilEnd(ByteQueue in, ByteQueue out, long held, long bodyLimitBytes) {
    long part = Math.min(in.size(), held - out.size());
    if (part > 0) {
      endDelimitedBytes += part;
      if (endDelimitedBytes > bodyLimitBytes) {
        return fail(tooLarge(bodyLimitBytes));
      }
      out.append(in, part);
    }
    return Outcome.MORE;
  }

  private static String tooLarge(long limitBytes) {
    return "the body is larger than " + limitBytes + " bytes: see limit and HttpLimits.bodyBytes";
  }

  @Override
  public Outcome inputEnded() {
    if (state == State.BODY && framing == Framing.UNTIL_END) {
      state = State.DONE;
      return Outcome.DONE;
    }
    if (state == State.DONE) {
      return Outcome.DONE;
    }
    return fail(
        state == State.BODY
            ? Problem.BODY_CUT_SHORT.text()
            : "the connection ended before the head of the answer was complete");
  }

  // ---- what it says

  @Override
  public int status() {
    return status;
  }

  @Override
  public int minorVersion() {
    return head.minorVersion;
  }

  @Override
  public int fieldCount() {
    return head.fields.count();
  }

  @Override
  public String fieldName(int index) {
    return head.fields.name(index);
  }

  @Override
  public String fieldValue(int index) {
    return head.fields.value(index);
  }

  @Override
  public long length() {
    return switch (framing) {
      case NONE -> 0;
      case LENGTH -> head.contentLength;
      case CHUNKED, UNTIL_END -> UNKNOWN;
    };
  }

  @Override
  public boolean mayPersist() {
    boolean isContradictory = // a length where there can be no body: others may have believed it
        status == 204 && (head.hasTransferEncoding || head.contentLength > 0);
    return framing != Framing.UNTIL_END && !isContradictory && head.mayPersist();
  }

  @Override
  public @Nullable String trailer(String name) {
    Fields trailers = state == State.DONE && framing == Framing.CHUNKED ? decoder.trailers() : null;
    int field = trailers == null ? -1 : trailers.find(name, 0);
    return trailers == null || field < 0 ? null : trailers.value(field);
  }

  @Override
  public String problem() {
    return problem == null ? "nothing" : problem;
  }
}
