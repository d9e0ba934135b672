package gyre.engine.uring;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.Errno;
import gyre.engine.StatFile;
import gyre.engine.kernel.KernelFiles;
import gyre.sys.LinuxFiles;
import gyre.sys.Uring;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Asks what files are. */
final class FileStats extends Requests<StatFile> {
  private final BlockPool pool;

  /** What the kernel answers into, by the index of the operation; lent until that has ended. */
  private @Nullable Block[] answers = new @Nullable Block[16];

  FileStats(Submitter submitter, OperationTable operations, BlockPool pool) {
    super(submitter, operations);
    this.pool = pool;
  }

  @Override
  int memoryBytes() {
    return LinuxFiles.PATH_BYTES;
  }

  @Override
  void begin(StatFile file) {
    int result = KernelFiles.checkPath(file.path);
    if (result < 0) {
      operations.end(file, result);
      return;
    }
    Block answer = pool.takeReserved(LinuxFiles.STATX_BYTES);
    if (answer == null) {
      operations.end(file, Errno.ENOMEM.negated());
      return;
    }
    if (file.index >= answers.length) {
      answers = Arrays.copyOf(answers, file.index * 2);
    }
    answers[file.index] = answer;
    long path = submitter.memory(LinuxFiles.PATH_BYTES);
    KernelFiles.putPath(file.path, path);
    long flags = (long) KernelFiles.statFlags(file.path, file.isLinkItself) << 32;
    int ignored =
        submitter.emit(
            SubmissionQueue.control(Uring.OP_STATX, 0, 0, file.directory),
            answer.address,
            path,
            LinuxFiles.STATX_BASIC_STATS | flags,
            file.tag);
  }

  @Override
  void complete(StatFile file, int result, int flags) {
    Block answer = answers[file.index];
    answers[file.index] = null;
    if (answer != null) {
      if (result == 0) {
        KernelFiles.decode(answer.address, file.status);
      }
      answer.release();
    }
    operations.finish(file, result);
  }
}
