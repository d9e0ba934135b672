package gyre.lab.program;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * The file that all programs read in {@code files}: whoever comes first makes it. Every eight bytes
 * of it are their number.
 */
final class LabFile {
  static final int REPLACED_BYTES = 4096;
  private static final int MIB = 1024;
  private static final int BLOCK_BYTES = 1 << 20;
  private static final long SIZE_BYTES = (long) MIB * BLOCK_BYTES;

  final String variant;
  final int operations;
  final int depth;
  final int pieceBytes;
  private final boolean isRandom;
  private long seed = 42;
  private long cursor;

  private LabFile(String variant, int operations, int depth, int pieceBytes) {
    this.variant = variant;
    this.operations = operations;
    this.depth = depth;
    this.pieceBytes = pieceBytes;
    this.isRandom = variant.startsWith("random");
  }

  static LabFile of(Options options) throws IOException {
    String variant = options.text("variant", "random1");
    int operations = options.number("ops", 100);
    LabFile file =
        switch (variant) {
          case "stream64k" -> new LabFile(variant, operations, 1, 64 << 10);
          case "stream1m" -> new LabFile(variant, operations, 1, 1 << 20);
          case "random1", "replace" -> new LabFile(variant, operations, 1, 4096);
          case "random32" -> new LabFile(variant, operations, 32, 4096);
          default ->
              throw new IllegalArgumentException(
                  "no variant '"
                      + variant
                      + "'; there are stream64k, stream1m, random1, random32, replace");
        };
    file.make();
    return file;
  }

  boolean replaces() {
    return variant.equals("replace");
  }

  static Path directory() {
    String home = System.getenv("TMPDIR");
    return Path.of(home == null ? "/tmp" : home);
  }

  static Path path() {
    return directory().resolve("gyre-lab-files-" + MIB);
  }

  static Path replaced() {
    return directory().resolve("gyre-lab-replaced-" + ProcessHandle.current().pid());
  }

  private void make() throws IOException {
    if (Files.exists(path()) && Files.size(path()) == SIZE_BYTES) {
      return;
    }
    Path making = Path.of(path() + "." + ProcessHandle.current().pid());
    try (FileChannel out =
        FileChannel.open(making, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (long number = 0; number < SIZE_BYTES / Long.BYTES; ) {
        block.clear();
        while (block.hasRemaining()) {
          block.putLong(number++);
        }
        block.flip();
        while (block.hasRemaining()) {
          out.write(block);
        }
      }
    }
    Files.move(making, path(), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Where the next read begins. */
  long next() {
    long pieces = SIZE_BYTES / pieceBytes;
    return (isRandom ? Long.remainderUnsigned(random(), pieces) : cursor++ % pieces) * pieceBytes;
  }

  /** Splitmix64, as in the native programs. */
  private long random() {
    seed += 0x9E3779B97F4A7C15L;
    long z = seed;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Memory to read a piece into. */
  ByteBuffer buffer() {
    return ByteBuffer.allocateDirect(pieceBytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** 1 if that is not what the file has at the offset. */
  int errors(ByteBuffer piece, int count, long offset) {
    return count == pieceBytes && piece.getLong(0) == offset / Long.BYTES ? 0 : 1;
  }

  void put(Figures figures, long elapsedNanos, int errors) {
    figures.put("variant", variant);
    figures.put("ops", operations);
    figures.put("elapsedNanos", elapsedNanos);
    figures.put("errors", errors);
  }
}
