package gyre.http.client;

import gyre.Source;
import gyre.net.Lease;
import org.jspecify.annotations.Nullable;

/** A connection while it is lent for one exchange; given back once, in the state it is in. */
final class Held {
  private final Lease<ClientConnection> lease;
  private final ClientConnection connection;
  private @Nullable Upload upload;
  private boolean isOver;

  Held(Lease<ClientConnection> lease) {
    this.lease = lease;
    this.connection = lease.connection();
  }

  ClientConnection connection() {
    return connection;
  }

  @Nullable Upload upload() {
    return upload;
  }

  void upload(Upload begun) {
    upload = begun;
  }

  /** If the caller's own writer has failed there will be no answer, or only half of one. */
  void checkWriter(String request) {
    Upload known = upload;
    Exception failure = known == null ? null : known.writerFailure();
    if (failure != null) {
      throw new HttpClientException(
          request,
          Phase.SEND,
          HttpClientException.Kind.REFUSED,
          "the writer of the body has failed: " + failure,
          failure);
    }
  }

  /** Ready when the body of the request is sent, or never will be; null if it is already. */
  @Nullable Source sent() {
    Upload known = upload;
    return known != null && known.isSending() ? known.end() : null;
  }

  /** The answer is complete. What is not sent of the request yet is not wanted any more. */
  void answered() {
    Upload known = upload;
    if (known != null && !known.isSent()) {
      abandon();
      return;
    }
    if (!isOver) {
      isOver = true;
      connection.ended(connection.reader().mayPersist());
      if (connection.isIdle()) {
        lease.close();
      } else {
        lease.discard();
      }
    }
  }

  /** Nobody knows what comes next on it. */
  void abandon() {
    if (!isOver) {
      isOver = true;
      Upload known = upload;
      if (known != null) {
        known.cancel();
      }
      lease.discard();
    }
  }
}
