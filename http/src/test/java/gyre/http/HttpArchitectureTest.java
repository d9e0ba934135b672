package gyre.http;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who may use what in the module of HTTP. */
class HttpArchitectureTest {
  /** They turn bytes into meaning: without sockets, files, clocks and threads. */
  private static final String PARSERS =
      "gyre\\.http\\.(HeadParser|TargetParser|ChunkDecoder|TrailerReader|FramingRules|Fields|Lines"
          + "|RequestHead|Authority|Ascii|Decoding|FieldParameters|Form|HttpDate|Multipart)";

  private static final JavaClasses HTTP =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("/test/"))
          .importPackages("gyre.http");

  static List<ArchRule> rules() {
    return List.of(
        noClasses()
            .that()
            .haveNameMatching(PARSERS)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "gyre.net..",
                "gyre.file..",
                "gyre.sync..",
                "gyre.engine..",
                "java.net..",
                "java.nio.channels..",
                "java.nio.file..",
                "java.util.concurrent..")
            .as("parsers do no I/O"),
        noClasses()
            .that()
            .resideInAPackage("gyre.http")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("gyre.http.files..", "gyre.http.websocket..", "gyre.http.client..")
            .as("the server knows nothing of what stands on it"),
        noClasses()
            .that()
            .resideInAnyPackage("gyre.http..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("gyre.sys..", "gyre.loop..", "java.lang.foreign..")
            .as("HTTP makes no foreign calls"),
        noClasses()
            .that()
            .resideOutsideOfPackage("gyre.http.files..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("gyre.file..")
            .as("only what serves files opens files"));
  }

  @ParameterizedTest
  @MethodSource("rules")
  void shouldHold(ArchRule rule) {
    rule.check(HTTP);
  }

  /** A rule that finds no class cannot fail. */
  @Test
  void shouldHaveFoundTheClasses() {
    assertThat(HTTP.stream().filter(each -> each.getName().matches(PARSERS))).hasSize(15);
    assertThat(HTTP.contain("gyre.http.files.FileServer")).isTrue();
  }

  @Test
  void shouldCatchAViolation() {
    ArchRule planted =
        noClasses()
            .that()
            .haveNameMatching("gyre\\.http\\.HttpServer")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("gyre.net..");
    assertThat(planted.evaluate(HTTP).hasViolation()).isTrue();
  }
}
