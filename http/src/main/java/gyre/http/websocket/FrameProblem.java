package gyre.http.websocket;

/** What can be wrong with what a peer sends. Each has the code that it is closed with. */
enum FrameProblem {
  RESERVED_BIT(CloseCode.PROTOCOL_ERROR, "a reserved bit is set"),
  OPCODE(CloseCode.PROTOCOL_ERROR, "the opcode is not known"),
  UNMASKED(CloseCode.PROTOCOL_ERROR, "a frame of a client is not masked"),
  MASKED(CloseCode.PROTOCOL_ERROR, "a frame of a server is masked"),
  CONTROL_FRAGMENTED(CloseCode.PROTOCOL_ERROR, "a control frame is fragmented"),
  CONTROL_TOO_LONG(CloseCode.PROTOCOL_ERROR, "a control frame has more than 125 bytes"),
  LENGTH(CloseCode.PROTOCOL_ERROR, "a length is not written in the shortest form"),
  NOTHING_TO_CONTINUE(CloseCode.PROTOCOL_ERROR, "a continuation without a message"),
  MESSAGE_INSIDE(CloseCode.PROTOCOL_ERROR, "a message begins within another"),
  CLOSE_PAYLOAD(CloseCode.PROTOCOL_ERROR, "a close frame has an invalid code"),
  TOO_LARGE(CloseCode.TOO_LARGE, "the message is larger than is taken here"),
  INVALID_TEXT(CloseCode.INVALID_DATA, "the text is no UTF-8"),
  INVALID_COMPRESSION(CloseCode.INVALID_DATA, "the compressed data is broken"),
  INFLATES_TOO_MUCH(CloseCode.TOO_LARGE, "the message inflates to more than is taken here"),
  TOO_MANY_CONTROLS(CloseCode.POLICY, "too many control or empty frames"),
  TOO_SLOW(CloseCode.POLICY, "messages are not taken fast enough");

  private final int code;
  private final String text;

  FrameProblem(int code, String text) {
    this.code = code;
    this.text = text;
  }

  int code() {
    return code;
  }

  String text() {
    return text;
  }
}
