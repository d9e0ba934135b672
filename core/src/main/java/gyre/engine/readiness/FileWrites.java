package gyre.engine.readiness;

import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.Poll;
import gyre.engine.WriteFile;

/**
 * Writes to pipes and terminals, and whatever else can be waited for.
 *
 * <p>A descriptor that the process has inherited may block, and must be left so, because others
 * share it. So each transfer waits until the kernel says that it would not wait.
 */
final class FileWrites extends Writes<WriteFile> {
  /** What a pipe that is said to be writable takes without waiting. */
  private static final int MOST_BYTES = 4096;

  private static final int EPERM = Errno.EPERM.negated();

  private final FileCalls calls;

  FileWrites(ReadinessEngine engine, FileCalls calls) {
    super(engine);
    this.calls = calls;
  }

  /** Of regular files nothing can be told, and they never wait for long: but they may block. */
  @Override
  void start(Channel channel, WriteFile file) {
    if (file.offset != FileCalls.AT_POSITION) {
      engine.work(file);
      return;
    }
    channel.writable = false;
    int result = engine.rewatch(channel, Poll.WRITABLE);
    if (result == EPERM) {
      engine.work(file);
    } else if (result < 0) {
      engine.complete(file, result);
    } else {
      channel.writers.add(file);
    }
  }

  @Override
  int attempt(Channel channel, WriteFile writer) {
    int length = Math.min(writer.length, MOST_BYTES);
    int result = calls.write(writer.descriptor, writer.address, length, FileCalls.AT_POSITION);
    channel.writable = false; // and is told anew for the next one
    return result;
  }
}
