/** A durable queue worker on Gyre. */
module gyre.queue {
  requires static transitive org.jspecify;
  requires transitive gyre.core;
  requires com.electronwill.nightconfig.core;
  requires com.electronwill.nightconfig.toml;
  requires transitive gyre.insight;
  requires java.net.http;
  requires gyre.http;
  requires java.sql;
  requires static org.checkerframework.checker.qual;
  requires org.postgresql.jdbc;
  requires org.xerial.sqlitejdbc;
  requires tools.jackson.core;

  exports gyre.queue;

  uses gyre.queue.QueueHandler;
}
