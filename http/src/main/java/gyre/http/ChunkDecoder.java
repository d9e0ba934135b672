package gyre.http;

import gyre.io.ByteQueue;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Takes a chunked body apart, in whatever pieces it comes: RFC 9112, 7.1. Data moves on without
 * being copied. Sizes, extensions and trailers are held to their grammar, and every line ends with
 * CR LF.
 */
final class ChunkDecoder {
  /** How it went. */
  enum Outcome {
    MORE,
    DONE,
    FAILED
  }

  private enum State {
    SIZE,
    /** White space behind the size or an extension, where only an extension may follow. */
    BEFORE_EXTENSION,
    EXTENSION_START,
    EXTENSION_NAME,
    AFTER_NAME,
    VALUE_START,
    VALUE,
    QUOTED,
    QUOTED_PAIR,
    AFTER_QUOTED,
    SIZE_FEED,
    DATA,
    DATA_RETURN,
    DATA_FEED,
    TRAILERS,
    DONE,
    FAILED
  }

  private static final int SIZE_DIGITS = 15;

  private final HttpLimits limits;
  private State state = State.DONE;
  private int digits;
  private long size;
  private int extensionBytes;
  private int extensionsBytes;
  private long dataBytes;
  private @Nullable Problem problem;
  private final TrailerReader trailers;

  ChunkDecoder(HttpLimits limits) {
    this.limits = limits;
    this.trailers = new TrailerReader(limits);
  }

  void begin() {
    state = State.SIZE;
    digits = 0;
    size = 0;
    extensionBytes = 0;
    extensionsBytes = 0;
    dataBytes = 0;
    problem = null;
    trailers.begin();
  }

  @Nullable Problem problem() {
    return problem;
  }

  /** All data of the body so far, and what the present chunk has announced. */
  long announcedBytes() {
    return dataBytes + (state == State.DATA ? size : 0);
  }

  /** The trailers, once it is done; null if there are none. */
  @Nullable Fields trailers() {
    return trailers.fields();
  }

  /**
   * Moves data from {@code in} to {@code out}, and consumes what is around it.
   *
   * @param limitBytes what {@code out} may hold
   * @return MORE if more input is needed, or {@code out} is full
   */
  Outcome decode(ByteQueue in, ByteQueue out, long limitBytes, long bodyLimitBytes) {
    while (true) {
      switch (state) {
        case DONE -> {
          return Outcome.DONE;
        }
        case FAILED -> {
          return Outcome.FAILED;
        }
        case DATA -> {
          if (announcedBytes() > bodyLimitBytes) {
            fail(Problem.BODY_TOO_LARGE);
          } else if (!moveData(in, out, limitBytes)) {
            return Outcome.MORE;
          }
        }
        case TRAILERS -> {
          switch (trailers.read(in)) {
            case MORE -> {
              return Outcome.MORE;
            }
            case DONE -> state = State.DONE;
            case FAILED -> fail(Objects.requireNonNull(trailers.problem()));
          }
        }
        default -> {
          if (in.isEmpty()) {
            return Outcome.MORE;
          }
          step(in.readByte());
        }
      }
    }
  }

  /** False if there is nothing to move or no room for it. */
  private boolean moveData(ByteQueue in, ByteQueue out, long limitBytes) {
    long part = Math.min(Math.min(size, in.size()), limitBytes - out.size());
    if (part <= 0) {
      return false;
    }
    out.append(in, part);
    dataBytes += part;
    size -= part;
    if (size == 0) {
      state = State.DATA_RETURN;
    }
    return true;
  }

