package gyre.io;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes other messages of those of a decoder. */
final class MappedDecoder<I, T> implements Decoder<T> {
  private final Decoder<I> inner;
  private final Function<? super I, ? extends T> change;

  MappedDecoder(Decoder<I> inner, Function<? super I, ? extends T> change) {
    this.inner = inner;
    this.change = change;
  }

  @Override
  public @Nullable T decode(ByteQueue input) {
    I message = inner.decode(input);
    return message == null ? null : change.apply(message);
  }

  @Override
  public int limitBytes() {
    return inner.limitBytes();
  }

  @Override
  public long neededBytes() {
    return inner.neededBytes();
  }

  @Override
  public boolean isWithinMessage() {
    return inner.isWithinMessage();
  }

  @Override
  public void discard() {
    inner.discard();
  }
}
