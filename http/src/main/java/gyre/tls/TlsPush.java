package gyre.tls;

import gyre.io.ByteQueue;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.stream.PushDriver;

/** The push style of a TLS stream: how its halves stand. */
final class TlsPush extends PushDriver {
  private final TlsStream stream;

  TlsPush(TlsStream stream, DataHandler handler) {
    super(stream, handler, stream.isOutputFull());
    this.stream = stream;
  }

  @Override
  protected ByteQueue input() {
    return stream.input;
  }

  @Override
  protected long receivedBytes() {
    return stream.receivedBytes;
  }

  @Override
  protected int inputLimitBytes() {
    return stream.options.inputLimitBytes();
  }

  @Override
  protected boolean isHeldUp() {
    return stream.isPaused();
  }

  @Override
  protected boolean isInputEnded() {
    return stream.isInputOver();
  }

  @Override
  protected boolean isInputEndedInOrder() {
    return stream.isInputEndedInOrder();
  }

  @Override
  protected boolean isOutputFull() {
    return stream.isOutputFull();
  }

  @Override
  protected boolean isOutputDrained() {
    return stream.isOutputDrained() && !stream.awaitsRoomBelow();
  }

  @Override
  protected boolean hasOutputFailed() {
    return stream.hasOutputFailed();
  }

  @Override
  protected boolean isBroken() {
    return stream.hasOutputFailed();
  }

  @Override
  protected IoException failure() {
    return stream.failure();
  }

  @Override
  protected boolean isReleased() {
    return stream.isReleased();
  }

  @Override
  protected void receive() {
    stream.consumed();
  }

  @Override
  protected void keepInput() {
    stream.consumed();
  }

  @Override
  protected void dataTold() {
    stream.dataTold();
  }

  @Override
  protected void abandon() {
    stream.abandon();
  }

  @Override
  protected void closeTold() {
    stream.tryRelease();
  }
}
