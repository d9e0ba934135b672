package gyre.http.websocket;

import gyre.io.ByteQueue;
import gyre.io.Utf8Check;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Understands what a peer sends, in whatever pieces it comes: bytes in, events out, no I/O. A head
 * is checked before its payload is waited for. Payloads are unmasked where they lie and joined in
 * one queue, with no object for each fragment.
 *
 * <pre>
 *   HEAD --a head is there--&gt; PAYLOAD or CONTROL --all of it is there--&gt; HEAD
 *     '------------------- something is wrong, or a close frame -----------&gt; OVER
 * </pre>
 */
final class FrameParser {
  enum Event {
    /** All that came is understood, and more is needed. */
    MORE,
    /** {@link #message} has a whole one, which the caller takes or clears. */
    MESSAGE,
    /** {@link #control} has the payload. */
    PING,
    /** {@link #control} has the payload. */
    PONG,
    /** {@link #closeCode} and {@link #closeReason} say why. Nothing follows. */
    CLOSE,
    /** {@link #problem} says what is wrong. Nothing follows. */
    FAILED
  }

  private enum State {
    HEAD,
    PAYLOAD,
    CONTROL,
    OVER
  }

  /** Of a control frame. */
  private static final int CONTROL_BYTES = 125;

  /** Pieces up to this are copied, so that fragments of a few bytes do not hold a block each. */
  private static final int COPIED_BYTES = 512;

  /** Frames in a row that bring a message no further. */
  private static final int EMPTY_FRAMES = 64;

  private static final int NO_MESSAGE = -1;

  private final boolean expectsMask;
  private final boolean mayCompress;
  private final long messageBytes;
  private final byte[] scratch;
  private final ByteQueue message;
  private final ByteQueue control;
  private State state = State.HEAD;

  // The present frame.
  private boolean isLast;
  private int opcode;
  private long leftBytes;
  private int key;

  // The present message.
  private int messageOpcode = NO_MESSAGE;
  private boolean isCompressed;
  private int utf8;

  /** In a row. */
  private int emptyFrames;

  private @Nullable FrameProblem problem;
  private int closeCode = CloseCode.NONE;
  private String closeReason = "";

  /**
   * @param expectsMask whether the peer is a client
   * @param mayCompress whether compression was agreed
   * @param messageBytes what a message may have, as it is sent
   * @param scratch at least 512 bytes, used within calls
   * @param queue any queue whose pool the messages come from
   */
  FrameParser(
      boolean expectsMask,
      boolean mayCompress,
      long messageBytes,
      byte[] scratch,
      ByteQueue queue) {
    this.expectsMask = expectsMask;
    this.mayCompress = mayCompress;
    this.messageBytes = messageBytes;
    this.scratch = scratch;
    this.message = queue.sibling();
    this.control = queue.sibling();
  }

  // ---- what was understood

  ByteQueue message() {
    return message;
  }

  boolean isText() {
    return messageOpcode == Opcode.TEXT;
  }

  /** Whether the message is compressed, and so its text is not checked yet. */
  boolean isCompressed() {
    return isCompressed;
  }

  ByteQueue control() {
    return control;
  }

  int closeCode() {
    return closeCode;
  }

  String closeReason() {
    return closeReason;
  }

  FrameProblem problem() {
    return Objects.requireNonNull(problem);
  }

  /** Before a turn ends: what was received into the engine's memory must not stay there. */
  void keep() {
    if (!message.isEmpty()) {
      boolean ignored = message.copyPinned(); // else it stays where it is
    }
  }

  void clear() {
    message.clear();
    control.clear();
  }

  // ---- understanding

  /** Understands as much as leads to the next event, and removes it. */
  Event next(ByteQueue in) {
    while (true) {
      switch (state) {
        case HEAD -> {
          if (in.size() < 2 || !readHead(in)) {
            return problem == null ? Event.MORE : Event.FAILED;
          }
        }
        case PAYLOAD -> {
          Event event = readPayload(in);
          if (event != null) {
            return event;
          }
        }
        case CONTROL -> {
          return in.size() < leftBytes ? Event.MORE : readControl(in);
        }
        case OVER -> {
          in.clear();
          return Event.MORE;
        }
      }
    }
  }

  private Event fail(FrameProblem why) {
    problem = why;
    state = State.OVER;
    clear();
    return Event.FAILED;
  }

  /** False if it is not all there, or wrong. */
  private boolean readHead(ByteQueue in) {
    int first = in.byteAt(0) & 0xFF;
    int second = in.byteAt(1) & 0xFF;
    FrameProblem wrong = check(first, second);
    if (wrong != null) {
      Event ignored = fail(wrong);
      return false;
    }
    boolean isMasked = (second & FrameHead.MASKED) != 0;
    int coded = second & 0x7F;
    int lengthBytes = coded < FrameHead.TWO_BYTES ? 0 : coded == FrameHead.TWO_BYTES ? 2 : 8;
    int headBytes = 2 + lengthBytes + (isMasked ? Integer.BYTES : 0);
    if (in.size() < 2 + lengthBytes) {
      return false;
    }
    long length = lengthBytes == 0 ? coded : in.unsignedAt(2, lengthBytes);
    wrong = checkLength(first & 0x0F, length, lengthBytes);
    if (wrong != null) {
      Event ignored = fail(wrong);
      return false;
    }
    if (in.size() < headBytes) {
      return false;
    }
    key = isMasked ? in.intAt(2 + lengthBytes) : 0;
    in.drain(headBytes);
    begin(first, length);
    if (emptyFrames > EMPTY_FRAMES) {
      Event ignored = fail(FrameProblem.TOO_MANY_CONTROLS);
      return false;
    }
    return true;
  }

