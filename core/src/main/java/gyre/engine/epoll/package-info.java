/** The engine on Linux's epoll. */
@NullMarked
package gyre.engine.epoll;

import org.jspecify.annotations.NullMarked;
