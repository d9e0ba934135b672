package gyre.lab.program;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Files by {@code FileChannel}, whose calls hold up the thread that makes them: nothing else
 * happens meanwhile, and reads at depth 32 are 32 reads one after the other.
 */
final class NioFiles implements Round {
  private final LabFile work;
  private final FileChannel file;
  private final ByteBuffer buffer;
  private final ByteBuffer content = ByteBuffer.allocateDirect(LabFile.REPLACED_BYTES);
  private int errors;

  private NioFiles(LabFile work, FileChannel file) {
    this.work = work;
    this.file = file;
    this.buffer = work.buffer();
  }

  static NioFiles open(Options options) throws IOException {
    LabFile work = LabFile.of(options);
    return new NioFiles(work, FileChannel.open(LabFile.path()));
  }

  @Override
  public void run(Figures figures) throws IOException {
    long begin = System.nanoTime();
    if (work.replaces()) {
      replace();
    } else {
      read();
    }
    work.put(figures, System.nanoTime() - begin, errors);
  }

  private void read() throws IOException {
    for (int i = 0; i < work.operations; i++) {
      long offset = work.next();
      int count = file.read(buffer.clear(), offset);
      errors += work.errors(buffer, count, offset);
    }
  }

  private void replace() throws IOException {
    Path name = LabFile.replaced();
    Path temporary = Path.of(name + ".tmp");
    for (int i = 0; i < work.operations; i++) {
      try (FileChannel out =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.clear();
        while (content.hasRemaining()) {
          out.write(content);
        }
        out.force(true);
      }
      Files.move(temporary, name, StandardCopyOption.ATOMIC_MOVE);
      try (FileChannel directory = FileChannel.open(LabFile.directory())) {
        directory.force(true);
      }
    }
    Files.delete(name);
  }
}
