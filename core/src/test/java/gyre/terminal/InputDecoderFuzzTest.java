package gyre.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Where the bytes are cut makes no difference, and no bytes do any harm. */
class InputDecoderFuzzTest {
  private static final int ROUNDS = 500;
  private static final int CUTS = 20;
  private static final int PASTE_LIMIT = 64;

  private static final List<String> PIECES =
      List.of(
          "\u001b",
          "\u001b[",
          "\u001bO",
          "\u001b[A",
          "\u001bOP",
          "\u001b[1;5C",
          "\u001b[3~",
          "\u001b[<0;10;20M",
          "\u001b[<35;1;1m",
          "\u001b[M !!",
          "\u001b[I",
          "\u001b[O",
          "\u001b[200~",
          "\u001b[201~",
          "\u001b[200~pasted \u001b[20 text\u001b[201~",
          "\u001b[97;5:3u",
          "\u001b[57399u",
          "\u001b[?1u",
          "\u001b[?2026;1$y",
          "\u001b[7$",
          "\u001b]11;rgb:1/2/3\u0007",
          "\u001bP>|term\u001b\\",
          "\u001b[[B",
          "\u001b\u001b[D",
          "a",
          "Q",
          "\r",
          "\t",
          "\u007f",
          "\u0003",
          "é",
          "漢字",
          "😀",
          "e\u0301");

  /** 10,000 cuts, each of a sequence of its own. */
  @Test
  void shouldDecodeTheSameHoweverTheBytesAreCut() {
    int cuts = 0;
    for (long seed = 0; seed < ROUNDS; seed++) {
      Random random = new Random(seed);
      byte[] bytes = bytes(random);
      List<String> whole = decode(bytes, new int[] {bytes.length});
      for (int i = 0; i < CUTS; i++) {
        int[] pieces = cut(bytes.length, random);
        assertThat(decode(bytes, pieces)).as("seed %s, cut %s", seed, i).isEqualTo(whole);
        cuts++;
      }
    }
    assertThat(cuts).isEqualTo(10_000);
  }

  @Test
  void shouldComeBackToKeysAfterAnyBytes() {
    byte[] end = ("\u001b[201~" + "x".repeat(5000)).getBytes(StandardCharsets.UTF_8);
    for (long seed = 0; seed < ROUNDS; seed++) {
      Random random = new Random(seed);
      byte[] noise = new byte[random.nextInt(300)];
      random.nextBytes(noise);
      Recorder recorder = new Recorder();
      InputDecoder decoder = InputDecoder.of(recorder, PASTE_LIMIT);
      decoder.feed(noise, 0, noise.length);
      decoder.feed(end, 0, end.length);
      assertThat(recorder.told).as("seed %s", seed).isNotEmpty();
      assertThat(recorder.told.getLast()).as("seed %s", seed).isEqualTo("x");
    }
  }

  private static byte[] bytes(Random random) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int pieces = 1 + random.nextInt(30);
    for (int i = 0; i < pieces; i++) {
      if (random.nextInt(10) == 0) {
        bytes.write(random.nextInt(256));
      } else {
        String piece = PIECES.get(random.nextInt(PIECES.size()));
        bytes.writeBytes(piece.getBytes(StandardCharsets.UTF_8));
      }
    }
    return bytes.toByteArray();
  }

  private static int[] cut(int length, Random random) {
    List<Integer> pieces = new ArrayList<>();
    int left = length;
    int most = 1 + random.nextInt(8);
    while (left > 0) {
      int next = Math.min(left, 1 + random.nextInt(most));
      pieces.add(next);
      left -= next;
    }
    return pieces.stream().mapToInt(Integer::intValue).toArray();
  }

  private static List<String> decode(byte[] bytes, int[] pieces) {
    Recorder recorder = new Recorder();
    InputDecoder decoder = InputDecoder.of(recorder, PASTE_LIMIT);
    int at = 0;
    for (int piece : pieces) {
      decoder.feed(bytes, at, piece);
      at += piece;
    }
    decoder.decide();
    return recorder.told;
  }

  private static final class Recorder implements InputSink {
    final List<String> told = new ArrayList<>();

    @Override
    public void event(TerminalEvent event) {
      told.add(event.toString());
    }

    @Override
    public void reply(String sequence, char last) {
      told.add("reply " + sequence + last);
    }
  }
}
