package gyre.http;

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

/** Holds the guide's pages about HTTP to their word: every example compiles, inside of a task. */
@Timeout(60)
class HttpGuideTest {
  private static final Pattern EXAMPLE = Pattern.compile("(?ms)^```java\n(.*?)^```$");
  private static final String BEGIN =
      """
      import gyre.*;
      import gyre.http.*;
      import gyre.http.client.*;
      import gyre.http.files.*;
      import gyre.http.sse.*;
      import gyre.io.*;
      import gyre.proxy.*;
      import gyre.sync.*;
      import gyre.tls.*;
      import java.net.*;
      import java.nio.file.Path;
      import java.time.*;
      class ExampleNUMBER { void run() throws Exception {
      """;

  private static final List<String> PAGES =
      List.of("http-server.md", "http-files.md", "http-client.md", "sse.md");

  @TempDir private Path directory;

  private void extract(String page, List<Path> sources) throws IOException {
    Path guide = Path.of(System.getProperty("basedir", "."), "..", "docs", "guide");
    Matcher example = EXAMPLE.matcher(Files.readString(guide.resolve(page)));
    while (example.find()) {
      String number = String.valueOf(sources.size());
      sources.add(
          Files.writeString(
              directory.resolve("Example" + number + ".java"),
              BEGIN.replace("NUMBER", number) + example.group(1) + "}}\n"));
    }
  }

  @Test
  void shouldPrintExamplesThatCompile() throws IOException {
    List<Path> sources = new ArrayList<>();
    for (String page : PAGES) {
      int before = sources.size();
      extract(page, sources);
      assertThat(sources).as(page).hasSizeGreaterThan(before);
    }
    StringWriter complaints = new StringWriter();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of(
              "-proc:none",
              "-d",
              directory.toString(),
              "-cp",
              System.getProperty("java.class.path"));
      assertThat(
              compiler
                  .getTask(
                      complaints,
                      files,
                      null,
                      options,
                      null,
                      files.getJavaFileObjectsFromPaths(sources))
                  .call())
          .as(complaints.toString())
          .isTrue();
    }
  }
}
