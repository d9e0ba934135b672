package gyre.engine.nio;

import gyre.engine.Errno;
import java.io.FileNotFoundException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.ProtocolException;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * From Java's exceptions back to the error numbers that they were made of: by type where it tells
 * enough, else by the system's message, which is the only thing left of the number.
 */
final class NioErrors {
  private record Message(String part, Errno errno) {}

  /** In order: the first part that occurs in the message decides. Unix's words, then Windows'. */
  private static final Message[] MESSAGES = {
    new Message("reset by peer", Errno.ECONNRESET),
    new Message("connection reset", Errno.ECONNRESET),
    new Message("broken pipe", Errno.EPIPE),
    new Message("refused", Errno.ECONNREFUSED),
    new Message("already in use", Errno.EADDRINUSE),
    new Message("too many open files in system", Errno.ENFILE),
    new Message("too many open files", Errno.EMFILE),
    new Message("timed out", Errno.ETIMEDOUT),
    new Message("no route to host", Errno.EHOSTUNREACH),
    new Message("host is down", Errno.EHOSTDOWN),
    new Message("network is unreachable", Errno.ENETUNREACH),
    new Message("network is down", Errno.ENETDOWN),
    new Message("dropped connection on reset", Errno.ENETRESET),
    new Message("connection abort", Errno.ECONNABORTED),
    new Message("assign requested address", Errno.EADDRNOTAVAIL),
    new Message("permission denied", Errno.EACCES),
    new Message("not permitted", Errno.EPERM),
    new Message("no such file", Errno.ENOENT),
    new Message("is a directory", Errno.EISDIR),
    new Message("directory not empty", Errno.ENOTEMPTY),
    new Message("symbolic links", Errno.ELOOP),
    new Message("no space left", Errno.ENOSPC),
    new Message("file too large", Errno.EFBIG),
    new Message("read-only file system", Errno.EROFS),
    new Message("quota exceeded", Errno.EDQUOT),
    new Message("not a directory", Errno.ENOTDIR),
    new Message("name too long", Errno.ENAMETOOLONG),
    new Message("path too long", Errno.ENAMETOOLONG),
    new Message("message too long", Errno.EMSGSIZE),
    new Message("no buffer space", Errno.ENOBUFS),
    new Message("cannot allocate memory", Errno.ENOMEM),
    new Message("not connected", Errno.ENOTCONN),
    new Message("already connected", Errno.EISCONN),
    new Message("already bound", Errno.EINVAL),
    new Message("invalid argument", Errno.EINVAL),
    new Message("address family not supported", Errno.EAFNOSUPPORT),
    new Message("protocol family", Errno.EAFNOSUPPORT),
    new Message("protocol not available", Errno.ENOPROTOOPT),
    new Message("protocol not supported", Errno.EPROTONOSUPPORT),
    new Message("not supported", Errno.EOPNOTSUPP),
    new Message("bad file descriptor", Errno.EBADF),
    new Message("file exists", Errno.EEXIST),
    new Message("forcibly closed", Errno.ECONNRESET),
    new Message("connection was aborted", Errno.ECONNABORTED),
    new Message("only one usage of each socket address", Errno.EADDRINUSE),
    new Message("not valid in its context", Errno.EADDRNOTAVAIL),
    new Message("access permissions", Errno.EACCES),
    new Message("unreachable host", Errno.EHOSTUNREACH),
    new Message("unreachable network", Errno.ENETUNREACH),
    new Message("larger than the", Errno.EMSGSIZE),
  };

  private NioErrors() {}

  /** Negated, as results carry it; {@code -EIO} for what nothing is known of. */
  static int result(Exception thrown) {
    return errno(thrown).negated();
  }

  private static Errno errno(Exception thrown) {
    return switch (thrown) {
      case ClosedChannelException closed -> Errno.EBADF;
      case NotYetConnectedException unconnected -> Errno.ENOTCONN;
      case NoConnectionPendingException unconnected -> Errno.ENOTCONN;
      case AlreadyConnectedException connected -> Errno.EISCONN;
      case ConnectionPendingException pending -> Errno.EALREADY;
      case AlreadyBoundException bound -> Errno.EINVAL;
      case NotYetBoundException unbound -> Errno.EINVAL;
      case UnresolvedAddressException unresolved -> Errno.EINVAL;
      case UnsupportedAddressTypeException foreign -> Errno.EAFNOSUPPORT;
      case UnsupportedOperationException missing -> Errno.EOPNOTSUPP;
      case IllegalArgumentException wrong -> Errno.EINVAL;
      case PortUnreachableException refused -> Errno.ECONNREFUSED;
      case NoRouteToHostException unreachable -> Errno.EHOSTUNREACH;
      case ProtocolException protocol -> Errno.EPROTO;
      case FileNotFoundException missing -> Errno.ENOENT;
      case NoSuchFileException missing -> Errno.ENOENT;
      case FileAlreadyExistsException present -> Errno.EEXIST;
      case DirectoryNotEmptyException full -> Errno.ENOTEMPTY;
      case AccessDeniedException denied -> Errno.EACCES;
      case NotDirectoryException file -> Errno.ENOTDIR;
      case NonReadableChannelException closed -> Errno.EBADF;
      case NonWritableChannelException closed -> Errno.EBADF;
      default -> byMessage(thrown.getMessage());
    };
  }

  private static Errno byMessage(@Nullable String message) {
    if (message != null) {
      String lower = message.toLowerCase(Locale.ROOT);
      for (Message known : MESSAGES) {
        if (lower.contains(known.part)) {
          return known.errno;
        }
      }
    }
    return Errno.EIO;
  }
}
