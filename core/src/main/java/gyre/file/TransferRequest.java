package gyre.file;

import gyre.engine.FileTransfer;
import org.jspecify.annotations.Nullable;

/** A read or write of a file and the place to wait for its end; used again and again. */
final class TransferRequest {
  final Pending pending = new Pending();
  final FileTransfer operation;
  @Nullable TransferRequest next;

  private TransferRequest(boolean isWriting) {
    operation = isWriting ? Requests.write(pending) : Requests.read(pending);
  }

  /** Those of a file that nobody uses at present. */
  static final class Shelf {
    private final boolean isWriting;
    private @Nullable TransferRequest first;

    Shelf(boolean isWriting) {
      this.isWriting = isWriting;
    }

    TransferRequest take() {
      TransferRequest taken = first;
      if (taken == null) {
        return new TransferRequest(isWriting);
      }
      first = taken.next;
      taken.next = null;
      return taken;
    }

    void put(TransferRequest request) {
      assert request.operation.isIdle();
      request.next = first;
      first = request;
    }
  }
}