  private @Nullable FrameProblem check(int first, int second) {
    int code = first & 0x0F;
    boolean isFin = (first & FrameHead.FIN) != 0;
    boolean saysCompressed = (first & FrameHead.COMPRESSED) != 0;
    if ((first & FrameHead.RESERVED) != 0 || (saysCompressed && !mayCompress)) {
      return FrameProblem.RESERVED_BIT;
    }
    if (!Opcode.isKnown(code)) {
      return FrameProblem.OPCODE;
    }
    if (((second & FrameHead.MASKED) != 0) != expectsMask) {
      return expectsMask ? FrameProblem.UNMASKED : FrameProblem.MASKED;
    }
    if (saysCompressed && code != Opcode.TEXT && code != Opcode.BINARY) {
      return FrameProblem.RESERVED_BIT;
    }
    if (Opcode.isControl(code)) {
      return !isFin
          ? FrameProblem.CONTROL_FRAGMENTED
          : (second & 0x7F) > CONTROL_BYTES ? FrameProblem.CONTROL_TOO_LONG : null;
    }
    if (code == Opcode.CONTINUATION && messageOpcode == NO_MESSAGE) {
      return FrameProblem.NOTHING_TO_CONTINUE;
    }
    if (code != Opcode.CONTINUATION && messageOpcode != NO_MESSAGE) {
      return FrameProblem.MESSAGE_INSIDE;
    }
    return null;
  }

  private @Nullable FrameProblem checkLength(int code, long length, int lengthBytes) {
    if (length < 0
        || (lengthBytes == 2 && length < FrameHead.TWO_BYTES)
        || (lengthBytes == 8 && length <= 0xFFFF)) {
      return FrameProblem.LENGTH;
    }
    if (!Opcode.isControl(code) && length > messageBytes - message.size()) {
      return FrameProblem.TOO_LARGE;
    }
    return null;
  }

  private void begin(int first, long length) {
    opcode = first & 0x0F;
    isLast = (first & FrameHead.FIN) != 0;
    leftBytes = length;
    if (Opcode.isControl(opcode)) {
      state = State.CONTROL;
      return;
    }
    if (opcode != Opcode.CONTINUATION) {
      messageOpcode = opcode;
      isCompressed = (first & FrameHead.COMPRESSED) != 0;
      utf8 = Utf8Check.COMPLETE;
    }
    emptyFrames = length == 0 && !isLast ? emptyFrames + 1 : 0;
    state = State.PAYLOAD;
  }

  /** Null if there is nothing to tell, and it goes on with the next head. */
  private @Nullable Event readPayload(ByteQueue in) {
    int bytes = (int) Math.min(leftBytes, Math.min(in.size(), Integer.MAX_VALUE));
    if (bytes > 0) {
      unmask(in, bytes);
      leftBytes -= bytes;
      if (messageOpcode == Opcode.TEXT && !isCompressed) {
        utf8 = Utf8Check.next(utf8, in, 0, bytes);
        if (utf8 == Utf8Check.REFUSED) {
          return fail(FrameProblem.INVALID_TEXT);
        }
      }
      join(in, bytes);
    }
    if (leftBytes > 0) {
      return Event.MORE;
    }
    state = State.HEAD;
    if (!isLast) {
      return null;
    }
    if (utf8 != Utf8Check.COMPLETE) {
      return fail(FrameProblem.INVALID_TEXT);
    }
    return Event.MESSAGE;
  }

  /** The next piece goes on with the key where this one has ended. */
  private void unmask(ByteQueue in, int bytes) {
    if (key != 0) {
      in.xor(0, bytes, key);
      key = Integer.rotateLeft(key, Byte.SIZE * (bytes & 3));
    }
  }

  private void join(ByteQueue in, int bytes) {
    boolean isWhole = message.isEmpty() && isLast && leftBytes == 0;
    if (isWhole || bytes > COPIED_BYTES) {
      message.append(in, bytes);
    } else {
      int copied = in.read(scratch, 0, bytes);
      message.append(scratch, 0, copied);
    }
  }

  /** The caller has dealt with the message of the last event. */
  void messageTaken() {
    message.clear();
    messageOpcode = NO_MESSAGE;
    isCompressed = false;
  }

  private Event readControl(ByteQueue in) {
    int bytes = (int) leftBytes;
    control.clear();
    unmask(in, bytes);
    control.append(in, bytes);
    state = State.HEAD;
    return switch (opcode) {
      case Opcode.PING -> Event.PING;
      case Opcode.PONG -> Event.PONG;
      default -> readClose();
    };
  }

  private Event readClose() {
    if (!control.isEmpty()) {
      int code = control.size() < 2 ? 0 : control.readUnsignedShort();
      if (!CloseCode.maySend(code)) {
        return fail(FrameProblem.CLOSE_PAYLOAD);
      }
      int check = Utf8Check.next(Utf8Check.COMPLETE, control, 0, control.size());
      if (check != Utf8Check.COMPLETE) {
        return fail(FrameProblem.INVALID_TEXT);
      }
      closeCode = code;
      closeReason = control.readString((int) control.size(), StandardCharsets.UTF_8);
    }
    state = State.OVER;
    clear();
    return Event.CLOSE;
  }
}
