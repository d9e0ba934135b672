package gyre.engine.readiness;

import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.Poll;
import gyre.engine.ReadFile;

/**
 * Reads from pipes and terminals, and whatever else can be waited for.
 *
 * <p>A descriptor that the process has inherited may block, and must be left so, because others
 * share it. So each transfer waits until the kernel says that it would not wait.
 */
final class FileReads extends Reads<ReadFile> {
  private static final int EPERM = Errno.EPERM.negated();

  private final FileCalls calls;

  FileReads(ReadinessEngine engine, FileCalls calls) {
    super(engine);
    this.calls = calls;
  }

  /** Of regular files nothing can be told, and they never wait for long: but they may block. */
  @Override
  void start(Channel channel, ReadFile file) {
    if (file.offset != FileCalls.AT_POSITION) {
      engine.work(file);
      return;
    }
    channel.readable = false;
    int result = engine.rewatch(channel, Poll.READABLE);
    if (result == EPERM) {
      engine.work(file);
    } else if (result < 0) {
      engine.complete(file, result);
    } else {
      channel.readers.add(file);
    }
  }

  @Override
  int transfer(Channel channel, ReadFile reader, int budget) {
    int result =
        calls.read(reader.descriptor, reader.address, reader.length, FileCalls.AT_POSITION);
    channel.readable = false; // and is told anew for the next one
    if (result == ReadinessEngine.EAGAIN) {
      int rewatched = engine.rewatch(channel, Poll.READABLE);
      if (rewatched >= 0) {
        return 0;
      }
      result = rewatched;
    } else if (result == ReadinessEngine.EINTR) {
      channel.readable = true;
      return 0;
    }
    engine.endReader(channel, reader, result);
    return 1;
  }
}
