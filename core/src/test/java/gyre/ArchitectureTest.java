package gyre;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.INTERFACES;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.foreign.Linker;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds the arrows between the packages, as docs/architecture.md draws them.
 *
 * <p>A rule that cannot fail is worthless, so every rule is held against two trees: {@code gyre}
 * has to keep it, and {@code planted.gyre}, which stands beside this test and breaks each of them,
 * has to be caught.
 */
class ArchitectureTest {
  /** Lowest first: a package may use what stands before it, and nothing points up. */
  private static final List<List<String>> LEVELS =
      List.of(
          List.of(".sys"),
          List.of(".probe"),
          List.of(".engine"),
          List.of(".engine.kernel", ".engine.readiness"),
          List.of(".engine.uring", ".engine.epoll", ".engine.nio"),
          List.of(".engine.choice"),
          List.of(".loop"),
          List.of(""),
          List.of(".spi"),
          List.of(".sync", ".io"),
          List.of(".io.codec", ".stream"),
          List.of(".net", ".file", ".process", ".terminal"));

  /** All that a codec may know of the rest. */
  private static final DescribedPredicate<JavaClass> CODEC_NEEDS =
      simpleName("ByteQueue")
          .or(simpleName("ByteAppender"))
          .or(simpleName("Codec"))
          .or(simpleName("Decoder"))
          .or(simpleName("Encoder"))
          .or(simpleName("DecodeException"));

  private static final JavaClasses GYRE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("gyre");

  private static final JavaClasses PLANTED = new ClassFileImporter().importPackages("planted.gyre");

  @ParameterizedTest
  @MethodSource("rulesOfGyre")
  void shouldHold(ArchRule rule) {
    assertThat(GYRE.contain("gyre.engine.Engine")).as("the classes were found").isTrue();
    rule.check(GYRE);
  }

  @ParameterizedTest
  @MethodSource("rulesOfPlanted")
  void shouldCatchThePlantedViolationOf(ArchRule rule) {
    assertThat(rule.evaluate(PLANTED).hasViolation()).isTrue();
  }

  static List<ArchRule> rulesOfGyre() {
    List<ArchRule> rules = arrows("gyre");
    rules.addAll(rules("gyre"));
    return rules.stream().map(rule -> rule.allowEmptyShould(true)).toList();
  }

  static List<ArchRule> rulesOfPlanted() {
    List<ArchRule> rules = rules("planted.gyre");
    // One planted arrow stands for all of them, because they come from one line of code.
    rules.add(
        arrows("planted.gyre").stream()
            .filter(rule -> rule.getDescription().contains("in a package 'planted.gyre.engine' "))
            .findFirst()
            .orElseThrow());
    return rules;
  }

  private static List<ArchRule> arrows(String root) {
    List<ArchRule> rules = new ArrayList<>();
    for (int level = 0; level < LEVELS.size() - 1; level++) {
      String[] above =
          LEVELS.subList(level + 1, LEVELS.size()).stream()
              .flatMap(List::stream)
              .map(root::concat)
              .toArray(String[]::new);
      for (String name : LEVELS.get(level)) {
        rules.add(
            noClasses()
                .that()
                .resideInAPackage(root + name)
                .should()
                .dependOnClassesThat(resideInAnyPackage(above))
                .because("nothing points up"));
      }
    }
    return rules;
  }

  private static List<ArchRule> rules(String root) {
    String sys = root + ".sys";
    String engines = root + ".engine..";
    List<ArchRule> rules = new ArrayList<>();
    rules.add(
        noClasses()
            .that()
            .resideOutsideOfPackage(sys)
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(Linker.class)
            .because("every foreign call is in one place"));
    rules.add(
        noClasses()
            .that()
            .resideOutsideOfPackages(sys, engines, root + ".io", root + ".probe")
            .and()
            .doNotHaveFullyQualifiedName(root + ".Pinning") // of threads, not of what they run
            .should()
            .dependOnClassesThat(resideInAPackage(sys))
            .because("everything above the seam runs on every engine"));
    rules.add(
        noClasses()
            .that()
            .resideInAnyPackage(root + ".io", root + ".probe")
            .should()
            .dependOnClassesThat(resideInAPackage(sys).and(not(simpleName("Memory"))))
            .because("byte queues read and write memory, and call nothing"));
    rules.add(
        noClasses()
            .that()
            .resideInAPackage(root + ".io.codec")
            .should()
            .dependOnClassesThat(
                resideInAPackage(root + "..")
                    .and(not(resideInAPackage(root + ".io.codec")))
                    .and(not(CODEC_NEEDS)))
            .because("codecs work without a loop: bytes in, messages out"));
    rules.add(enginesIgnoreEachOther(root));
    rules.add(slices().matching("(**)").should().beFreeOfCycles());
    rules.add(
        noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAPackage("java.util.logging..")
            .because("System.Logger lets users plug in what they like"));
    rules.add(NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS);
    rules.add(
        noClasses()
            .should()
            .dependOnClassesThat(resideInAPackage("org.jctools.queues").and(not(INTERFACES)))
            .because("these queues use Unsafe; take those of org.jctools.queues.atomic"));
    return rules;
  }

  private static ArchRule enginesIgnoreEachOther(String root) {
    return slices()
        .matching(root + ".engine.(uring|epoll|nio)..")
        .namingSlices("engine $1")
        .should()
        .notDependOnEachOther()
        .because("each engine is a complete implementation of the seam");
  }
}
