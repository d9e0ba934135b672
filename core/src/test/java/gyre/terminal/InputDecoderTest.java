package gyre.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.terminal.TerminalEvent.Button;
import gyre.terminal.TerminalEvent.Focus;
import gyre.terminal.TerminalEvent.KeyAction;
import gyre.terminal.TerminalEvent.Mouse;
import gyre.terminal.TerminalEvent.MouseAction;
import gyre.terminal.TerminalEvent.Paste;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the bytes of terminals mean. */
class InputDecoderTest {
  private static final int PASTE_LIMIT = 100;

  private final List<TerminalEvent> events = new ArrayList<>();
  private final List<String> replies = new ArrayList<>();

  private final InputDecoder decoder =
      InputDecoder.of(
          new InputSink() {
            @Override
            public void event(TerminalEvent event) {
              events.add(event);
            }

            @Override
            public void reply(String sequence, char last) {
              replies.add(sequence + last);
            }
          },
          PASTE_LIMIT);

  @ParameterizedTest
  @CsvSource({
    "a, a",
    "Z, Z",
    "é, é",
    "漢, 漢",
    "😀, 😀",
    "^M, ENTER",
    "^J, ENTER",
    "^I, TAB",
    "^?, BACKSPACE",
    "^A, control+a",
    "^Z, control+z",
    "^@, control+ ",
    "^\\, control+\\",
    "^_, control+_",
    "^[a, alt+a",
    "^[é, alt+é",
    "^[^A, control+alt+a",
    "^[^?, alt+BACKSPACE",
    "^[[A, UP",
    "^[[B, DOWN",
    "^[[C, RIGHT",
    "^[[D, LEFT",
    "^[OA, UP",
    "^[[H, HOME",
    "^[[F, END",
    "^[[E, CENTER",
    "^[[1~, HOME",
    "^[[2~, INSERT",
    "^[[3~, DELETE",
    "^[[4~, END",
    "^[[5~, PAGE_UP",
    "^[[6~, PAGE_DOWN",
    "^[[7~, HOME",
    "^[[8~, END",
    "^[OP, F1",
    "^[OS, F4",
    "^[O5P, control+F1",
    "^[[[A, F1",
    "^[[[E, F5",
    "^[[11~, F1",
    "^[[15~, F5",
    "^[[17~, F6",
    "^[[21~, F10",
    "^[[24~, F12",
    "^[[34~, F20",
    "^[[Z, shift+TAB",
    "^[[1;5A, control+UP",
    "^[[1;2P, shift+F1",
    "^[[3;8~, control+alt+shift+DELETE",
    "^[[1;33A, meta+UP",
    "^[^[[A, alt+UP",
    "^[[7$, shift+HOME",
    "^[[7^, control+HOME",
    "^[[7@, control+shift+HOME",
    "^[[a, shift+UP",
    "^[Oa, control+UP",
    "^[OM, ENTER",
    "^[Oy, 9",
    "^[[27;5;105~, control+i",
    "^[[97u, a",
    "^[[97;5u, control+a",
    "^[[97;5:1u, control+a",
    "^[[97;1:2u, a REPEAT",
    "^[[97:65;2:3u, shift+a RELEASE",
    "^[[1;1:3A, UP RELEASE",
    "^[[27u, ESCAPE",
    "^[[13;2u, shift+ENTER",
    "^[[57376u, F13",
    "^[[57399u, 0",
    "^[[57414u, ENTER",
    "^[[57417u, LEFT",
    "^[[57358u, CAPS_LOCK",
    "^[[57441u, key 57441",
    "^[[97;133u, control+a",
  })
  void shouldKnowTheKey(String bytes, String key) {
    feed(bytes);
    assertThat(events)
        .singleElement()
        .asString()
        .isEqualTo(key.equals("control+") ? "control+ " : key);
    assertThat(decoder.isUndecided()).isFalse();
  }

