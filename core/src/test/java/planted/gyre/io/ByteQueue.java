package planted.gyre.io;

import planted.gyre.sys.Calls;

public interface ByteQueue {
  Calls callsTheKernel();
}
