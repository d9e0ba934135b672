package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.FailureListener;
import gyre.FiberMode;
import gyre.LoopOptions;
import gyre.ShutdownOptions;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One idiom for all options: an immutable value, and a method for each thing that can be set. */
class OptionsTest {
  static List<Object> all() {
    return List.of(
        StreamOptions.defaults(),
        UdpOptions.defaults(),
        ListenOptions.defaults(),
        ConnectOptions.defaults(),
        ServerOptions.defaults(),
        LoopOptions.defaults(),
        ShutdownOptions.defaults());
  }

  /** Those that take one value and give a changed copy. */
  private static List<Method> setters(Class<?> type) {
    return Arrays.stream(type.getMethods())
        .filter(m -> m.getReturnType() == type && m.getParameterCount() == 1)
        .toList();
  }

  /** What tells the value, where there is such a method. */
  private static Optional<Method> getter(Method setter) {
    return Arrays.stream(setter.getDeclaringClass().getMethods())
        .filter(m -> m.getName().equals(setter.getName()) && m.getParameterCount() == 0)
        .findFirst();
  }

  @ParameterizedTest
  @MethodSource("all")
  void shouldHaveNoPublicConstructor(Object defaults) {
    assertThat(defaults.getClass().getConstructors()).isEmpty();
    assertThat(Modifier.isFinal(defaults.getClass().getModifiers())).isTrue();
    assertThat(setters(defaults.getClass())).isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("all")
  void shouldChangeOneThingAtATime(Object defaults) throws Exception {
    List<Method> setters = setters(defaults.getClass());
    for (Method setter : setters) {
      Optional<Method> getter = getter(setter);
      if (getter.isEmpty()) {
        continue;
      }
      Object before = getter.get().invoke(defaults);
      Object value = another(before);
      Object copy = setter.invoke(defaults, value);
      for (Method each : setters) {
        Optional<Method> told = getter(each);
        if (told.isPresent()) {
          Object expected = each.equals(setter) ? value : told.get().invoke(defaults);
          assertThat(told.get().invoke(copy))
              .as("%s after %s(%s)", each.getName(), setter.getName(), value)
              .isEqualTo(expected);
        }
      }
      assertThat(getter.get().invoke(defaults)).as("the original").isEqualTo(before);
      assertThat(value).isNotEqualTo(before);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void shouldRefuseWhatMakesNoSenseAndSayWhatItWas(Object defaults) throws Exception {
    int refused = 0;
    for (Method setter : setters(defaults.getClass())) {
      Object wrong = wrong(setter.getParameterTypes()[0]);
      if (wrong == null) {
        continue;
      }
      refused++;
      assertThatThrownBy(() -> setter.invoke(defaults, wrong))
          .as(setter.getName())
          .isInstanceOf(InvocationTargetException.class)
          .cause()
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(setter.getName() + " is ")
          .hasMessageContaining(": must ");
    }
    boolean hasNoNumbers = defaults instanceof ServerOptions;
    assertThat(refused > 0).isNotEqualTo(hasNoNumbers);
  }

  private static Object another(Object value) {
    return switch (value) {
      case Boolean flag -> !flag;
      case Integer ignored -> 7;
      case Long ignored -> 7L;
      case Duration ignored -> Duration.ofSeconds(7);
      case String ignored -> "seven";
      case StreamOptions options -> options.keepAlive(true);
      case ListenOptions options -> options.backlog(7);
      case Distribution ignored -> Distribution.LEAST_LOADED;
      case FailureListener ignored -> (FailureListener) (source, failure) -> {};
      case FiberMode ignored -> FiberMode.BATON;
      default -> throw new AssertionError(value);
    };
  }

  private static @Nullable Object wrong(Class<?> type) {
    if (type == int.class) {
      return -2;
    }
    if (type == long.class) {
      return -2L;
    }
    return type == Duration.class ? Duration.ofSeconds(-1) : null;
  }
}
