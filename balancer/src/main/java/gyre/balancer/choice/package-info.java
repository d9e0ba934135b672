/**
 * The algorithms that choose a target. Pure: no input, output, clock or thread; what they look at
 * is a {@link gyre.balancer.choice.Ballot}. A chooser belongs to one loop.
 */
@org.jspecify.annotations.NullMarked
package gyre.balancer.choice;
