package gyre.sim.planted;

import gyre.Loop;
import gyre.sim.Simulation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * All of Gyre once more, apart from the one that runs the tests: every class {@code gyre.*} is
 * loaded anew, with static state of its own, and those of the changed sources are compiled for it.
 */
final class ChangedCopy extends ClassLoader {
  private static final String OURS = "gyre.";

  private final Map<String, byte[]> changed;

  private ChangedCopy(Map<String, byte[]> changed) {
    super("changed", ChangedCopy.class.getClassLoader());
    this.changed = changed;
    setDefaultAssertionStatus(true);
  }

  /**
   * Compiles the sources that {@code bugs} change.
   *
   * @param root where the project's modules are
   * @param planted false compiles the same files as they are, for comparison
   */
  static ChangedCopy of(Path root, List<PlantedBug> bugs, boolean planted) throws IOException {
    Map<String, String> sources = new LinkedHashMap<>();
    for (PlantedBug bug : bugs) {
      for (PlantedBug.Change change : bug.changes()) {
        String known = sources.get(change.file());
        String source = known == null ? Files.readString(root.resolve(change.file())) : known;
        String wrong = change.apply(source); // fails also where it is only compared with
        sources.put(change.file(), planted ? wrong : source);
      }
    }
    return new ChangedCopy(sources.isEmpty() ? Map.of() : compile(sources));
  }

  /** Searches in the copy: see {@link SeedSearch}. */
  BiFunction<String, long[], String> search() throws ReflectiveOperationException {
    return search(SeedSearch.class);
  }

  /** The same with another class of the copy. */
  BiFunction<String, long[], String> search(Class<?> type) throws ReflectiveOperationException {
    @SuppressWarnings("unchecked") // its types are all of the JDK
    BiFunction<String, long[], String> search =
        (BiFunction<String, long[], String>)
            loadClass(type.getName()).getDeclaredConstructor().newInstance();
    return search;
  }

  // ---- loading

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OURS)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      return known == null ? define(name) : known;
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    byte[] code = changed.get(name);
    if (code == null) {
      code = original(name);
    }
    return defineClass(name, code, 0, code.length);
  }

  private byte[] original(String name) throws ClassNotFoundException {
    try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }

  // ---- compiling

  private static Map<String, byte[]> compile(Map<String, String> sources) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<JavaFileObject> files = new ArrayList<>();
    sources.forEach((file, source) -> files.add(new Source(file, source)));
    List<String> options = List.of("-cp", classPath(), "-proc:none", "-nowarn", "-g");
    List<String> problems = new ArrayList<>();
    try (Output output = new Output(compiler.getStandardFileManager(null, null, null))) {
      boolean isCompiled =
          compiler
              .getTask(
                  null,
                  output,
                  diagnostic -> problems.add(diagnostic.toString()),
                  options,
                  null,
                  files)
              .call();
      if (!isCompiled) {
        throw new IllegalStateException(sources.keySet() + " don't compile: " + problems);
      }
      return output.classes();
    }
  }

  /** Where the classes are that the sources of core and sim refer to. */
  private static String classPath() {
    Set<String> places = new LinkedHashSet<>();
    for (Class<?> one : List.of(Loop.class, Simulation.class, Nullable.class)) {
      places.add(place(one));
    }
    places.add(place("org.jctools.queues.MpscUnboundedArrayQueue"));
    places.add(place("org.junit.jupiter.api.Test"));
    return String.join(java.io.File.pathSeparator, places);
  }

  private static String place(String name) {
    try {
      return place(Class.forName(name, false, ChangedCopy.class.getClassLoader()));
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String place(Class<?> one) {
    try {
      return Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String source;

    Source(String file, String source) {
      super(URI.create("string:///" + file), Kind.SOURCE);
      this.source = source;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return source;
    }

    @Override
    public boolean isNameCompatible(String simpleName, Kind kind) {
      return toUri().getPath().endsWith("/" + simpleName + kind.extension);
    }
  }

  private static final class Output extends ForwardingJavaFileManager<JavaFileManager> {
    private final Map<String, ByteArrayOutputStream> written = new HashMap<>();

    Output(JavaFileManager below) {
      super(below);
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
      return new SimpleJavaFileObject(URI.create("memory:///" + className), kind) {
        @Override
        public OutputStream openOutputStream() {
          ByteArrayOutputStream out = new ByteArrayOutputStream();
          written.put(className, out);
          return out;
        }
      };
    }

    Map<String, byte[]> classes() {
      Map<String, byte[]> classes = new HashMap<>();
      written.forEach((name, out) -> classes.put(name, out.toByteArray()));
      return classes;
    }
  }
}
