package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"a\":[1,2.5,true,false,null,\"x\\n\\u0001\"],\"b\":{\"c\":12345678901234567890}}",
        "{\"\":\"\\uD83D\\uDE00\"}"
      })
  void shouldWriteWhatItHasRead(String json) throws Exception {
    var read = Json.readObject(json.getBytes(StandardCharsets.UTF_8));
    assertThat(Json.readObject(Json.write(read).getBytes(StandardCharsets.UTF_8))).isEqualTo(read);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{\"id\":\"\\ud800\"}", "{\"a\":[\"\\udc00\\ud800\"]}", "{\"\\ud800x\":1}"})
  void shouldRefuseHalfOfAPair(String json) {
    assertThatThrownBy(() -> Json.readObject(json.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(BadEntryException.class)
        .hasMessageContaining("surrogate");
  }

  @Test
  void shouldThrowNothingElseWhateverTheBytesAre() {
    byte[] valid =
        "{\"sql\": \"a\", \"params\": [1, {\"b\": null}]}".getBytes(StandardCharsets.UTF_8);
    Random random = new Random(17);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = java.util.Arrays.copyOf(valid, random.nextInt(valid.length + 1));
      for (int j = 0; j < 1 + i % 4 && bytes.length > 0; j++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      try {
        EntryReader.parse(bytes, () -> "id");
      } catch (BadEntryException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }
}
