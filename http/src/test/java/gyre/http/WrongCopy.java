package gyre.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** A package once more, with a bug planted into one of its sources. */
public final class WrongCopy extends ClassLoader {
  /** One for all: what it knows of the JDK and the class path takes longer than to compile. */
  private static final StandardJavaFileManager FILES =
      ToolProvider.getSystemJavaCompiler().getStandardFileManager(null, null, null);

  /** With a dot at its end. */
  private final String prefix;

  private final Path changed;

  private WrongCopy(String prefix, Path changed) {
    super("wrong", WrongCopy.class.getClassLoader());
    this.prefix = prefix;
    this.changed = changed;
    setDefaultAssertionStatus(true);
  }

  /**
   * Worlds in the copy.
   *
   * @param world runs seeds from the first number to the second; its package is what is copied
   */
  public static ToLongFunction<long[]> of(
      Class<? extends ToLongFunction<long[]>> world, String type, String right, String wrong)
      throws IOException, ReflectiveOperationException {
    Path source =
        Path.of(System.getProperty("basedir", "."))
            .resolve("src/main/java/" + world.getPackageName().replace('.', '/'))
            .resolve(type + ".java");
    String text = Files.readString(source);
    if (!text.contains(right)) {
      throw new IllegalStateException(source + " has no \"" + right + "\" any more");
    }
    Path directory = Files.createTempDirectory("wrong-copy");
    try {
      Path file = Files.writeString(directory.resolve(type + ".java"), text.replace(right, wrong));
      compile(file, directory);
      WrongCopy copy = new WrongCopy(world.getPackageName() + ".", directory);
      copy.loadAll();
      @SuppressWarnings("unchecked") // its types are all of the JDK
      ToLongFunction<long[]> made =
          (ToLongFunction<long[]>)
              copy.loadClass(world.getName()).getDeclaredConstructor().newInstance();
      return made;
    } finally {
      try (Stream<Path> all = Files.walk(directory)) {
        for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
    }
  }

  private static void compile(Path file, Path directory) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter complaints = new StringWriter();
    List<String> options =
        List.of(
            "-proc:none",
            "-nowarn",
            "-d",
            directory.toString(),
            "-cp",
            System.getProperty("java.class.path"));
    boolean isCompiled =
        compiler
            .getTask(
                complaints, FILES, null, options, null, FILES.getJavaFileObjects(file.toFile()))
            .call();
    if (!isCompiled) {
      throw new IllegalStateException(complaints.toString());
    }
  }

  /** While the changed classes are there. */
  private void loadAll() throws IOException, ClassNotFoundException {
    try (Stream<Path> all = Files.walk(changed)) {
      for (Path each : all.filter(path -> path.toString().endsWith(".class")).toList()) {
        String name = each.getFileName().toString().replace(".class", "");
        Class<?> ignored = loadClass(prefix + name);
      }
    }
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(prefix)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      return known == null ? define(name) : known;
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    Path own = changed.resolve(name.replace('.', '/') + ".class");
    try (InputStream in =
        Files.exists(own)
            ? Files.newInputStream(own)
            : getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] code = in.readAllBytes();
      return defineClass(name, code, 0, code.length);
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }
}