  private void step(byte value) {
    switch (state) {
      case SIZE -> size(value);
      case BEFORE_EXTENSION -> {
        if (countExtension() && !Ascii.isBlank(value)) {
          expect(value == ';', State.EXTENSION_START, Problem.CHUNK_EXTENSION);
        }
      }
      case EXTENSION_START,
          EXTENSION_NAME,
          AFTER_NAME,
          VALUE_START,
          VALUE,
          QUOTED,
          QUOTED_PAIR,
          AFTER_QUOTED -> {
        if (countExtension()) {
          extension(value);
        }
      }
      case SIZE_FEED -> {
        if (value == '\n') {
          sizeEnded();
        } else {
          fail(Problem.LINE_END);
        }
      }
      case DATA_RETURN -> expect(value == '\r', State.DATA_FEED, Problem.CHUNK_END);
      case DATA_FEED -> expect(value == '\n', State.SIZE, Problem.CHUNK_END);
      case DATA, TRAILERS, DONE, FAILED -> throw new AssertionError(state);
    }
  }

  private void expect(boolean isThere, State next, Problem otherwise) {
    if (isThere) {
      state = next;
    } else {
      fail(otherwise);
    }
  }

  private void fail(Problem found) {
    problem = found;
    state = State.FAILED;
  }

  private void size(byte value) {
    if (Ascii.isHex(value) && digits < SIZE_DIGITS) {
      size = size << 4 | Ascii.hex(value);
      digits++;
    } else if (digits == 0 || Ascii.isHex(value)) {
      fail(Problem.CHUNK_SIZE);
    } else if (value == '\r') {
      state = State.SIZE_FEED;
    } else if (value == ';') {
      state = State.EXTENSION_START;
    } else if (Ascii.isBlank(value)) {
      state = State.BEFORE_EXTENSION;
    } else {
      fail(value == '\n' ? Problem.LINE_END : Problem.CHUNK_SIZE);
    }
  }

  private boolean countExtension() {
    extensionBytes++;
    extensionsBytes++;
    if (extensionBytes > limits.chunkExtensionBytes()
        || extensionsBytes > limits.chunkExtensionsBytes()) {
      fail(Problem.CHUNK_EXTENSIONS_TOO_LARGE);
      return false;
    }
    return true;
  }

  /** One state after the other as the grammar has them, with white space where it allows it. */
  private void extension(byte value) {
    boolean isToken = Ascii.isToken(value);
    switch (state) {
      case EXTENSION_START -> {
        if (!Ascii.isBlank(value)) {
          expect(isToken, State.EXTENSION_NAME, Problem.CHUNK_EXTENSION);
        }
      }
      case EXTENSION_NAME -> {
        if (value == '=') {
          state = State.VALUE_START;
        } else if (!isToken) {
          between(value, State.AFTER_NAME);
        }
      }
      case AFTER_NAME -> {
        if (value == '=') {
          state = State.VALUE_START;
        } else if (!Ascii.isBlank(value)) {
          expect(value == ';', State.EXTENSION_START, Problem.CHUNK_EXTENSION);
        }
      }
      case VALUE_START -> {
        if (value == '"') {
          state = State.QUOTED;
        } else if (!Ascii.isBlank(value)) {
          expect(isToken, State.VALUE, Problem.CHUNK_EXTENSION);
        }
      }
      case VALUE -> {
        if (!isToken) {
          between(value, State.BEFORE_EXTENSION);
        }
      }
      case QUOTED -> {
        if (value == '"') {
          state = State.AFTER_QUOTED;
        } else if (value == '\\') {
          state = State.QUOTED_PAIR;
        } else {
          expect(Ascii.isText(value), State.QUOTED, Problem.CHUNK_EXTENSION);
        }
      }
      case QUOTED_PAIR -> expect(Ascii.isText(value), State.QUOTED, Problem.CHUNK_EXTENSION);
      case AFTER_QUOTED -> between(value, State.BEFORE_EXTENSION);
      default -> throw new AssertionError(state);
    }
  }

  /** Behind a name or a value: the end of the line, another extension, or white space. */
  private void between(byte value, State afterBlank) {
    if (value == '\r') {
      state = State.SIZE_FEED;
    } else if (value == ';') {
      state = State.EXTENSION_START;
    } else {
      expect(Ascii.isBlank(value), afterBlank, Problem.CHUNK_EXTENSION);
    }
  }

  private void sizeEnded() {
    digits = 0;
    extensionBytes = 0;
    if (size > 0) {
      state = State.DATA;
    } else {
      state = State.TRAILERS;
    }
  }
}
