package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each method of the options gives a copy that differs in the one thing it is named after. */
class OptionsTest {
  static Record[] all() {
    return new Record[] {StreamOptions.defaults(), UdpOptions.defaults()};
  }

  @ParameterizedTest
  @MethodSource("all")
  void shouldChangeOneThingAtATime(Record defaults) throws Exception {
    for (RecordComponent changed : defaults.getClass().getRecordComponents()) {
      String name = changed.getName();
      Object before = changed.getAccessor().invoke(defaults);
      Object value = another(before);
      Object copy = defaults.getClass().getMethod(name, changed.getType()).invoke(defaults, value);
      for (RecordComponent each : defaults.getClass().getRecordComponents()) {
        boolean isIt = each.getName().equals(name);
        Object expected = isIt ? value : each.getAccessor().invoke(defaults);
        assertThat(each.getAccessor().invoke(copy))
            .as("%s after %s(%s)", each.getName(), name, value)
            .isEqualTo(expected);
      }
      assertThat(value).isNotEqualTo(before);
    }
  }

  private static Object another(Object value) {
    return switch (value) {
      case Boolean flag -> !flag;
      case Integer ignored -> 7;
      case Duration ignored -> Duration.ofSeconds(7);
      default -> throw new AssertionError(value);
    };
  }
}
