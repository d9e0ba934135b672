package gyre.io;

import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The reading half of something that carries bytes. One fiber reads at a time.
 *
 * <p>{@link #await} and {@link #input} are the primitives: wait until bytes are there, look at them
 * where they lie, consume what is needed. Everything below them is made of these two, and so is the
 * same for every kind of stream.
 *
 * <p><b>Cancellation.</b> A read that is cancelled while it waits has consumed nothing, and what
 * has arrived is there for the next one. {@link #readFully} and {@link #transferTo(ByteSink)} are
 * made of several steps, and say what is left where.
 */
public interface ByteSource {
  /** What it is called in failures and reports. */
  String name();

  /**
   * Reads what is there, at least a byte, and parks until there is one.
   *
   * @return the number of bytes, or -1 at the end
   */
  int read(ByteBuffer target);

  /**
   * What was received and not consumed. Fill it with {@link #await}, consume from it, and don't
   * keep it beyond the stream's life.
   */
  ByteQueue input();

  /**
   * Parks until {@link #input} holds at least so many bytes.
   *
   * @param bytes at most {@link #awaitLimitBytes}
   * @return false if the end came before
   */
  boolean await(int bytes);

  /** The most that {@link #await} may be asked for, since so much may wait unconsumed. */
  int awaitLimitBytes();

  /**
   * For code that parses: tells that a failure is the doing of whoever sends these bytes. If that
   * is a remote peer the failure is marked and counted, so that a server does not log each. Gives
   * back the failure, to be thrown.
   */
  default <E extends IoException> E byPeer(E failure) {
    return failure;
  }

  /**
   * Parks until {@link #input} holds more than it does now: for parsers that need a little more and
   * don't know how much.
   *
   * @return false if the end came before
   */
  default boolean awaitMore() {
    return await((int) Math.min(Integer.MAX_VALUE, input().size() + 1));
  }

  /**
   * Fills the buffer, in as many steps as it takes: one that is cancelled has filled it up to its
   * position.
   *
   * @throws EndOfStreamException if the end comes before; the buffer has the bytes up to there
   */
  default void readFully(ByteBuffer target) {
    Reading.fill(this, target);
  }

  /**
   * Reads just so many bytes. If it throws, for whatever reason, none is consumed.
   *
   * @param bytes at most {@link #awaitLimitBytes}; more is read by {@link #readFully}
   * @throws EndOfStreamException if the end comes before
   */
  default byte[] readExactly(int bytes) {
    return Reading.exactly(this, bytes);
  }

  /**
   * Parks until {@link #input} has the delimiter, and tells its index there: for those who parse
   * what is before it without copying. Nothing is consumed. Looks at each byte once, however they
   * come.
   *
   * @param limitBytes how many bytes there may be, the delimiter included; at most {@link
   *     #awaitLimitBytes}
   * @return -1 if the end comes before the first byte
   * @throws LimitExceededException if there is no delimiter within the limit
   * @throws EndOfStreamException if the end comes before the delimiter
   */
  default int awaitIndexOf(byte delimiter, int limitBytes) {
    return Reading.indexOf(this, delimiter, limitBytes, "the delimiter");
  }

  /** As {@link #awaitIndexOf(byte, int)}, for a delimiter of several bytes. */
  default int awaitIndexOf(byte[] delimiter, int limitBytes) {
    return Reading.indexOf(this, delimiter, limitBytes);
  }

  /** Reads a line of UTF-8: see {@link #readLine(int, Charset)}. */
  default @Nullable String readLine(int limitBytes) {
    return readLine(limitBytes, StandardCharsets.UTF_8);
  }

  /**
   * Reads a line, and gives it without its end: LF, or CR LF. If it throws, for whatever reason,
   * nothing is consumed.
   *
   * <p>A line is what has an end, here. If the input ends before that, somebody may have been cut
   * short while he sent it, and a protocol must not take it for the whole: so this throws, however
   * often it is called, and the bytes stay in {@link #input}. The same holds for every kind of
   * source. {@link #lines(int)} takes them for the last line, as tools for text files do.
   *
   * @param limitBytes what a line may have, its end included; at most {@link #awaitLimitBytes}
   * @return null at the end of the stream
   * @throws LimitExceededException if the line is longer
   * @throws EndOfStreamException if the stream ends within a line, which is in {@link #input}
   */
  default @Nullable String readLine(int limitBytes, Charset charset) {
    return Reading.line(this, limitBytes, charset);
  }

  /** The lines of UTF-8 from here to the end: see {@link #lines(int, Charset)}. */
  default Iterable<String> lines(int limitBytes) {
    return lines(limitBytes, StandardCharsets.UTF_8);
  }

  /**
   * The lines from here to the end, one at a time, without their ends; what comes behind the last
   * end is a line too, unless it is empty. Asking for the next one may park the fiber.
   *
   * <pre>{@code
   * for (String line : source.lines(8192)) { ... }
   * }</pre>
   *
   * <p>There is one sequence of lines, that of the source: a loop that is left is gone on with by
   * the next one, and no more than the lines that were asked for is consumed.
   *
   * @param limitBytes what a line may have, its end included; at most {@link #awaitLimitBytes}
   */
  default Iterable<String> lines(int limitBytes, Charset charset) {
    return () -> new Lines(this, limitBytes, charset);
  }

  /**
   * Reads up to the delimiter, which is consumed too, and gives what is before it: see {@link
   * #awaitIndexOf(byte, int)}.
   *
   * @return null at the end of the stream
   */
  default byte @Nullable [] readUntil(byte delimiter, int limitBytes) {
    return Reading.take(this, awaitIndexOf(delimiter, limitBytes), 1);
  }

  /** As {@link #readUntil(byte, int)}, for a delimiter of several bytes. */
  default byte @Nullable [] readUntil(byte[] delimiter, int limitBytes) {
    return Reading.take(this, awaitIndexOf(delimiter, limitBytes), delimiter.length);
  }

  /**
   * Passes on everything until the end, without copying it; parks while the sink is slow. The sink
   * is not told of the end. Where it throws, nothing is between the two: each byte is still here or
   * was written to the sink.
   *
   * @return how many bytes
   */
  default long transferTo(ByteSink sink) {
    return Reading.transfer(this, sink);
  }

  /**
   * Passes on just so many bytes.
   *
   * @throws EndOfStreamException if the end comes before; what came was passed on
   */
  default void transferTo(ByteSink sink, long bytes) {
    Reading.transfer(this, sink, bytes);
  }
}
