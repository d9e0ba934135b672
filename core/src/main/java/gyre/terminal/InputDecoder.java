package gyre.terminal;

import gyre.terminal.TerminalEvent.Focus;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Turns the bytes that a terminal sends into events.
 *
 * <p>It is a state machine that takes one byte at a time, so where the bytes are cut makes no
 * difference. What it keeps is bounded: a sequence that is too long is skipped to its end, a paste
 * is cut at the limit. Nothing is known of the terminal: it understands what xterm, rxvt, the Linux
 * console and kitty send.
 *
 * <pre>
 *   GROUND --ESC--&gt; ESCAPE --[--&gt; CSI --final--&gt; GROUND, or MOUSE (3 bytes), or PASTE (to CSI 201 ~)
 *                          --O--&gt; SS3 --one byte--&gt; GROUND
 *                          --]P_--&gt; STRING --BEL or ESC \--&gt; GROUND
 *                          --anything else: that key with alt
 * </pre>
 *
 * <p>One thing the bytes do not tell: whether an ESC is the key, or begins a sequence of which more
 * is to come. While {@link #isUndecided} the owner waits for some milliseconds, and if nothing came
 * calls {@link #decide}.
 *
 * <p>Confined to one thread.
 */
public final class InputDecoder {
  /** Longer ones are skipped: the longest that mean something to us take about 40 bytes. */
  public static final int MAX_SEQUENCE_BYTES = 64;

  /** After so many bytes without an end a string is taken for no string. */
  private static final int MAX_STRING_BYTES = 4096;

  private static final int ESC = 0x1b;
  private static final int BEL = 0x07;
  private static final int REPLACEMENT = 0xFFFD;
  private static final byte[] PASTE_END = {ESC, '[', '2', '0', '1', '~'};

  private enum State {
    GROUND,
    /** Some bytes of a character have come. */
    CHARACTER,
    ESCAPE,
    CSI,
    SS3,
    /** Coordinates of the oldest way to tell of the mouse. */
    MOUSE,
    /** One of the Linux console's function keys. */
    CONSOLE_KEY,
    STRING,
    /** An ESC has come in a string: its end if a backslash follows. */
    STRING_ESCAPE,
    PASTE
  }

  private final InputSink sink;
  private final int maxPasteBytes;
  private final byte[] sequence = new byte[MAX_SEQUENCE_BYTES];

  private State state = State.GROUND;

  /** Bits of what the ESC before means for the key. */
  private int modifiers;

  /** Of the sequence, string or mouse report that has begun; counts on where it is too long. */
  private int length;

  // Of a character.
  private int codePoint;
  private int missingBytes;
  private int lowest;

  // Of a paste.
  private byte[] paste = new byte[0];
  private int pasteLength;
  private long pasteDropped;
  private int pasteEndSeen;

  private InputDecoder(InputSink sink, int maxPasteBytes) {
    this.sink = sink;
    this.maxPasteBytes = maxPasteBytes;
  }

  /**
   * A decoder at the beginning of what a terminal sends.
   *
   * @param maxPasteBytes what is kept of one paste
   */
  public static InputDecoder of(InputSink sink, int maxPasteBytes) {
    if (maxPasteBytes < 1) {
      throw new IllegalArgumentException(
          "a limit of " + maxPasteBytes + " bytes for a paste: must be at least 1");
    }
    return new InputDecoder(sink, maxPasteBytes);
  }

  public void feed(byte[] bytes, int offset, int count) {
    for (int i = offset; i < offset + count; i++) {
      feed(bytes[i] & 0xFF);
    }
  }

  /** Whether what came last may be a whole key, or the beginning of something longer. */
  public boolean isUndecided() {
    return switch (state) {
      case ESCAPE -> true;
      case CSI, SS3, STRING -> length == 0;
      default -> false;
    };
  }

  /** Nothing more has come: takes what is undecided for keys. */
  public void decide() {
    if (!isUndecided()) {
      return;
    }
    State undecided = state;
    state = State.GROUND;
    switch (undecided) {
      case ESCAPE -> tell(TerminalEvent.Key.of(KeyCode.ESCAPE, modifiers));
      case SS3 -> tell(TerminalEvent.Key.character('O', modifiers | Modifiers.ALT));
      case STRING -> tell(TerminalEvent.Key.character(codePoint, modifiers | Modifiers.ALT));
      default -> tell(TerminalEvent.Key.character('[', modifiers | Modifiers.ALT));
    }
  }

  private void feed(int next) {
    switch (state) {
      case GROUND -> ground(next);
      case CHARACTER -> character(next);
      case ESCAPE -> escape(next);
      case CSI -> csi(next);
      case SS3 -> ss3(next);
      case MOUSE -> mouse(next);
      case CONSOLE_KEY -> consoleKey(next);
      case STRING -> string(next);
      case STRING_ESCAPE -> stringEscape(next);
      case PASTE -> paste(next);
    }
  }

  // ---- keys of one character

  private void ground(int next) {
    if (next == ESC) {
      state = State.ESCAPE;
    } else if (next < 0x80) {
      ascii(next);
    } else {
      beginCharacter(next);
    }
  }

  /** A whole key: with what an ESC before has brought. */
  private void tell(TerminalEvent.Key key) {
    state = State.GROUND;
    modifiers = 0;
    sink.event(key);
  }

  private void ascii(int next) {
    tell(
        switch (next) {
          case '\r', '\n' -> TerminalEvent.Key.of(KeyCode.ENTER, modifiers);
          case '\t' -> TerminalEvent.Key.of(KeyCode.TAB, modifiers);
          case 0x7f -> TerminalEvent.Key.of(KeyCode.BACKSPACE, modifiers);
          case 0 -> TerminalEvent.Key.character(' ', modifiers | Modifiers.CONTROL);
          default -> {
            if (next >= ' ') {
              yield TerminalEvent.Key.character(next, modifiers);
            }
            int typed = next <= 26 ? next + 'a' - 1 : next + '@';
            yield TerminalEvent.Key.character(typed, modifiers | Modifiers.CONTROL);
          }
        });
  }

  private void beginCharacter(int first) {
    if (first >= 0xC2 && first < 0xE0) {
      begin(first & 0x1F, 1, 0x80);
    } else if (first >= 0xE0 && first < 0xF0) {
      begin(first & 0x0F, 2, 0x800);
    } else if (first >= 0xF0 && first < 0xF5) {
      begin(first & 0x07, 3, 0x10000);
    } else {
      tell(TerminalEvent.Key.character(REPLACEMENT, modifiers));
    }
  }

  private void begin(int bits, int missing, int lowestOfLength) {
    state = State.CHARACTER;
    codePoint = bits;
    missingBytes = missing;
    lowest = lowestOfLength;
  }

  private void character(int next) {
    if ((next & 0xC0) != 0x80) {
      tell(TerminalEvent.Key.character(REPLACEMENT, modifiers));
      feed(next);
      return;
    }
    codePoint = codePoint << 6 | (next & 0x3F);
    missingBytes--;
    if (missingBytes == 0) {
      boolean isValid =
          codePoint >= lowest
              && codePoint <= Character.MAX_CODE_POINT
              && (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE);
      tell(TerminalEvent.Key.character(isValid ? codePoint : REPLACEMENT, modifiers));
    }
  }

  // ---- sequences

  private void escape(int next) {
    switch (next) {
      case '[' -> beginSequence(State.CSI);
      case 'O' -> beginSequence(State.SS3);
      case ']', 'P', '_' -> beginString(next);
      case ESC -> {
        if (modifiers != 0) {
          sink.event(TerminalEvent.Key.of(KeyCode.ESCAPE, 0)); // the first of three stands alone
        }
        modifiers = Modifiers.ALT;
      }
      default -> {
        modifiers |= Modifiers.ALT;
        ground(next);
      }
    }
  }

  private void beginSequence(State kind) {
    state = kind;
    length = 0;
  }

  /** An answer that we do not know; or, if nothing follows, a character typed with alt. */
  private void beginString(int first) {
    beginSequence(State.STRING);
    codePoint = first;
  }

  private void csi(int next) {
    if (next == ESC) {
      abandon();
    } else if (next == '[' && length == 0) {
      state = State.CONSOLE_KEY;
    } else if ((next >= 0x40 && next < 0x7f) || isEndOfRxvt(next)) {
      endSequence((char) next);
    } else if (next < 0x20 || next >= 0x7f) {
      state = State.GROUND; // no sequence has that in it: what came before it is lost
      modifiers = 0;
      ground(next);
    } else {
      if (length < MAX_SEQUENCE_BYTES) {
        sequence[length] = (byte) next;
      }
      length++;
    }
  }

  /** It ends a key with shift by a dollar, which stands before the end elsewhere: CSI ? 1 $ y. */
  private boolean isEndOfRxvt(int next) {
    return next == '$' && length > 0 && sequence[0] >= '0' && sequence[0] <= '9';
  }

  /** A new sequence begins in the middle of one, which is lost. */
  private void abandon() {
    state = State.ESCAPE;
    modifiers = 0;
  }

  private void endSequence(char last) {
    if (last == 'M' && length == 0) {
      state = State.MOUSE;
      return;
    }
    int held = modifiers;
    int used = length;
    state = State.GROUND;
    modifiers = 0;
    if (used > MAX_SEQUENCE_BYTES) {
      return;
    }
    Parameters parameters = Parameters.parse(sequence, used);
    if (last == '~' && parameters.isPlain() && parameters.get(0) == 200) {
      beginPaste();
    } else if (parameters.isPlain() && (last == 'I' || last == 'O') && used == 0) {
      sink.event(new Focus(last == 'I'));
    } else if (last == 'M' || last == 'm') {
      TerminalEvent mouse = MouseReports.decode(parameters, last);
      if (mouse != null) {
        sink.event(mouse);
      }
    } else if (parameters.prefix() != 0 || last == 'y' || last == 'n' || last == 't') {
      sink.reply(new String(sequence, 0, used, StandardCharsets.ISO_8859_1), last);
    } else {
      TerminalEvent.Key key = KeySequences.decode(parameters, last, held);
      if (key != null) {
        sink.event(key);
      }
    }
  }

  private void ss3(int next) {
    if (next == ESC) {
      abandon();
      return;
    }
    if (next < 0x20 || next >= 0x7f) {
      state = State.GROUND;
      modifiers = 0;
      ground(next);
      return;
    }
    if (next >= '0' && next <= '9' && length == 0) {
      sequence[0] = (byte) next; // old xterms put modifiers here: SS3 5 P
      length = 1;
      return;
    }
    int held = modifiers | (length == 1 ? Modifiers.ofParameter(sequence[0] - '0') : 0);
    state = State.GROUND;
    modifiers = 0;
    TerminalEvent.Key key = KeySequences.application((char) next, held);
    if (key != null) {
      sink.event(key);
    }
  }

  private void consoleKey(int next) {
    if (next == ESC) {
      abandon();
    } else if (next >= 'A' && next <= 'E') {
      tell(TerminalEvent.Key.of(KeyCode.function(next - 'A' + 1), modifiers));
    } else {
      state = State.GROUND;
      modifiers = 0;
    }
  }

  private void mouse(int next) {
    sequence[length] = (byte) next;
    length++;
    if (length == 3) {
      state = State.GROUND;
      modifiers = 0;
      TerminalEvent mouse = MouseReports.decodeOld(sequence);
      if (mouse != null) {
        sink.event(mouse);
      }
    }
  }

  // ---- strings: answers to questions that we do not ask

  private void string(int next) {
    length++;
    modifiers = 0;
    if (next == ESC) {
      state = State.STRING_ESCAPE;
    } else if (next == BEL || length > MAX_STRING_BYTES) {
      state = State.GROUND;
    }
  }

  private void stringEscape(int next) {
    if (next == '\\') {
      state = State.GROUND;
    } else {
      state = State.ESCAPE; // the string has no end: something else begins
      modifiers = 0;
      feed(next);
    }
  }

  // ---- pastes

  private void beginPaste() {
    state = State.PASTE;
    pasteLength = 0;
    pasteDropped = 0;
    pasteEndSeen = 0;
  }

  private void paste(int next) {
    if (next == PASTE_END[pasteEndSeen]) {
      pasteEndSeen++;
      if (pasteEndSeen == PASTE_END.length) {
        endPaste();
      }
      return;
    }
    // What looked like the end was none. Only its first byte is an ESC, so no other end overlaps.
    int seen = pasteEndSeen;
    pasteEndSeen = 0;
    for (int i = 0; i < seen; i++) {
      keep(PASTE_END[i]);
    }
    if (next == ESC) {
      pasteEndSeen = 1;
    } else {
      keep((byte) next);
    }
  }

  private void keep(byte next) {
    if (pasteLength == maxPasteBytes) {
      pasteDropped++;
      return;
    }
    if (pasteLength == paste.length) {
      paste = Arrays.copyOf(paste, Math.min(maxPasteBytes, Math.max(256, 2 * paste.length)));
    }
    paste[pasteLength] = next;
    pasteLength++;
  }

  private void endPaste() {
    state = State.GROUND;
    String text = new String(paste, 0, pasteLength, StandardCharsets.UTF_8);
    paste = new byte[0]; // a large one is rare
    sink.event(new TerminalEvent.Paste(text, pasteDropped));
  }
}
