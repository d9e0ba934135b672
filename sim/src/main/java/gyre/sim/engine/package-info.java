/**
 * The world as engines see it: time, machines, the network between them, and {@link
 * gyre.sim.engine.SimEngine} in front of it. Not exported; {@code gyre.sim} is what users see.
 *
 * <p>Where things belong: {@code Universe} owns time, events and chance and knows no sockets;
 * {@code Machine} is a host's kernel (addresses, ports, clock); {@code Route} is one direction
 * between two machines; {@code StreamSocket} and {@code DatagramSocket} are what descriptors stand
 * for; {@code Pipe} is one direction of a connection. {@code Chaos} decides about every fault and
 * {@code Trace} hears of everything that happens.
 *
 * <p>Everything here runs on the one thread of its world. No clock, thread or source of chance of
 * the real world is used, and nothing iterates in the order of an identity hash.
 */
@NullMarked
package gyre.sim.engine;

import org.jspecify.annotations.NullMarked;
