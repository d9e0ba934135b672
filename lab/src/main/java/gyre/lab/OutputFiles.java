package gyre.lab;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Files that a command was asked to write: tried before the work begins, not after it. */
public final class OutputFiles {
  private OutputFiles() {}

  /** Fails if one of them could not be written. Leaves all as it was. */
  static void check(List<Path> files) {
    Set<Path> distinct = new HashSet<>();
    for (Path file : files) {
      if (!distinct.add(file.toAbsolutePath().normalize())) {
        throw new WrongInputException(file + " is to be written twice: take two names");
      }
      check(file);
    }
  }

  private static void check(Path file) {
    try {
      if (Files.isDirectory(file)) {
        throw new WrongInputException("cannot write " + file + ": it is a folder");
      }
      if (Files.exists(file)) {
        if (!Files.isWritable(file)) {
          throw new AccessDeniedException(file.toString());
        }
      } else {
        Files.delete(Files.createFile(file));
      }
    } catch (IOException e) {
      throw new WrongInputException("cannot write " + file + ": " + reason(e), e);
    }
  }

  /** Writes as many as can be written, and fails if those were not all. */
  static void write(Map<Path, String> texts, PrintStream out) {
    List<String> failures = new ArrayList<>();
    texts.forEach((file, text) -> {
      try {
        Files.writeString(file, text);
        out.println("wrote " + file);
      } catch (IOException e) {
        failures.add("cannot write " + file + ": " + reason(e));
      }
    });
    if (!failures.isEmpty()) {
      throw new LabException(String.join("; ", failures));
    }
  }

  /** In words; what many of these exceptions say is the name of the file. */
  public static String reason(IOException failure) {
    return switch (failure) {
      case NoSuchFileException _ -> "there is no such file or folder";
      case AccessDeniedException _ -> "permission denied";
      case FileSystemException e when e.getReason() != null -> e.getReason();
      case java.nio.charset.CharacterCodingException _ -> "it is no text";
      default -> String.valueOf(failure.getMessage());
    };
  }
}
