package gyre.http;

/** What {@link HeadParser} has found out about a request, as offsets into {@link Lines}. */
final class RequestHead {
  /** RFC 9112, 3.2. */
  enum Form {
    ORIGIN,
    ABSOLUTE,
    AUTHORITY,
    ASTERISK
  }

  final Lines lines;
  final Fields fields;

  int methodStart;
  int methodEnd;
  int targetStart;
  int targetEnd;
  Form form = Form.ORIGIN;

  /** Of {@link Form#ABSOLUTE} and {@link Form#AUTHORITY}. */
  int authorityStart;

  int authorityEnd;

  /** Empty in absolute form without a path. */
  int pathStart;

  int pathEnd;

  /** Behind the question mark; -1 if there is none. */
  int queryStart;

  /** In the path. */
  boolean hasEscapes;

  /** Of HTTP/1.x. */
  int minorVersion;

  /** Index of the field; -1 if there is none. */
  int host;

  /** -1 if nothing was said. */
  long contentLength;

  boolean hasTransferEncoding;
  boolean saysClose;
  boolean saysKeepAlive;
  boolean saysUpgrade;
  boolean expectsContinue;

  RequestHead(Lines lines) {
    this.lines = lines;
    this.fields = new Fields(lines);
  }

  void clear() {
    fields.clear();
    methodStart = 0;
    methodEnd = 0;
    targetStart = 0;
    targetEnd = 0;
    form = Form.ORIGIN;
    authorityStart = 0;
    authorityEnd = 0;
    pathStart = 0;
    pathEnd = 0;
    queryStart = -1;
    hasEscapes = false;
    minorVersion = 1;
    host = -1;
    contentLength = -1;
    hasTransferEncoding = false;
    saysClose = false;
    saysKeepAlive = false;
    saysUpgrade = false;
    expectsContinue = false;
  }

  boolean isMethod(String method) {
    return Ascii.equals(lines.bytes, methodStart, methodEnd, method);
  }

  /** Whether another request may follow on the connection. */
  boolean mayPersist() {
    return !saysClose && (minorVersion >= 1 || saysKeepAlive);
  }

  boolean hasBody() {
    return hasTransferEncoding || contentLength > 0;
  }
}
