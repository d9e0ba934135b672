package gyre.io;

import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Both directions of a protocol's messages. Immutable, so that one serves all connections: each
 * {@link MessageStream} takes a decoder and an encoder of its own from it.
 *
 * @param <I> what is received
 * @param <O> what is sent
 */
public final class Codec<I, O> {
  private final Supplier<Decoder<I>> decoders;
  private final Supplier<Encoder<O>> encoders;

  private Codec(Supplier<Decoder<I>> decoders, Supplier<Encoder<O>> encoders) {
    this.decoders = decoders;
    this.encoders = encoders;
  }

  /** Of two recipes, each of which makes a new one at every call. */
  public static <I, O> Codec<I, O> of(
      Supplier<Decoder<I>> decoders, Supplier<Encoder<O>> encoders) {
    return new Codec<>(decoders, encoders);
  }

  /** A decoder for one stream. */
  public Decoder<I> decoder() {
    return decoders.get();
  }

  /** An encoder for one stream. */
  public Encoder<O> encoder() {
    return encoders.get();
  }

  /**
   * The same framing with messages of other types. A message that {@code received} refuses with an
   * exception is consumed, so that the next one can be read.
   */
  public <A, B> Codec<A, B> map(
      Function<? super I, ? extends A> received, Function<? super B, ? extends O> sent) {
    return new Codec<>(
        () -> new MappedDecoder<>(decoders.get(), received),
        () -> {
          Encoder<O> encoder = encoders.get();
          return (message, output) -> encoder.encode(sent.apply(message), output);
        });
  }
}
