package gyre.file;

import gyre.Loops;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a process without descriptors or rights is told of files: for {@link FileErrorTest}. */
@SuppressWarnings("SystemOut") // what the test reads
final class FileErrorProgram {
  private static final int MOST = 10_000;
  private static final int SPARE = 10;

  private FileErrorProgram() {}

  public static void main(String[] arguments) {
    Path path = Path.of(arguments[2]);
    Loops.run(
        arguments[0],
        () -> {
          switch (arguments[1]) {
            case "descriptors" -> openMany(path);
            case "open" -> open(path);
            default -> throw new IllegalArgumentException(arguments[1]);
          }
        });
  }

  private static void open(Path path) {
    try (File file = File.open(path)) {
      System.out.println("opened " + file.path());
    } catch (FileException e) {
      System.out.println(e.getMessage());
    }
  }

  private static void openMany(Path path) {
    open(path.resolve("below")); // or else there were no descriptor to load a class by
    open(path);
    List<File> opened = new ArrayList<>();
    String refused = "there is no limit";
    try {
      while (opened.size() < MOST) {
        opened.add(File.open(path));
      }
    } catch (FileException e) {
      refused = String.valueOf(e.getMessage());
    }
    for (int i = 0; i < SPARE; i++) {
      opened.removeLast().close();
    }
    System.out.println(refused);
    open(path);
    opened.forEach(File::close);
  }
}
