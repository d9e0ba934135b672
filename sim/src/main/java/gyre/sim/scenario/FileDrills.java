package gyre.sim.scenario;

import gyre.CancelledException;
import gyre.Scope;
import gyre.file.Directory;
import gyre.file.DirectoryEntry;
import gyre.file.DirectoryListing;
import gyre.file.DurableFile;
import gyre.file.File;
import gyre.file.FileSink;
import gyre.file.FileSource;
import gyre.file.Files;
import gyre.file.OpenOptions;
import gyre.sim.World;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Drills of files. A host that crashes runs them again, on what its disk has kept. */
final class FileDrills {
  private static final Path FOLDER = Path.of("/tmp");
  private static final int BYTES = 40_000;

  private FileDrills() {}

  static List<Drill> all() {
    return List.of(new ReplaceDrill(), new StreamDrill(), new ListDrill());
  }

  private static void check(boolean holds, String otherwise) {
    Weathered.check(holds, otherwise);
  }

  private static byte[] content(int version) {
    byte[] content = new byte[1_000 + 700 * version];
    Arrays.fill(content, (byte) version);
    return content;
  }

  // ---- a file that is whole at every moment

  private static final class ReplaceDrill implements Drill {
    @Override
    public String name() {
      return "durable-replace";
    }

    @Override
    public void build(World world) {
      int[] durable = {0};
      world
          .host("host")
          .run(() -> {
            checkWhole(durable[0]);
            try (Scope scope = Scope.open("all")) {
              Drill.alone(scope, "replacer", () -> replace(durable));
              scope.join();
            }
            checkWhole(durable[0]);
            checkNothingTemporary();
            Weathered.checkNothingOpen("host");
          });
    }

    /** After a crash there may be what the replacing that was under way has left. */
    private static void replace(int[] durable) throws Exception {
      for (String name : names()) {
        if (name.endsWith(".tmp")) {
          Files.delete(FOLDER.resolve(name));
        }
      }
      for (int version = durable[0] + 1; version <= 3; version++) {
        DurableFile.replace(FOLDER.resolve("data"), content(version));
        durable[0] = version;
      }
    }

    private static void checkWhole(int durable) {
      Path path = FOLDER.resolve("data");
      if (!Files.exists(path)) {
        check(durable == 0, "version " + durable + " is gone");
        return;
      }
      byte[] bytes = Files.readAll(path, 100_000);
      int version = bytes.length == 0 ? 0 : bytes[0];
      check(Arrays.equals(bytes, content(version)), bytes.length + " bytes of " + version);
      check(version >= durable, "version " + version + " is back, " + durable + " was durable");
    }

    private static void checkNothingTemporary() {
      check(names().stream().noneMatch(name -> name.endsWith(".tmp")), "left: " + names());
    }
  }

  private static Set<String> names() {
    Set<String> names = new TreeSet<>();
    try (DirectoryListing listing = Files.list(FOLDER)) {
      for (DirectoryEntry entry : listing) {
        names.add(entry.name());
      }
    }
    return names;
  }

  // ---- streams of a file

  /** What stands in the file is a beginning of what was written, and reads back the same. */
  private static final class StreamDrill implements Drill {
    @Override
    public String name() {
      return "file-streams";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .run(() -> {
            Path path = FOLDER.resolve("streamed");
            boolean[] isFlushed = {false};
            try (Scope scope = Scope.open("all")) {
              Drill.alone(scope, "writer", () -> write(path, isFlushed));
              scope.join();
            }
            try (Scope scope = Scope.open("all")) {
              Drill.alone(scope, "reader", () -> read(path, isFlushed[0]));
              scope.join();
            }
            Weathered.checkNothingOpen("host");
          });
    }

    private static void write(Path path, boolean[] isFlushed) {
      OpenOptions options = OpenOptions.readingAndWriting().create(true);
      try (File file = File.open(path, options);
          FileSink sink = file.sink(0)) {
        for (int i = 0; i < BYTES; i += 4) {
          sink.write(ByteBuffer.allocate(4).putInt(i).flip());
        }
        sink.flush();
        file.syncData();
        isFlushed[0] = true;
      }
    }

    private static void read(Path path, boolean isFlushed) {
      if (!Files.exists(path)) {
        check(!isFlushed, "the file is gone");
        return;
      }
      int count = 0;
      try (File file = File.open(path);
          FileSource source = file.source()) {
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        while (source.read(buffer) >= 0) {
          buffer.flip();
          while (buffer.remaining() >= 4) {
            check(buffer.getInt() == count, "at " + count + " stands something else");
            count += 4;
          }
          buffer.compact();
        }
      }
      check(count == BYTES || !isFlushed, count + " bytes, and all were flushed");
    }
  }

  // ---- directories

  private static final class ListDrill implements Drill {
    private static final int FILES = 20;

    @Override
    public String name() {
      return "directories";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .run(() -> {
            Set<String> made = new TreeSet<>();
            try (Scope scope = Scope.open("all")) {
              Drill.alone(scope, "maker", () -> make(made));
              scope.join();
              if (!Files.exists(FOLDER.resolve("many"))) {
                check(made.isEmpty(), "made in no directory: " + made);
                return; // the maker was cut before it had any
              }
              Drill.alone(scope, "lister", () -> list(made));
              scope.join();
            } catch (CancelledException e) {
              return;
            }
            Files.deleteTree(FOLDER.resolve("many"));
            Weathered.checkNothingOpen("host");
          });
    }

    private static void make(Set<String> made) {
      Files.createDirectories(FOLDER.resolve("many"));
      try (Directory directory = Directory.open(FOLDER.resolve("many"))) {
        for (int i = 0; i < FILES; i++) {
          directory.openFile("file-" + i, OpenOptions.writing().create(true)).close();
          made.add("file-" + i);
        }
        directory.sync();
      }
    }

    private static void list(Set<String> made) {
      Set<String> found = new TreeSet<>();
      try (DirectoryListing listing = Files.list(FOLDER.resolve("many"))) {
        for (DirectoryEntry entry : listing) {
          check(found.add(entry.name()), entry.name() + " is listed twice");
        }
      }
      check(found.containsAll(made), "made " + made + ", found " + found);
    }
  }
}
