package gyre.http.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangesTest {
  @ParameterizedTest
  @CsvSource({
    "bytes=0-4, 0, 5",
    "bytes=5-, 5, 5",
    "bytes=-3, 7, 3",
    "bytes=-30, 0, 10",
    "bytes=8-100, 8, 2",
    "BYTES=9-9, 9, 1",
  })
  void shouldUnderstandOneRange(String field, long offset, long length) {
    assertThat(ByteRanges.parse(field, 10, 5)).containsExactly(new ByteRanges.Part(offset, length));
  }

  @Test
  void shouldUnderstandSeveral() {
    assertThat(ByteRanges.parse("bytes=0-0, 2-3,-1,20-", 10, 5))
        .containsExactly(
            new ByteRanges.Part(0, 1), new ByteRanges.Part(2, 2), new ByteRanges.Part(9, 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytes=10-", "bytes=-0", "bytes=100-200"})
  void shouldTellWhereThereIsNothing(String field) {
    assertThat(ByteRanges.parse(field, 10, 5)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lines=0-1",
        "bytes=",
        "bytes=-",
        "bytes=4-2",
        "bytes=a-b",
        "bytes=+1-2",
        "bytes=1-2-3",
        "bytes=1",
        "bytes=0-0,,1-1",
        "bytes=9999999999999999999-",
        "bytes=0-0,1-1,2-2,3-3,4-4,5-5",
        "bytes=0-9,0-9",
      })
  void shouldIgnoreWhatIsMalformedOrTooMuch(String field) {
    assertThat(ByteRanges.parse(field, 10, 5)).isNull();
  }

  @Test
  void shouldEscapeWhatStandsInAPage() {
    assertThat(ListingPage.text("<a href='x'>&\""))
        .isEqualTo("&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
  }

  @Test
  void shouldServeNoPathThatNobodyMeans() {
    for (String path : List.of("..", "a/../b", "./a", "a//b", "/a", "a\\b", "a\0b", ".git/x")) {
      assertThat(FilePath.of(path, false)).as(path).isNull();
    }
    assertThat(FilePath.of(".git/x", true)).isEqualTo(".git/x");
    assertThat(FilePath.of("..", true)).isNull();
    assertThat(FilePath.of("a/b/", false)).isEqualTo("a/b/");
    assertThat(FilePath.of("", false)).isEmpty();
  }
}
