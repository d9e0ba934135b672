package gyre.http.wire;

/** Puts the head of a request together; each part is checked, so that no text ends a line. */
public interface RequestHeadWriter {
  /** Begins a head: whatever was there is forgotten. */
  void requestLine(String method, String target);

  void field(String name, String value);

  /** The head, with its empty line. */
  byte[] finish();
}
