package gyre.io;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Appends to any sink. What a call appends is put together in a few bytes on the heap and written
 * at once, so that it is bounded as a write is, and taken whole or, where that throws, not at all.
 */
final class SinkAppender implements ByteAppender {
  /** Longer texts are encoded into an array of their own. */
  private static final int TEXT_BYTES = 512;

  private static final VarHandle SHORT = view(short[].class);
  private static final VarHandle INT = view(int[].class);
  private static final VarHandle LONG = view(long[].class);

  private final ByteSink sink;
  private byte[] scratch = new byte[Decimal.MAX_LENGTH];

  /** The sink is still taking what is in the scratch array, and its writer is parked. */
  private boolean isWriting;

  SinkAppender(ByteSink sink) {
    this.sink = sink;
  }

  private static VarHandle view(Class<?> arrayType) {
    return MethodHandles.byteArrayViewVarHandle(arrayType, ByteOrder.BIG_ENDIAN);
  }

  private byte[] scratch() {
    if (isWriting) {
      throw new IllegalStateException("another fiber is writing with this appender already");
    }
    return scratch;
  }

  private void write(int length) {
    isWriting = true;
    try {
      sink.write(scratch, 0, length);
    } finally {
      isWriting = false;
    }
  }

  @Override
  public void appendByte(int value) {
    scratch()[0] = (byte) value;
    write(1);
  }

  @Override
  public void appendShort(int value) {
    SHORT.set(scratch(), 0, (short) value);
    write(Short.BYTES);
  }

  @Override
  public void appendShortLE(int value) {
    appendShort(Short.reverseBytes((short) value));
  }

  @Override
  public void appendInt(int value) {
    INT.set(scratch(), 0, value);
    write(Integer.BYTES);
  }

  @Override
  public void appendIntLE(int value) {
    appendInt(Integer.reverseBytes(value));
  }

  @Override
  public void appendLong(long value) {
    LONG.set(scratch(), 0, value);
    write(Long.BYTES);
  }

  @Override
  public void appendLongLE(long value) {
    appendLong(Long.reverseBytes(value));
  }

  @Override
  public void appendDecimal(long value) {
    write(Decimal.encode(value, scratch()));
  }

  @Override
  public void append(byte[] bytes) {
    sink.write(bytes, 0, bytes.length);
  }

  @Override
  public void append(byte[] bytes, int offset, int length) {
    sink.write(bytes, offset, length);
  }

  @Override
  public void append(ByteBuffer buffer) {
    sink.write(buffer);
  }

  @Override
  public void append(ByteQueue queue) {
    sink.write(queue);
  }

  @Override
  public void append(String text) {
    if (text.length() <= TEXT_BYTES && isEncoded(text)) {
      write(text.length());
    } else {
      sink.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Puts text into the scratch array; false if it is not ASCII. */
  private boolean isEncoded(String text) {
    int length = text.length();
    byte[] bytes = scratch();
    if (bytes.length < length) {
      bytes = new byte[TEXT_BYTES];
      scratch = bytes;
    }
    int any = 0;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      any |= c;
      bytes[i] = (byte) c;
    }
    return any < 0x80;
  }
}
