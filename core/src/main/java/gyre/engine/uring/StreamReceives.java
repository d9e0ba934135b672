package gyre.engine.uring;

import gyre.engine.Block;
import gyre.engine.EngineCounters;
import gyre.engine.Receive;
import gyre.sys.Uring;
import org.jspecify.annotations.Nullable;

/** Receives from streams, one multishot request each. */
final class StreamReceives extends BufferedReceives<Receive> {
  /** Who receives where that is cheaper, or memory is scarce. */
  private @Nullable SparseReceives sparse;

  StreamReceives(
      Submitter submitter,
      OperationTable operations,
      CompletionQueue completions,
      BufferRing buffers,
      EngineCounters counters) {
    super(submitter, operations, completions, buffers, counters);
  }

  void sparse(SparseReceives other) {
    sparse = other;
  }

  @Override
  void start(Receive receive) {
    SparseReceives other = sparse;
    if ((receive.sparse || receive.exact) && other != null) {
      other.start(receive);
    } else {
      super.start(receive);
    }
  }

  /** Takes over a receive that was served in another way. */
  void adopt(Receive receive) {
    operations.setKind(receive, this);
    receive.value = 0;
    submitter.request(this, receive);
  }

  /**
   * Whether one that is adopted could receive. Slow readers of what was forwarded to them may hold
   * every buffer for as long as they like, while there is plenty of memory elsewhere.
   */
  boolean hasBuffers() {
    return buffers().available() > 0;
  }

  @Override
  void begin(Receive receive) {
    int ignored =
        submitter.emit(
            SubmissionQueue.control(
                Uring.OP_RECV, Uring.SQE_BUFFER_SELECT, Uring.RECV_MULTISHOT, receive.descriptor),
            0,
            0,
            0,
            receive.tag,
            buffers().group());
  }

  @Override
  void complete(Receive receive, int result, int flags) {
    if (result <= 0) {
      drop(result, flags);
      completeEmpty(receive, result);
      return;
    }
    BufferRing buffers = buffers();
    Block block = buffers.take(flags, result);
    receive.value = 1;
    try {
      receive.received(block, buffers.takenOffset(), result);
    } finally {
      if ((flags & Uring.CQE_MORE) == 0) {
        again(receive);
      }
    }
  }
}
