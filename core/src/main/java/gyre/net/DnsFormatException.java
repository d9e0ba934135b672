package gyre.net;

/** A message of a name server is none; it is dropped. */
final class DnsFormatException extends Exception {
  private static final long serialVersionUID = 1L;

  DnsFormatException(int offset, String reason) {
    super("byte " + offset + ": " + reason);
  }
}
