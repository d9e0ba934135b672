package gyre.http.client;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.io.ByteStream;
import gyre.io.IoException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Sends the body of a request in a fiber of its own, so that the answer is read meanwhile: a server
 * may refuse a body long before its end.
 */
final class Upload {
  private enum State {
    SENDING,
    SENT,
    FAILED
  }

  private final Cancellation token;
  private State state = State.SENDING;
  private @Nullable Exception writerFailure;
  private @Nullable Fiber<?> fiber;

  private Upload(Cancellation token) {
    this.token = token;
  }

  /** Begins it in the scope of the client. */
  static Upload begin(
      Scope owner, ByteStream stream, long length, BodyWriter writer, Duration limit) {
    Upload upload = new Upload(owner.cancellation().child(limit));
    upload.fiber = owner.start("http-upload", () -> upload.run(stream, length, writer));
    return upload;
  }

  private void run(ByteStream stream, long length, BodyWriter writer) {
    HttpOutput out = new HttpOutput(stream, length);
    try (token) {
      token.run(() -> {
        writer.write(out);
        out.finish();
      });
      state = State.SENT;
    } catch (Exception e) {
      state = State.FAILED;
      boolean isOfStream = e instanceof IoException io && io.subject().equals(stream.name());
      if (!isOfStream && !(e instanceof CancelledException)) {
        writerFailure = e; // whoever waits for the answer hears of it
      }
    }
  }

  boolean isSending() {
    return state == State.SENDING;
  }

  boolean isSent() {
    return state == State.SENT;
  }

  /** Ready when it is over, one way or another. */
  Source end() {
    Fiber<?> running = fiber;
    if (running == null) {
      throw new AssertionError("has not begun");
    }
    return running.end();
  }

  /** What the writer threw, if it is not that the connection broke. */
  @Nullable Exception writerFailure() {
    return writerFailure;
  }

  void cancel() {
    if (state == State.SENDING) {
      token.cancel("the answer is closed");
    }
  }
}
