package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Holds what the other tests take for granted of the build. */
@Tag("fiber-modes")
class ToolchainTest {
  @Test
  void shouldRunWithAssertionsOn() {
    assertThat(ToolchainTest.class.desiredAssertionStatus()).isTrue();
  }

  @Test
  void shouldOpenThePackageOfThreadsUnlessTheBatonIsTested() {
    boolean isBaton = "baton".equals(System.getProperty("gyre.test.fibers"));
    boolean isOpen =
        Object.class
            .getModule()
            .isOpen("java.lang", ToolchainTest.class.getClassLoader().getUnnamedModule());
    assertThat(isOpen).isEqualTo(!isBaton);
  }
}
