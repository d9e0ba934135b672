package gyre.http;

import gyre.io.ByteQueue;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields behind the last chunk. Where there are none, which is usual, it has no memory.
 */
final class TrailerReader {
  private final HttpLimits limits;
  private @Nullable Lines lines;
  private @Nullable Fields fields;
  private boolean hasFields;
  private @Nullable Problem problem;

  TrailerReader(HttpLimits limits) {
    this.limits = limits;
  }

  void begin() {
    hasFields = false;
    problem = null;
    if (lines != null && fields != null) {
      lines.reset();
      fields.clear();
    }
  }

  @Nullable Problem problem() {
    return problem;
  }

  /** Null if there were none. */
  @Nullable Fields fields() {
    return hasFields ? fields : null;
  }

  /** Goes on with what has arrived; consumes all of them when they are whole. */
  ChunkDecoder.Outcome read(ByteQueue in) {
    if (!hasFields) {
      if (in.size() >= 2 && in.byteAt(0) == '\r' && in.byteAt(1) == '\n') {
        in.drain(2);
        return ChunkDecoder.Outcome.DONE;
      }
      if (in.isEmpty() || (in.size() == 1 && in.byteAt(0) == '\r')) {
        return ChunkDecoder.Outcome.MORE;
      }
      hasFields = true;
    }
    Lines section = lines == null ? new Lines() : lines;
    Fields known = fields == null ? new Fields(section) : fields;
    lines = section;
    fields = known;
    return readLines(in, section, known);
  }

  private ChunkDecoder.Outcome readLines(ByteQueue in, Lines section, Fields known) {
    while (true) {
      if (!section.hasFirst(in)) {
        return ChunkDecoder.Outcome.MORE;
      }
      if (Ascii.isBlank(section.bytes[section.line()])) {
        return fail(Problem.FOLDED_FIELD);
      }
      int feed = section.endOfLine(in, limits.lineBytes(), limits.headBytes());
      if (feed == Lines.MORE) {
        return ChunkDecoder.Outcome.MORE;
      }
      if (feed < 0) {
        return fail(Problem.TRAILERS_TOO_LARGE);
      }
      int from = section.line();
      section.nextLine(feed);
      Problem wrong = addLine(section, known, from, feed - 1);
      if (wrong != null) {
        return fail(wrong);
      }
      if (feed - 1 == from) {
        int bytes = section.sectionBytes();
        in.drain(bytes);
        section.consumed(bytes);
        return ChunkDecoder.Outcome.DONE;
      }
    }
  }

  /**
   * @param end where CR must stand
   */
  private @Nullable Problem addLine(Lines section, Fields known, int from, int end) {
    if (end < from || section.bytes[end] != '\r') {
      return Problem.LINE_END;
    }
    if (end == from) {
      return null;
    }
    Problem wrong = known.add(from, end, limits.fields());
    boolean isForbidden = wrong == null && TrailerRules.isForbidden(known, known.count() - 1);
    return isForbidden ? Problem.TRAILER_FORBIDDEN : wrong;
  }

  private ChunkDecoder.Outcome fail(Problem found) {
    problem = found;
    return ChunkDecoder.Outcome.FAILED;
  }
}
