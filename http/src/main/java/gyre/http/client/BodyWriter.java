package gyre.http.client;

/**
 * Writes the body of a request, in a fiber of its own: while it writes the answer may already be
 * read. It is cancelled when the answer is closed before it is done.
 */
@FunctionalInterface
public interface BodyWriter {
  void write(RequestOutput out) throws Exception;
}
