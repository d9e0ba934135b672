package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Holds the guide to its word: every example on its pages, and in the rules, compiles, inside of a
 * task.
 */
@Timeout(120)
class GuideTest {
  private static final Pattern EXAMPLE = Pattern.compile("(?ms)^```java\n(.*?)^```$");
  private static final Path DOCS = Path.of(System.getProperty("basedir", "."), "..", "docs");
  private static final String IMPORTS =
      """
      import gyre.*;
      import gyre.file.*;
      import gyre.file.Files;
      import gyre.file.WatchEvent;
      import gyre.io.*;
      import gyre.io.codec.*;
      import gyre.net.*;
      import gyre.process.*;
      import gyre.sync.*;
      import gyre.terminal.*;
      import java.net.*;
      import java.net.http.*;
      import java.nio.*;
      import java.nio.charset.*;
      import java.nio.file.*;
      import java.time.*;
      import java.util.*;
      import java.util.concurrent.*;
      import java.util.function.*;
      import java.util.stream.*;
      import gyre.Timer;
      import gyre.sync.Semaphore;
      """;

  @TempDir private Path directory;

  @Test
  void shouldPrintExamplesThatCompile() throws IOException {
    List<Path> sources = new ArrayList<>();
    extract(DOCS.resolve("rules.md"), sources);
    try (Stream<Path> pages = Files.list(DOCS.resolve("guide"))) {
      for (Path page : pages.filter(GuideTest::isHere).sorted().toList()) {
        extract(page, sources);
      }
    }
    assertThat(sources).isNotEmpty();
    StringWriter complaints = new StringWriter();
    assertThat(compile(sources, complaints)).as(complaints.toString()).isTrue();
  }

  /** Those that need nobody else: as a reader does who tries them one after the other. */
  @ParameterizedTest
  @ValueSource(strings = {"cancellation", "channels", "locks", "select", "structured-work"})
  void shouldPrintExamplesThatRun(String page) throws Exception {
    List<Path> sources = new ArrayList<>();
    extract(DOCS.resolve("guide").resolve(page + ".md"), sources);
    assertThat(sources).isNotEmpty();
    StringWriter complaints = new StringWriter();
    assertThat(compile(sources, complaints)).as(complaints.toString()).isTrue();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {directory.toUri().toURL()})) {
      for (Path source : sources) {
        Class<?> example = loader.loadClass(source.getFileName().toString().replace(".java", ""));
        runIt(example);
      }
    }
  }

  private static void runIt(Class<?> example) throws Exception {
    Constructor<?> constructor = example.getDeclaredConstructor();
    Method body = example.getDeclaredMethod("run");
    constructor.setAccessible(true);
    body.setAccessible(true);
    Object self = constructor.newInstance();
    List<Throwable> reported = new ArrayList<>();
    try (Loop loop =
        Loop.open(Loops.options("nio").failures((source, failure) -> reported.add(failure)))) {
      loop.run(() -> {
        Object ignored = body.invoke(self);
      });
    }
    assertThat(reported).as(example.getName()).isEmpty();
  }

  private static final Set<String> ELSEWHERE = Set.of("sse.md", "tls.md", "websocket.md");

  /** The pages about HTTP are compiled where that is. */
  private static boolean isHere(Path page) {
    String name = page.getFileName().toString();
    return name.endsWith(".md") && !name.startsWith("http-") && !ELSEWHERE.contains(name);
  }

  private void extract(Path page, List<Path> sources) throws IOException {
    String name = page.getFileName().toString().replaceAll("\\W", "_");
    Matcher example = EXAMPLE.matcher(Files.readString(page));
    while (example.find()) {
      String type = "Example_" + name + "_" + sources.size();
      String source =
          IMPORTS
              + "class "
              + type
              + " { void run() throws Exception {\n"
              + example.group(1)
              + "}}\n";
      sources.add(Files.writeString(directory.resolve(type + ".java"), source));
    }
  }

  private boolean compile(List<Path> sources, StringWriter complaints) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of(
              "-proc:none",
              "-d",
              directory.toString(),
              "-cp",
              System.getProperty("java.class.path"));
      return compiler
          .getTask(
              complaints, files, null, options, null, files.getJavaFileObjectsFromPaths(sources))
          .call();
    }
  }
}
