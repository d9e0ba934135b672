package gyre.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Holds the guide's page about TLS to its word: every example compiles, inside of a task. */
@Timeout(60)
class TlsGuideTest {
  private static final Pattern EXAMPLE = Pattern.compile("(?ms)^```java\n(.*?)^```$");
  private static final String BEGIN =
      """
      import gyre.*;
      import gyre.http.*;
      import gyre.io.*;
      import gyre.net.*;
      import gyre.proxy.*;
      import gyre.tls.*;
      import java.net.*;
      import java.nio.file.*;
      import java.security.cert.X509Certificate;
      import java.time.*;
      import java.util.*;
      class ExampleNUMBER { void run() throws Exception {
      """;

  @TempDir private Path directory;

  @Test
  void shouldPrintExamplesThatCompile() throws IOException {
    Path page = Path.of(System.getProperty("basedir", "."), "..", "docs", "guide", "tls.md");
    List<Path> sources = new ArrayList<>();
    Matcher example = EXAMPLE.matcher(Files.readString(page));
    while (example.find()) {
      Path source = directory.resolve("Example" + sources.size() + ".java");
      String begin = BEGIN.replace("NUMBER", String.valueOf(sources.size()));
      sources.add(Files.writeString(source, begin + example.group(1) + "}}\n"));
    }
    assertThat(sources).hasSize(7);
    StringWriter complaints = new StringWriter();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> options =
        List.of(
            "-proc:none", "-d", directory.toString(), "-cp", System.getProperty("java.class.path"));
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      boolean isCompiled =
          compiler
              .getTask(
                  complaints,
                  files,
                  null,
                  options,
                  null,
                  files.getJavaFileObjectsFromPaths(sources))
              .call();
      assertThat(isCompiled).as(complaints.toString()).isTrue();
    }
  }
}
