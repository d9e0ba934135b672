package gyre.engine.choice;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs in JVMs that deny native access: all but io_uring and epoll works there. */
@Timeout(60)
class NativeAccessTest {
  private static final String DENY = "--illegal-native-access=deny";
  private static final List<String> NATIVE_FIBERS =
      List.of(DENY, "-ea", "--add-opens=java.base/java.lang=ALL-UNNAMED");
  private static final List<String> BATON_FIBERS = List.of(DENY, "-ea", "-Dgyre.fibers=baton");

  private static final String ALL_WORKS = "\ndirect\npush\nbulk\ndatagrams\nfiles\nqueues";
  private static final String REASON =
      "native access is denied, allow it by java --enable-native-access=ALL-UNNAMED";

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldChooseNioWhereNativeAccessIsDenied() throws Exception {
    assertThat(Children.run(DeniedMain.class, NATIVE_FIBERS, "auto"))
        .isEqualTo("io_uring: " + REASON + "; epoll: " + REASON + " → nio" + ALL_WORKS);
  }

  @Test
  void shouldRunNioInBatonModeWhereNativeAccessIsDenied() throws Exception {
    assertThat(Children.run(DeniedMain.class, BATON_FIBERS, "nio"))
        .isEqualTo("nio, as asked for" + ALL_WORKS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  @EnabledOnOs(OS.LINUX)
  void shouldSayHowToAllowWhatIsDenied(String engine) throws Exception {
    assertThat(Children.run(ForbiddingMain.class, NATIVE_FIBERS, engine))
        .isEqualTo(
            "unavailable: engine %s was asked for, but %s; engine auto would take the next best"
                .formatted(engine, REASON));
  }
}
