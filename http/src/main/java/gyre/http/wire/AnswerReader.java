package gyre.http.wire;

import gyre.io.ByteQueue;
import org.jspecify.annotations.Nullable;

/**
 * Reads answers of one connection, one after the other, in whatever pieces they come. What two
 * readers could understand differently is refused.
 *
 * <p>All of the connection's input is consumed through it. What it says about an answer holds until
 * the next {@link #begin}.
 */
public interface AnswerReader {
  /** How it went. */
  enum Outcome {
    /** More input is needed, or there is no room for what is there. */
    MORE,
    DONE,
    FAILED
  }

  /** What was asked, as far as it decides where the answer ends: RFC 9112, 6.3. */
  enum Asked {
    /** The answer has a body. */
    OTHER,
    /** It has none, whatever its fields say. */
    HEAD,
    /** A tunnel begins behind an answer with 2xx. */
    CONNECT
  }

  /** An answer begins with what the input begins with. An interim answer is one of its own. */
  void begin(Asked asked);

  /** Goes on with the head. When it is done, the head is consumed. */
  Outcome readHead(ByteQueue in);

  /**
   * Moves data of the body.
   *
   * @param heldLimitBytes what {@code out} may hold
   * @param bodyLimitBytes what the body may have in all
   */
  Outcome readBody(ByteQueue in, ByteQueue out, long heldLimitBytes, long bodyLimitBytes);

  /** The input has ended: DONE if that is how this body ends, FAILED otherwise. */
  Outcome inputEnded();

  // ---- what the head says

  int status();

  /** Of HTTP/1.x. */
  int minorVersion();

  int fieldCount();

  String fieldName(int index);

  String fieldValue(int index);

  /** Bytes of the body; -1 if nobody knows before the end. */
  long length();

  /** Whether another answer may follow on the connection, as far as the head says. */
  boolean mayPersist();

  /** Of the end of the body; null if there is none of this name. */
  @Nullable String trailer(String name);

  /** Why it has failed. */
  String problem();
}
