/**
 * The usual framings of messages. No I/O here, no fibers and no clock, so that each can be tested
 * without a loop; {@link gyre.io.MessageStream} puts one on a stream.
 */
@NullMarked
package gyre.io.codec;

import org.jspecify.annotations.NullMarked;
