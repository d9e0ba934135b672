package gyre.net;

import gyre.io.ByteQueue;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.stream.PushDriver;

/** The push style of a socket: how its halves stand. */
final class SocketPush extends PushDriver {
  private final SocketStream stream;

  SocketPush(SocketStream stream, DataHandler handler) {
    super(stream, handler, stream.output.isFull());
    this.stream = stream;
  }

  @Override
  protected ByteQueue input() {
    return stream.input.bytes;
  }

  @Override
  protected int inputLimitBytes() {
    return stream.options().inputLimitBytes();
  }

  @Override
  protected boolean isHeldUp() {
    return stream.input.isPaused() || stream.waitsForSink();
  }

  @Override
  protected boolean isInputEnded() {
    return stream.input.isEnded();
  }

  @Override
  protected boolean isInputEndedInOrder() {
    return stream.input.isEndedInOrder();
  }

  @Override
  protected boolean isOutputFull() {
    return stream.output.isFull();
  }

  @Override
  protected boolean isOutputDrained() {
    return stream.output.isDrained();
  }

  @Override
  protected boolean hasOutputFailed() {
    return stream.output.hasFailed();
  }

  @Override
  protected boolean isBroken() {
    return stream.isBroken();
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
  protected long receivedBytes() {
    return stream.input.receivedBytes;
  }

  @Override
  protected void receive() {
    stream.input.start();
  }

  @Override
  protected void keepInput() {
    stream.keepInput();
  }

  @Override
  protected void dataTold() {
    stream.drainingAfterData();
  }

  @Override
  protected void abandon() {
    stream.abandon();
  }

  @Override
  protected void closeTold() {
    stream.operationEnded();
  }
}