  @Test
  void shouldTakeAnEscapeForAKeyOnlyWhenNothingFollows() {
    feed("^[");
    assertThat(events).isEmpty();
    assertThat(decoder.isUndecided()).isTrue();
    decoder.decide();
    assertThat(events).containsExactly(TerminalEvent.Key.of(KeyCode.ESCAPE, 0));
    assertThat(decoder.isUndecided()).isFalse();
    decoder.decide();
    feed("[A");
    assertThat(events).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({
    "^[[, alt+[",
    "^[O, alt+O",
    "^[], alt+]",
    "^[P, alt+P",
    "^[_, alt+_",
    "^[^[, alt+ESCAPE"
  })
  void shouldTakeBeginningsForKeysWhenNothingFollows(String bytes, String key) {
    feed(bytes);
    assertThat(events).isEmpty();
    assertThat(decoder.isUndecided()).isTrue();
    decoder.decide();
    feed("x");
    assertThat(events).extracting(Object::toString).containsExactly(key, "x");
  }

  @Test
  void shouldTellThreeEscapesApart() {
    feed("^[^[^[");
    decoder.decide();
    assertThat(events).extracting(Object::toString).containsExactly("ESCAPE", "alt+ESCAPE");
  }

  @Test
  void shouldKeepAnIncompleteSequence() {
    feed("^[[1;");
    assertThat(decoder.isUndecided()).isFalse();
    decoder.decide();
    feed("5C");
    assertThat(events).extracting(Object::toString).containsExactly("control+RIGHT");
  }

  @Test
  void shouldTellTheMouse() {
    feed("^[[<0;3;4M^[[<0;3;4m^[[<34;5;6M^[[<35;7;8M^[[<64;1;1M^[[<81;300;200M^[[<128;1;1M");
    assertThat(events)
        .containsExactly(
            new Mouse(MouseAction.PRESS, Button.LEFT, 2, 3, 0),
            new Mouse(MouseAction.RELEASE, Button.LEFT, 2, 3, 0),
            new Mouse(MouseAction.DRAG, Button.RIGHT, 4, 5, 0),
            new Mouse(MouseAction.MOVE, Button.NONE, 6, 7, 0),
            new Mouse(MouseAction.SCROLL_UP, Button.NONE, 0, 0, 0),
            new Mouse(MouseAction.SCROLL_DOWN, Button.NONE, 299, 199, Modifiers.CONTROL),
            new Mouse(MouseAction.PRESS, Button.BACK, 0, 0, 0));
  }

  @Test
  void shouldTellTheMouseOfOldTerminals() {
    feed("^[[M #$^[[M##$^[[32;3;4M^[[M0#$");
    assertThat(events)
        .containsExactly(
            new Mouse(MouseAction.PRESS, Button.LEFT, 2, 3, 0),
            new Mouse(MouseAction.RELEASE, Button.NONE, 2, 3, 0),
            new Mouse(MouseAction.PRESS, Button.LEFT, 2, 3, 0),
            new Mouse(MouseAction.PRESS, Button.LEFT, 2, 3, Modifiers.CONTROL));
  }

  @Test
  void shouldTellTheFocus() {
    feed("^[[I^[[O");
    assertThat(events).containsExactly(new Focus(true), new Focus(false));
  }

  @Test
  void shouldTellAPasteAsOneEvent() {
    feed("^[[200~rm -rf^M^[[A é^[[201~x");
    assertThat(events)
        .containsExactly(new Paste("rm -rf\r\u001b[A é", 0), TerminalEvent.Key.character('x', 0));
  }

  @Test
  void shouldFindTheEndOfAPasteBehindWhatLooksLikeIt() {
    feed("^[[200~a^[[20^[[201~");
    feed("^[[200~^[^[[201~");
    assertThat(events).containsExactly(new Paste("a\u001b[20", 0), new Paste("\u001b", 0));
  }

  @Test
  void shouldBoundAPaste() {
    feed("^[[200~" + "y".repeat(PASTE_LIMIT + 7) + "^[[201~x");
    assertThat(events)
        .containsExactly(
            new Paste("y".repeat(PASTE_LIMIT), 7), TerminalEvent.Key.character('x', 0));
  }

  @Test
  void shouldReplaceWhatIsNoCharacter() {
    decoder.feed(new byte[] {(byte) 0xC3, 'a', (byte) 0xFF, (byte) 0x80}, 0, 4);
    decoder.feed(new byte[] {(byte) 0xE0, (byte) 0x80, (byte) 0x80}, 0, 3); // too long for 0
    decoder.feed(new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80}, 0, 3); // half of a pair
    decoder.feed(new byte[] {(byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80}, 0, 4);
    assertThat(events)
        .extracting(event -> ((TerminalEvent.Key) event).codePoint())
        .containsExactly(0xFFFD, (int) 'a', 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD);
  }

  @Test
  void shouldTellAnswersApartFromKeys() {
    feed("^[[?1u^[[?62;22c^[[?2026;2$y^[]11;rgb:0/0/0^[\\^[P>|kitty^[\\^[_G^Gx");
    assertThat(replies).containsExactly("?1u", "?62;22c", "?2026;2$y");
    assertThat(events).containsExactly(TerminalEvent.Key.character('x', 0));
  }

  @Test
  void shouldSkipASequenceThatIsTooLong() {
    feed("^[[" + "1;".repeat(InputDecoder.MAX_SEQUENCE_BYTES) + "Ax");
    assertThat(events).containsExactly(TerminalEvent.Key.character('x', 0));
  }

  @Test
  void shouldNotWaitForEverForTheEndOfAString() {
    feed("^[]" + "z".repeat(5000));
    assertThat(events).isNotEmpty();
  }

  @Test
  void shouldBeginAnewAtAnEscapeInTheMiddle() {
    feed("^[[1;^[[A^[O^[[B^[[[^[[C");
    assertThat(events).extracting(Object::toString).containsExactly("UP", "DOWN", "RIGHT");
  }

  @Test
  void shouldIgnoreSequencesThatMeanNothing() {
    feed("^[[99~^[[1;2Y^[Oz^[[999999999999;5u^[[<1M^[[55296ux");
    assertThat(events).containsExactly(TerminalEvent.Key.character('x', 0));
  }

  @Test
  void shouldAnswerWhatPeopleAskOfAKey() {
    assertThat(TerminalEvent.Key.character('q', 0).is('q')).isTrue();
    assertThat(TerminalEvent.Key.character('q', Modifiers.ALT).is('q')).isFalse();
    assertThat(TerminalEvent.Key.character('c', Modifiers.CONTROL).isControl('c')).isTrue();
    assertThat(TerminalEvent.Key.of(KeyCode.UP, 0).is(KeyCode.UP)).isTrue();
    assertThat(new TerminalEvent.Key(KeyCode.UP, 0, 0, KeyAction.RELEASE).is(KeyCode.UP)).isFalse();
  }

  private void feed(String text) {
    byte[] bytes = TerminalText.bytes(text);
    decoder.feed(bytes, 0, bytes.length);
  }

  /** How control characters are written here: a caret, and the character 64 above. */
  static final class TerminalText {
    private TerminalText() {}

    static byte[] bytes(String text) {
      StringBuilder plain = new StringBuilder();
      for (int i = 0; i < text.length(); i++) {
        char next = text.charAt(i);
        boolean isControl = next == '^' && i + 1 < text.length() && !text.startsWith("[7^", i - 2);
        plain.append(isControl ? (char) (text.charAt(++i) ^ 64) : next);
      }
      return plain.toString().getBytes(StandardCharsets.UTF_8);
    }
  }
}
