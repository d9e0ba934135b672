package gyre.lab.program;

import gyre.Fiber;
import gyre.file.DurableFile;
import gyre.file.File;
import gyre.file.FileSource;
import gyre.file.Files;
import gyre.io.ByteQueue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Files by fibers of a loop: as many as reads are to be under way. */
final class GyreFiles implements Round {
  private final GyreLoop loop;
  private final LabFile work;
  private final File file;
  private FileSource source;
  private final List<ByteBuffer> buffers = new ArrayList<>();
  private final byte[] content = new byte[LabFile.REPLACED_BYTES];
  private long consumed;
  private int left;
  private int errors;

  private GyreFiles(GyreLoop loop, LabFile work, File file) {
    this.loop = loop;
    this.work = work;
    this.file = file;
    this.source = file.source();
    for (int i = 0; i < work.depth; i++) {
      buffers.add(work.buffer());
    }
  }

  static GyreFiles open(GyreLoop loop, Options options) throws Exception {
    LabFile work = LabFile.of(options);
    return loop.call(() -> new GyreFiles(loop, work, File.open(LabFile.path())));
  }

  @Override
  public void run(Figures figures) throws Exception {
    long elapsed = loop.call(this::measure);
    work.put(figures, elapsed, errors);
  }

  private long measure() throws Exception {
    long begin = System.nanoTime();
    switch (work.variant) {
      case "stream64k" -> stream();
      case "replace" -> replace();
      default -> read();
    }
    return System.nanoTime() - begin;
  }

  /** Another fiber each time that has its round: the file is the loop's until that ends. */
  private void read() {
    left = work.operations;
    List<Fiber<?>> fibers = new ArrayList<>();
    for (ByteBuffer buffer : buffers.subList(1, buffers.size())) {
      fibers.add(Fiber.start(() -> read(buffer)));
    }
    read(buffers.getFirst());
    fibers.forEach(Fiber::join);
  }

  private void read(ByteBuffer buffer) {
    while (left > 0) {
      left--;
      long offset = work.next();
      int count = file.read(buffer.clear(), offset);
      errors += work.errors(buffer, count, offset);
    }
  }

  /** As one reads a stream, with what is read ahead; from the beginning again after the end. */
  private void stream() {
    long wanted = (long) work.operations * work.pieceBytes;
    while (wanted > 0) {
      if (!source.await(Long.BYTES)) {
        source.close();
        source = file.source();
        consumed = 0;
        continue;
      }
      ByteQueue input = source.input();
      errors += input.longAtLE(0) == consumed / Long.BYTES ? 0 : 1;
      long size = Math.min(wanted, input.size());
      input.drain(size);
      consumed += size;
      wanted -= size;
    }
  }

  private void replace() throws Exception {
    for (int i = 0; i < work.operations; i++) {
      DurableFile.replace(LabFile.replaced(), content);
    }
    Files.delete(LabFile.replaced());
  }
}
