package gyre.sim;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.util.IdentityHashMap;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/** The packages of this module, and that nothing in the world comes from outside of it. */
class SimArchitectureTest {
  private static final JavaClasses SIM =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("gyre.sim..");

  private static void hold(ArchRule rule) {
    assertThat(SIM.contain("gyre.sim.engine.SimEngine")).as("the classes were found").isTrue();
    rule.check(SIM);
  }

  @Test
  void shouldPointDown() {
    hold(slices().matching("(**)").should().beFreeOfCycles());
    hold(
        noClasses()
            .that()
            .resideInAPackage("gyre.sim.engine")
            .should()
            .dependOnClassesThat(resideInAPackage("gyre.sim")));
    hold(
        noClasses()
            .that()
            .resideInAPackage("gyre.sim.fault")
            .should()
            .dependOnClassesThat(
                resideInAPackage("gyre.sim.engine").or(resideInAPackage("gyre.sim"))));
  }

  @Test
  void shouldTakeNeitherTimeNorChanceFromReality() {
    hold(
        noClasses()
            .that()
            .resideInAPackage("gyre.sim.engine")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "identityHashCode", Object.class)
            .orShould()
            .callMethod(Math.class, "random")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(
                Random.class, ThreadLocalRandom.class, Clock.class, IdentityHashMap.class));
  }
}
